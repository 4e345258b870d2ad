"""One attempt as the trainers of its cohort see it: every answer with how it came about, its mark, and what changed the mark.

Only attempts at assignments: practice, lesson checks and the module's own tests are the learner's alone. Who was removed from the cohort
since stays visible here; what was learned is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.domain.attempt import percent
from app.domain.question import Shown
from app.domain.release import EVERYTHING, Release
from app.models import (
    Answer,
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Cohort,
    CohortTrainer,
    Learner,
    Mark,
    MarkChange,
    ModuleRow,
    QuestionReport,
    QuestionRow,
    QuestionVersion,
    User,
)
from app.permissions import Viewer, may_administer
from app.services.assigned import terms
from app.services.course import catalogue
from app.services.marking import rulings
from app.services.taking import feedback, releases
from app.services.taking.attempts import Loaded
from app.services.taking.feedback import Feedback


@dataclass(frozen=True, slots=True)
class Examined:
    """An attempt for somebody who teaches its cohort; ``name`` is None where the account was erased."""

    attempt: Attempt
    assignment: Assignment
    cohort: Cohort
    module: ModuleRow
    name: str | None
    exception: AssignmentException | None


@dataclass(frozen=True, slots=True)
class Logged:
    """One saved change of an answer; ``chosen`` is empty where it was cleared. ``seconds`` have passed since the attempt started."""

    at: datetime
    seconds: float
    chosen: tuple[str, ...]
    certainty: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a mark after it was written; ``actor`` is None where a command made it, or the account was erased."""

    at: datetime
    old_points: float
    new_points: float
    old_max_points: float
    new_max_points: float
    actor: str | None
    reason: str
    is_correction: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """One question of the attempt. ``mark`` and ``feedback`` are None while it has no mark. ``seconds`` is None without a log."""

    n: int
    version_id: int
    slug: str
    version: int
    is_current: bool
    shown: Shown
    chosen: tuple[str, ...]
    certainty: int | None
    is_flagged: bool
    right: tuple[str, ...]
    mark: Mark | None
    feedback: Feedback | None
    seconds: float | None
    log: tuple[Logged, ...]
    changes: tuple[Change, ...]
    report: QuestionReport | None


@dataclass(frozen=True, slots=True)
class Other:
    """Another attempt of the same learner at the same assignment; ``percent`` is None while it is under way."""

    attempt_id: int
    number: int
    percent: int | None


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """``release`` is what the learner may see of it now; ``others`` are the attempts beside it, this one included."""

    release: Release
    percent: int | None
    answers: tuple[Answered, ...]
    others: tuple[Other, ...]

    @property
    def right(self) -> int:
        return sum(answer.mark is not None and answer.mark.is_right for answer in self.answers)

    @property
    def changed(self) -> int:
        return sum(bool(answer.changes) for answer in self.answers)


def get_for(session: Session, viewer: Viewer, attempt_id: int) -> Examined | None:
    """An attempt at an assignment of a cohort that the viewer teaches; an administrator may see those of all cohorts."""
    if viewer.user is None:
        return None
    found = (
        select(Attempt, Assignment, Cohort, ModuleRow, User.name, AssignmentException)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(User, User.id == Learner.user_id)
        .outerjoin(AssignmentException, terms.is_of(Attempt))
        .where(Attempt.id == attempt_id)
    )
    if not may_administer(viewer):
        found = found.join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id).where(
            CohortTrainer.user_id == viewer.user.id
        )
    row = session.execute(found).one_or_none()
    return Examined(*row) if row else None


def read(session: Session, examined: Examined, now: datetime) -> AttemptRecord:
    """Everything about an attempt: seven statements, and two more until its questions are in memory, whatever the length of its log."""
    attempt = examined.attempt
    scope = releases.list_scope(session, attempt)
    loaded = Loaded(attempt, examined.module, examined.assignment, examined.exception)
    return AttemptRecord(
        release=releases.release(session, loaded, now, scope),
        percent=_percent(attempt),
        answers=_answers(session, attempt),
        others=tuple(Other(row.id, row.number, _percent(row)) for row in reversed(scope)),
    )


def _percent(attempt: Attempt) -> int | None:
    return None if attempt.points is None else percent(attempt.points, attempt.max_points or 0)


def _rows(session: Session, attempt: Attempt) -> Sequence[Any]:
    """The questions with their marks, and what was reported of them."""
    return session.execute(
        select(AttemptItem, QuestionRow, QuestionVersion.number, QuestionVersion.superseded_at, Mark, QuestionReport)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .outerjoin(Mark, and_(Mark.attempt_id == AttemptItem.attempt_id, Mark.position == AttemptItem.position))
        .outerjoin(
            QuestionReport,
            and_(QuestionReport.attempt_id == AttemptItem.attempt_id, QuestionReport.position == AttemptItem.position),
        )
        .where(AttemptItem.attempt_id == attempt.id)
        .order_by(AttemptItem.position)
    ).all()


def _answers(session: Session, attempt: Attempt) -> tuple[Answered, ...]:
    rows = _rows(session, attempt)
    ids = [item.version_id for item, *_ in rows]
    shown, keys = catalogue.shown(session, ids), catalogue.keys(session, ids)
    sources = catalogue.sources(session, (slug for key in keys.values() for slug in key.sources))
    corrections = rulings.in_force(session, ids, attempt.assignment_id)
    saved, changes = _saved(session, attempt), _changes(session, attempt)
    spent = _spent(attempt, saved)

    def told(item: AttemptItem, mark: Mark | None) -> Feedback | None:
        if mark is None:
            return None
        asked, key = shown[item.version_id], keys[item.version_id]
        earned = feedback.Mark(mark.points, mark.is_right, mark.is_void)
        return feedback.build(item, asked, key, sources, EVERYTHING, earned, corrections.get(item.version_id, ()))

    return tuple(
        Answered(
            n=item.position,
            version_id=item.version_id,
            slug=question.slug,
            version=number,
            is_current=superseded_at is None and question.retired_at is None,
            shown=shown[item.version_id],
            chosen=feedback.told(shown[item.version_id], item.response),
            certainty=item.certainty,
            is_flagged=item.is_flagged,
            right=feedback.right_texts(shown[item.version_id], keys[item.version_id].key),
            mark=mark,
            feedback=told(item, mark),
            seconds=spent.get(item.position),
            log=_log(attempt, saved, item.position, shown[item.version_id]),
            changes=tuple(changes[item.position]),
            report=report,
        )
        for item, question, number, superseded_at, mark, report in rows
    )


def _saved(session: Session, attempt: Attempt) -> Sequence[Answer]:
    return session.scalars(
        select(Answer).where(Answer.attempt_id == attempt.id).order_by(Answer.arrived_at, Answer.id)
    ).all()


def _log(attempt: Attempt, saved: Iterable[Answer], position: int, shown: Shown) -> tuple[Logged, ...]:
    return tuple(
        Logged(
            at=one.arrived_at,
            seconds=(one.arrived_at - attempt.started_at).total_seconds(),
            chosen=feedback.told(shown, one.response),
            certainty=one.certainty,
        )
        for one in saved
        if one.position == position
    )


def _spent(attempt: Attempt, saved: Iterable[Answer]) -> Mapping[int, float]:
    """Seconds by question: what passes before an answer arrives is the time of that question, as in :mod:`app.domain.analysis.pace`."""
    spent: dict[int, float] = defaultdict(float)
    before = attempt.started_at
    for one in saved:
        spent[one.position] += max(0.0, (one.arrived_at - before).total_seconds())
        before = one.arrived_at
    return spent


def _changes(session: Session, attempt: Attempt) -> Mapping[int, list[Change]]:
    rows = session.execute(
        select(MarkChange, User.name)
        .outerjoin(User, User.id == MarkChange.actor_id)
        .where(MarkChange.attempt_id == attempt.id)
        .order_by(MarkChange.id)
    )
    found: dict[int, list[Change]] = defaultdict(list)
    for change, actor in rows:
        found[change.position].append(
            Change(
                at=change.changed_at,
                old_points=change.old_points,
                new_points=change.new_points,
                old_max_points=change.old_max_points,
                new_max_points=change.new_max_points,
                actor=actor,
                reason=change.reason,
                is_correction=change.correction_id is not None,
            )
        )
    return found
