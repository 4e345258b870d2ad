"""Marking answers by people: giving a marking, and how an assignment is marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain.kinds import RubricCriterion
from app.domain.markings import MarkerRole, find_role, get_most
from app.domain.question import QuestionText
from app.models import Assignment, Attempt, AttemptItem, Cohort, Learner, Mark, MarkingRow, User
from app.permissions import Viewer, teaches
from app.services.assignments.assignments import TaughtAssignment, get_subject
from app.services.course import catalogue
from app.services.log import audit, subjects
from app.services.marking import active_corrections, marking_points, settling

MAX_COMMENT_LENGTH = 4000


class MarkingError(Exception):
    """A marking cannot be given."""


class AlreadyMarked(MarkingError):
    """The answer has its mark; a later change of it has a page of its own."""


class WaitsForOther(MarkingError):
    """Somebody else has to mark the answer now."""


@dataclass(frozen=True, slots=True)
class ShownMarking:
    """A marking in points of the rubric; ``scores`` are empty if the marker gave one mark for the whole."""

    role: MarkerRole
    points: float
    scores: tuple[tuple[float, RubricCriterion], ...]
    comment: str | None
    marked_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerToMark:
    """An answer that people mark, at an assignment that its viewer teaches. Having one proves access.

    ``author`` wrote it; nobody marks an answer of their own. ``mark`` is the mark once the answer is settled; ``markings`` are the current
    ones, oldest first.
    """

    attempt: Attempt
    item: AttemptItem
    assignment: Assignment
    cohort: Cohort
    author: User
    mark: Mark | None
    markings: tuple[MarkingRow, ...]
    shown: QuestionText
    criteria: tuple[RubricCriterion, ...]

    @property
    def text(self) -> str:
        return str(self.item.response or "")

    @property
    def most(self) -> int:
        """The points that the rubric awards in all."""
        return get_most(self.criteria)

    @property
    def earned(self) -> float:
        """The mark in points of the rubric, 0 without one."""
        return self.mark.points * self.most if self.mark else 0.0

    @property
    def shown_markings(self) -> tuple[ShownMarking, ...]:
        return tuple(
            ShownMarking(
                row.role,
                row.points * self.most,
                tuple(zip(row.criteria or (), self.criteria, strict=False)),
                row.comment,
                row.marked_at,
            )
            for row in self.markings
        )

    def find_role(self, user: User) -> MarkerRole | None:
        """Return the role in which somebody can mark the answer now, or None."""
        if self.mark is not None or user.id == self.author.id:
            return None
        given = [marking_points.to_marking(row) for row in self.markings]
        return find_role(given, user.id, needs_second=self.assignment.needs_second_marker)

    def get_own(self, user: User) -> MarkingRow | None:
        """Return what somebody awarded in the role in which they mark now."""
        role = self.find_role(user)
        return next((row for row in self.markings if row.role is role and row.marker_id == user.id), None)


@dataclass(frozen=True, slots=True)
class GivenMarking:
    """What a marker enters: the share of all points, those of each criterion if they were given, and a comment."""

    points: float
    criteria: Sequence[float] | None = None
    comment: str | None = None


def get_for(
    session: Session,
    viewer: Viewer,
    assignment_id: int,
    version_id: int,
    attempt_id: int,
    *,
    for_update: bool = False,
) -> AnswerToMark | None:
    """Return a submitted answer that people mark, or None if there is none that the viewer may mark.

    A blank answer, and that of an erased account, is not marked by people.
    """
    found = (
        select(Attempt, AttemptItem, Assignment, Cohort, User, Mark)
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(Learner, Learner.id == Attempt.learner_id)
        .join(User, User.id == Learner.user_id)
        .outerjoin(Mark, (Mark.attempt_id == Attempt.id) & (Mark.position == AttemptItem.position))
        .where(
            Attempt.id == attempt_id,
            Assignment.id == assignment_id,
            AttemptItem.version_id == version_id,
            Attempt.submitted_at.is_not(None),
            teaches(viewer, Assignment.cohort_id),
        )
    )
    if for_update:
        active_corrections.lock_shared(session)
        # A statement of its own: PostgreSQL would join rows as they were before it waited for the lock.
        session.execute(lock_rows(select(Attempt.id).where(Attempt.id == attempt_id), Attempt))
        found = found.execution_options(populate_existing=True)
    row = session.execute(found).one_or_none()
    if row is None or not row.AttemptItem.response:
        return None
    shown = catalogue.get_texts(session, [version_id])[version_id]
    if not shown.kind.is_marked_by_people:
        return None
    key = catalogue.get_solutions(session, [version_id])[version_id].key
    given = marking_points.list_markings(session, attempt_id, row.AttemptItem.position)
    return AnswerToMark(*row, tuple(given), shown, shown.kind.list_criteria(key))


def give(session: Session, actor: User, answer: AnswerToMark, given: GivenMarking, now: datetime) -> bool:
    """Store a marking of an answer, which must be loaded for update; return whether it settles the answer.

    :raise MarkingError: the marking cannot be given.
    """
    if answer.mark is not None:
        raise AlreadyMarked
    role = answer.find_role(actor)
    if role is None:
        raise WaitsForOther
    row = answer.get_own(actor) or MarkingRow(
        attempt_id=answer.attempt.id, position=answer.item.position, role=role, marker_id=actor.id
    )
    row.points, row.comment, row.marked_at = given.points, given.comment, now
    row.criteria = list(given.criteria) if given.criteria is not None else None
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise WaitsForOther from None
    is_settled = settling.settle_answer(session, answer.attempt, answer.item, now)
    audit.record(
        session,
        actor,
        "mark.give" if role is not MarkerRole.SETTLING else "mark.settle",
        subjects.make_reference("attempt", answer.attempt.id),
        now,
        position=answer.item.position,
        points=round(given.points * answer.most, 2),
        of=answer.most,
    )
    return is_settled


@dataclass(frozen=True, slots=True)
class MarkingSettings:
    """How an assignment is marked; see :class:`app.models.assignment.Assignment`."""

    marks_anonymously: bool
    needs_second_marker: bool
    releases_unfinished: bool


def get_settings(assignment: Assignment) -> MarkingSettings:
    return MarkingSettings(assignment.marks_anonymously, assignment.needs_second_marker, assignment.releases_unfinished)


def change_settings(
    session: Session, actor: User, taught: TaughtAssignment, settings: MarkingSettings, now: datetime
) -> None:
    """Change how an assignment is marked. Without a second marker, first markings become marks at once.

    ``taught`` must be loaded for update. Marks that were given stay.
    """
    assignment = taught.assignment
    old = get_settings(assignment)
    if settings == old:
        return
    assignment.marks_anonymously = settings.marks_anonymously
    assignment.needs_second_marker = settings.needs_second_marker
    assignment.releases_unfinished = settings.releases_unfinished
    session.flush()  # settling reads the assignment
    audit.record(
        session,
        actor,
        "assignment.marking",
        get_subject(assignment),
        now,
        anonymous=settings.marks_anonymously,
        second=settings.needs_second_marker,
        unfinished=settings.releases_unfinished,
    )
    if old.needs_second_marker and not settings.needs_second_marker:
        settling.settle_waiting(session, assignment, now)
