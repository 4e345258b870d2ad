"""What a cohort answered in one assignment: the attempts that count, read as compact rows.

Only submitted attempts of current members, and of their marks none that is void. The statements here touch nothing of other cohorts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, and_, cast, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from app.domain.analysis.items import Answers
from app.domain.analysis.pace import Arrival
from app.domain.analysis.scores import Paper
from app.domain.assignment import Counts
from app.domain.attempt import State
from app.models import (
    Answer,
    Assignment,
    AssignmentRecipient,
    Attempt,
    AttemptItem,
    Correction,
    Learner,
    Mark,
    Membership,
    Standing,
    User,
)

_AT_ONCE = 500
"""Rows that live together: a hundred thousand at once set Python's garbage collector going over and over, half of the time of a report."""

TIMED = 100
"""Of how many attempts, the latest, times are taken: a median of more is no truer, and the log is the longest table there is."""

TIMED_ANSWERS = 4_000
"""Of about how many answers times are taken where papers are long: then fewer attempts will do."""


class Counting(StrEnum):
    """Which attempt of a learner is looked at. First is what item analysis assumes, and Moodle's default; counted is what the assignment counts."""

    FIRST = "first"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class Taker:
    """A current member; ``attempt_id`` is None for those without an attempt that counts, ``name`` for an erased account."""

    learner_id: int
    name: str | None
    attempt_id: int | None


class Sat(NamedTuple):
    """An attempt that counts. A tuple, since there may be thousands of them."""

    attempt_id: int
    learner_id: int
    total: float
    max_points: float
    asks_certainty: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """The marks of the attempts that count: by question version as columns of numbers, and by attempt as papers, in the order of their ids."""

    by_version: dict[int, Answers]
    papers: tuple[Paper, ...]


def list_sat(session: Session, assignment: Assignment, counting: Counting) -> dict[int, Sat]:
    """The attempts that count, by id: one statement. An attempt of which every question is void is none."""
    rows = session.connection().execute(_counted(assignment, counting))
    return {row[0]: Sat(*row) for row in rows if row.max_points}


def list_takers(session: Session, assignment: Assignment, sat: Iterable[Sat]) -> list[Taker]:
    """Every current member for whom the assignment is, or who handed it in all the same, by name, with the attempt that counts: one statement.

    Of erased accounts only those that handed it in: nobody waits for the others.
    """
    found = (
        select(Learner.id, User.name, AssignmentRecipient.learner_id)
        .select_from(Membership)
        .join(Learner, Learner.id == Membership.learner_id)
        .outerjoin(User, User.id == Learner.user_id)
        .outerjoin(
            AssignmentRecipient,
            and_(
                AssignmentRecipient.learner_id == Membership.learner_id,
                AssignmentRecipient.assignment_id == assignment.id,
            ),
        )
        .where(Membership.cohort_id == assignment.cohort_id, Membership.removed_at.is_(None))
        .order_by(func.lower(User.name), Learner.id)
    )
    attempts = {one.learner_id: one.attempt_id for one in sat}
    return [
        Taker(learner_id, name, attempts.get(learner_id))
        for learner_id, name, meant in session.connection().execute(found)
        if learner_id in attempts or (name is not None and (assignment.is_for_all or meant == learner_id))
    ]


def sheet(session: Session, assignment: Assignment, counting: Counting, sat: Mapping[int, Sat]) -> Sheet:
    """The points of the attempts that count: one statement of three small columns."""
    of, versions, points = _columns(
        session,
        select(Mark.attempt_id, Mark.version_id, Mark.points)
        .where(Mark.attempt_id.in_(_ids(assignment, counting)), Mark.is_void.is_(False))
        .order_by(Mark.attempt_id, Mark.position),  # as the primary key delivers them
        width=3,
    )
    totals: list[float] = []
    mosts: list[float] = []
    papers = []
    start = 0
    for attempt_id, many in Counter(of).items():
        one = sat[attempt_id]
        papers.append(Paper(tuple(points[start : start + many]), one.total, one.max_points))
        totals += repeat(one.total, many)
        mosts += repeat(one.max_points, many)
        start += many
    by_version = {
        version_id: Answers((), take(points), take(totals), take(mosts)) for version_id, take in _takers(versions)
    }
    return Sheet(by_version, tuple(papers))


def presented(session: Session, assignment: Assignment, counting: Counting) -> dict[int, int]:
    """How many had each question version in an attempt that counts: one statement."""
    rows = session.connection().execute(
        select(Mark.version_id, func.count())
        .where(Mark.attempt_id.in_(_ids(assignment, counting)), Mark.is_void.is_(False))
        .group_by(Mark.version_id)
    )
    return {version_id: count for version_id, count in rows}


def wrong(
    session: Session, assignment: Assignment, counting: Counting, versions: Iterable[int] | None = None
) -> dict[int, Answers]:
    """What was answered where the whole point was not earned, by question version, of all or some of them: one statement.

    Most answers are right, and of those nothing is asked but how many they are. Only of a question that was corrected every answer is read,
    since its key no longer says what was accepted.
    """
    corrected = select(Correction.version_id).where(
        or_(Correction.assignment_id.is_(None), Correction.assignment_id == assignment.id)
    )
    rows = _responses(assignment, counting).where(
        or_(Mark.points < Mark.max_points, Mark.version_id.in_(corrected)), Mark.is_void.is_(False)
    )
    # Not by the index of versions: that would read what other cohorts answered.
    return _answers(session, rows if versions is None else rows.where((Mark.version_id + 0).in_(list(versions))))


def answers(session: Session, assignment: Assignment, counting: Counting) -> dict[int, Answers]:
    """Everything that was answered, by question version, without totals: one statement."""
    return _answers(session, _responses(assignment, counting).where(Mark.is_void.is_(False)))


def of_question(session: Session, assignment: Assignment, counting: Counting, version_id: int) -> Answers | None:
    """Everything that was answered to one question, with the scores of the papers; None where nobody had it: two statements."""
    sat = list_sat(session, assignment, counting)
    # Not by the index of versions: that would read what other cohorts answered.
    wanted = Mark.version_id + 0 == version_id
    rows = _responses(assignment, counting).where(wanted, Mark.is_void.is_(False))
    found = _answers(session, rows).get(version_id)
    if found is None:
        return None
    of = [sat[attempt_id] for attempt_id in found.attempts]
    totals, mosts = [one.total for one in of], [one.max_points for one in of]
    return Answers(found.attempts, found.points, totals, mosts, found.responses, found.certainties)


def arrivals(session: Session, assignment: Assignment, counting: Counting, length: int) -> Iterator[Arrival]:
    """The log of the latest attempts that count, with papers of about ``length`` questions: attempt by attempt, in the order of time.

    :data:`TIMED` attempts, or so many that they have :data:`TIMED_ANSWERS` answers.
    """
    many = min(TIMED, 1 + TIMED_ANSWERS // max(1, length))
    counted = _counted(assignment, counting).with_only_columns(Attempt.id, Attempt.started_at)
    timed = counted.order_by(Attempt.submitted_at.desc(), Attempt.id.desc()).limit(many).subquery()
    # Times as the database delivers them: turning ten thousand of them into aware ones takes longer than reading them.
    began, arrived = type_coerce(timed.c.started_at, Text), type_coerce(Answer.arrived_at, Text)
    rows = session.connection().execute(
        select(Answer.attempt_id, AttemptItem.version_id, began, arrived)
        .select_from(timed)
        .join(Answer, Answer.attempt_id == timed.c.id)
        .join(AttemptItem, and_(AttemptItem.attempt_id == Answer.attempt_id, AttemptItem.position == Answer.position))
        .order_by(Answer.attempt_id, Answer.arrived_at, Answer.id)
    )
    return (Arrival(attempt_id, version_id, _time(start), _time(end)) for attempt_id, version_id, start, end in rows)


def _time(raw: str | datetime) -> datetime:
    return datetime.fromisoformat(raw) if isinstance(raw, str) else raw


def _responses(assignment: Assignment, counting: Counting) -> Select[*tuple[Any, ...]]:
    return (
        select(Mark.version_id, Mark.attempt_id, Mark.points, cast(AttemptItem.response, Text), AttemptItem.certainty)
        .join(AttemptItem, and_(AttemptItem.attempt_id == Mark.attempt_id, AttemptItem.position == Mark.position))
        .where(Mark.attempt_id.in_(_ids(assignment, counting)))
        .order_by(Mark.attempt_id, Mark.position)
    )


def _answers(session: Session, statement: Select[*tuple[Any, ...]]) -> dict[int, Answers]:
    """Rows of :func:`_responses` by version, without totals."""
    versions, attempts, points, responses, certainties = _columns(session, statement, width=5)
    return {
        version_id: Answers(take(attempts), take(points), (), (), take(responses), take(certainties))
        for version_id, take in _takers(versions)
    }


def _columns(session: Session, statement: Select[*tuple[Any, ...]], width: int) -> list[list[Any]]:
    """The columns of a long result of numbers and text, straight from the driver: rows of SQLAlchemy's own would cost a quarter more."""
    columns: list[list[Any]] = [[] for _ in range(width)]
    with session.connection().execute(statement) as result:
        cursor = result.cursor
        while cursor is not None and (rows := cursor.fetchmany(_AT_ONCE)):
            for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                column += values
    return columns


def _takers(versions: Iterable[int]) -> Iterator[tuple[int, Callable[[Sequence[Any]], tuple[Any, ...]]]]:
    """For each version what takes its places out of a column."""
    places: dict[int, list[int]] = defaultdict(list)
    for at, version_id in enumerate(versions):
        places[version_id].append(at)
    for version_id, found in places.items():
        take = itemgetter(*found)
        yield version_id, take if len(found) > 1 else lambda column, take=take: (take(column),)  # type: ignore[misc]


def _ids(assignment: Assignment, counting: Counting) -> Select[int]:
    return _counted(assignment, counting).with_only_columns(Attempt.id)


def _counted(assignment: Assignment, counting: Counting) -> Select[*tuple[Any, ...]]:
    """The attempt of each current member that is looked at: the first that was handed in, or the one that counts by the assignment's terms."""
    of = Attempt.assignment_id == assignment.id
    if counting is Counting.FIRST:
        firsts = (
            select(Attempt.learner_id, func.min(Attempt.number).label("number"))
            .where(of, Attempt.state == State.SUBMITTED)
            .group_by(Attempt.learner_id)
            .subquery()
        )
        is_first = and_(firsts.c.learner_id == Attempt.learner_id, firsts.c.number == Attempt.number)
        found = select(Attempt).join(firsts, is_first)
    else:
        best = assignment.counts is Counts.BEST
        counts = Standing.best_attempt_id if best else Standing.latest_attempt_id
        # A list that is made once, and not a join: SQLite would look for each attempt among all standings.
        found = select(Attempt).where(Attempt.id.in_(select(counts).where(Standing.assignment_id == assignment.id)))
    return (
        found.with_only_columns(
            Attempt.id,
            Attempt.learner_id,
            Attempt.points,
            Attempt.max_points,
            Attempt.asks_certainty,
        )
        .join(
            Membership,
            and_(Membership.learner_id == Attempt.learner_id, Membership.cohort_id == assignment.cohort_id),
        )
        .where(of, Membership.removed_at.is_(None))
    )
