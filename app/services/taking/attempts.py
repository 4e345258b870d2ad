"""Attempts: starting, answering, submitting, closing. The heart: nothing acknowledged is lost, every action has one effect."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, load_only
from sqlalchemy.orm.attributes import set_committed_value

from app.db import locked
from app.domain.assignment import Effective, effective
from app.domain.attempt import (
    AnswerFinal,
    AttemptClosed,
    AttemptError,
    NoAttemptsLeft,
    NothingToAsk,
    Purpose,
    State,
    deadline,
    state_at,
)
from app.domain.paper import Slot
from app.domain.response import Given, Response, demand_finished, read
from app.models import (
    Answer,
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Correction,
    Learner,
    Membership,
    ModuleRow,
)
from app.permissions import Viewer
from app.services.assigned.due import Granted
from app.services.assigned.terms import assignment_scope, is_of
from app.services.course import catalogue
from app.services.marking import submission
from app.services.taking import drawing

_SEED_BITS = 31


@dataclass(frozen=True, slots=True)
class Loaded:
    """An attempt that its viewer may see, with its items, module and, where there is one, assignment: holding it proves the right to it.

    ``exception`` is what its learner was granted in the assignment: without it more would seem to be released than is.
    """

    attempt: Attempt
    module: ModuleRow
    assignment: Assignment | None
    exception: AssignmentException | None
    corrected: frozenset[int] = frozenset()
    """The positions of questions that there ever was a correction of: only for these it needs to be looked up."""

    @property
    def effective(self) -> Effective | None:
        """What holds for its learner in the assignment as it is now; None for a module's own test and practice."""
        if self.assignment is None:
            return None
        return effective(self.assignment.for_all, self.exception.grant if self.exception else None)

    @property
    def attempts_allowed(self) -> int | None:
        """How many attempts there are now: a trainer may have changed it since this one started."""
        holds = self.effective
        return holds.attempts_allowed if holds else self.attempt.attempts_allowed

    @property
    def items(self) -> list[AttemptItem]:
        return self.attempt.items

    def item(self, position: int) -> AttemptItem | None:
        return self.items[position - 1] if 1 <= position <= len(self.items) else None


@dataclass(frozen=True, slots=True)
class Change:
    """What a page sends for one question: what is answered, and what goes with it; None where the form had none of it."""

    given: Given = field(default_factory=Given)
    revision: int = 0
    save_id: str = ""
    certainty: int | None = None
    is_flagged: bool | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """The change is stored (or was stored before): what the page shall show."""

    revision: int
    saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """The page saw an older revision: nothing was changed. ``wanted`` is what it wanted to save, the item holds what is stored."""

    item: AttemptItem
    wanted: Response | None


# -- loading -----------------------------------------------------------------------------------------------------------------------


# Statements of the hot path are built once: building one costs more than running it.
_IS_MEMBER = exists().where(
    Membership.cohort_id == Assignment.cohort_id,
    Membership.learner_id == Attempt.learner_id,
    Membership.removed_at.is_(None),
)
_IS_CORRECTED = exists().where(Correction.version_id == AttemptItem.version_id).correlate(AttemptItem)
_OWN = (
    select(Attempt, ModuleRow, Assignment, AssignmentException, AttemptItem, _IS_CORRECTED.label("is_corrected"))
    .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
    .join(ModuleRow, ModuleRow.id == Attempt.module_id)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .outerjoin(AssignmentException, is_of(Attempt))
    .where(
        Attempt.id == bindparam("attempt_id"),
        Attempt.learner_id == bindparam("learner_id"),
        Attempt.purpose != Purpose.CHECK,
        # Who was removed from the cohort keeps their results, and leaves what is under way.
        or_(Attempt.assignment_id.is_(None), Attempt.state == State.SUBMITTED, _IS_MEMBER),
    )
    .order_by(AttemptItem.position)
    .options(load_only(ModuleRow.slug, ModuleRow.title, raiseload=True))
)
# All POSTs to one attempt go one after another; SQLite holds its one write lock already. The items are locked too, and read into objects
# that were loaded before the wait, so that whoever waited sees what was stored meanwhile.
_OWN_FOR_UPDATE = locked(_OWN, Attempt, AttemptItem).execution_options(populate_existing=True)


def get_for(session: Session, viewer: Viewer, attempt_id: int, *, for_update: bool = False) -> Loaded | None:
    """The viewer's own attempt with its paper, in one statement; None for anybody else. Lesson checks have no pages of their own."""
    if viewer.learner is None:
        return None
    rows = session.execute(
        _OWN_FOR_UPDATE if for_update else _OWN, {"attempt_id": attempt_id, "learner_id": viewer.learner.id}
    ).all()
    if not rows:
        return None
    attempt, module, assignment, exception, *_ = rows[0]
    set_committed_value(attempt, "items", [row.AttemptItem for row in rows])
    corrected = frozenset(row.AttemptItem.position for row in rows if row.is_corrected)
    return Loaded(attempt, module, assignment, exception, corrected)


def is_open(attempt: Attempt, now: datetime) -> bool:
    return state_at(attempt.state, attempt.deadline_at, now) is State.OPEN


# -- starting ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of an attempt, frozen when it starts."""

    scope: str
    purpose: Purpose
    module_id: int
    pass_mark_percent: int
    assignment_id: int | None = None
    attempts_allowed: int | None = None
    deadline_at: datetime | None = None
    asks_certainty: bool = False
    checks_each: bool = False


def practice_scope(module_id: int) -> str:
    return f"practice:module:{module_id}"


def test_scope(module_id: int) -> str:
    return f"test:module:{module_id}"


def start_practice(
    session: Session, learner: Learner, module: ModuleRow, now: datetime, missed_in: Loaded | None = None
) -> Attempt:
    """Start practice, or go on with what is open. ``missed_in`` draws what that attempt got wrong, where it can be practised."""
    terms = _Terms(
        practice_scope(module.id),
        Purpose.PRACTICE,
        module.id,
        module.pass_mark_percent,
        asks_certainty=module.asks_certainty,
        checks_each=True,
    )

    missed = missed_in.attempt if missed_in else None
    return _start(session, learner, terms, lambda seed: drawing.for_practice(session, module, seed, missed), now)


def start_test(session: Session, learner: Learner, module: ModuleRow, now: datetime) -> Attempt:
    """Start the module's own test, or go on with the open one."""
    ends = deadline(now, module.test_minutes, learner.extra_time_percent)
    terms = _Terms(
        test_scope(module.id),
        Purpose.TEST,
        module.id,
        module.pass_mark_percent,
        deadline_at=ends,
        asks_certainty=module.asks_certainty,
    )
    return _start(session, learner, terms, lambda seed: drawing.for_test(session, module, seed), now)


def start_assignment(session: Session, learner: Learner, granted: Granted, module: ModuleRow, now: datetime) -> Attempt:
    """Start an assigned test under the terms that hold for the learner, or go on with the open one.

    :raise AttemptError: what :meth:`app.services.assigned.due.Granted.hindrance` says, or NoAttemptsLeft; and no attempt is open.
    """
    assignment, holds = granted.assignment, granted.effective
    terms = _Terms(
        assignment_scope(assignment.id),
        Purpose.TEST,
        module.id,
        holds.pass_mark_percent,
        assignment.id,
        holds.attempts_allowed,
        deadline(now, holds.time_limit_minutes, holds.extra_time_percent, holds.closes_at),
        assignment.asks_certainty,
        assignment.policy.checks_each,
    )
    return _start(
        session,
        learner,
        terms,
        lambda seed: drawing.for_test(session, module, seed, granted.chosen),
        now,
        granted.hindrance(now),
    )


def _start(
    session: Session,
    learner: Learner,
    terms: _Terms,
    paper: Callable[[int], tuple[Slot, ...]],
    now: datetime,
    hindrance: AttemptError | None = None,
) -> Attempt:
    """One open attempt per learner and scope, numbers without gaps or doubles: the constraints say so, whoever else starts now."""
    latest = _latest(session, learner, terms.scope)
    if latest is not None and latest.state is State.OPEN and not submission.close_if_overdue(session, latest, now):
        return latest
    if hindrance is not None:
        raise hindrance
    number = latest.number + 1 if latest else 1
    if terms.attempts_allowed is not None and number > terms.attempts_allowed:
        raise NoAttemptsLeft
    seed = secrets.randbits(_SEED_BITS)
    slots = paper(seed)
    if not slots:
        raise NothingToAsk
    attempt = _new(learner, terms, number, seed, slots, now)
    try:
        with session.begin_nested():
            session.add(attempt)
    except IntegrityError:
        # Somebody started the same at this moment (another tab, another device): theirs is the attempt.
        theirs = _latest(session, learner, terms.scope)
        if theirs is None:
            raise
        return theirs
    return attempt


_LATEST = (
    select(Attempt)
    .where(Attempt.learner_id == bindparam("learner_id"), Attempt.scope == bindparam("scope"))
    .order_by(Attempt.number.desc())
    .limit(1)
)


def _latest(session: Session, learner: Learner, scope: str) -> Attempt | None:
    return session.scalar(_LATEST, {"learner_id": learner.id, "scope": scope})


def _new(learner: Learner, terms: _Terms, number: int, seed: int, slots: Sequence[Slot], now: datetime) -> Attempt:
    return Attempt(
        learner_id=learner.id,
        scope=terms.scope,
        number=number,
        purpose=terms.purpose,
        module_id=terms.module_id,
        assignment_id=terms.assignment_id,
        seed=seed,
        state=State.OPEN,
        started_at=now,
        deadline_at=terms.deadline_at,
        attempts_allowed=terms.attempts_allowed,
        pass_mark_percent=terms.pass_mark_percent,
        asks_certainty=terms.asks_certainty,
        checks_each=terms.checks_each,
        items=[
            AttemptItem(position=place, version_id=slot.version_id, option_order=list(slot.option_order))
            for place, slot in enumerate(slots, start=1)
        ],
    )


# -- answering ---------------------------------------------------------------------------------------------------------------------


def record_answer(
    session: Session, loaded: Loaded, item: AttemptItem, change: Change, now: datetime
) -> Saved | Conflict:
    """Store what a page sends for one question, once, if the page saw what is stored.

    ``now`` is when the request arrived. ``loaded`` was locked by :func:`get_for`. Where each answer is checked, a new one is marked at once
    and is final.

    :raise AttemptClosed: submitted, or the time is up.
    :raise AnswerFinal: the answer was checked, and this is another one.
    :raise BadAnswer: what :func:`app.domain.response.read` refuses, or an answer to be checked that is not finished.
    """
    if not is_open(loaded.attempt, now):
        raise AttemptClosed
    shown = catalogue.shown(session, [item.version_id])[item.version_id]
    response = read(shown, item.option_order, change.given, item.response, is_seen=change.revision > 0)
    if _is_same(item, response, change):
        _flag(session, item, change)
        return Saved(item.revision, item.saved_at)
    if change.revision != item.revision:
        # Also a save that was stored before and replaced since: to acknowledge it would say "saved" beside what does not count.
        return Conflict(item, response)
    is_checked = loaded.attempt.checks_each
    if is_checked and item.response is not None:
        raise AnswerFinal
    if is_checked:
        demand_finished(shown, response)
    _store(session, item, response, change, now)
    if is_checked and response is not None:
        submission.settle(session, loaded.attempt, [item], now, is_corrected=item.position in loaded.corrected)
    return Saved(item.revision, now)


def _is_same(item: AttemptItem, response: Response | None, change: Change) -> bool:
    certainty = change.certainty if change.certainty is not None else item.certainty
    return response == item.response and (response is None or certainty == item.certainty)


_ITEMS, _ANSWERS = cast(Table, AttemptItem.__table__), cast(Table, Answer.__table__)
_SAVE = (
    update(_ITEMS)
    .where(_ITEMS.c.attempt_id == bindparam("of_attempt_id"), _ITEMS.c.position == bindparam("of_position"))
    .values({name: bindparam(name) for name in ("revision", "response", "certainty", "is_flagged", "saved_at")})
)
_LOG = insert(_ANSWERS)


def _store(session: Session, item: AttemptItem, response: Response | None, change: Change, now: datetime) -> None:
    revision = item.revision + 1
    certainty = None if response is None else change.certainty if change.certainty is not None else item.certainty
    flagged = item.is_flagged if change.is_flagged is None else change.is_flagged
    current = {
        "revision": revision,
        "response": response,
        "certainty": certainty,
        "is_flagged": flagged,
        "saved_at": now,
    }
    of_item = {"attempt_id": item.attempt_id, "position": item.position}
    session.execute(_SAVE, current | {f"of_{name}": value for name, value in of_item.items()})
    logged = {name: current[name] for name in ("revision", "response", "certainty")}
    save_id = change.save_id or secrets.token_hex(8)
    session.execute(_LOG, of_item | logged | {"save_id": save_id, "arrived_at": now})
    for name, value in current.items():
        set_committed_value(item, name, value)


def _flag(session: Session, item: AttemptItem, change: Change) -> None:
    if change.is_flagged is not None and change.is_flagged != item.is_flagged:
        item.is_flagged = change.is_flagged
