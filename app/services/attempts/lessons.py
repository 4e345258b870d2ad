"""Lessons for a reader: the text, the checks in it and the reading progress."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from markupsafe import Markup
from sqlalchemy import bindparam, func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from app.domain.attempt import AnswerMissing, AttemptState, InvalidAnswer, Purpose
from app.domain.kinds import Fields
from app.domain.paper import Candidate, make_slot
from app.domain.release import RELEASE_EVERYTHING
from app.domain.scope import build_check_scope
from app.models import AnswerRevision, Attempt, AttemptItem, Correction, Learner, LessonProgress, LessonRow, ModuleRow
from app.services.attempts.feedback import Feedback, get_feedback
from app.services.attempts.papers import QuestionView, view_question
from app.services.course import catalogue
from app.services.course.lesson_texts import LessonText
from app.services.marking import active_corrections, submission


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check in a lesson, with feedback once it is answered. ``number`` is the number of the next attempt."""

    slug: str
    n: int
    number: int
    question: QuestionView
    feedback: Feedback | None


@dataclass(frozen=True, slots=True)
class LessonPart:
    """A section of a lesson's text, or a check."""

    html: Markup | None = None
    check: CheckView | None = None


@dataclass(frozen=True, slots=True)
class LessonView:
    """A lesson with one reader's progress. ``section`` is where reading stopped."""

    text: LessonText
    parts: tuple[LessonPart, ...]
    is_done: bool
    is_changed: bool
    section: str | None


def view_lesson(session: Session, learner: Learner | None, lesson: LessonText, again: str | None = None) -> LessonView:
    """Return a lesson as one reader sees it. ``again`` is the slug of an answered check to be asked again."""
    progress = session.get(LessonProgress, (learner.id, lesson.id)) if learner else None
    is_done = progress is not None and progress.done_at is not None
    return LessonView(
        text=lesson,
        parts=_view_parts(session, learner, lesson, again),
        is_done=is_done,
        is_changed=is_done and progress is not None and (progress.done_revision or 0) < lesson.revision,
        section=progress.section if progress else None,
    )


def _view_parts(
    session: Session, learner: Learner | None, lesson: LessonText, again: str | None
) -> tuple[LessonPart, ...]:
    latest = _get_latest_answers(session, learner, lesson, lesson.checks.values())
    answered = {item.version_id for attempt in latest.values() for item in attempt.items}
    corrections = active_corrections.list_in_force(session, answered, None) if answered else {}
    parts: list[LessonPart] = []
    for part in lesson.parts:
        if isinstance(part, Markup):
            parts.append(LessonPart(html=part))
        elif part in lesson.checks:
            n = sum(p.check is not None for p in parts) + 1
            found = latest.get(build_check_scope(lesson.id, lesson.checks[part].question_id))
            check = _build_check(session, lesson, part, n, found, corrections, is_again=again == part)
            parts.append(LessonPart(check=check))
    return tuple(parts)


_MINE = (Attempt.learner_id == bindparam("learner_id")) & Attempt.scope.in_(bindparam("scopes", expanding=True))
# By number, because attempts moved from a guest can have lower ids but come later.
_NEWEST = select(Attempt.scope, func.max(Attempt.number)).where(_MINE).group_by(Attempt.scope)
_LATEST_ANSWERS = (
    select(Attempt)
    .join(Attempt.items)
    .where(_MINE, tuple_(Attempt.scope, Attempt.number).in_(_NEWEST))
    .options(contains_eager(Attempt.items))
)


def _get_latest_answers(
    session: Session, learner: Learner | None, lesson: LessonText, candidates: Iterable[Candidate]
) -> dict[str, Attempt]:
    """Return the latest attempt at each check of a lesson, by scope."""
    scopes = [build_check_scope(lesson.id, candidate.question_id) for candidate in candidates]
    if learner is None or not scopes:
        return {}
    rows = session.scalars(_LATEST_ANSWERS, {"learner_id": learner.id, "scopes": scopes})
    return {attempt.scope: attempt for attempt in rows.unique()}


def _build_check(
    session: Session,
    lesson: LessonText,
    slug: str,
    n: int,
    latest: Attempt | None,
    corrections: Mapping[int, Sequence[Correction]],
    *,
    is_again: bool,
) -> CheckView:
    number = latest.number + 1 if latest else 1
    if latest is not None and not is_again:
        item = latest.items[0]
        return CheckView(slug, n, number, view_question(session, item), _get_feedback(session, item, corrections))
    return CheckView(slug, n, number, view_question(session, _build_item(lesson, lesson.checks[slug], number)), None)


def _get_feedback(session: Session, item: AttemptItem, corrections: Mapping[int, Sequence[Correction]]) -> Feedback:
    return get_feedback(session, item, RELEASE_EVERYTHING, corrections.get(item.version_id, ()))


def _build_item(lesson: LessonRow | LessonText, candidate: Candidate, number: int) -> AttemptItem:
    """Build the check as it is asked.

    The order of the options depends only on the lesson, the question's version and ``number``, so the page that asks
    and the request that answers agree.
    """
    rng = Random(f"{lesson.id}:{candidate.version_id}:{number}")  # noqa: S311  repeatable, not secret
    chosen = make_slot(candidate, rng)
    return AttemptItem(
        position=1, version_id=chosen.version_id, option_order=list(chosen.option_order), revision=0, is_flagged=False
    )


def order_of(lesson: LessonRow, candidate: Candidate, number: int) -> list[int]:
    """Return the order of the options in attempt ``number`` at a check."""
    return list(_build_item(lesson, candidate, number).option_order)


def answer_check(
    session: Session,
    learner: Learner,
    lesson: LessonRow,
    candidate: Candidate,
    fields: Fields,
    number: int,
    now: datetime,
) -> None:
    """Store and mark the answer to a check. Repeating a number (a double click or resent form) changes nothing.

    :raise AnswerMissing: no answer was given.
    :raise InvalidAnswer: the answer does not fit the question or is incomplete, or no page offers this number.
    """
    item = _build_item(lesson, candidate, number)
    shown = catalogue.get_texts(session, [candidate.version_id])[candidate.version_id]
    response = shown.kind.read(shown, item.option_order, fields, None, was_shown=False)
    if response is None:
        raise AnswerMissing(shown.kind.nothing_given)
    shown.kind.check_complete(shown, response)
    item.response = response
    item.revision, item.saved_at = 1, now
    attempt = Attempt(
        learner_id=learner.id,
        scope=build_check_scope(lesson.id, candidate.question_id),
        number=number,
        purpose=Purpose.CHECK,
        module_id=lesson.module_id,
        seed=0,
        state=AttemptState.SUBMITTED,
        started_at=now,
        submitted_at=now,
        pass_mark_percent=100,
        checks_each=True,
        items=[item],
    )
    if number > _get_next_number(session, learner, attempt.scope):
        raise InvalidAnswer  # no page offers it, and the numbers after it would be refused
    try:
        with session.begin_nested():
            session.add(attempt)
    except IntegrityError:
        return
    session.add(
        AnswerRevision(
            attempt_id=attempt.id,
            position=1,
            revision=1,
            save_id=secrets.token_hex(8),
            response=item.response,
            arrived_at=now,
        )
    )
    result = submission.write_marks(session, attempt, [item], now)[0]
    attempt.points, attempt.max_points = result.points, result.max_points


def _get_next_number(session: Session, learner: Learner, scope: str) -> int:
    """Return the number that a page offers for the next answer to a check."""
    mine = select(func.max(Attempt.number)).where(Attempt.learner_id == learner.id, Attempt.scope == scope)
    return (session.scalar(mine) or 0) + 1


def finish_lesson(session: Session, learner: Learner, lesson: LessonRow, now: datetime) -> None:
    """Mark the lesson's current revision as read to the end."""
    progress = _get_progress(session, learner, lesson, now)
    progress.done_at, progress.done_revision = now, lesson.revision


def save_reading_position(
    session: Session, learner: Learner, lesson: LessonRow, section: str | None, now: datetime
) -> None:
    """Store the section that the reader is at. An unknown section is ignored."""
    progress = _get_progress(session, learner, lesson, now)
    progress.read_at = now
    if section in {known["id"] for known in lesson.body["sections"]}:
        progress.section = section


def _get_progress(session: Session, learner: Learner, lesson: LessonRow, now: datetime) -> LessonProgress:
    key = (learner.id, lesson.id)
    found = session.get(LessonProgress, key)
    if found is not None:
        return found
    begun = LessonProgress(learner_id=learner.id, lesson_id=lesson.id, read_at=now)
    try:
        with session.begin_nested():
            session.add(begun)
    except IntegrityError:
        # A concurrent request created the row.
        return session.get_one(LessonProgress, key)
    return begun


def get_next_slug(session: Session, module: ModuleRow, lesson: LessonRow) -> str | None:
    """Return the slug of the next lesson in the module, or None after the last."""
    slugs = [row.slug for row in catalogue.list_lessons(session, module.id)]
    at = slugs.index(lesson.slug) + 1
    return slugs[at] if at < len(slugs) else None
