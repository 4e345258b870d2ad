"""The built-in course: the checker runs over all of it with every run of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.content.counts import describe_course
from app.content.loader import LoadedCourse, load_course
from app.domain.content import LessonCheck, Use

QUESTIONS = Path(__file__).parents[2] / "questions"


@pytest.fixture(scope="module")
def loaded() -> LoadedCourse:
    return load_course([QUESTIONS])


def test_it_has_no_faults(loaded: LoadedCourse) -> None:
    assert [str(fault) for fault in loaded.faults] == []


def test_every_module_has_a_lesson_and_twelve_questions(loaded: LoadedCourse) -> None:
    assert loaded.course

    assert [module.id for module in loaded.course.modules] == [
        "trigger-points",
        "referred-pain",
        "treatment",
        "evidence",
        "safety",
    ]
    for module in loaded.course.modules:
        assert module.lessons, module.id
        assert len(module.questions) >= 12, module.id


def test_no_test_question_is_shown_in_a_lesson(loaded: LoadedCourse) -> None:
    """Catches a reference check that looks at the wrong field."""
    assert loaded.course
    kept_back = {q.id for module in loaded.course.modules for q in module.questions if q.use is Use.TEST}
    asked = {
        part.question
        for module in loaded.course.modules
        for lesson in module.lessons
        for part in lesson.parts
        if isinstance(part, LessonCheck)
    }

    assert kept_back
    assert asked
    assert not asked & kept_back


def test_its_counts_add_up(loaded: LoadedCourse) -> None:
    assert loaded.course
    total = sum(len(module.questions) for module in loaded.course.modules)

    described = describe_course(loaded.course)

    assert f"{len(loaded.course.modules)} modules, " in described
    assert f", {total} questions, " in described
    for module in loaded.course.modules:
        for objective in module.objectives:
            assert objective.id in described
