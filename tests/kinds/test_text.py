"""Short text: what is accepted, what is ignored, and what an erasure leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.kinds import text as text_kind
from app.domain.kinds.text import (
    ERASED,
    AcceptedAnswer,
    Exactness,
    TextKey,
    clean,
    is_one_slip_away,
)
from app.domain.marking import mark_response
from tests.support.question_kinds import TEXT

LAX = TextKey((AcceptedAnswer("Gluteus medius"), AcceptedAnswer("glut*", 0.5), AcceptedAnswer("a*b*c", 0.25)))


@pytest.mark.parametrize(
    ("typed", "points"),
    [
        ("Gluteus medius", 1),
        ("GLUTEUS MEDIUS", 1),
        ("gluteus-medius.", 1),
        ("glutéus  medius", 1),
        ("ｇluteus medius", 1),
        ("gluteusmedius", 1),
        ("glute\u00adus medius", 1),
        ("gluteus medus", 0.5),
        ("glut", 0.5),
        ("the gluteus medius", 0),
        ("abc", 0.25),
        ("a long b then c", 0.25),
        ("a c b", 0),
        ("ab", 0),
        ("...", 0),
    ],
)
def test_case_accents_blanks_and_punctuation_are_ignored(typed: str, points: float) -> None:
    assert mark_response(TEXT, LAX, typed).points == points


@pytest.mark.parametrize(
    ("exactness", "typed", "is_right"),
    [
        (Exactness(case=True), "Café au lait", True),
        (Exactness(case=True), "café au lait", False),
        (Exactness(accents=True), "cafe au lait", False),
        (Exactness(accents=True), "CAFÉ AU LAIT", True),
        (Exactness(spaces=True), "Caféau lait", False),
        (Exactness(spaces=True), "café  au\u00a0lait", True),
        (Exactness(punctuation=True), "Café au lait.", False),
    ],
)
def test_an_author_may_say_what_matters(exactness: Exactness, typed: str, *, is_right: bool) -> None:
    assert mark_response(TEXT, TextKey((AcceptedAnswer("Café au lait"),), exactness), typed).is_right is is_right


@pytest.mark.parametrize(
    ("typed", "is_accepted"),
    [
        ("trapezius", True),
        ("trapezus", True),
        ("traapezius", True),
        ("trapesius", True),
        ("trapezuis", True),
        ("rapezius", True),
        ("trapeziusx", True),
        ("trapezuss", False),
        ("trpezus", False),
        ("rtapezuis", False),
    ],
)
def test_one_typing_error_is_accepted_and_two_are_not(typed: str, *, is_accepted: bool) -> None:
    key = TextKey((AcceptedAnswer("trapezius", allows_typo=True),))

    assert mark_response(TEXT, key, typed).is_right is is_accepted


def test_a_typing_error_is_accepted_only_where_it_is_allowed_and_never_in_a_short_word() -> None:
    assert mark_response(TEXT, TextKey((AcceptedAnswer("trapezius"),)), "trapezus").points == 0
    assert mark_response(TEXT, TextKey((AcceptedAnswer("band", allows_typo=True),)), "hand").points == 0


def test_an_answer_that_fits_as_it_stands_goes_before_one_with_a_typing_error() -> None:
    """Fails when "ileum" is taken for a misspelt "ilium"."""
    key = TextKey((AcceptedAnswer("ilium", allows_typo=True), AcceptedAnswer("ileum", 0, "That is the gut.")))

    assert [mark_response(TEXT, key, typed).points for typed in ("ilium", "ileum", "iliumm")] == [1, 0, 1]
    assert TEXT.reason(key, "ileum") == "That is the gut."


@given(st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_one_slip_is_one_slip_in_both_directions(one: str, other: str) -> None:
    assert is_one_slip_away(one, other) is is_one_slip_away(other, one)
    assert not is_one_slip_away(one, one)


@given(st.text(max_size=60))
def test_a_cleaned_text_is_clean(text: str) -> None:
    once = clean(text)

    assert clean(once) == once == once.strip()
    assert once.isprintable()


def test_an_erased_answer_keeps_its_worth_and_loses_its_words() -> None:
    key = TextKey((AcceptedAnswer("trap*"), AcceptedAnswer("deltoid", 0.5)))

    assert TEXT.anonymise([key], "Trapezius, says Ana Li") == "trap"
    assert TEXT.anonymise([key], "DELTOID") == "deltoid"
    assert TEXT.anonymise([key], "Ana Li") == ERASED
    assert TEXT.anonymise([key, TextKey((AcceptedAnswer("soleus"),))], "Soleus!") == "soleus"


def test_no_cache_keeps_what_learners_typed() -> None:
    """Fails when a text survives in the server's memory after its learner is erased."""
    kind, key = TEXT, TextKey((AcceptedAnswer("Trapezius", allows_typo=True), AcceptedAnswer("trap*")))
    kind.mark(key, "warm up")
    caches = [one for one in vars(text_kind).values() if hasattr(one, "cache_info")]
    before = [one.cache_info().currsize for one in caches]

    for n in range(20):
        kind.mark(key, f"my own words {n}")
        list(kind.parts(key, f"my own words {n}"))
        kind.reason(key, f"my own words {n}")
        kind.anonymise([key], f"my own words {n}")

    assert [one.cache_info().currsize for one in caches] == before
