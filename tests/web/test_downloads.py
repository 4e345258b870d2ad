"""Files that browsers save: their names, in the spelling of every browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.http import parse_options_header

from app.web.downloads import attachment, make_slug


def _disposition(title: str) -> str:
    with Flask("files").test_request_context():
        return str(attachment("text", "text/csv", "gradebook.csv", title=title).headers["Content-Disposition"])


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("", "attachment; filename=gradebook.csv"),
        ("???", "attachment; filename=gradebook.csv"),
        ("Physio: Jahr 2/a", "attachment; filename=physio-jahr-2-a.csv"),
        ("Ärzte", "attachment; filename=arzte.csv; filename*=UTF-8''%C3%A4rzte.csv"),
        ("Курс 2", "attachment; filename=2.csv; filename*=UTF-8''%D0%BA%D1%83%D1%80%D1%81-2.csv"),
        ("Курс", "attachment; filename=gradebook.csv; filename*=UTF-8''%D0%BA%D1%83%D1%80%D1%81.csv"),
        ('a"; filename=b.exe\r\nX-Evil: 1', "attachment; filename=a-filename-b-exe-x-evil-1.csv"),
        ("x" * 200, f"attachment; filename={'x' * 60}.csv"),
    ],
)
def test_a_file_is_named_after_its_title(title: str, expected: str) -> None:
    assert _disposition(title) == expected


def test_a_name_beyond_ascii_is_read_back_whole() -> None:
    _, options = parse_options_header(_disposition("Größe & Maß"))

    assert options["filename"] == "größe-maß.csv"


def test_an_iterator_is_sent_while_it_is_read() -> None:
    """Fails if all lines are joined before the first byte is sent."""
    read: list[str] = []

    def lines() -> Iterator[str]:
        for line in ("a\n", "ä\n"):
            read.append(line)
            yield line

    with Flask("files").test_request_context():
        response = attachment(lines(), "text/csv", "list.csv")
        parts = response.iter_encoded()

        assert next(parts) == b"a\n"
        assert read == ["a\n"]
        assert list(parts) == ["ä\n".encode()]


def test_a_slug_does_not_end_with_a_hyphen() -> None:
    assert make_slug(f"{'x' * 59} yz") == "x" * 59
