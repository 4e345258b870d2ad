"""Search: words are found whatever their case, accents and slips, and results show why they were found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.search.entries import FoundEntry, Fragment, Passage, SearchEntry, SearchGroup
from app.domain.search.excerpts import EXCERPT_LENGTH, make_excerpt, mark_words
from app.domain.search.index import SearchIndex, describe
from app.domain.search.spelling import Speller, count_slips
from app.domain.search.words import MAX_QUERY_WORDS, clean_text, parse_query, split_words

MUSCLES, LESSONS, SOURCES = SearchGroup.MUSCLES, SearchGroup.LESSONS, SearchGroup.SOURCES

ENTRIES = (
    SearchEntry(
        LESSONS,
        "knots",
        "Muscle knots",
        (
            Passage("A trigger point is a sore spot in a muscle."),
            Passage("The upper trapezius is often named.", "Two examples", "examples"),
            Passage("Headache may follow.", "What is felt", "felt"),
        ),
    ),
    SearchEntry(MUSCLES, "trapezius", "Trapezius, upper fibres", (Passage("Rises along the neck."),)),
    SearchEntry(MUSCLES, "piriformis", "Piriformis", (Passage("The buttock and the back of the thigh."),)),
    SearchEntry(SOURCES, "simons", "Simons 1999", (Passage("Trapezius: a manual of muscles by Štěpán Łuczak."),)),
)


def search(query: str, *, needs_all: bool = True) -> list[FoundEntry]:
    index = SearchIndex(ENTRIES)
    words = parse_query(query)
    matches = index.match(words, {word for word in words if not index.knows(word)})
    return [describe(hit, matches) for hit in index.find(matches, needs_all=needs_all)]


def show(fragments: tuple[Fragment, ...]) -> str:
    return "".join(f"[{fragment.text}]" if fragment.is_match else fragment.text for fragment in fragments)


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("piriformis", ["piriformis"]),
        ("piriformus", ["piriformis"]),
        ("pirifomris", ["piriformis"]),
        ("trapezious", ["trapezius", "knots", "simons"]),
        ("trapez", ["trapezius", "knots", "simons"]),
        ("TRAPEZIUS", ["trapezius", "knots", "simons"]),
        ("stepan luczak", ["simons"]),
        ("Ste\u030cpa\u0301n", ["simons"]),
        ("tra\u00adpezius neck", ["trapezius"]),
        ("headache trapezius", ["knots"]),
        ("headaches", ["knots"]),
        ("the trapezius of the neck", ["trapezius"]),
        ('"trapezius" OR * NEAR(neck):', []),
        ("1999", ["simons"]),
        ("1998", []),
        ("lip", []),
        ("zebra", []),
        ("and the", ["piriformis"]),
        ("", []),
        ("*", []),
        ("<em>neck", []),
        ("斜方肌", []),
    ],
)
def test_a_query_finds(query: str, slugs: list[str]) -> None:
    assert [found.entry.slug for found in search(query)] == slugs


def test_what_has_only_some_words_is_found_if_asked_for_with_the_most_words_first() -> None:
    found = search("zebra upper trapezius thigh", needs_all=False)

    assert [one.entry.slug for one in found][:2] == ["trapezius", "knots"]
    assert "piriformis" in [one.entry.slug for one in found]


def test_a_result_shows_the_section_that_matches_best_with_the_words_marked() -> None:
    [first, second, *_] = search("upper trapez")

    assert show(first.title) == "[Trapezius], [upper] fibres"
    assert (second.passage.anchor, show(second.excerpt)) == ("examples", "The [upper] [trapezius] is often named.")


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("piriformus", ("piriformis",)),
        ("sternoclidomastoid", ("sternocleidomastoid",)),
        ("massater", ("masseter",)),
        ("hpi", ()),
        ("solues", ("soleus",)),
        ("solius", ("soleus",)),
        ("wholly different", ()),
        ("12345", ()),
    ],
)
def test_misspelt_words_are_recognised(typed: str, known: tuple[str, ...]) -> None:
    words = ("piriformis", "sternocleidomastoid", "masseter", "soleus", "hip", "12346")

    assert Speller(words).list_similar(typed) == known


@pytest.mark.parametrize(
    ("one", "other", "slips"), [("abcd", "abcd", 0), ("abcd", "acbd", 1), ("abcd", "bcd", 1), ("abcd", "wxyz", 3)]
)
def test_slips_are_counted_up_to_a_limit(one: str, other: str, slips: int) -> None:
    assert count_slips(one, other, 2) == count_slips(other, one, 2) == slips


@given(st.text(max_size=300), st.text(max_size=40))
def test_an_excerpt_is_part_of_its_text_whatever_the_text(text: str, query: str) -> None:
    cleaned = clean_text(text)
    fragments = make_excerpt(cleaned, set(parse_query(query)))
    shown = "".join(fragment.text for fragment in fragments)

    assert shown.removeprefix("… ").removesuffix(" …") in cleaned
    assert len(shown) <= EXCERPT_LENGTH + len("… ") + len(" …")
    assert "".join(fragment.text for fragment in mark_words(cleaned, set(parse_query(query)))) == cleaned


@given(st.text(max_size=300))
def test_every_word_of_a_text_finds_the_text(text: str) -> None:
    index = SearchIndex([SearchEntry(LESSONS, "one", clean_text(text), (Passage(""),))])
    words = parse_query(text)

    found = index.find(index.match(words, ()))

    assert [hit.entry.slug for hit in found] == (["one"] if words else [])


def test_a_long_query_is_cut_to_its_first_words() -> None:
    assert len(parse_query(" ".join(f"w{n}" for n in range(50)))) == MAX_QUERY_WORDS
    assert parse_query("x" * 5000) == ("x" * 200,)


def test_words_keep_their_place_in_the_text() -> None:
    text = clean_text("Dry-needling, “Łuczak’s” 2nd")

    assert [(word.folded, text[word.start : word.end]) for word in split_words(text)] == [
        ("dry", "Dry"),
        ("needling", "needling"),
        ("luczak", "Łuczak"),
        ("s", "s"),
        ("2nd", "2nd"),
    ]
