"""The course of this repository: its answers cannot be found from the options alone."""

from __future__ import annotations

from pathlib import Path

from app.content.balance import list_assumed_only, list_weakly_sourced_critical
from app.content.cues.limits import describe_excess, measure
from app.content.loader import load_course

MAX_ASSUMED = 0.03
"""The share of questions that may rest on general knowledge alone."""

COURSE = Path(__file__).parents[2] / "questions"


def test_no_attack_finds_more_keys_than_its_limit() -> None:
    course = load_course([COURSE]).course
    assert course is not None

    assert [describe_excess(found) for found in measure(course).excesses] == []


def test_few_questions_rest_on_general_knowledge_and_none_that_is_safety_critical() -> None:
    course = load_course([COURSE]).course
    assert course is not None
    questions = [question for module in course.modules for question in module.questions]

    assert len(list_assumed_only(questions)) <= MAX_ASSUMED * len(questions)
    assert list_weakly_sourced_critical(questions, course.sources) == []


def test_every_source_says_what_of_it_was_seen() -> None:
    course = load_course([COURSE]).course
    assert course is not None

    assert [source.id for source in course.sources if source.seen is None] == []
