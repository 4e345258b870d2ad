"""The limits of a file, whatever its format."""

from __future__ import annotations

import pytest

from app.interchange.bank import MAX_BYTES, MAX_ITEMS, UnreadableBankError
from app.interchange.formats import list_formats, read_bank

TEXT_FORMATS = ["aiken", "gift", "moodle-xml"]


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_a_file_may_not_be_too_large_or_empty(name: str) -> None:
    with pytest.raises(UnreadableBankError, match="too large; 20 MB at most"):
        read_bank(b"x" * (MAX_BYTES + 1), "x", name)
    with pytest.raises(UnreadableBankError, match="empty"):
        read_bank(b" \n", "x", name)


@pytest.mark.parametrize(("name", "text"), [("gift", "}\n\n"), ("aiken", "ANSWER: A\n"), ("moodle-xml", "<question/>")])
def test_a_file_may_not_have_too_many_questions(name: str, text: str) -> None:
    data = text * (MAX_ITEMS + 1)
    if name == "moodle-xml":
        data = f"<quiz>{data}</quiz>"

    with pytest.raises(UnreadableBankError, match=f"too many questions; {MAX_ITEMS} at most"):
        read_bank(data.encode(), "x", name)


@pytest.mark.parametrize("name", TEXT_FORMATS)
@pytest.mark.parametrize(
    "data",
    [b"\x00" * 100, b"\xff\xfe\xff", b"\xef\xbb\xbf", b"PK\x03\x04", bytes(range(256)) * 4, b"\r\r\r\n", b"<", b"{"],
)
def test_bytes_of_any_kind_give_a_bank_or_one_error(name: str, data: bytes) -> None:
    try:
        bank = read_bank(data, "x", name)
    except UnreadableBankError:
        return
    assert all(item.is_refused or item.interaction for item in bank.items)


def test_an_unknown_format_is_refused_with_the_names_of_the_others() -> None:
    with pytest.raises(UnreadableBankError, match="Moodle XML"):
        read_bank(b"words", "x.doc")


def test_each_format_has_a_name_of_its_own() -> None:
    names = [one.name for one in list_formats()]

    assert len(set(names)) == len(names)
    assert set(TEXT_FORMATS) <= set(names)
