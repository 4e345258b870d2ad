"""The wording of the built-in course's questions: kinds of doubt that blind readers have raised."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.content.loader import load_course
from app.domain.content import Question

QUESTIONS = Path(__file__).parents[2] / "questions"

_LABEL = re.compile(r"\bthe (?:man|woman|patient|student) (?:who|with|in|from|at|behind)\b", re.IGNORECASE)
_NAMELESS_STANDARD = re.compile(r"\b(?:published (?:standard|list)s?|the national guideline)\b", re.IGNORECASE)
_HOME_CARE = ("Self-care at home", "Self-care, or work on the muscle", "Carry on, and look at it again in two weeks")
_EMERGENCY = re.compile(r"\b(?:emergency|ambulance|at once|hospital)\b", re.IGNORECASE)
_NOT = re.compile(r"\bnot\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def questions() -> tuple[Question, ...]:
    course = load_course([QUESTIONS]).course
    assert course
    return tuple(question for module in course.modules for question in module.questions)


def test_stems_do_not_tell_people_apart_by_a_label(questions: tuple[Question, ...]) -> None:
    """The case is above the stem, so "this woman" is clear; "the woman with the sister" is a riddle."""
    assert [question.id for question in questions if _LABEL.search(question.stem)] == []


def test_a_standard_is_called_by_its_name(questions: tuple[Question, ...]) -> None:
    texts = {question.id: f"{question.stem} {question.vignette} {question.explanation}" for question in questions}

    assert [id_ for id_, text in texts.items() if _NAMELESS_STANDARD.search(text)] == []


def test_a_result_in_millimetres_of_pain_names_its_scale(questions: tuple[Question, ...]) -> None:
    """A millimetre of pain means something only on a scale of 100 mm."""
    told = {question.id: f"{question.vignette or ''} {question.stem}" for question in questions}
    in_mm = {id_: text for id_, text in told.items() if re.search(r"\d mm\b", text) and "pain" in text.lower()}

    assert in_mm
    assert [id_ for id_, text in in_mm.items() if "100" not in text and "needles" not in text] == []


def test_feedback_on_care_at_home_names_what_would_be_an_emergency(questions: tuple[Question, ...]) -> None:
    at_home = [
        question
        for question in questions
        if question.kind == "single" and _get_key_text(question).startswith(_HOME_CARE)
    ]

    assert at_home
    assert [question.id for question in at_home if not _EMERGENCY.search(question.explanation)] == []


def test_no_option_of_several_is_the_only_negative(questions: tuple[Question, ...]) -> None:
    negatives = {
        question.id: [option for option in question.options if _NOT.search(option)]
        for question in questions
        if question.kind == "several"
    }

    assert {id_: found for id_, found in negatives.items() if len(found) == 1} == {}


def _get_key_text(question: Question) -> str:
    correct: tuple[int, ...] = question.key.correct
    return question.options[correct[0]]
