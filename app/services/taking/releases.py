"""What of an attempt its learner may see now: the facts that :mod:`app.domain.release` decides by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.db import UTCDateTime
from app.domain.attempt import Purpose, State
from app.domain.release import Facts, Policy, Release, When, released, released_under_way
from app.models import Assignment, Attempt, Cohort, Membership, Standing
from app.services.assigned import terms
from app.services.assigned.terms import Now
from app.services.taking.attempts import Loaded

EARLIER = 10
"""How many earlier attempts a result stands beside."""


def release(session: Session, loaded: Loaded, now: datetime, scope: Sequence[Attempt] | None = None) -> Release:
    """What is released of an attempt: at most two statements, one where ``scope`` is given (see :func:`list_scope`)."""
    same_scope = list_scope(session, loaded.attempt) if scope is None else scope
    return released(_facts(session, loaded, max(row.number for row in same_scope), now), now)


def release_under_way(session: Session, loaded: Loaded, now: datetime) -> Release:
    """What is released of a checked question while its attempt goes on: no statement in practice, one in a test."""
    return released_under_way(_facts(session, loaded, loaded.attempt.number, now))


def list_scope(session: Session, attempt: Attempt) -> Sequence[Attempt]:
    """This attempt and the latest of its scope, newest first."""
    return session.scalars(_SCOPE, {"learner_id": attempt.learner_id, "scope": attempt.scope}).all()


def _facts(session: Session, loaded: Loaded, number: int, now: datetime) -> Facts:
    attempt, assignment, holds = loaded.attempt, loaded.assignment, loaded.effective
    return Facts(
        purpose=attempt.purpose,
        state=attempt.state,
        deadline_at=attempt.deadline_at,
        is_settled=attempt.points is not None,
        policy=assignment.policy if assignment else Policy(),
        number=number,
        attempts_allowed=loaded.attempts_allowed,
        closes_at=holds.over_at if holds else None,
        is_pool_in_use=attempt.purpose is Purpose.TEST
        and bool(session.scalar(_IS_POOL_IN_USE, {"attempt_id": attempt.id, "now": now})),
    )


def is_pool_in_use(now: Now) -> ColumnElement[bool]:
    """Whether the learner may be asked the questions of an attempt again for a mark: a condition on the statement's own ``Attempt``.

    That is in any other test of the module under way; and, after the module's own test or one of another cohort, in an assigned one whose
    key is not released yet: else its key could be read there first. What the trainers of one cohort set beside each other is theirs to
    decide, but for a pre-test: after that it is so in the test whose gain it measures.
    """
    other, assigned, taken, its = aliased(Attempt), aliased(Assignment), aliased(Standing), aliased(Assignment)
    under_way = (
        exists()
        .where(
            other.learner_id == Attempt.learner_id,
            other.module_id == Attempt.module_id,
            other.id != Attempt.id,
            other.purpose == Purpose.TEST,
            other.state == State.OPEN,
        )
        .correlate(Attempt)
    )
    is_kept = assigned.release_key == When.CLOSING
    closes_later = and_(is_kept, or_(assigned.due_at >= now, func.coalesce(assigned.extended_until >= now, False)))
    used = func.coalesce(taken.attempts, 0)
    is_left = and_(~is_kept, terms.allowed(assigned, Attempt.learner_id) > used)
    to_come = (
        select(assigned.id)
        .join(Cohort, Cohort.id == assigned.cohort_id)
        .join(Membership, Membership.cohort_id == assigned.cohort_id)
        .outerjoin(taken, terms.in_scope(taken, assigned, Membership.learner_id))
        .where(assigned.module_id == Attempt.module_id, Membership.learner_id == Attempt.learner_id)
        .where(Membership.removed_at.is_(None), assigned.withdrawn_at.is_(None), Cohort.archived_at.is_(None))
        .where(terms.is_for(assigned, Attempt.learner_id), ~terms.is_excused(assigned, Attempt.learner_id))
    )
    # With any number of attempts its key is shown after the first.
    is_untaken = and_(~is_kept, assigned.attempts_allowed.is_(None), used == 0)
    home = select(its.cohort_id).where(its.id == Attempt.assignment_id).correlate(Attempt).scalar_subquery()
    is_elsewhere = or_(Attempt.assignment_id.is_(None), assigned.cohort_id != home)
    of_others = to_come.where(is_elsewhere, or_(closes_later, is_left)).correlate(Attempt)
    of_before = to_come.where(assigned.pretest_id == Attempt.assignment_id)
    of_before = of_before.where(or_(closes_later, is_left, is_untaken)).correlate(Attempt)
    return or_(under_way, of_others.exists(), of_before.exists())


# Statements of a result are built once: building this one takes 2 ms, longer than running it.
_IS_POOL_IN_USE = select(is_pool_in_use(bindparam("now", type_=UTCDateTime()))).where(
    Attempt.id == bindparam("attempt_id")
)
_SCOPE = (
    select(Attempt)
    .where(Attempt.learner_id == bindparam("learner_id"), Attempt.scope == bindparam("scope"))
    .order_by(Attempt.number.desc())
    .limit(EARLIER)
)


def is_correctness_released(now: datetime) -> ColumnElement[bool]:
    """:func:`app.domain.release.released`, of right or wrong, as a condition on rows of ``Attempt`` with ``Assignment`` and ``Standing``.

    ``Assignment`` and ``Standing`` are outer-joined: the module's own tests have no assignment.
    """
    is_over = terms.is_over(Assignment, now)
    is_last = Standing.attempts >= terms.allowed(Assignment, Attempt.learner_id)
    by_policy = or_(
        Assignment.id.is_(None),
        Assignment.release_correctness.in_((When.EACH_ANSWER, When.SUBMISSION)),
        and_(Assignment.release_correctness == When.LAST_ATTEMPT, or_(is_last, is_over)),
        and_(Assignment.release_correctness == When.CLOSING, is_over),
    )
    return or_(Attempt.purpose != Purpose.TEST, and_(Attempt.state == State.SUBMITTED, by_policy, ~is_pool_in_use(now)))
