"""The course of the tests published again with other words in a lesson, or without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.content import Lesson
from app.services.course.publisher import write_course
from tests.support.published_course import load_small_course


def edit_lesson(session: Session, slug: str, old: str, new: str, now: datetime) -> None:
    """Publish the course with ``new`` in place of the words ``old``, which must be in the lesson."""

    def edit(lesson: Lesson) -> Lesson:
        parts = tuple(part.replace(old, new) if isinstance(part, str) else part for part in lesson.parts)
        assert parts != lesson.parts
        return replace(lesson, parts=parts)

    _publish(session, lambda lesson: edit(lesson) if lesson.id == slug else lesson, now)


def remove_lesson(session: Session, slug: str, now: datetime) -> None:
    _publish(session, lambda lesson: None if lesson.id == slug else lesson, now)


def _publish(session: Session, change: Callable[[Lesson], Lesson | None], now: datetime) -> None:
    course = load_small_course()
    modules = tuple(
        replace(module, lessons=tuple(kept for lesson in module.lessons if (kept := change(lesson)) is not None))
        for module in course.modules
    )
    write_course(session, replace(course, modules=modules), now)
    session.commit()
