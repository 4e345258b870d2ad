"""What a cohort answered in one assignment: the attempts that count, read as compact rows.

Only submitted attempts of current members. The statements here touch nothing of other cohorts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, Text, and_, cast, func, select
from sqlalchemy.orm import Session

from app.domain.analysis.items import Answers
from app.domain.analysis.pace import Arrival
from app.domain.analysis.scores import Paper
from app.domain.attempt import State
from app.models import Answer, Assignment, Attempt, AttemptItem, Learner, Mark, Membership, Standing, User

_AT_ONCE = 500
"""Rows that live together: a hundred thousand at once set Python's garbage collector going over and over, half of the time of a report."""

TIMED = 100
"""Of how many attempts, the latest, times are taken: a median of more is no truer, and the log is the longest table there is."""


class Counting(StrEnum):
    """Which attempt of a learner counts. First is what item analysis assumes, and Moodle's default; best is what decides passing."""

    FIRST = "first"
    BEST = "best"


@dataclass(frozen=True, slots=True)
class Taker:
    """A current member; ``attempt_id`` is None for those without an attempt that counts, ``name`` for an erased account."""

    learner_id: int
    name: str | None
    attempt_id: int | None


@dataclass(frozen=True, slots=True)
class Sat:
    """The marks of the attempts that count: by question version as columns, and by attempt as papers."""

    by_version: dict[int, Answers]
    papers: tuple[Paper, ...]


def list_takers(session: Session, assignment: Assignment, counting: Counting) -> list[Taker]:
    """Every current member by name, with the attempt that counts."""
    counted = _counted(assignment, counting).subquery()
    rows = session.execute(
        select(Learner.id, User.name, counted.c.id)
        .select_from(Membership)
        .join(Learner, Learner.id == Membership.learner_id)
        .outerjoin(User, User.id == Learner.user_id)
        .outerjoin(counted, counted.c.learner_id == Learner.id)
        .where(Membership.cohort_id == assignment.cohort_id, Membership.removed_at.is_(None))
        .order_by(func.lower(User.name), Learner.id)
    )
    return [Taker(*row) for row in rows]


def sat(session: Session, assignment: Assignment, counting: Counting) -> Sat:
    """All marks of the attempts that count: two statements, one of few values for each mark, and nothing parsed that need not be."""
    counted = _counted(assignment, counting)
    totals = {attempt_id: (points or 0.0, most or 0.0) for attempt_id, _, points, most, _ in session.execute(counted)}
    # Past the ORM, which would take as long for each row as the database does. In this order the primary key delivers them.
    rows = session.connection().execute(
        select(
            Mark.attempt_id,
            Mark.version_id,
            Mark.points,
            Mark.max_points,
            cast(AttemptItem.response, Text),
            AttemptItem.certainty,
        )
        .join(AttemptItem, and_(AttemptItem.attempt_id == Mark.attempt_id, AttemptItem.position == Mark.position))
        .where(Mark.attempt_id.in_(counted.with_only_columns(Attempt.id)))
        .order_by(Mark.attempt_id, Mark.position)
    )
    marks = _Marks(totals)
    for some in rows.partitions(_AT_ONCE):
        marks.add(some)
    return Sat(marks.by_version(), marks.papers())


class _Marks:
    """Rows of marks turned into columns; then each question takes its places out of every column at once."""

    def __init__(self, totals: Mapping[int, tuple[float, float]]) -> None:
        self.totals = totals
        self.attempts: list[int] = []
        self.versions: list[int] = []
        self.points: list[float] = []
        self.max_points: list[float] = []
        self.responses: list[str | None] = []
        self.certainties: list[int | None] = []

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        columns: tuple[list[Any], ...] = (
            self.attempts,
            self.versions,
            self.points,
            self.max_points,
            self.responses,
            self.certainties,
        )
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column += values

    def by_version(self) -> dict[int, Answers]:
        places: dict[int, list[int]] = defaultdict(list)
        for at, version_id in enumerate(self.versions):
            places[version_id].append(at)
        return {version_id: self._answers(found) for version_id, found in places.items()}

    def _answers(self, places: list[int]) -> Answers:
        attempts = [self.attempts[at] for at in places]
        sums = [self.totals[attempt_id] for attempt_id in attempts]
        return Answers(
            attempts=attempts,
            points=[self.points[at] for at in places],
            totals=[total for total, _ in sums],
            mosts=[most for _, most in sums],
            responses=[self.responses[at] for at in places],
            certainties=[self.certainties[at] for at in places],
            max_points=self.max_points[places[0]],
        )

    def papers(self) -> tuple[Paper, ...]:
        """The rows of one attempt stand together, in the order of its paper."""
        found, start = [], 0
        for attempt_id, count in Counter(self.attempts).items():
            found.append(Paper(tuple(self.points[start : start + count]), self.totals[attempt_id][1]))
            start += count
        return tuple(found)


def arrivals(session: Session, assignment: Assignment, counting: Counting) -> Iterator[Arrival]:
    """The log of the latest :data:`TIMED` attempts that count, attempt by attempt, in the order of time."""
    latest = _counted(assignment, counting).order_by(Attempt.submitted_at.desc(), Attempt.id.desc()).limit(TIMED)
    timed = latest.subquery()
    rows = session.execute(
        select(Answer.attempt_id, AttemptItem.version_id, timed.c.started_at, Answer.arrived_at)
        .select_from(timed)
        .join(Answer, Answer.attempt_id == timed.c.id)
        .join(AttemptItem, and_(AttemptItem.attempt_id == Answer.attempt_id, AttemptItem.position == Answer.position))
        .order_by(Answer.attempt_id, Answer.arrived_at, Answer.id)
    )
    return (Arrival(*row) for row in rows)


def _counted(assignment: Assignment, counting: Counting) -> Select[int, int, float | None, float | None, datetime]:
    """The attempt of each current member that counts: the first that was handed in, or the one that the standing calls the best."""
    found = (
        select(Attempt.id, Attempt.learner_id, Attempt.points, Attempt.max_points, Attempt.started_at)
        .join(
            Membership,
            and_(Membership.learner_id == Attempt.learner_id, Membership.cohort_id == assignment.cohort_id),
        )
        .where(Attempt.assignment_id == assignment.id, Membership.removed_at.is_(None))
    )
    if counting is Counting.BEST:
        return found.join(
            Standing, and_(Standing.best_attempt_id == Attempt.id, Standing.assignment_id == assignment.id)
        )
    firsts = (
        select(Attempt.learner_id, func.min(Attempt.number).label("number"))
        .where(Attempt.assignment_id == assignment.id, Attempt.state == State.SUBMITTED)
        .group_by(Attempt.learner_id)
        .subquery()
    )
    return found.join(firsts, and_(firsts.c.learner_id == Attempt.learner_id, firsts.c.number == Attempt.number))
