"""Plans for regrading: how existing marks change with the corrections in force.

Planning writes nothing. The preview shows the plan, and :mod:`app.services.marking.regrade_writer` applies it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Text, and_, cast, exists, func, select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptOutcome, AttemptState, Purpose, compute_outcome
from app.domain.correction import VOID_MARK, ActiveCorrection, ManualMark, mark_corrected
from app.domain.marking import MarkResult
from app.domain.markings import is_unmarkable, waits_for_people
from app.domain.regrading import is_pass_protected, to_marked_item
from app.domain.sections import MarkedItem, load_rules
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Correction,
    Learner,
    Mark,
    MarkChange,
    QuestionVersion,
    ScopeResult,
    User,
)
from app.services.assignments import assignment_sql
from app.services.assignments.availability import is_score_released
from app.services.course import catalogue
from app.services.marking import active_corrections, marking_points

BATCH_SIZE = 500
"""How many attempts are read at a time, to limit both statements and memory."""


@dataclass(frozen=True, slots=True)
class MarkChangePlan:
    """A mark before and after the change; ``new`` is None if people have to mark the answer first."""

    position: int
    old_points: float
    old_max_points: float
    new: MarkResult | None


@dataclass(frozen=True, slots=True)
class AttemptChange:
    """An attempt in which a mark changes. It is only one, because no attempt asks a question twice.

    ``before`` and ``after`` are its totals, None while it is open or people have to mark an answer. ``name`` is None for guests and erased learners.
    """

    attempt_id: int
    number: int
    purpose: Purpose
    name: str | None
    assignment_title: str | None
    mark: MarkChangePlan
    before: AttemptOutcome | None
    after: AttemptOutcome | None
    is_released: bool
    """Whether the learner may see the score."""

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
        """Whether the attempt keeps its marks, because it would lose a released pass and ``may_lower`` is false."""
        return is_pass_protected(
            was_passed=self.was_passed,
            is_passed=self.becomes_passed,
            is_released=self.is_released,
            may_lower=may_lower,
        )


def _is_pass(purpose: Purpose, total: AttemptOutcome | None) -> bool:
    return purpose is Purpose.TEST and total is not None and total.is_passed


@dataclass(frozen=True, slots=True)
class RegradeBatch:
    """Consecutive attempts with a version, up to ``last_attempt_id``, and the changes of their marks."""

    changes: Sequence[AttemptChange]
    last_attempt_id: int
    is_last: bool


def list_batches(
    session: Session, version_id: int, assignment_id: int | None, after: Sequence[Correction], now: datetime
) -> Iterator[RegradeBatch]:
    """Yield all batches of attempts if ``after`` are the corrections in force.

    ``assignment_id`` limits this to the attempts at one assignment.
    """
    last = 0
    while True:
        batch = plan_batch(session, version_id, assignment_id, after, now, last)
        yield batch
        if batch.is_last:
            return
        last = batch.last_attempt_id


def plan_batch(
    session: Session,
    version_id: int,
    assignment_id: int | None,
    after: Sequence[Correction],
    now: datetime,
    last_attempt_id: int,
    *,
    size: int = BATCH_SIZE,
    is_writing: bool = False,
) -> RegradeBatch:
    """Plan the ``size`` attempts that follow ``last_attempt_id``. ``is_writing`` locks them."""
    statement = _select_marks(version_id, assignment_id, last_attempt_id).limit(size)
    if is_writing:
        statement = statement.with_for_update(of=Attempt)
    rows = session.connection().execute(statement).all()
    return RegradeBatch(
        _build_changes(session, version_id, rows, after, now) if rows else (),
        rows[-1].id if rows else last_attempt_id,
        len(rows) < size,
    )


_MARK_COLUMNS: tuple[Any, ...] = (
    Attempt.id,
    Attempt.assignment_id,
    Mark.position,
    Mark.points,
    Mark.max_points,
    cast(AttemptItem.response, Text).label("response"),
    AttemptItem.certainty,
)

_ATTEMPT_COLUMNS: tuple[Any, ...] = (
    Attempt.id,
    Attempt.number,
    Attempt.purpose,
    Attempt.assignment_id,
    Attempt.pass_mark_percent,
    Attempt.sections,
    Attempt.points,
    Attempt.max_points,
    Attempt.is_passed,
    Attempt.is_critical_missed,
    User.name,
    ScopeResult.attempts,
    AssignmentException,
)


def _select_marks(version_id: int, assignment_id: int | None, last_attempt_id: int) -> Select[Any]:
    """Select the marks of a version with the data to mark them again, in the order of the attempts.

    Each condition leads to an index that has this order: of the version's marks, or of the assignment's attempts.
    """
    found = (
        select(*_MARK_COLUMNS)
        .select_from(Mark)
        .join(Attempt, Attempt.id == Mark.attempt_id)
        .join(AttemptItem, and_(AttemptItem.attempt_id == Mark.attempt_id, AttemptItem.position == Mark.position))
    )
    if assignment_id is None:
        return found.where(Mark.version_id == version_id, Mark.attempt_id > last_attempt_id).order_by(Mark.attempt_id)
    return found.where(
        Attempt.assignment_id == assignment_id, Attempt.id > last_attempt_id, Mark.version_id + 0 == version_id
    ).order_by(Attempt.id)


def _build_changes(
    session: Session, version_id: int, rows: Sequence[Row[Any]], after: Sequence[Correction], now: datetime
) -> list[AttemptChange]:
    changed = _plan_mark_changes(session, version_id, rows, after)
    attempts = _list_attempts(session, changed) if changed else ()
    totals = _compute_totals(session, version_id, [row for row in attempts if row.points is not None], changed)
    facts = _get_release_facts(session, attempts, now)
    return [
        AttemptChange(
            attempt_id=row.id,
            number=row.number,
            purpose=row.purpose,
            name=row.name,
            assignment_title=facts[row.id].title,
            mark=changed[row.id],
            before=_get_old_total(row),
            after=totals.get(row.id),
            is_released=facts[row.id].is_released,
        )
        for row in attempts
    ]


def _list_attempts(session: Session, attempt_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Return these attempts in order, each with its learner's name, number of submitted attempts and exception."""
    found = (
        select(*_ATTEMPT_COLUMNS)
        .select_from(Attempt)
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(User, User.id == Learner.user_id)
        .outerjoin(ScopeResult, and_(ScopeResult.learner_id == Attempt.learner_id, ScopeResult.scope == Attempt.scope))
        .outerjoin(AssignmentException, assignment_sql.is_exception_of(Attempt))
        .where(Attempt.id.in_(attempt_ids))
        .order_by(Attempt.id)
    )
    return session.execute(found).all()


def _get_old_total(row: Row[Any]) -> AttemptOutcome | None:
    if row.points is None:
        return None
    return AttemptOutcome(row.points, row.max_points, bool(row.is_passed), bool(row.is_critical_missed))


def _plan_mark_changes(
    session: Session, version_id: int, rows: Sequence[Row[Any]], after: Sequence[Correction]
) -> dict[int, MarkChangePlan]:
    """Return the marks that change, by attempt."""
    shown = catalogue.get_texts(session, [version_id])[version_id]
    key = catalogue.get_solutions(session, [version_id])[version_id].key
    by_hand = _list_manual_changes(session, [row.id for row in rows])
    if shown.kind.is_marked_by_people:
        by_hand = marking_points.list_settled(session, version_id, [row.id for row in rows]) | by_hand
    rules: dict[int | None, list[ActiveCorrection]] = {
        assignment_id: [
            active_corrections.to_active(shown.kind, one) for one in after if one.assignment_id in (None, assignment_id)
        ]
        for assignment_id in {row.assignment_id for row in rows}
    }
    known: dict[tuple[str | None, int | None, int | None], MarkResult] = {}  # thousands give the same few answers

    def mark(row: Row[Any]) -> MarkResult | None:
        answer, hand = (row.response, row.certainty, row.assignment_id), by_hand.get((row.id, row.position))
        if hand is None and answer in known:
            return known[answer]
        response = None if row.response is None else json.loads(row.response)
        if is_unmarkable(shown.kind, row.assignment_id):
            return VOID_MARK
        if hand is None and waits_for_people(shown.kind, response, [one.remedy for one in rules[row.assignment_id]]):
            return None
        new = mark_corrected(shown.kind, key, response, row.certainty, rules[row.assignment_id], hand)
        if hand is None:
            known[answer] = new
        return new

    changed = {}
    for row in rows:
        new = mark(row)
        if new is None or (new.points, new.max_points) != (row.points, row.max_points):
            changed[row.id] = MarkChangePlan(row.position, row.points, row.max_points, new)
    return changed


def _list_manual_changes(session: Session, attempt_ids: Sequence[int]) -> dict[tuple[int, int], ManualMark]:
    """Return the latest manual marks in these attempts, by attempt and position."""
    rows = session.execute(
        select(MarkChange.attempt_id, MarkChange.position, MarkChange.new_points, MarkChange.changed_at)
        .where(
            MarkChange.attempt_id.in_(attempt_ids),
            MarkChange.correction_id.is_(None),
            MarkChange.reopening_id.is_(None),
        )
        .order_by(MarkChange.id)
    )
    return {(attempt_id, position): ManualMark(points, at) for attempt_id, position, points, at in rows}


def _compute_totals(
    session: Session, version_id: int, rows: Sequence[Row[Any]], changed: Mapping[int, MarkChangePlan]
) -> dict[int, AttemptOutcome]:
    """Return the new totals of submitted attempts, by attempt, without those in which people have to mark an answer."""
    new_marks = {row.id: new for row in rows if (new := changed[row.id].new) is not None}
    items = list_marked_items(session, version_id, new_marks)
    return {
        row.id: compute_outcome(items[row.id], row.pass_mark_percent, load_rules(row.sections))
        for row in rows
        if row.id in items
    }


def list_marked_items(
    session: Session, version_id: int, new_marks: Mapping[int, MarkResult]
) -> dict[int, list[MarkedItem]]:
    """Return the marked items of these attempts, where the mark of a version is replaced by a new one.

    Most marks of an attempt are equal. The database groups them, because reading every mark took most of a preview.
    """
    is_critical = QuestionVersion.is_critical & Mark.is_void.is_(False)
    columns: tuple[Any, ...] = (
        *(Mark.attempt_id, Mark.points, Mark.max_points, Mark.is_right, is_critical),
        AttemptItem.section,
    )
    counted: tuple[Any, ...] = (*columns, func.count())
    grouped = (
        select(*counted)
        .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
        .join(AttemptItem, and_(AttemptItem.attempt_id == Mark.attempt_id, AttemptItem.position == Mark.position))
        .where(Mark.attempt_id.in_(new_marks), Mark.version_id != version_id)
        .group_by(*columns)
    )
    # Rows of the connection are cheaper than those of the session.
    rows: Sequence[Any] = session.connection().execute(grouped).all()
    is_new_critical = catalogue.get_texts(session, [version_id])[version_id].is_critical
    sections = _list_sections(session, version_id, new_marks)
    items = {
        attempt_id: [to_marked_item(new, is_critical=is_new_critical, section=sections[attempt_id])]
        for attempt_id, new in new_marks.items()
    }
    for attempt_id, points, most, is_right, counts_critical, section, count in rows:
        items[attempt_id] += [MarkedItem(points, most, is_right, counts_critical, section)] * count
    return items


def _list_sections(session: Session, version_id: int, attempt_ids: Collection[int]) -> dict[int, int | None]:
    """Return the section in which each of these attempts asks the version, None if its test has no sections."""
    found = select(AttemptItem.attempt_id, AttemptItem.section).where(
        AttemptItem.attempt_id.in_(attempt_ids), AttemptItem.version_id == version_id
    )
    return {row.attempt_id: row.section for row in session.execute(found)}


@dataclass(frozen=True, slots=True)
class _ReleaseFacts:
    title: str | None
    is_released: bool


def _get_release_facts(session: Session, attempts: Sequence[Row[Any]], now: datetime) -> dict[int, _ReleaseFacts]:
    """Return the assignment's title and whether the learner may see the score, by attempt."""
    ids = {row.assignment_id for row in attempts} - {None}
    assigned = {one.id: one for one in session.scalars(select(Assignment).where(Assignment.id.in_(ids)))} if ids else {}
    released: dict[tuple[int, int], bool] = {}  # learners without an exception share the answer

    def is_released(assignment: Assignment, row: Row[Any]) -> bool:
        if row.purpose is not Purpose.TEST or row.attempts is None:
            return False
        if row.AssignmentException is not None:
            return is_score_released(assignment, row.attempts, now, row.AssignmentException)
        key = (assignment.id, row.attempts)
        if key not in released:
            released[key] = is_score_released(assignment, row.attempts, now)
        return released[key]

    def get_facts(row: Row[Any]) -> _ReleaseFacts:
        assignment = assigned.get(row.assignment_id)
        if assignment is None:
            return _ReleaseFacts(None, is_released=True)
        return _ReleaseFacts(assignment.title, is_released(assignment, row))

    return {row.id: get_facts(row) for row in attempts}


def count_under_way(session: Session, version_id: int, assignment_id: int | None) -> int:
    """Count the open attempts with a version. They are marked by the corrections in force at submission."""
    # Open attempts are few, and have an index. The items of a version are many, and have none.
    has_version = exists().where(AttemptItem.attempt_id == Attempt.id, AttemptItem.version_id == version_id)
    found = select(func.count()).select_from(Attempt).where(Attempt.state == AttemptState.OPEN, has_version)
    if assignment_id is not None:
        found = found.where(Attempt.assignment_id == assignment_id)
    return session.scalar(found) or 0
