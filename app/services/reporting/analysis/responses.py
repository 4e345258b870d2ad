"""The responses of a cohort in one assignment, read as compact rows.

They come from submitted attempts of current members, without void marks. The queries read no rows of other cohorts.
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

from app.domain.analysis.items import ItemResponses
from app.domain.analysis.pace import AnswerArrival
from app.domain.analysis.scores import ScoredPaper
from app.domain.assignment import GradingMethod
from app.domain.attempt import AttemptState
from app.models import (
    AnswerRevision,
    Assignment,
    AssignmentRecipient,
    Attempt,
    AttemptItem,
    Correction,
    Learner,
    Mark,
    Membership,
    ScopeResult,
    User,
)

_BATCH_SIZE = 500
"""Rows per fetch. Keeping 100,000 rows alive triggered garbage collection for half of a report's time."""

MAX_TIMED = 100
"""The number of latest attempts used for median times.

More would hardly change the median, and the log is the longest table.
"""

MAX_TIMED_ANSWERS = 4_000
"""The approximate number of answers used for median times; long papers need fewer attempts."""


class AttemptChoice(StrEnum):
    """Which attempt of a learner is analysed.

    ``FIRST`` is what item analysis assumes, and Moodle's default. ``COUNTED`` is the attempt that counts by the
    assignment's terms.
    """

    FIRST = "first"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class MemberAttempt:
    """A current member. ``attempt_id`` is None without an attempt that counts, and ``name`` for an erased account."""

    learner_id: int
    name: str | None
    attempt_id: int | None


class CountedAttempt(NamedTuple):
    """An attempt that counts: a tuple, because there may be thousands."""

    attempt_id: int
    learner_id: int
    total: float
    max_points: float
    asks_certainty: bool


@dataclass(frozen=True, slots=True)
class ResponseSheet:
    """The marks of the attempts that count: by question version as columns of numbers, and as papers by attempt id."""

    by_version: dict[int, ItemResponses]
    papers: tuple[ScoredPaper, ...]


def list_counted_attempts(
    session: Session, assignment: Assignment, counting: AttemptChoice
) -> dict[int, CountedAttempt]:
    """Return the attempts that count, by id. An attempt whose marks are all void is left out."""
    rows = session.connection().execute(_select_counted(assignment, counting))
    return {row[0]: CountedAttempt(*row) for row in rows if row.max_points}


def list_member_attempts(
    session: Session, assignment: Assignment, sat: Iterable[CountedAttempt]
) -> list[MemberAttempt]:
    """Return the members that the assignment is for, and others who submitted it, by name with the attempt that counts.

    Only current members are included, and erased accounts only if they submitted it, because nobody waits for the
    others.
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
        .order_by(User.folded, Learner.id)
    )
    attempts = {one.learner_id: one.attempt_id for one in sat}
    return [
        MemberAttempt(learner_id, name, attempts.get(learner_id))
        for learner_id, name, meant in session.connection().execute(found)
        if learner_id in attempts or (name is not None and (assignment.is_for_all or meant == learner_id))
    ]


def load_sheet(
    session: Session, assignment: Assignment, counting: AttemptChoice, sat: Mapping[int, CountedAttempt]
) -> ResponseSheet:
    """Load the points of the attempts that count, in one statement of three small columns."""
    attempt_ids, versions, points = _fetch_columns(
        session,
        select(Mark.attempt_id, Mark.version_id, Mark.points)
        .where(Mark.attempt_id.in_(_select_ids(assignment, counting)), Mark.is_void.is_(False))
        .order_by(Mark.attempt_id, Mark.position),  # as the primary key delivers them
        width=3,
    )
    totals: list[float] = []
    mosts: list[float] = []
    papers = []
    start = 0
    for attempt_id, many in Counter(attempt_ids).items():
        one = sat[attempt_id]
        papers.append(ScoredPaper(tuple(points[start : start + many]), one.total, one.max_points))
        totals += repeat(one.total, many)
        mosts += repeat(one.max_points, many)
        start += many
    by_version = {
        version_id: ItemResponses((), take(points), take(totals), take(mosts))
        for version_id, take in _make_extractors(versions)
    }
    return ResponseSheet(by_version, tuple(papers))


def count_presented(session: Session, assignment: Assignment, counting: AttemptChoice) -> dict[int, int]:
    """Count the attempts that count in which each question version has a mark that is not void."""
    rows = session.connection().execute(
        select(Mark.version_id, func.count())
        .where(Mark.attempt_id.in_(_select_ids(assignment, counting)), Mark.is_void.is_(False))
        .group_by(Mark.version_id)
    )
    return {version_id: count for version_id, count in rows}


def list_wrong(
    session: Session, assignment: Assignment, counting: AttemptChoice, versions: Iterable[int] | None = None
) -> dict[int, ItemResponses]:
    """Return the responses that did not earn the whole point, by question version; ``versions`` None means all.

    Most responses are right and only need to be counted. All responses to a corrected question are returned, because
    its key no longer shows which of them were accepted.
    """
    corrected = select(Correction.version_id).where(
        or_(Correction.assignment_id.is_(None), Correction.assignment_id == assignment.id)
    )
    rows = _select_responses(assignment, counting).where(
        or_(Mark.points < Mark.max_points, Mark.version_id.in_(corrected)), Mark.is_void.is_(False)
    )
    # "+ 0" keeps the database off the index of versions, which would read the responses of other cohorts.
    return _group_answers(session, rows if versions is None else rows.where((Mark.version_id + 0).in_(list(versions))))


def list_answers(session: Session, assignment: Assignment, counting: AttemptChoice) -> dict[int, ItemResponses]:
    """Return all responses, by question version, without totals."""
    return _group_answers(session, _select_responses(assignment, counting).where(Mark.is_void.is_(False)))


def list_for_question(
    session: Session, assignment: Assignment, counting: AttemptChoice, version_id: int
) -> ItemResponses | None:
    """Return all responses to one question with the scores of their papers, or None if nobody had it."""
    sat = list_counted_attempts(session, assignment, counting)
    # "+ 0" keeps the database off the index of versions, which would read the responses of other cohorts.
    wanted = Mark.version_id + 0 == version_id
    rows = _select_responses(assignment, counting).where(wanted, Mark.is_void.is_(False))
    found = _group_answers(session, rows).get(version_id)
    if found is None:
        return None
    papers = [sat[attempt_id] for attempt_id in found.attempts]
    totals, mosts = [one.total for one in papers], [one.max_points for one in papers]
    return ItemResponses(found.attempts, found.points, totals, mosts, found.responses, found.certainties)


def list_arrivals(
    session: Session, assignment: Assignment, counting: AttemptChoice, length: int
) -> Iterator[AnswerArrival]:
    """Return the answer log of the latest attempts that count, by attempt and time.

    It covers up to :data:`MAX_TIMED` attempts, fewer if papers of ``length`` questions exceed :data:`MAX_TIMED_ANSWERS`
    answers.
    """
    many = min(MAX_TIMED, 1 + MAX_TIMED_ANSWERS // max(1, length))
    counted = _select_counted(assignment, counting).with_only_columns(Attempt.id, Attempt.started_at)
    timed = counted.order_by(Attempt.submitted_at.desc(), Attempt.id.desc()).limit(many).subquery()
    # Times as the database delivers them: converting 10,000 into aware datetimes takes longer than reading them.
    began, arrived = type_coerce(timed.c.started_at, Text), type_coerce(AnswerRevision.arrived_at, Text)
    rows = session.connection().execute(
        select(AnswerRevision.attempt_id, AttemptItem.version_id, began, arrived)
        .select_from(timed)
        .join(AnswerRevision, AnswerRevision.attempt_id == timed.c.id)
        .join(
            AttemptItem,
            and_(AttemptItem.attempt_id == AnswerRevision.attempt_id, AttemptItem.position == AnswerRevision.position),
        )
        .order_by(AnswerRevision.attempt_id, AnswerRevision.arrived_at, AnswerRevision.id)
    )
    return (
        AnswerArrival(attempt_id, version_id, _parse_time(start), _parse_time(end))
        for attempt_id, version_id, start, end in rows
    )


def _parse_time(raw: str | datetime) -> datetime:
    return datetime.fromisoformat(raw) if isinstance(raw, str) else raw


def _select_responses(assignment: Assignment, counting: AttemptChoice) -> Select[*tuple[Any, ...]]:
    return (
        select(Mark.version_id, Mark.attempt_id, Mark.points, cast(AttemptItem.response, Text), AttemptItem.certainty)
        .join(AttemptItem, and_(AttemptItem.attempt_id == Mark.attempt_id, AttemptItem.position == Mark.position))
        .where(Mark.attempt_id.in_(_select_ids(assignment, counting)))
        .order_by(Mark.attempt_id, Mark.position)
    )


def _group_answers(session: Session, statement: Select[*tuple[Any, ...]]) -> dict[int, ItemResponses]:
    """Group rows of :func:`_select_responses` by version, without totals."""
    versions, attempts, points, responses, certainties = _fetch_columns(session, statement, width=5)
    return {
        version_id: ItemResponses(take(attempts), take(points), (), (), take(responses), take(certainties))
        for version_id, take in _make_extractors(versions)
    }


def _fetch_columns(session: Session, statement: Select[*tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Fetch the columns of a long result straight from the driver; SQLAlchemy's rows would take a quarter longer.

    The types of SQLAlchemy do not apply, so select only numbers and text.
    """
    columns: list[list[Any]] = [[] for _ in range(width)]
    with session.connection().execute(statement) as result:
        cursor = result.cursor
        while cursor is not None and (rows := cursor.fetchmany(_BATCH_SIZE)):
            for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                column += values
    return columns


def _make_extractors(versions: Iterable[int]) -> Iterator[tuple[int, Callable[[Sequence[Any]], tuple[Any, ...]]]]:
    """Yield each version with a function that extracts its values from a column."""
    places: dict[int, list[int]] = defaultdict(list)
    for at, version_id in enumerate(versions):
        places[version_id].append(at)
    for version_id, found in places.items():
        take = itemgetter(*found)
        yield version_id, take if len(found) > 1 else lambda column, take=take: (take(column),)  # type: ignore[misc]


def _select_ids(assignment: Assignment, counting: AttemptChoice) -> Select[int]:
    return _select_counted(assignment, counting).with_only_columns(Attempt.id)


def _select_counted(assignment: Assignment, counting: AttemptChoice) -> Select[*tuple[Any, ...]]:
    """Select the attempt of each current member to analyse: the first submitted, or the one that counts."""
    is_of_assignment = Attempt.assignment_id == assignment.id
    if counting is AttemptChoice.FIRST:
        firsts = (
            select(Attempt.learner_id, func.min(Attempt.number).label("number"))
            .where(is_of_assignment, Attempt.state == AttemptState.SUBMITTED)
            .group_by(Attempt.learner_id)
            .subquery()
        )
        is_first = and_(firsts.c.learner_id == Attempt.learner_id, firsts.c.number == Attempt.number)
        found = select(Attempt).join(firsts, is_first)
    else:
        best = assignment.counts is GradingMethod.BEST
        counts = ScopeResult.best_attempt_id if best else ScopeResult.latest_attempt_id
        # A subquery that runs once. With a join, SQLite would look for each attempt among all results.
        found = select(Attempt).where(Attempt.id.in_(select(counts).where(ScopeResult.assignment_id == assignment.id)))
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
        # Attempts that people still mark have no points yet.
        .where(is_of_assignment, Membership.removed_at.is_(None), Attempt.points.is_not(None))
    )
