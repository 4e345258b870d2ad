"""Reading a list of people: every line that is somebody, and every fault by its line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.domain.encodings import TextEncoding
from app.domain.roster import (
    MAX_BYTES,
    MAX_LINE_LENGTH,
    MAX_LINES,
    RosterFault,
    RosterLine,
    UnreadableError,
    UnreadableReason,
    decode,
    parse_roster,
)
from app.services.people.users import normalise_address


def people(text: str) -> list[tuple[int, str, str]]:
    """Number, name and address of the good lines."""
    return [
        (line.number, line.name, line.email)
        for line in parse_roster(text, normalise_address).lines
        if line.fault is None
    ]


def faults(text: str) -> list[tuple[int, RosterFault]]:
    return [(line.number, line.fault) for line in parse_roster(text, normalise_address).lines if line.fault is not None]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ada@example.org", [(1, "", "ada@example.org")]),
        ("Ada Byron,ada@example.org", [(1, "Ada Byron", "ada@example.org")]),
        ("ada@example.org;Ada Byron", [(1, "Ada Byron", "ada@example.org")]),
        ("Ada Byron\tADA@Example.org ", [(1, "Ada Byron", "ada@example.org")]),
        ("Ada;Byron;ada@example.org", [(1, "Ada Byron", "ada@example.org")]),
        ("Byron, Ada;ada@example.org", [(1, "Byron, Ada", "ada@example.org")]),
        ('"Byron, Ada",ada@example.org', [(1, "Byron, Ada", "ada@example.org")]),
        ('"Ada ""the"" Byron";ada@example.org', [(1, 'Ada "the" Byron', "ada@example.org")]),
        ("Ada Byron <ada@example.org>", [(1, "Ada Byron", "ada@example.org")]),
        ("mailto:ada@example.org", [(1, "", "ada@example.org")]),
        (
            "a@example.org\r\n\r\nb@example.org\rc@example.org\n",
            [(1, "", "a@example.org"), (3, "", "b@example.org"), (4, "", "c@example.org")],
        ),
        ("\ufeffAda,ada@example.org", [(1, "Ada", "ada@example.org")]),
        ("Zoë Müller;zoë@example.org", [(1, "Zoë Müller", "zoë@example.org")]),
        ("=1+1;ada@example.org", [(1, "=1+1", "ada@example.org")]),
    ],
)
def test_a_line_is_a_name_and_an_address_in_any_order(text: str, found: list[tuple[int, str, str]]) -> None:
    assert people(text) == found
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "heading", "name"),
    [
        ("Name;E-Mail\nAda Byron;a@example.org", "Name;E-Mail", "Ada Byron"),
        (
            "E-mail address,Last name,First name\na@example.org,Byron,Ada",
            "E-mail address,Last name,First name",
            "Ada Byron",
        ),
        ("Name;Vorname;E-Mail\nByron;Ada;a@example.org", "Name;Vorname;E-Mail", "Ada Byron"),
        ("No;Name;Group;Email\n17;Ada Byron;B;a@example.org", "No;Name;Group;Email", "Ada Byron"),
        ("Name;Contact\nAda Byron;a@example.org", "Name;Contact", "Ada Byron"),
        ("sep=;\nName;Email\nAda Byron;a@example.org", "Name;Email", "Ada Byron"),
        ("NAME:\tEMAIL:\nAda Byron\ta@example.org", "NAME:  EMAIL:", "Ada Byron"),
    ],
)
def test_a_heading_says_which_column_is_which(text: str, heading: str, name: str) -> None:
    sheet = parse_roster(text, normalise_address)

    assert sheet.heading == heading
    assert [(line.name, line.email) for line in sheet.lines] == [(name, "a@example.org")]


def test_a_first_line_that_lacks_its_address_is_a_fault_and_no_heading() -> None:
    """Fails when any line without an address passes for a heading: Bo would be lost without a word."""
    sheet = parse_roster("Bo Ek;\nAda;a@example.org", normalise_address)

    assert sheet.heading is None
    assert [(line.number, line.fault) for line in sheet.lines] == [(1, RosterFault.NO_ADDRESS), (2, None)]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Bo Ek;", RosterFault.NO_ADDRESS),
        ("Bo Ek", RosterFault.NO_ADDRESS),
        ("Bo;bo@", RosterFault.BAD_ADDRESS),
        ("Bo;@example.org", RosterFault.BAD_ADDRESS),
        ("Bo;bo @example.org", RosterFault.BAD_ADDRESS),
        ("Bo;bo@example..org", RosterFault.BAD_ADDRESS),
        ('Bo;"unclosed bo@example', RosterFault.BAD_ADDRESS),
        (f"Bo;{'b' * 300}@example.org", RosterFault.BAD_ADDRESS),
        ("bo@example.org;bo@example.com", RosterFault.SEVERAL_ADDRESSES),
        ("bo@example.org bo@example.com", RosterFault.SEVERAL_ADDRESSES),
        (f"{'B' * 101};bo@example.org", RosterFault.NAME_TOO_LONG),
        (f"{'B' * MAX_LINE_LENGTH};bo@example.org", RosterFault.LINE_TOO_LONG),
        ("B\x00o;bo@example.org", RosterFault.CONTROL_CHARACTER),
        ("B\x1b[2Jo;bo@example.org", RosterFault.CONTROL_CHARACTER),
        ("B\u202eo;bo@example.org", RosterFault.CONTROL_CHARACTER),
        ("Bo;Ek;bo@example.org;Year 2", RosterFault.TOO_MANY_CELLS),
    ],
)
def test_each_fault_is_named_by_its_line(line: str, fault: RosterFault) -> None:
    text = f"Ada;ada@example.org\n{line}\nCy;cy@example.org"

    assert faults(text) == [(2, fault)]
    assert [number for number, _name, _email in people(text)] == [1, 3]


def test_the_later_of_two_equal_addresses_names_the_earlier_line() -> None:
    lines = parse_roster("Ada;ada@example.org\n\nBo;ADA@example.org\nCy;ada@EXAMPLE.org", normalise_address).lines

    assert [(line.number, line.fault, line.first) for line in lines] == [
        (1, None, None),
        (3, RosterFault.REPEATED, 1),
        (4, RosterFault.REPEATED, 1),
    ]


def test_a_quotation_mark_that_is_never_closed_spoils_its_own_line_alone() -> None:
    """Fails when lines are left to a CSV reader as one text: the rest of the list would be one cell."""
    text = '"Ada;ada@example.org\nBo;bo@example.org\nCy;cy@example.org'

    assert [line.number for line in parse_roster(text, normalise_address).lines if line.fault is None] == [2, 3]


def test_what_is_shown_of_a_line_is_short_and_has_no_control_characters() -> None:
    (line,) = parse_roster(f"\x00\x1b{'x' * 500}", normalise_address).lines

    assert line.text.startswith("\ufffd\ufffdxxx")
    assert len(line.text) == 161


@pytest.mark.parametrize("text", ["", " \n\t\n", ";;;\n,,", "Name;E-mail", "\ufeff", "sep=;"])
def test_a_list_of_nobody_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        parse_roster(text, normalise_address)

    assert refused.value.reason is UnreadableReason.EMPTY


def test_too_many_lines_are_counted_and_not_read() -> None:
    """Fails when each line is looked at before they are counted."""
    asked: list[str] = []

    def note(address: str) -> str | None:
        asked.append(address)
        return address

    with pytest.raises(UnreadableError) as refused:
        parse_roster("a@example.org\n" * 50_000, note)

    assert (refused.value.reason, refused.value.lines, asked) == (UnreadableReason.TOO_MANY_LINES, 50_000, [])


def test_as_many_lines_as_are_allowed_are_read() -> None:
    text = "Name;E-mail\n" + "\n".join(f"P;p{number}@example.org" for number in range(MAX_LINES))

    assert len(people(text)) == MAX_LINES


NAMES = "Zoë;zoe@example.org\nŁukasz;lukasz@example.org"


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (NAMES.encode(), NAMES, TextEncoding.UTF8),
        (NAMES.encode("utf-8-sig"), NAMES, TextEncoding.UTF8),
        (NAMES.encode("utf-16"), NAMES, TextEncoding.UTF16),
        (b"\xfe\xff" + NAMES.encode("utf-16-be"), NAMES, TextEncoding.UTF16),
        (NAMES.encode("utf-16-le"), NAMES, TextEncoding.UTF16),
        (NAMES.encode("utf-16-be"), NAMES, TextEncoding.UTF16),
        ("Zoë – Müller".encode("cp1252"), "Zoë – Müller", TextEncoding.WESTERN),
        ("Zoë Müller".encode("latin-1"), "Zoë Müller", TextEncoding.WESTERN),
        (b"", "", TextEncoding.UTF8),
    ],
)
def test_a_file_is_read_in_the_encoding_it_was_saved_in(data: bytes, text: str, encoding: TextEncoding) -> None:
    assert decode(data) == (text, encoding)


@pytest.mark.parametrize(
    ("names", "codec", "encoding"),
    [
        ("Анна Иванова;Фёдор Щукин;Юлия Цветкова", "cp1251", TextEncoding.CYRILLIC),
        ("Анна Иванова;Фёдор Щукин;Юлия Цветкова", "koi8-r", TextEncoding.KOI8),
        ("Łukasz Wiśniewski;Małgorzata Żak;Zażółć Gęślą", "cp1250", TextEncoding.CENTRAL_EUROPEAN),
        ("Łukasz Wiśniewski;Małgorzata Żak;Zażółć Gęślą", "iso8859-2", TextEncoding.LATIN_2),
        ("Jürgen Müller;Zoë Gärtner;Élodie Béranger", "cp1252", TextEncoding.WESTERN),
        ("Jürgen Müller;Zoë Gärtner;Élodie Béranger", "mac-roman", TextEncoding.MAC),
        ("Jürgen Müller;Zoë Gärtner;Hélène Béranger", "cp850", TextEncoding.DOS),
        ("Γιώργος Παπαδόπουλος;Ελένη Αγγέλου", "cp1253", TextEncoding.GREEK),
        ("Ayşe Yıldız;Çağla Öztürk;Işıl Güneş", "cp1254", TextEncoding.TURKISH),
        ("דנה כהן;יוסף לוי", "cp1255", TextEncoding.HEBREW),
        ("田中太郎;佐藤花子", "cp932", TextEncoding.JAPANESE),
    ],
)
def test_the_encoding_is_guessed_from_the_names(names: str, codec: str, encoding: TextEncoding) -> None:
    """F22. Fails when every file that is not Unicode is read as Western European."""
    people = [f"{name};p{number}@example.org" for number, name in enumerate(names.split(";"))]
    text = "\n".join(["Name;E-mail", *people])

    assert decode(text.encode(codec)) == (text, encoding)


def test_the_encoding_that_was_chosen_is_used() -> None:
    data = "Zoë;zoe@example.org".encode("cp1252")

    assert decode(data, TextEncoding.CYRILLIC) == ("Zoл;zoe@example.org", TextEncoding.CYRILLIC)
    with pytest.raises(UnreadableError):
        decode(data, TextEncoding.UTF8)


def test_a_heading_in_its_own_language_is_read() -> None:
    text = "Фамилия;Имя;Почта\nИванова;Анна;anna@example.org"

    (line,) = parse_roster(decode(text.encode("cp1251"))[0], normalise_address).lines

    assert (line.name, line.email, line.sort_name) == ("Анна Иванова", "anna@example.org", "Иванова Анна")


def test_no_column_of_names_is_lost_without_a_word() -> None:
    """F22. Fails when a heading that is not known drops the names."""
    sheet = parse_roster("Nimi;E-mail;Ryhmä\nAino Virtanen;aino@example.org;2\n", normalise_address)

    assert [line.name for line in sheet.lines] == ["Aino Virtanen"]
    assert [(one.title, one.use) for one in sheet.columns] == [("E-mail", "email"), ("Nimi", "name")]
    assert sheet.unused == ("Ryhmä",)


def test_a_stray_separator_is_called_so() -> None:
    """Fails when a line that has an address is said to have none."""
    text = "Name;E-mail\nAda;Byron;ada@example.org\nBo;bo@example.org;\nCy;\n"

    assert faults(text) == [(2, RosterFault.OTHER_COLUMN), (4, RosterFault.NO_ADDRESS)]
    assert [number for number, _, _ in people(text)] == [3]


@pytest.mark.parametrize("title", ["Student number", "Matrikelnummer", "STUDENT ID:", "numéro étudiant", "Matricola"])
def test_student_numbers_are_read(title: str) -> None:
    (line,) = parse_roster(f"{title};Name;E-mail\n 007-4\u200b ;Ada;ada@example.org", normalise_address).lines

    assert (line.student_number, line.name) == ("007-4", "Ada")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", UnreadableReason.WORKBOOK),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", UnreadableReason.WORKBOOK),
        (b"%PDF-1.7\x00\x01\x02\x00\x00\x81\xff", UnreadableReason.NO_TEXT),
        (b"\xff\xfeA", UnreadableReason.NO_TEXT),
        (b"a" * (MAX_BYTES + 1), UnreadableReason.TOO_LARGE),
    ],
)
def test_what_is_no_text_is_refused_as_a_whole(data: bytes, reason: UnreadableReason) -> None:
    with pytest.raises(UnreadableError) as refused:
        decode(data)

    assert refused.value.reason is reason


CELLS = some.one_of(
    some.text(max_size=20),
    some.emails(),
    some.sampled_from(["", "Name", "E-Mail", "Vorname", '"', '""', "=cmd()", "\x00", "\u202e", "sep=;", "<a@b.org>"]),
)
TEXTS = some.one_of(
    some.text(max_size=200),
    some.lists(some.lists(CELLS, max_size=5).map(";".join), max_size=20).map("\n".join),
    some.lists(some.lists(CELLS, max_size=5).map(",".join), max_size=20).map("\r\n".join),
)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_whatever_the_text_every_line_is_accounted_for(text: str) -> None:
    """Fails when the parser breaks, loses a line, or calls one good that has no usable address of its own."""
    try:
        sheet = parse_roster(text, normalise_address)
    except UnreadableError:
        return

    meant = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip("\ufeff \t;,")]
    extra = len(meant) - len(sheet.lines) - (sheet.heading is not None)
    good = [line for line in sheet.lines if line.fault is None]
    numbers = [line.number for line in sheet.lines]
    assert extra in (0, 1)  # Excel's "sep=;"
    assert numbers == sorted(set(numbers))
    assert all(_is_usable(line) for line in good)
    assert len({line.email for line in good}) == len(good)


def _is_usable(line: RosterLine) -> bool:
    return normalise_address(line.email) == line.email and len(line.name) <= 100 and "\x00" not in line.name


@settings(max_examples=300, deadline=None)
@given(some.binary(max_size=300))
def test_whatever_the_bytes_they_are_text_or_refused(data: bytes) -> None:
    try:
        text, _encoding = decode(data)
        parse_roster(text, normalise_address)
    except UnreadableError:
        return
