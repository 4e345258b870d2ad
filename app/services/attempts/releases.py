"""Release decisions: loads the facts by which :mod:`app.domain.release` decides what a learner may see now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.db import UtcDateTimeType
from app.domain.attempt import AttemptState, Purpose
from app.domain.release import (
    Release,
    ReleaseFacts,
    ReleaseMoment,
    ReleasePolicy,
    decide_release,
    decide_release_in_progress,
)
from app.models import Assignment, Attempt, Cohort, Learner, Membership, ModuleRow, ScopeResult
from app.permissions import asks_about, draws_on, is_assigned_to
from app.services.assignments import assignment_sql
from app.services.assignments.assignment_sql import MomentParam
from app.services.attempts.attempts import OwnAttempt

MAX_EARLIER = 10
"""How many earlier attempts a result page lists; the start page lists all."""


def get_release(session: Session, loaded: OwnAttempt, now: datetime, scope: Sequence[Attempt] | None = None) -> Release:
    """Return what is released of an attempt. ``scope`` is the result of :func:`list_scope` if already loaded."""
    same_scope = list_scope(session, loaded.attempt) if scope is None else scope
    return decide_release(_get_facts(session, loaded, max(row.number for row in same_scope), now), now)


def get_release_under_way(session: Session, loaded: OwnAttempt, now: datetime) -> Release:
    """Return what is released of a checked question while its attempt is open."""
    return decide_release_in_progress(_get_facts(session, loaded, loaded.attempt.number, now))


def list_scope(session: Session, attempt: Attempt) -> Sequence[Attempt]:
    """List this attempt, the ones before it and the latest of its scope, newest first."""
    params = {"learner_id": attempt.learner_id, "scope": attempt.scope, "number": attempt.number}
    return session.scalars(_SCOPE, params).all()


def _get_facts(session: Session, loaded: OwnAttempt, number: int, now: datetime) -> ReleaseFacts:
    attempt, assignment, terms = loaded.attempt, loaded.assignment, loaded.learner_terms
    return ReleaseFacts(
        purpose=attempt.purpose,
        state=attempt.state,
        deadline_at=attempt.deadline_at,
        is_settled=attempt.points is not None or is_unfinished_shown(attempt, assignment),
        policy=assignment.policy if assignment else ReleasePolicy(),
        number=number,
        attempts_allowed=loaded.attempts_allowed,
        closes_at=terms.over_at if terms else None,
        is_pool_in_use=attempt.purpose is Purpose.TEST
        and bool(session.scalar(_IS_POOL_IN_USE, {"attempt_id": attempt.id, "now": now})),
    )


def is_unfinished_shown(attempt: Attempt, assignment: Assignment | None) -> bool:
    """Whether the learner may see the marks so far of an attempt that people still mark."""
    is_submitted = attempt.state is AttemptState.SUBMITTED
    return is_submitted and assignment is not None and assignment.releases_unfinished


def is_pool_in_use(now: MomentParam) -> ColumnElement[bool]:
    """Return the condition, on ``Attempt``, that its learner may still be asked its questions for a mark.

    Releasing the key too early would give it away for another test. The condition holds if

    * another test on a module of the attempt is open;
    * the attempt is the module's own test or belongs to another cohort, and an assigned test has not released its key;
    * the attempt is a pre-test, and the test compared with it has not released its key.

    Otherwise trainers decide on the tests within their cohort themselves.
    """
    other = aliased(Attempt)
    under_way = (
        exists()
        .where(
            other.learner_id == Attempt.learner_id,
            _is_module(lambda module_id: and_(asks_about(other, module_id), asks_about(Attempt, module_id))),
            other.id != Attempt.id,
            other.purpose == Purpose.TEST,
            other.state == AttemptState.OPEN,
        )
        .correlate(Attempt)
    )
    to_come = _select_to_come(
        Attempt.learner_id, lambda module_id: asks_about(Attempt, module_id), Attempt.assignment_id, now
    )
    return or_(under_way, to_come.correlate(Attempt).exists())


def _is_module(condition: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Build the condition that a module, given by its column, meets ``condition``."""
    module = aliased(ModuleRow)
    return exists().where(condition(module.id)).correlate_except(module)


def _select_to_come(
    learner_id: Any, is_asked: Callable[[Any], ColumnElement[bool]], assignment_id: Any, now: MomentParam
) -> Select[str]:
    """Select the titles of the assigned tests on the modules asked about that have not released their key to the learner.

    Only those that matter for an attempt at ``assignment_id``, which is null for the module's own test.
    """
    assigned, taken, its = aliased(Assignment), aliased(ScopeResult), aliased(Assignment)
    is_kept = assigned.release_key == ReleaseMoment.CLOSING
    closes_later = and_(is_kept, ~assignment_sql.is_over(assigned, now))
    used = func.coalesce(taken.attempts, 0)
    is_left = and_(~is_kept, assignment_sql.attempts_allowed(assigned, learner_id) > used)
    # If attempts are unlimited, the key is released after the first.
    is_untaken = and_(~is_kept, assigned.attempts_allowed.is_(None), used == 0)
    home = select(its.cohort_id).where(its.id == assignment_id).correlate_except(its).scalar_subquery()
    is_elsewhere = or_(assignment_id.is_(None), assigned.cohort_id != home)
    is_after = assigned.pretest_id == assignment_id
    return (
        select(assigned.title)
        .join(Cohort, Cohort.id == assigned.cohort_id)
        .join(Membership, Membership.cohort_id == assigned.cohort_id)
        .outerjoin(taken, assignment_sql.in_scope(taken, assigned, Membership.learner_id))
        .where(_is_module(lambda module_id: and_(draws_on(assigned, module_id), is_asked(module_id))))
        .where(Membership.learner_id == learner_id)
        .where(Membership.removed_at.is_(None), assigned.withdrawn_at.is_(None), Cohort.archived_at.is_(None))
        .where(
            is_assigned_to(assigned, learner_id),
            ~assignment_sql.is_excused(assigned, learner_id),
        )
        .where(
            or_(
                and_(is_elsewhere, or_(closes_later, is_left)),
                and_(is_after, or_(closes_later, is_left, is_untaken)),
            )
        )
    )


# Built once: building the statement takes 2 ms, longer than running it.
_IS_POOL_IN_USE = select(is_pool_in_use(bindparam("now", type_=UtcDateTimeType()))).where(
    Attempt.id == bindparam("attempt_id")
)
_OTHER = aliased(Attempt)
_SCOPE = (
    select(Attempt)
    .where(Attempt.learner_id == bindparam("learner_id"), Attempt.scope == bindparam("scope"))
    .where(
        or_(
            Attempt.number <= bindparam("number"),
            Attempt.number
            == select(func.max(_OTHER.number))
            .where(_OTHER.learner_id == bindparam("learner_id"), _OTHER.scope == bindparam("scope"))
            .scalar_subquery(),
        )
    )
    .order_by(Attempt.number.desc())
    .limit(MAX_EARLIER + 2)
)
_STARTED = aliased(Assignment)
_ASSIGNMENT_ID: BindParameter[int] = bindparam("assignment_id", type_=Integer())
_TO_COME = _select_to_come(
    bindparam("learner_id", type_=Integer()),
    lambda module_id: or_(
        module_id == bindparam("module_id", type_=Integer()),
        exists().where(_STARTED.id == _ASSIGNMENT_ID, draws_on(_STARTED, module_id)).correlate_except(_STARTED),
    ),
    _ASSIGNMENT_ID,
    bindparam("now", type_=UtcDateTimeType()),
)


def list_waited_for(
    session: Session, learner: Learner, module_id: int, assignment_id: int | None, now: datetime
) -> tuple[str, ...]:
    """List the titles of tests that an attempt would wait for: its right answers might help there.

    ``assignment_id`` None is the module's own test.
    """
    params = {"learner_id": learner.id, "module_id": module_id, "assignment_id": assignment_id, "now": now}
    return tuple(dict.fromkeys(sorted(session.scalars(_TO_COME, params))))


def is_correctness_released(now: MomentParam) -> ColumnElement[bool]:
    """Return the SQL equivalent of :func:`app.domain.release.decide_release` for correctness.

    It needs ``Attempt`` with ``Assignment`` and ``ScopeResult`` outer-joined: a module's own test has no assignment.
    """
    by_policy = or_(Assignment.id.is_(None), _is_reached(Assignment.release_correctness, now))
    is_settled = or_(Attempt.points.is_not(None), func.coalesce(Assignment.releases_unfinished, False))
    is_shown = and_(Attempt.state == AttemptState.SUBMITTED, is_settled, by_policy, ~is_pool_in_use(now))
    return or_(Attempt.purpose != Purpose.TEST, is_shown)


def is_key_released(now: MomentParam) -> ColumnElement[bool]:
    """Return the SQL equivalent of :func:`app.domain.release.decide_release` for the key, with the same tables.

    It is about answers that have a mark. A test in progress releases nothing here, whatever it checks at once.
    """
    policy = (Assignment.release_mark, Assignment.release_correctness, Assignment.release_key)
    allowed = assignment_sql.attempts_allowed(Assignment, Attempt.learner_id)
    is_safe = or_(allowed.is_(None), ScopeResult.attempts >= allowed, assignment_sql.is_over(Assignment, now))
    by_policy = or_(Assignment.id.is_(None), and_(is_safe, *(_is_reached(moment, now) for moment in policy)))
    is_settled = and_(Attempt.state == AttemptState.SUBMITTED, Attempt.points.is_not(None))
    return or_(Attempt.purpose != Purpose.TEST, and_(is_settled, by_policy, ~is_pool_in_use(now)))


def _is_reached(moment: InstrumentedAttribute[ReleaseMoment], now: MomentParam) -> ColumnElement[bool]:
    is_over = assignment_sql.is_over(Assignment, now)
    is_last = ScopeResult.attempts >= assignment_sql.attempts_allowed(Assignment, Attempt.learner_id)
    return or_(
        moment.in_((ReleaseMoment.EACH_ANSWER, ReleaseMoment.SUBMISSION)),
        and_(moment == ReleaseMoment.LAST_ATTEMPT, or_(is_last, is_over)),
        and_(moment == ReleaseMoment.CLOSING, is_over),
    )
