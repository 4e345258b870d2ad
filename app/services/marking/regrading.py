"""Regrading: what other corrections make of the marks that were written before, read in batches.

The plan is made without writing anything: the preview shows it, and the step that is taken writes it (:mod:`app.services.marking.rewriting`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import Session

from app.domain.attempt import MarkedItem, Outcome, Purpose, State, outcome
from app.domain.correction import ByHand, Ruling, corrected
from app.domain.marking import Result
from app.domain.regrading import is_kept
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Correction,
    Learner,
    Mark,
    MarkChange,
    Standing,
    User,
)
from app.services.assigned.due import is_score_released
from app.services.course import catalogue
from app.services.marking import rulings

BATCH = 500
"""Attempts that are read and written at once: few statements for thousands, and never all of them in memory as rows."""


@dataclass(frozen=True, slots=True)
class Regraded:
    """One mark as it was and as it becomes."""

    position: int
    old_points: float
    old_max_points: float
    new: Result


@dataclass(frozen=True, slots=True)
class Regrade:
    """One attempt in which a mark changes; no paper asks a question twice.

    ``before`` and ``after`` are its totals, None while it is under way; ``name`` is None for guests and the erased.
    """

    attempt_id: int
    number: int
    purpose: Purpose
    name: str | None
    assignment_title: str | None
    mark: Regraded
    before: Outcome | None
    after: Outcome | None
    is_released: bool
    """Whether the learner may know the score."""

    @property
    def was_passed(self) -> bool:
        return _is_pass(self.purpose, self.before)

    @property
    def becomes_passed(self) -> bool:
        return _is_pass(self.purpose, self.after)

    @property
    def is_pass_lost(self) -> bool:
        return self.was_passed and not self.becomes_passed

    @property
    def is_pass_won(self) -> bool:
        return self.becomes_passed and not self.was_passed

    @property
    def is_released_pass_lost(self) -> bool:
        return self.is_pass_lost and self.is_released

    def is_kept(self, *, may_lower: bool) -> bool:
        """Whether it keeps its marks, because nobody said that a pass which was released may be lost."""
        return is_kept(
            was_passed=self.was_passed,
            is_passed=self.becomes_passed,
            is_released=self.is_released,
            may_lower=may_lower,
        )


def _is_pass(purpose: Purpose, total: Outcome | None) -> bool:
    return purpose is Purpose.TEST and total is not None and total.is_passed


def plan(
    session: Session,
    version_id: int,
    assignment_id: int | None,
    after: Sequence[Correction],
    now: datetime,
    *,
    is_writing: bool = False,
) -> Iterator[list[Regrade]]:
    """Yield, batch by batch, the attempts in which a mark of this version changes when ``after`` are the corrections in force.

    All attempts there are, or those at one assignment; of each batch three statements, and one more for passes that are lost. Where the
    plan ``is_writing``, their rows are locked.
    """
    last = 0
    while True:
        statement = _held(version_id, assignment_id).where(Attempt.id > last)
        if is_writing:
            statement = statement.with_for_update(of=Attempt)
        rows = session.execute(statement).all()
        if rows:
            last = rows[-1].id
            yield _regrades(session, version_id, rows, after, now)
        if len(rows) < BATCH:
            return


def _held(version_id: int, assignment_id: int | None) -> Select[Any]:
    """The marks of a version with what marks them, in the order of the attempts."""
    found: Any = (
        select(
            Attempt.id,
            Attempt.number,
            Attempt.purpose,
            Attempt.state,
            Attempt.assignment_id,
            Attempt.learner_id,
            Attempt.scope,
            Attempt.pass_mark_percent,
            Attempt.points.label("total"),
            Attempt.max_points.label("most"),
            Attempt.is_passed,
            Attempt.is_critical_missed,
            Mark.position,
            Mark.points,
            Mark.max_points,
            Mark.is_void,
            AttemptItem.response,
            AttemptItem.certainty,
            User.name,
        )
        .select_from(Mark)
        .join(Attempt, Attempt.id == Mark.attempt_id)
        .join(AttemptItem, and_(AttemptItem.attempt_id == Mark.attempt_id, AttemptItem.position == Mark.position))
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(User, User.id == Learner.user_id)
        .where(Mark.version_id == version_id)
        .order_by(Attempt.id)
        .limit(BATCH)
    )
    of: Select[Any] = found if assignment_id is None else found.where(Attempt.assignment_id == assignment_id)
    return of


def _regrades(
    session: Session, version_id: int, rows: Sequence[Row[Any]], after: Sequence[Correction], now: datetime
) -> list[Regrade]:
    changed = _changed(session, version_id, rows, after)
    totals = _totals(session, [row for row in rows if row.id in changed and row.total is not None], changed)
    is_told = _released(session, [row for row in rows if row.id in changed], now)
    return [
        Regrade(
            attempt_id=row.id,
            number=row.number,
            purpose=row.purpose,
            name=row.name,
            assignment_title=is_told[row.id].title,
            mark=changed[row.id],
            before=_before(row),
            after=totals.get(row.id),
            is_released=is_told[row.id].is_released,
        )
        for row in rows
        if row.id in changed
    ]


def _before(row: Row[Any]) -> Outcome | None:
    if row.total is None:
        return None
    return Outcome(row.total, row.most, bool(row.is_passed), bool(row.is_critical_missed))


def _changed(
    session: Session, version_id: int, rows: Sequence[Row[Any]], after: Sequence[Correction]
) -> dict[int, Regraded]:
    """The marks that become others, by attempt."""
    shown = catalogue.shown(session, [version_id])[version_id]
    key = catalogue.keys(session, [version_id])[version_id].key
    by_hand = _by_hand(session, [row.id for row in rows])
    rules: dict[int | None, list[Ruling]] = {
        assignment_id: [rulings.ruling(one) for one in after if one.assignment_id in (None, assignment_id)]
        for assignment_id in {row.assignment_id for row in rows}
    }
    changed = {}
    for row in rows:
        hand = by_hand.get((row.id, row.position))
        new = corrected(shown.kind, key, row.response, row.certainty, rules[row.assignment_id], hand)
        if (new.points, new.max_points) != (row.points, row.max_points):
            changed[row.id] = Regraded(row.position, row.points, row.max_points, new)
    return changed


def _by_hand(session: Session, attempt_ids: Sequence[int]) -> dict[tuple[int, int], ByHand]:
    """What was last decided by hand about marks of these attempts, by attempt and position: one statement."""
    rows = session.execute(
        select(MarkChange.attempt_id, MarkChange.position, MarkChange.new_points, MarkChange.changed_at)
        .where(MarkChange.attempt_id.in_(attempt_ids), MarkChange.correction_id.is_(None))
        .order_by(MarkChange.id)
    )
    return {(attempt_id, position): ByHand(points, at) for attempt_id, position, points, at in rows}


def _totals(session: Session, rows: Sequence[Row[Any]], changed: Mapping[int, Regraded]) -> dict[int, Outcome]:
    """The totals of submitted attempts with their changed marks: one statement."""
    items = marked(session, [row.id for row in rows], {row.id: changed[row.id] for row in rows})
    return {row.id: outcome(items[row.id], row.pass_mark_percent) for row in rows}


def marked(
    session: Session, attempt_ids: Sequence[int], changed: Mapping[int, Regraded]
) -> dict[int, list[MarkedItem]]:
    """What the totals of these attempts depend on, in the order of their papers, with one changed mark in each: one statement."""
    rows = (
        session.connection()
        .execute(
            select(
                Mark.attempt_id,
                Mark.position,
                Mark.version_id,
                Mark.points,
                Mark.max_points,
                Mark.is_right,
                Mark.is_void,
            )
            .where(Mark.attempt_id.in_(attempt_ids))
            .order_by(Mark.attempt_id, Mark.position)
        )
        .all()
    )
    critical = {
        version_id
        for version_id, shown in catalogue.shown(session, {row.version_id for row in rows}).items()
        if shown.is_critical
    }
    items: dict[int, list[MarkedItem]] = defaultdict(list)
    for attempt_id, position, version_id, points, most, is_right, is_void in rows:
        of_attempt = changed.get(attempt_id)
        if of_attempt is not None and of_attempt.position == position:
            new = of_attempt.new
            points, most, is_right, is_void = new.points, new.max_points, new.is_right, new.is_void
        items[attempt_id].append(MarkedItem(points, most, is_right, version_id in critical and not is_void))
    return items


@dataclass(frozen=True, slots=True)
class _Told:
    title: str | None
    is_released: bool


def _released(session: Session, rows: Sequence[Row[Any]], now: datetime) -> dict[int, _Told]:
    """The assignment of each attempt, and whether its learner may know the score: two statements at most."""
    ids = {row.assignment_id for row in rows} - {None}
    assigned = {one.id: one for one in session.scalars(select(Assignment).where(Assignment.id.in_(ids)))} if ids else {}
    of_tests = [row.id for row in rows if row.purpose is Purpose.TEST and row.assignment_id is not None]
    exception = and_(
        AssignmentException.assignment_id == Standing.assignment_id,
        AssignmentException.learner_id == Standing.learner_id,
    )
    standings = {
        (standing.learner_id, standing.scope): (standing, granted)
        for standing, granted in session.execute(
            select(Standing, AssignmentException)
            .join(Attempt, and_(Attempt.learner_id == Standing.learner_id, Attempt.scope == Standing.scope))
            .outerjoin(AssignmentException, exception)
            .where(Attempt.id.in_(of_tests))
        )
    }

    def told(row: Row[Any]) -> _Told:
        assignment = assigned.get(row.assignment_id)
        if assignment is None:
            return _Told(None, is_released=True)
        held = standings.get((row.learner_id, row.scope))
        return _Told(assignment.title, held is not None and is_score_released(assignment, held[0], now, held[1]))

    return {row.id: told(row) for row in rows}


def count_under_way(session: Session, version_id: int, assignment_id: int | None) -> int:
    """How many attempts under way hold a version: they are marked by the corrections that are in force when they are handed in."""
    found = (
        select(func.count())
        .select_from(AttemptItem)
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .where(AttemptItem.version_id == version_id, Attempt.state == State.OPEN)
    )
    if assignment_id is not None:
        found = found.where(Attempt.assignment_id == assignment_id)
    return session.scalar(found) or 0
