"""Lessons: one lesson as its reader sees it, the checks inside it, and where the reader stopped."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from markupsafe import Markup
from sqlalchemy import func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from app.domain.attempt import NothingGiven, Purpose, State
from app.domain.content import Source
from app.domain.paper import Candidate, slot
from app.domain.release import EVERYTHING
from app.domain.response import Given, demand_finished, read
from app.models import Answer, Attempt, AttemptItem, Correction, Learner, LessonProgress, LessonRow, ModuleRow
from app.services.course import catalogue
from app.services.marking import rulings, submission
from app.services.taking.feedback import Feedback, feedback
from app.services.taking.papers import QuestionView, question


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check inside a lesson: asked, or answered with its feedback. ``number`` is the attempt that answering it will be."""

    slug: str
    n: int
    number: int
    question: QuestionView
    feedback: Feedback | None


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the lesson's text, or a check."""

    html: Markup | None = None
    check: CheckView | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """The lesson before or after this one."""

    module_slug: str
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class LessonView:
    slug: str
    title: str
    hook: str
    minutes: int
    position: int
    of: int
    published_at: datetime
    sections: tuple[dict[str, str], ...]
    parts: tuple[Part, ...]
    sources: tuple[Source, ...]
    before: Turn | None
    after: Turn | None
    is_done: bool
    is_changed: bool
    section: str | None


def view(
    session: Session, learner: Learner | None, module: ModuleRow, lesson: LessonRow, again: str | None = None
) -> LessonView:
    """One lesson for one reader. ``again`` is a check to be asked once more although it was answered."""
    progress = session.get(LessonProgress, (learner.id, lesson.id)) if learner else None
    rows = catalogue.list_lessons(session)
    here = [row.slug for row in rows if row.module_id == module.id]
    before, after = _turns(session, rows, lesson)
    sources = catalogue.sources(session, lesson.body["sources"])
    is_done = progress is not None and progress.done_at is not None
    return LessonView(
        slug=lesson.slug,
        title=lesson.title,
        hook=lesson.hook,
        minutes=lesson.minutes,
        position=here.index(lesson.slug) + 1,
        of=len(here),
        published_at=lesson.published_at,
        sections=tuple(lesson.body["sections"]),
        parts=_parts(session, learner, lesson, again),
        sources=tuple(sources.values()),
        before=before,
        after=after,
        is_done=is_done,
        is_changed=is_done and progress is not None and (progress.done_revision or 0) < lesson.revision,
        section=progress.section if progress else None,
    )


def _turns(session: Session, rows: Iterable[Any], lesson: LessonRow) -> tuple[Turn | None, Turn | None]:
    modules = {module.id: (module.position, module.slug) for module in catalogue.list_modules(session)}
    ordered = sorted((row for row in rows if row.module_id in modules), key=lambda row: modules[row.module_id][0])
    at = next(index for index, row in enumerate(ordered) if row.id == lesson.id)

    def turn(index: int) -> Turn | None:
        if not 0 <= index < len(ordered):
            return None
        row = ordered[index]
        return Turn(modules[row.module_id][1], row.slug, row.title)

    return turn(at - 1), turn(at + 1)


def check_scope(lesson: LessonRow, question_id: int) -> str:
    return f"check:lesson:{lesson.id}:{question_id}"


def _parts(session: Session, learner: Learner | None, lesson: LessonRow, again: str | None) -> tuple[Part, ...]:
    slugs = [part["check"] for part in lesson.body["parts"] if "check" in part]
    candidates = catalogue.list_checks(session, slugs)
    latest = _latest_answers(session, learner, lesson, candidates.values())
    answered = {item.version_id for attempt in latest.values() for item in attempt.items}
    corrections = rulings.in_force(session, answered, None) if answered else {}
    parts: list[Part] = []
    for part in lesson.body["parts"]:
        if "html" in part:
            # Rendered and cleaned when it was published.
            parts.append(Part(html=Markup(part["html"])))  # noqa: S704
        elif part["check"] in candidates:
            candidate = candidates[part["check"]]
            n = sum(p.check is not None for p in parts) + 1
            found = latest.get(check_scope(lesson, candidate.question_id))
            parts.append(
                Part(
                    check=_check_view(
                        session,
                        lesson,
                        part["check"],
                        n,
                        candidate,
                        found,
                        corrections,
                        is_again=again == part["check"],
                    )
                )
            )
    return tuple(parts)


def _latest_answers(
    session: Session, learner: Learner | None, lesson: LessonRow, candidates: Iterable[Candidate]
) -> dict[str, Attempt]:
    """The latest answer to each check of a lesson, by scope: one statement."""
    scopes = [check_scope(lesson, candidate.question_id) for candidate in candidates]
    if learner is None or not scopes:
        return {}
    mine = (Attempt.learner_id == learner.id) & Attempt.scope.in_(scopes)
    # By number: what a guest did and was moved here has lower ids, but comes after.
    newest = select(Attempt.scope, func.max(Attempt.number)).where(mine).group_by(Attempt.scope)
    rows = session.scalars(
        select(Attempt)
        .join(Attempt.items)
        .where(mine, tuple_(Attempt.scope, Attempt.number).in_(newest))
        .options(contains_eager(Attempt.items))
    ).unique()
    return {attempt.scope: attempt for attempt in rows}


def _check_view(
    session: Session,
    lesson: LessonRow,
    slug: str,
    n: int,
    candidate: Candidate,
    latest: Attempt | None,
    corrections: Mapping[int, Sequence[Correction]],
    *,
    is_again: bool,
) -> CheckView:
    number = latest.number + 1 if latest else 1
    if latest is not None and not is_again:
        item = latest.items[0]
        return CheckView(slug, n, number, question(session, item), _feedback(session, item, corrections))
    return CheckView(slug, n, number, question(session, _fresh_item(lesson, candidate, number)), None)


def _feedback(session: Session, item: AttemptItem, corrections: Mapping[int, Sequence[Correction]]) -> Feedback:
    return feedback(session, item, EVERYTHING, corrections.get(item.version_id, ()))


def _fresh_item(lesson: LessonRow, candidate: Candidate, number: int) -> AttemptItem:
    """The check as it would be asked: its order of options depends on the lesson and the number alone, so page and answer agree."""
    rng = Random(f"{lesson.id}:{candidate.version_id}:{number}")  # noqa: S311  repeatable, not secret
    chosen = slot(candidate, rng)
    return AttemptItem(
        position=1, version_id=chosen.version_id, option_order=list(chosen.option_order), revision=0, is_flagged=False
    )


def answer_check(
    session: Session,
    learner: Learner,
    lesson: LessonRow,
    candidate: Candidate,
    given: Given,
    number: int,
    now: datetime,
) -> None:
    """Store and mark the answer to a check. The same number again (a double click, a resent form) changes nothing.

    :raise NothingGiven: nothing was chosen.
    :raise BadAnswer: what :func:`app.domain.response.read` refuses, or an answer that is not finished.
    """
    item = _fresh_item(lesson, candidate, number)
    shown = catalogue.shown(session, [candidate.version_id])[candidate.version_id]
    response = read(shown, item.option_order, given, None, is_seen=False)
    if response is None:
        raise NothingGiven
    demand_finished(shown, response)
    item.response = response
    item.revision, item.saved_at = 1, now
    attempt = Attempt(
        learner_id=learner.id,
        scope=check_scope(lesson, candidate.question_id),
        number=number,
        purpose=Purpose.CHECK,
        module_id=lesson.module_id,
        seed=0,
        state=State.SUBMITTED,
        started_at=now,
        submitted_at=now,
        pass_mark_percent=100,
        checks_each=True,
        items=[item],
    )
    try:
        with session.begin_nested():
            session.add(attempt)
    except IntegrityError:
        return
    session.add(
        Answer(
            attempt_id=attempt.id,
            position=1,
            revision=1,
            save_id=secrets.token_hex(8),
            response=item.response,
            arrived_at=now,
        )
    )
    result = submission.settle(session, attempt, [item], now)[0]
    attempt.points, attempt.max_points = result.points, result.max_points


def finish(session: Session, learner: Learner, lesson: LessonRow, now: datetime) -> None:
    """Mark a lesson, as it is now, as read to the end."""
    progress = _progress(session, learner, lesson, now)
    progress.done_at, progress.done_revision = now, lesson.revision


def keep_place(session: Session, learner: Learner, lesson: LessonRow, section: str | None, now: datetime) -> None:
    """Remember where the reader is."""
    progress = _progress(session, learner, lesson, now)
    progress.read_at = now
    if section in {known["id"] for known in lesson.body["sections"]}:
        progress.section = section


def _progress(session: Session, learner: Learner, lesson: LessonRow, now: datetime) -> LessonProgress:
    key = (learner.id, lesson.id)
    found = session.get(LessonProgress, key)
    if found is not None:
        return found
    begun = LessonProgress(learner_id=learner.id, lesson_id=lesson.id, read_at=now)
    try:
        with session.begin_nested():
            session.add(begun)
    except IntegrityError:
        # The page kept its reader's place at this very moment: that row is the one.
        return session.get_one(LessonProgress, key)
    return begun


def next_in_module(session: Session, module: ModuleRow, lesson: LessonRow) -> str | None:
    """The slug of the lesson after this one in its module."""
    slugs = [row.slug for row in catalogue.list_lessons(session, module.id)]
    at = slugs.index(lesson.slug) + 1
    return slugs[at] if at < len(slugs) else None
