"""The answers of an assignment that people mark, by question across learners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.kinds import MARKED_BY_PEOPLE
from app.domain.markings import find_role, is_different
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Cohort,
    Learner,
    Mark,
    MarkingRow,
    QuestionVersion,
    User,
)
from app.permissions import Viewer
from app.services.assignments.assignments import TaughtAssignment
from app.services.course import catalogue
from app.services.marking import marking_points, settling


@dataclass(frozen=True, slots=True)
class QueuedAnswer:
    """One answer in the queue of a question.

    ``number`` counts the answers of the question, in the order of their attempts, and names an answer to markers who
    must not know whose it is. ``is_mine`` says that the viewer can mark it now, and has not.
    """

    attempt_id: int
    number: int
    name: str | None
    words: int
    is_settled: bool
    is_different: bool
    is_mine: bool
    markings: int


@dataclass(frozen=True, slots=True)
class QuestionQueue:
    """A question that people mark, with all its answers."""

    version_id: int
    stem: str
    answers: tuple[QueuedAnswer, ...]

    @property
    def settled(self) -> int:
        return sum(one.is_settled for one in self.answers)

    @property
    def mine(self) -> int:
        """How many answers wait for the viewer."""
        return sum(one.is_mine for one in self.answers)

    @property
    def elsewhere(self) -> int:
        """How many answers wait for somebody else."""
        return len(self.answers) - self.settled - self.mine

    @property
    def different(self) -> int:
        return sum(one.is_different for one in self.answers)

    def find_next(self, attempt_id: int | None = None) -> QueuedAnswer | None:
        """Return the next answer after this one that waits for the viewer, starting again at the end."""
        place = next((at for at, one in enumerate(self.answers) if one.attempt_id == attempt_id), -1)
        rotated = [*self.answers[place + 1 :], *self.answers[: place + 1]]
        return next((one for one in rotated if one.is_mine and one.attempt_id != attempt_id), None)

    def find_beside(self, attempt_id: int, step: int) -> QueuedAnswer | None:
        """Return the answer ``step`` places after this one, or None at either end."""
        place = next((at for at, one in enumerate(self.answers) if one.attempt_id == attempt_id), None)
        if place is None or not 0 <= place + step < len(self.answers):
            return None
        return self.answers[place + step]


def list_queues(
    session: Session, taught: TaughtAssignment, viewer: Viewer, version_id: int | None = None
) -> tuple[QuestionQueue, ...]:
    """Return the questions of an assignment that people mark, each with the answers that were submitted.

    ``version_id`` limits this to one of them.
    """
    wanted = _select_answers(taught.assignment)
    if version_id is not None:
        wanted = wanted.where(AttemptItem.version_id == version_id)
    rows = session.execute(wanted).all()
    given: dict[tuple[int, int], list[MarkingRow]] = defaultdict(list)
    for row in session.scalars(_select_markings(taught.assignment)):
        given[row.attempt_id, row.position].append(row)
    by_version: dict[int, list[Any]] = defaultdict(list)
    for row in filter(lambda row: row.response, rows):  # an answer may have been cleared
        by_version[row.version_id].append(row)
    texts = catalogue.get_texts(session, by_version)
    return tuple(
        QuestionQueue(
            of_version,
            texts[of_version].stem,
            tuple(
                _queue(row, number, given[row.attempt_id, row.position], taught.assignment, viewer)
                for number, row in enumerate(found, start=1)
            ),
        )
        for of_version, found in sorted(by_version.items())
    )


def get_queue(session: Session, taught: TaughtAssignment, viewer: Viewer, version_id: int) -> QuestionQueue | None:
    """Return the queue of one question, or None if nobody has answered it."""
    return next(iter(list_queues(session, taught, viewer, version_id)), None)


def _queue(row: Any, number: int, given: Sequence[MarkingRow], assignment: Assignment, viewer: Viewer) -> QueuedAnswer:
    markings = [marking_points.to_marking(one) for one in given]
    is_settled = row.points is not None
    user_id = viewer.user.id if viewer.user else 0
    waits_for_others = is_settled or row.author_id == user_id
    role = None if waits_for_others else find_role(markings, user_id, needs_second=assignment.needs_second_marker)
    is_done = any(one.role is role and one.marker_id == user_id for one in markings)
    return QueuedAnswer(
        attempt_id=row.attempt_id,
        number=number,
        name=None if assignment.marks_anonymously else row.name,
        words=len(str(row.response).split()),
        is_settled=is_settled,
        is_different=not is_settled and is_different(markings),
        is_mine=role is not None and not is_done,
        markings=len(markings),
    )


def _select_answers(assignment: Assignment) -> Any:
    return (
        select(
            AttemptItem.attempt_id,
            AttemptItem.position,
            AttemptItem.version_id,
            AttemptItem.response,
            Mark.points,
            User.id.label("author_id"),
            User.name,
        )
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(Learner, Learner.id == Attempt.learner_id)
        .join(User, User.id == Learner.user_id)
        .outerjoin(Mark, (Mark.attempt_id == AttemptItem.attempt_id) & (Mark.position == AttemptItem.position))
        .where(
            Attempt.assignment_id == assignment.id,
            Attempt.submitted_at.is_not(None),
            QuestionVersion.kind.in_(MARKED_BY_PEOPLE),
            AttemptItem.saved_at.is_not(None),
        )
        .order_by(AttemptItem.attempt_id)
    )


def _select_markings(assignment: Assignment) -> Any:
    return (
        select(MarkingRow)
        .join(Attempt, Attempt.id == MarkingRow.attempt_id)
        .where(Attempt.assignment_id == assignment.id, MarkingRow.reopening_id.is_(None))
        .order_by(MarkingRow.id)
    )


def count_waiting(session: Session, cohort: Cohort) -> int:
    """Count the answers in a cohort's assignments that wait to be marked by people."""
    return sum(list_waiting(session, cohort).values())


def list_waiting(session: Session, cohort: Cohort) -> dict[int, int]:
    """Return how many answers wait to be marked by people, by assignment; nothing for those without any."""
    found = (
        select(Attempt.assignment_id, func.count())
        .select_from(Attempt)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .where(Assignment.cohort_id == cohort.id, settling.is_waiting())
        .group_by(Attempt.assignment_id)
    )
    return {assignment_id: count for assignment_id, count in session.execute(found) if assignment_id is not None}
