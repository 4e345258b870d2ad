"""Questions as rows of CSV files and Excel workbooks."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from app.content.folders import find_course_files
from app.content.interactions import (
    AcceptedNumber,
    AcceptedText,
    ChoiceInteraction,
    ExtendedTextInteraction,
    Hotspot,
    HotspotInteraction,
    Interaction,
    MatchInteraction,
    NumberInteraction,
    Option,
    Pair,
    Severity,
    TextEntryInteraction,
)
from app.content.material import read_material
from app.interchange.bank import BankItem, QuestionBank, UnreadableBankError
from app.interchange.course import build_bank
from app.interchange.formats import guess_format, read_bank, write_bank
from app.interchange.sheets.cells import protect, unprotect
from app.interchange.sheets.columns import COLUMNS
from app.interchange.sheets.examples import EXAMPLES
from app.interchange.sheets.workbook import build_template
from app.services.log.spreadsheet import neutralize
from tests.conftest import ROOT
from tests.interchange.qti_support import build_zip, list_kept, list_reasons, strip

FORMATS = ("csv", "xlsx")


def read_rows(text: str) -> list[BankItem]:
    return list(read_bank(text.encode(), "x.csv", "csv").items)


def read_row(heading: str, row: str) -> BankItem:
    (item,) = read_rows(f"{heading}\n{row}\n")
    return item


def write_sheet(*rows: list[object]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_our_course_comes_back(name: str) -> None:
    course = build_bank(read_material(find_course_files([ROOT / "questions"])))
    written = write_bank(course, name)
    again = read_bank(written.data, f"x.{name}")

    assert [strip(item) for item in again.items] == [strip(item) for item in list_kept(written.bank)]
    assert [item for item in again.items if item.notes] == []


@pytest.mark.parametrize("name", FORMATS)
def test_the_examples_of_the_template_come_back(name: str) -> None:
    again = read_bank(write_bank(QuestionBank(EXAMPLES), name).data)

    assert [strip(item) for item in again.items] == [strip(item) for item in EXAMPLES]


def test_the_template_has_examples_and_explains_every_column() -> None:
    data = build_template()
    book = load_workbook(io.BytesIO(data))

    assert book.sheetnames == ["Questions", "Explanations"]
    explained = {row[0] for row in book["Explanations"].iter_rows(values_only=True)}
    assert {column.name for column in COLUMNS} <= explained
    items = read_bank(data, "template.xlsx").items
    assert len(items) == 9
    assert not [item for item in items if item.is_refused or item.notes]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_encodings_and_line_ends_are_recognised(separator: str, encoding: str, end: str) -> None:
    lines = [
        ["type", "question", "answer 1", "percent 1", "answer 2"],
        ["one option", "Größe für Übung?", "groß", "100", "klein"],
    ]
    data = end.join(separator.join(line) for line in [*lines, []]).encode(encoding)
    bank = read_bank(data, "x.csv")

    assert bank.items[0].stem == "Größe für Übung?"
    assert bank.items[0].interaction == ChoiceInteraction((Option("groß", 1.0), Option("klein")))
    assert bool(bank.notes) is (encoding == "cp1252")


def test_a_cell_may_have_lines_quotes_and_separators() -> None:
    item = read_row("type,question,explanation", '"text only","He said ""no, never"".\n\nTwice.",a;b')

    assert item.stem == 'He said "no, never".\n\nTwice.'
    assert item.place == "line 2"


def test_headings_may_have_other_names() -> None:
    item = read_row("Question Type,Stem,Option 1,Share 1,option_2,Name", "Multiple Choice,Q?,a,100,b,T")

    assert item.interaction == ChoiceInteraction((Option("a", 1.0), Option("b")))
    assert item.title == "T"


ROWS: list[tuple[str, str, Interaction]] = [
    (
        "answer 1,answer 2,percent 2",
        "False,True,100 %",
        ChoiceInteraction((Option("True", 1.0), Option("False")), is_shuffled=False, is_truth=True),
    ),
    ("answer 1", "7 ± 0.5", NumberInteraction((AcceptedNumber(7, 0.5),))),
    ("answer 1", '"6,5..7,5"', NumberInteraction((AcceptedNumber(7, 0.5),))),
    ("answer 1,unit", "-7 +/- 1,mm", NumberInteraction((AcceptedNumber(-7, 1),), "mm")),
    (
        "answer 1,answer 2,percent 2,exact,typing errors",
        'York,*ork,50,"case, spaces",1',
        TextEntryInteraction((AcceptedText("York", allows_typo=True), AcceptedText("*ork", 0.5)), ("case", "spaces")),
    ),
    (
        "answer 1,partner 1,answer 2,partner 2,partner 3",
        "a,1,b,2,3",
        MatchInteraction((Pair("a", "1"), Pair("b", "2")), ("3",)),
    ),
    ("answer 1,rubric,words", "Model.,Two points.,50-200", ExtendedTextInteraction("Model.", "Two points.", 50, 200)),
    ("words", "200", ExtendedTextInteraction("", "", None, 200)),
]
TYPES = ["true/false", "number", "numerical", "number", "short text", "matching", "long text", "essay"]


@pytest.mark.parametrize(
    ("kind", "heading", "row", "expected"), [(kind, *row) for kind, row in zip(TYPES, ROWS, strict=True)]
)
def test_a_row_is_read(kind: str, heading: str, row: str, expected: Interaction) -> None:
    item = read_row(f"type,question,{heading}", f"{kind},Q?,{row}")

    assert item.interaction == expected
    assert item.notes == ()


REFUSED = [
    ("Q?,x,", "riddle", "“riddle” is not a type of question"),
    ("Q?,x,", "", "it has no type"),
    (",x,", "number", "it has no question"),
    ("Q?,seven,", "number", "“seven” is not a number (answer 1)"),
    ("Q?,1e999,", "number", "is not a number"),
    ("Q?,nan,", "number", "is not a number"),
    ("Q?,,", "short text", "it needs an answer"),
    ("Q?,,", "one option", "it needs an answer"),
    ("Q?,a,b", "true or false", "its answers are not True and False"),
    ("Q?,a,b", "matching", "answer 1 has no partner"),
]


@pytest.mark.parametrize(("row", "kind", "reason"), REFUSED)
def test_a_wrong_row_is_refused_with_its_line(row: str, kind: str, reason: str) -> None:
    item = read_row("type,question,answer 1,answer 2", f"{kind},{row}")

    assert item.place == "line 2"
    assert reason in list_reasons(item, Severity.REFUSED)[0]


def test_what_a_row_has_too_much_is_noted() -> None:
    bank = read_bank(
        b"type,question,answer 1,percent 1,answer 2,unit,colour\none option,Q?,a,100,b,mm,red,more\n", "x.csv", "csv"
    )

    assert [note.reason for note in bank.notes] == ["the column “colour” is unknown and was left out"]
    assert list_reasons(bank.items[0], Severity.LOST) == [
        "2 cells outside the known columns were left out",
        "this type of question has no use for the column “unit”",
    ]


def test_an_option_that_earns_nothing_is_a_warning() -> None:
    item = read_row("type,question,answer 1,answer 2", "one option,Q?,a,b")

    assert "no option earns anything" in list_reasons(item, Severity.WARNING)[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a,b,c\n1,2,3\n", "headings"),
        (b"type,question,type\nx,y,z\n", "two columns are headed"),
        (b'type,question\nx,"' + b"y" * 200_000, "line 2: a cell has more than 131,072 characters"),
        (b'type,question\ntext only,"Q\ntext only,R\n', "line 2: a quotation mark in this row is never closed"),
        (b"type,question\n" + b"text only,Q\n" * 10_001, "more than 10,000 rows"),
        (b"\x00\x01\x02\x03", "line 1: this is not a text file"),
    ],
)
def test_a_file_that_is_no_sheet_of_questions_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableBankError, match=reason):
        read_bank(data, "x.csv", "csv")


SPECIAL = st.text(st.sampled_from(" '\"=+-@,;\tab\n\u200b\uff1d\uff0b\uff0d\uff20\u207a0.1"), max_size=12)


@given(text=st.one_of(st.text(max_size=20), SPECIAL))
@settings(max_examples=300, deadline=None)
def test_a_protected_cell_is_safe_and_comes_back(text: str) -> None:
    """A bare number is left alone; everything else is at least as safe as in the other files for spreadsheets."""
    cell = protect(text)

    assert unprotect(cell) == text
    if cell != text or not text.removeprefix("-").replace(".", "").isdigit():
        assert neutralize(cell) == cell


@pytest.mark.parametrize("name", FORMATS)
def test_a_formula_is_never_written(name: str) -> None:
    options = (Option("=HYPERLINK(1)", 1.0, "@SUM(1)"), Option("+1-1", 0.0, "-2+3"))
    items = (BankItem("", "=1", ChoiceInteraction(options), "=2", "q"),)
    data = write_bank(QuestionBank(items), name).data

    if name == "csv":
        assert b",=" not in data
        assert b",+" not in data
        assert b",@" not in data
    else:
        cells = [cell for row in load_workbook(io.BytesIO(data))["Questions"].iter_rows() for cell in row]
        assert not [cell for cell in cells if cell.data_type == "f"]
    assert [strip(item) for item in read_bank(data).items] == list(items)


def test_cells_of_a_workbook_are_read_as_people_see_them() -> None:
    data = write_sheet(
        ["Type", "Question", "answer 1", "percent 1", "answer 2", "shuffle"],
        ["one option", "Q?", 7, 100, 0.5, False],
        [None, None],
        ["true or false", "Q?", True, None, False, None],
    )
    items = read_bank(data, "x.xlsx").items

    assert items[0].interaction == ChoiceInteraction((Option("7", 1.0), Option("0.5")), is_shuffled=False)
    assert items[0].place == "row 2"
    assert items[1].place == "row 4"
    assert isinstance(items[1].interaction, ChoiceInteraction)
    assert items[1].interaction.is_truth


def test_a_share_that_excel_shows_in_per_cent_is_read_as_shown() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["type", "question", "answer 1", "percent 1", "answer 2", "percent 2"])
    sheet.append(["several options", "Q?", 0.25, 0.5, "b", 50])
    sheet["C2"].number_format = "0.00%"
    sheet["D2"].number_format = "0%"
    sheet["F2"].number_format = '0"%"'
    out = io.BytesIO()
    book.save(out)

    item = read_bank(out.getvalue()).items[0]

    assert item.interaction == ChoiceInteraction((Option("25%", 0.5), Option("b", 0.5)), is_multiple=True)


def test_formulas_without_a_result_are_noted() -> None:
    headings: list[object] = ["type", "question", "answer 1"]
    bank = read_bank(write_sheet(headings, ["number", "Q?", "=5+5"]), "x.xlsx")

    assert bank.items[0].is_refused
    assert ["never calculated" in note.reason for note in bank.notes] == [True]
    assert read_bank(write_sheet(headings, ["number", "Q?", 10]), "x.xlsx").notes == ()


@pytest.mark.parametrize(
    ("answer", "is_noted"), [("1,234", True), ("2 ± 1,500", True), ("0,125", False), ("1,5", False)]
)
def test_a_comma_that_may_mean_thousands_is_a_warning(answer: str, is_noted: bool) -> None:
    item = read_bank(f"type;question;answer 1\nnumber;Q?;{answer}\n".encode(), "x.csv").items[0]

    assert bool(list_reasons(item, Severity.WARNING)) == is_noted


def test_the_sheet_with_the_headings_is_found() -> None:
    book = Workbook()
    first = book.active
    assert first is not None
    first.append(["Read me"])
    book.create_sheet("Mine").append(["type", "question"])
    book["Mine"].append(["text only", "Read."])
    out = io.BytesIO()
    book.save(out)

    assert [item.stem for item in read_bank(out.getvalue()).items] == ["Read."]


def test_a_text_that_excel_turned_into_a_date_is_noted() -> None:
    day = datetime(2026, 2, 1, tzinfo=UTC).replace(tzinfo=None)
    item = read_bank(write_sheet(["type", "question", "answer 1"], ["short text", "Ratio?", day])).items[0]

    assert "date" in list_reasons(item, Severity.WARNING)[0]


def change_part(data: bytes, name: str, change: dict[bytes, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        files = {one: package.read(one) for one in package.namelist()}
    for old, new in change.items():
        assert old in files[name]
        files[name] = files[name].replace(old, new)
    return build_zip(files)


SHEET = write_sheet(["type", "question"], ["text only", "Read."])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "encrypted"),
        (build_zip({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "no Excel workbook"),
        (
            change_part(SHEET, "xl/worksheets/sheet1.xml", {b"<worksheet": b"<!DOCTYPE x><worksheet"}),
            "Excel does not write",
        ),
        (change_part(SHEET, "xl/workbook.xml", {b"<sheets>": b"<sheetz>"}), "damaged|no sheet"),
        (change_part(SHEET, "xl/worksheets/sheet1.xml", {b"</sheetData>": b""}), "damaged"),
        (build_zip({"[Content_Types].xml": "x", "xl/workbook.xml": b" " * 10_000_000}), "times its size"),
        (write_sheet(["a"], ["b"]), "no sheet has the headings"),
        (SHEET[:400], "damaged"),
    ],
    ids=["encrypted", "other program", "entities", "no sheets", "broken", "bomb", "other table", "cut off"],
)
def test_a_workbook_that_cannot_be_read_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableBankError, match=reason):
        read_bank(data, "x.xlsx", "xlsx")


def test_a_sheet_that_claims_to_be_endless_is_read_to_its_real_end() -> None:
    data = change_part(SHEET, "xl/worksheets/sheet1.xml", {b'ref="A1:B2"': b'ref="A1:XFD1048576"'})

    assert len(read_bank(data).items) == 1


def test_a_row_far_below_is_refused() -> None:
    data = change_part(SHEET, "xl/worksheets/sheet1.xml", {b'<row r="2"': b'<row r="900000"'})

    with pytest.raises(UnreadableBankError, match="rows"):
        read_bank(data)


def test_what_a_sheet_cannot_hold_is_refused_or_noted() -> None:
    spot = HotspotInteraction("x.png", (Hotspot("a", "circle", "1,1,1", 1.0),))
    example = replace(EXAMPLES[0], pictures=("x.png",))
    written = write_bank(QuestionBank((BankItem("", "", spot, "Where?"), example)), "csv").bank

    assert written.items[0].is_refused
    assert list_reasons(written.items[1], Severity.LOST) == ["sheets hold no pictures"]


def test_formats_are_guessed() -> None:
    csv, xlsx = guess_format(b"question;type\nx;y\n", "x.txt"), guess_format(SHEET, "x")

    assert csv is not None
    assert xlsx is not None
    assert (csv.name, xlsx.name) == ("csv", "xlsx")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x.csv", "line 1: the first row needs the headings"),
        ("x.xlsx", "this is no Excel workbook"),
        ("x.zip", "this is neither a zip file nor XML"),
        ("x.xml", "this is none of the formats that can be read"),
    ],
)
def test_a_file_that_only_its_name_places_is_refused_by_that_format(name: str, reason: str) -> None:
    with pytest.raises(UnreadableBankError, match=reason):
        read_bank(b"Which muscle?;Trapezius\n", name)
