"""Quotations: found again by their words and the words around them, also after the text was edited."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.quotes import Quote, QuotePlace, cut_quote, find_quote, make_text_fragment

TEXT = (
    "Most back pain settles by itself. Night pain needs a question.\n"
    "Pain that wakes the patient is a sign. Night pain needs an answer as well."
)


def find(text: str, quote: Quote) -> str | None:
    place = find_quote(text, quote)
    return text[place.start : place.end] if place else None


@pytest.mark.parametrize(
    ("exact", "found"),
    [
        ("settles by itself", "settles by itself"),
        ("settles  by\nitself", "settles by itself"),
        ("a question. Pain that", "a question.\nPain that"),
        ("set\u00adtles\u200b by itself", "settles by itself"),
        ("Settles by itself", None),
        ("nowhere", None),
        (" \n", None),
        ("", None),
    ],
)
def test_words_are_found_whatever_blanks_are_between_them(exact: str, found: str | None) -> None:
    assert find(TEXT, Quote(exact)) == found


def test_of_equal_words_those_in_the_same_context_are_found() -> None:
    first, second = TEXT.index("Night pain"), TEXT.rindex("Night pain")

    assert find_quote(TEXT, Quote("Night pain")) == QuotePlace(first, first + 10)
    assert find_quote(TEXT, Quote("Night pain", "by itself. ", " needs a question")) == QuotePlace(first, first + 10)
    assert find_quote(TEXT, Quote("Night pain", "is a sign. ", " needs an answer")) == QuotePlace(second, second + 10)
    assert find_quote(TEXT, Quote("Night pain", "was a sign. ", "")) == QuotePlace(second, second + 10)


def test_text_that_moved_is_found_where_it_is_now() -> None:
    quote = cut_quote(TEXT, QuotePlace(34, 62))
    moved = "Something new comes first. " + TEXT

    assert quote.exact == "Night pain needs a question."
    assert find_quote(moved, quote) == QuotePlace(61, 89)


def test_edited_words_are_found_between_the_same_text() -> None:
    start = TEXT.index("Pain that wakes")
    quote = cut_quote(TEXT, QuotePlace(start, start + 38))
    edited = TEXT.replace("wakes the patient is a sign", "often wakes a patient is a sign")

    place = find_quote(edited, quote)

    assert place is not None
    assert place.is_changed
    assert edited[place.start : place.end] == "Pain that often wakes a patient is a sign."
    assert cut_quote(edited, place).exact == "Pain that often wakes a patient is a sign."


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("Pain that wakes the patient is a sign.", "Ask how the night was."),
        TEXT.replace("Pain that wakes the patient is a sign.", ""),
        TEXT.replace("wakes the", "wakens a").replace("needs a question", "is worth asking about"),
        "",
    ],
    ids=["other words", "removed", "other text around it", "an empty lesson"],
)
def test_words_that_are_gone_are_not_found(text: str) -> None:
    start = TEXT.index("Pain that wakes")
    quote = cut_quote(TEXT, QuotePlace(start, start + 38))

    assert find_quote(TEXT, quote) == QuotePlace(start, start + 38)
    assert find_quote(text, quote) is None


def test_the_context_is_short_and_ends_with_the_text() -> None:
    assert cut_quote(TEXT, QuotePlace(0, 4)) == Quote("Most", "", " back pain settles by itself. Ni")
    assert cut_quote(TEXT, QuotePlace(len(TEXT) - 5, len(TEXT))).after == ""


@given(st.text(min_size=1, max_size=60), st.data())
def test_whatever_is_cut_is_found_where_it_was(text: str, data: st.DataObject) -> None:
    """Unless it is nothing but blanks. Without an edit, what is found is never called changed."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = cut_quote(text, QuotePlace(start, end))

    place = find_quote(text, quote)

    if place is not None:
        assert not place.is_changed
        assert text[place.start : place.end] in text
        assert find_quote(text, cut_quote(text, place)) is not None
    else:
        assert find_quote(quote.exact, Quote(quote.exact)) is None


@pytest.mark.parametrize(
    ("exact", "fragment"),
    [
        ("referred pain", "referred%20pain"),
        ("one-sided, or both", "one%2Dsided%2C%20or%20both"),
        ("a b\nc d e f g h", "a%20b%20c%20d%20e%20f%20g%20h"),
        ("a b c d e\nf g h i", "a%20b%20c%20d,f%20g%20h%20i"),
    ],
)
def test_a_link_gives_the_first_and_the_last_words(exact: str, fragment: str) -> None:
    assert make_text_fragment(exact) == fragment
