"""A document in a form: what the author does not change stays byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.libraries.texts import decode_text, encode_text

LINES = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=10))
ENDS = st.sampled_from(["\n", "\r\n"])


def send(text: str) -> str:
    """Return a text as a browser sends it."""
    return text.replace("\n", "\r\n")


@given(st.binary(max_size=60) | LINES.map(lambda lines: "\r\n".join(lines).encode()))
def test_a_text_that_is_not_changed_stays_byte_for_byte(body: bytes) -> None:
    text = decode_text(body)

    if text is not None:
        assert encode_text(send(text), body) == body


@given(LINES, ENDS, st.booleans())
def test_a_changed_text_keeps_the_line_ends_and_the_mark_of_the_document(
    lines: list[str], end: str, has_mark: bool
) -> None:
    mark = "\ufeff" if has_mark else ""
    body = (mark + "first" + end + end.join(lines)).encode()

    changed = encode_text(send((decode_text(body) or "") + "\nlast"), body)

    assert changed == body + f"{end}last".encode()


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a\0b", b"\x89PNG\r\n"])
def test_what_is_no_text_is_not_edited(body: bytes) -> None:
    assert decode_text(body) is None


def test_a_new_text_has_line_feeds() -> None:
    assert encode_text("a\r\nb", b"") == b"a\nb"
