"""Written answers: what is stored of a text, how its words are counted, and what an erasure leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.attempt import AnswerProblem, BadEntry, InvalidAnswer
from app.domain.kinds.written import MAX_LENGTH, clean, count_words
from tests.kinds.examples import EXAMPLES
from tests.support.question_kinds import WRITTEN

ONE = EXAMPLES["written"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one", 1),
        ("one two\nthree\n\nfour", 4),
        ("well-known, isn’t it?", 3),
        ("a – b", 2),
        ("Schön! 5 °C", 3),
    ],
)
def test_words_have_a_letter_or_a_digit(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("one\r\ntwo", "one\ntwo"),
        ("one\n\n\n\ntwo  ", "one\n\ntwo"),
        ("  one\u2028two", "one\ntwo"),
        ("a\u202eb\x07c", "abc"),
        ("one\ttwo", "one two"),
    ],
)
def test_a_text_keeps_its_paragraphs_and_nothing_invisible(sent: str, stored: str) -> None:
    assert clean(sent) == stored


@given(st.text(max_size=80))
def test_a_cleaned_text_is_clean(text: str) -> None:
    once = clean(text)

    assert clean(once) == once


def test_a_text_beyond_the_limit_is_refused_with_what_to_do() -> None:
    with pytest.raises(BadEntry) as refused:
        WRITTEN.parse(ONE.question, (), {"text": ["word " * 14]})

    assert refused.value.problem is AnswerProblem.TOO_MANY_WORDS
    assert refused.value.details == {"words": "14", "most": "12", "over": "2"}
    assert WRITTEN.parse(ONE.question, (), {"text": ["word " * 12]}) == ("word " * 12).strip()


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(BadEntry):
        WRITTEN.parse(ONE.question, (), {"text": ["x" * (MAX_LENGTH + 1)]})
    with pytest.raises(InvalidAnswer):
        WRITTEN.parse(ONE.question, (), {"text": ["x" * (2 * MAX_LENGTH + 1)]})


def test_no_other_answer_can_be_declared_right() -> None:
    assert WRITTEN.is_marked_by_people
    with pytest.raises(InvalidAnswer):
        WRITTEN.key_of("Another text")


def test_an_erasure_leaves_no_word() -> None:
    assert WRITTEN.anonymise([ONE.key], "I, Ana Li, would ask") == "(erased)"
