"""Where learners find questions whose right answers they have been shown."""

from __future__ import annotations

from flask import url_for

from app.domain.attempt import AttemptState, Purpose
from app.services.attempts.shown_questions import ShownQuestion
from app.services.course.outline import ModuleLine


def get_question_address(question: ShownQuestion, module: ModuleLine | None, lesson_slug: str) -> str:
    """Return the page on which a learner has seen a question: a lesson, a running attempt or a result."""
    if question.purpose is Purpose.CHECK and module is not None:
        anchor = f"check-{question.slug}"
        return url_for("learn.show_lesson", slug=module.slug, lesson_slug=lesson_slug, _anchor=anchor)
    n = question.position
    if question.state is AttemptState.OPEN:
        return url_for("learn.show_question", attempt_id=question.attempt_id, n=n)
    return url_for("learn.show_result", attempt_id=question.attempt_id, open=n, _anchor=f"answer-{n}")
