"""Texts of other systems as our Markdown: the words are kept, and what is given up is noted."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.prose import render_inline
from app.interchange.bank import RefusedItemError
from app.interchange.html_text import read_html, read_lines, read_markdown
from app.interchange.markup import MAX_LETTERS, has_emphasis, read_plain, read_runs, split_paragraphs, to_html, to_plain


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>two<br/><br>Three", "One two\n\nThree"),
        ("a <b>bold </b>word, <i>so</i> <strong><em>both</em></strong>", "a **bold** word, *so* ***both***"),
        ("un<b>believ</b>able", "un**believ**able"),
        ("1 &lt; 2 &amp; 3 > 2", "1 < 2 & 3 > 2"),
        ("m<sup>2</sup>, H<sub>2</sub>O", "m², H₂O"),
        ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
        ("<p>*no* _emphasis_ \\*</p>", r"\*no\* \_emphasis\_ \\\*"),
        ("the _____ slides", "the _____ slides"),
        ("[@LUCAS-2009]", r"[\@LUCAS-2009]"),
        ("a\u00a0b \t\n c", "a\u00a0b c"),
        ("<script>alert(1)</script>After<style>p{}</style>", "After"),
        ("<!-- a remark -->Text", "Text"),
        ("<p>Which?</p><ul><li>one<li>two</ul><p>Say.</p>", "Which? (1) one (2) two\n\nSay."),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<div><p></p> </div>", ""),
        ("<b>open <i>for ever", "**open** ***for ever***"),
        ("</b></i>closed</p>", "closed"),
        ("<![CDATA[x", "<![CDATA[x"),
    ],
)
def test_html_becomes_our_markdown(html: str, wanted: str) -> None:
    got = read_html(html).text

    assert [read_runs(one) for one in split_paragraphs(got)] == [read_runs(one) for one in split_paragraphs(wanted)]


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<u>x</u>", "underlining cannot be kept"),
        ("x<sup>th</sup>", "a superscript cannot be kept"),
        ("<script>x</script>y", "a script cannot be kept"),
        ("<iframe src='https://x.example'></iframe>", "embedded content (iframe https://x.example)"),
        ("<a href='https://x.example'>x</a>", "a link became its words and its address"),
        ("<ul><li>a</ul>", "a list became running text"),
        ("<table><tr><td>a</table>", "a table became running text"),
        ("a<x-foo>b", "“<x-foo>” is no element of HTML"),
        (r"\(x^2\)", "a formula in TeX is shown as typed"),
        ("a\u200bb\x07", "invisible control characters were removed"),
        ("<img src='https://x.example/a.png' alt='A'>", "the file has no picture “https://x.example/a.png”"),
        ("<img src='data:image/png;base64,AAAA'>", "a picture inside the text is left out"),
        ("1&lt;b", "a space was added after “<”"),
    ],
)
def test_what_is_given_up_is_noted(html: str, reason: str) -> None:
    assert any(reason in note.reason for note in read_html(html).notes)


def test_line_ends_count_where_people_typed_them() -> None:
    assert read_lines("One\ntwo\n\nThree").text == "One two\n\nThree"
    assert read_markdown("One\ntwo\n\n- a\n- b\n\nThree **x**").text == "One two (1) a (2) b\n\nThree **x**"


def test_a_text_that_is_too_long_is_refused() -> None:
    for read in (read_html, read_lines, read_markdown, read_plain):
        with pytest.raises(RefusedItemError, match="too long"):
            read("x" * (MAX_LETTERS + 1))


@pytest.mark.parametrize(
    "text",
    [
        "<" * 20_000,
        "<!--" * 20_000,
        "<a " * 20_000,
        "&" * 20_000,
        "<b>" * 20_000,
        "*" * 20_000,
        "[" * 20_000,
        "`" * 20_000,
    ],
)
def test_hostile_markup_is_read_in_time(text: str) -> None:
    """Fails by never ending when a reader takes quadratic time for these."""
    for read in (read_html, read_markdown, read_plain):
        with suppress(RefusedItemError):  # as HTML it may be longer than a text may be
            read(text)


def list_words(text: str) -> list[str]:
    """Split a text at spaces; one after “<” does not count, because it may have been added."""
    return text.replace("<", "< ").split()


@given(st.text(alphabet="ab *_\\<>&[]@()#`-\n\u00a0é", max_size=30))
def test_a_plain_text_is_shown_as_typed(text: str) -> None:
    written = read_plain(text).text

    assert list_words(to_plain(written)) == list_words(text)
    assert not has_emphasis(written)
    assert "<em>" not in render_inline(written)


@given(st.text(alphabet="ab *_\\<>&[]@.\u00a0", max_size=30))
def test_our_markdown_survives_html(text: str) -> None:
    ours = read_html(to_html(read_html(text).text)).text

    assert read_html(to_html(ours)).text == ours
    assert to_html(read_html(to_html(ours)).text) == to_html(ours)
