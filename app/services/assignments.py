"""Assignments: a module's test, set for a cohort on terms; what a trainer grants, and what a learner has to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain import attempt as rules
from app.domain import wall_clock
from app.domain.attempt import State, lengthened, state_at
from app.domain.release import Policy, is_mark_released
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    Cohort,
    CohortTrainer,
    Learner,
    Membership,
    ModuleRow,
    Standing,
    User,
)
from app.permissions import Viewer, may_administer
from app.services import audit

# -- for trainers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Terms:
    """What a trainer decides. None is: never due, any number of attempts, no time limit."""

    title: str
    due_at: datetime | None
    attempts_allowed: int | None
    time_limit_minutes: int | None
    pass_mark_percent: int
    policy: Policy = field(default_factory=Policy)
    asks_certainty: bool = False


@dataclass(frozen=True, slots=True)
class Taught:
    """An assignment with its cohort and module, for somebody who teaches that cohort."""

    assignment: Assignment
    cohort: Cohort
    module: ModuleRow


@dataclass(frozen=True, slots=True)
class ExtraTime:
    """One learner's extra time: ``everywhere_percent`` is their own, ``percent`` is granted here; the larger counts."""

    learner_id: int
    name: str
    everywhere_percent: int
    percent: int


def list_modules(session: Session) -> Sequence[ModuleRow]:
    """The modules that can be assigned."""
    return session.scalars(select(ModuleRow).where(ModuleRow.retired_at.is_(None)).order_by(ModuleRow.position)).all()


def list_for_cohort(session: Session, cohort: Cohort) -> Sequence[Assignment]:
    """What is assigned to a cohort, by due date, those without one last."""
    found = select(Assignment).where(Assignment.cohort_id == cohort.id, Assignment.withdrawn_at.is_(None))
    return session.scalars(found.order_by(Assignment.due_at.is_(None), Assignment.due_at, Assignment.id)).all()


def create(session: Session, actor: User, cohort: Cohort, module: ModuleRow, terms: Terms, now: datetime) -> Assignment:
    assignment = Assignment(
        cohort_id=cohort.id,
        module_id=module.id,
        created_by_id=actor.id,
        created_at=now,
        time_zone=cohort.time_zone,
        **_values(terms, cohort.time_zone),
    )
    session.add(assignment)
    session.flush()  # the audit log names it by its id
    audit.record(session, actor, "assignment.create", _subject(assignment), now, cohort=cohort.id, module=module.slug)
    return assignment


def get_for(session: Session, viewer: Viewer, assignment_id: int) -> Taught | None:
    """An assignment of a cohort the viewer teaches; an administrator may see all."""
    if viewer.user is None:
        return None
    found = (
        select(Assignment, Cohort, ModuleRow)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(ModuleRow, ModuleRow.id == Assignment.module_id)
        .where(Assignment.id == assignment_id)
    )
    if not may_administer(viewer):
        found = found.join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id).where(
            CohortTrainer.user_id == viewer.user.id
        )
    row = session.execute(found).one_or_none()
    return Taught(*row) if row else None


def edit(session: Session, actor: User, taught: Taught, terms: Terms, now: datetime) -> None:
    """Set other terms. For attempts under way a change for the better applies at once, one for the worse not at all."""
    assignment = taught.assignment
    changed = {}
    for name, value in _values(terms, assignment.time_zone).items():
        if getattr(assignment, name) != value:
            changed[name] = [_plain(getattr(assignment, name)), _plain(value)]
            setattr(assignment, name, value)
    if not changed:
        return
    audit.record(session, actor, "assignment.edit", _subject(assignment), now, **changed)
    lengthen_open(session, assignment, now)


def list_extra_time(session: Session, taught: Taught) -> list[ExtraTime]:
    """The extra time of every current member, by name, with one statement."""
    exception = and_(
        AssignmentException.assignment_id == taught.assignment.id,
        AssignmentException.learner_id == Membership.learner_id,
    )
    rows = session.execute(
        select(Learner.id, User.name, Learner.extra_time_percent, AssignmentException.extra_time_percent)
        .select_from(Membership)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
        .outerjoin(AssignmentException, exception)
        .where(Membership.cohort_id == taught.cohort.id, Membership.removed_at.is_(None))
        .order_by(func.lower(User.name), Learner.id)
    )
    return [ExtraTime(learner_id, name, everywhere, here or 0) for learner_id, name, everywhere, here in rows]


def grant_extra_time(
    session: Session, actor: User, taught: Taught, learner_id: int, percent: int, now: datetime
) -> bool:
    """Give a member ``percent`` (0 to 400) more time in this assignment.

    An attempt under way is lengthened at once, never shortened. Return False where the learner is
    no member.
    """
    assignment = taught.assignment
    if not _is_member(session, taught.cohort, learner_id):
        return False
    _put_exception(session, assignment, learner_id, percent)
    audit.record(
        session, actor, "assignment.extra_time", _subject(assignment), now, learner=learner_id, percent=percent
    )
    lengthen_open(session, assignment, now, learner_id)
    return True


def _values(terms: Terms, time_zone: str) -> dict[str, object]:
    """The columns of an assignment that hold these terms."""
    values: dict[str, object] = {each.name: getattr(terms, each.name) for each in fields(terms)}
    del values["policy"]
    values["due_local"] = f"{wall_clock.local(terms.due_at, time_zone):%Y-%m-%dT%H:%M}" if terms.due_at else None
    return values | {f"release_{each.name}": getattr(terms.policy, each.name) for each in fields(terms.policy)}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _subject(assignment: Assignment) -> str:
    return f"assignment:{assignment.id}"


def _is_member(session: Session, cohort: Cohort, learner_id: int) -> bool:
    found = session.get(Membership, (cohort.id, learner_id))
    return found is not None and found.removed_at is None


def _put_exception(session: Session, assignment: Assignment, learner_id: int, percent: int) -> None:
    its = (AssignmentException.assignment_id == assignment.id, AssignmentException.learner_id == learner_id)
    if percent == 0:
        session.execute(delete(AssignmentException).where(*its))
        return
    change = update(AssignmentException).where(*its).values(extra_time_percent=percent)
    if session.execute(change.returning(AssignmentException.learner_id)).all():
        return
    try:
        with session.begin_nested():
            session.add(
                AssignmentException(assignment_id=assignment.id, learner_id=learner_id, extra_time_percent=percent)
            )
    except IntegrityError:
        session.execute(change)  # another tab granted it at this moment: the later one counts


def lengthen_open(session: Session, assignment: Assignment, now: datetime, learner_id: int | None = None) -> None:
    """Give attempts under way the deadline of the terms as they are now, where it is later; what is over stays over."""
    exception = and_(
        AssignmentException.assignment_id == assignment.id, AssignmentException.learner_id == Attempt.learner_id
    )
    found = (
        select(Attempt, Learner.extra_time_percent, AssignmentException.extra_time_percent)
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(AssignmentException, exception)
        .where(Attempt.assignment_id == assignment.id, Attempt.state == State.OPEN)
        .order_by(Attempt.id)
    )
    if learner_id is not None:
        found = found.where(Attempt.learner_id == learner_id)
    for attempt, everywhere, here in session.execute(found.with_for_update(of=Attempt)):
        if state_at(attempt.state, attempt.deadline_at, now) is State.OPEN:
            extra = max(everywhere, here or 0)
            proposed = rules.deadline(attempt.started_at, assignment.time_limit_minutes, extra, assignment.closes_at)
            attempt.deadline_at = lengthened(attempt.deadline_at, proposed)


# -- for learners -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Granted:
    """An assignment that a learner may see now, with the extra time that counts for them in it."""

    assignment: Assignment
    module_slug: str
    extra_time_percent: int


class DueState(StrEnum):
    """Where a learner is with an assignment.

    ``HANDED_IN``: the score is not released yet. ``CLOSED``: not passed, and no attempt can be started any more.
    """

    NOT_STARTED = "not_started"
    UNDER_WAY = "under_way"
    HANDED_IN = "handed_in"
    NOT_PASSED = "not_passed"
    PASSED = "passed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Due:
    """One assignment as its learner sees it.

    ``attempts_used`` counts the one under way; ``best_percent`` is None before the first result that is released.
    """

    assignment_id: int
    title: str
    module_slug: str
    module_title: str
    cohort_title: str
    time_zone: str
    set_by: str | None
    due_at: datetime | None
    attempts_allowed: int | None
    attempts_used: int
    time_limit_minutes: int | None
    pass_mark_percent: int
    state: DueState
    open_attempt_id: int | None
    best_percent: int | None


def get_granted(session: Session, learner: Learner, assignment_id: int) -> Granted | None:
    """An assignment of a cohort the learner is in now, with one statement."""
    exception = and_(AssignmentException.assignment_id == Assignment.id, AssignmentException.learner_id == learner.id)
    row = session.execute(
        select(Assignment, ModuleRow.slug, AssignmentException.extra_time_percent)
        .join(Membership, Membership.cohort_id == Assignment.cohort_id)
        .join(ModuleRow, ModuleRow.id == Assignment.module_id)
        .outerjoin(AssignmentException, exception)
        .where(Assignment.id == assignment_id, Membership.learner_id == learner.id, Membership.removed_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    assignment, slug, here = row
    return Granted(assignment, slug, max(learner.extra_time_percent, here or 0))


def list_due(session: Session, learner: Learner, now: datetime) -> list[Due]:
    """The assignments of the learner's cohorts: what is not passed first, then by due date, those without one last.

    One statement, whatever the number of assignments.
    """
    underway = and_(
        Attempt.assignment_id == Assignment.id, Attempt.learner_id == learner.id, Attempt.state == State.OPEN
    )
    rows = session.execute(
        select(Assignment, Cohort, ModuleRow, User.name, Standing, Attempt)
        .join(Membership, Membership.cohort_id == Assignment.cohort_id)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(ModuleRow, ModuleRow.id == Assignment.module_id)
        .outerjoin(User, User.id == Assignment.created_by_id)
        .outerjoin(Standing, and_(Standing.assignment_id == Assignment.id, Standing.learner_id == learner.id))
        .outerjoin(Attempt, underway)
        .where(Membership.learner_id == learner.id, Membership.removed_at.is_(None))
    )
    found = [
        _due(assignment, cohort, module, set_by, standing, attempt, now)
        for assignment, cohort, module, set_by, standing, attempt in rows
    ]
    return sorted(found, key=_urgency)


def _due(
    assignment: Assignment,
    cohort: Cohort,
    module: ModuleRow,
    set_by: str | None,
    standing: Standing | None,
    begun: Attempt | None,
    now: datetime,
) -> Due:
    is_running = begun is not None and state_at(begun.state, begun.deadline_at, now) is State.OPEN
    used = (standing.attempts if standing else 0) + (1 if begun else 0)
    is_told = standing is not None and is_score_released(assignment, standing, now)
    return Due(
        assignment_id=assignment.id,
        title=assignment.title,
        module_slug=module.slug,
        module_title=module.title,
        cohort_title=cohort.title,
        time_zone=cohort.time_zone,
        set_by=set_by,
        due_at=assignment.due_at,
        attempts_allowed=assignment.attempts_allowed,
        attempts_used=used,
        time_limit_minutes=assignment.time_limit_minutes,
        pass_mark_percent=assignment.pass_mark_percent,
        state=_due_state(assignment, standing, used, now, is_running=is_running, is_told=is_told),
        open_attempt_id=begun.id if begun and is_running else None,
        best_percent=rules.percent(standing.best_percent, 100) if standing and is_told else None,
    )


def is_score_released(assignment: Assignment, standing: Standing, now: datetime) -> bool:
    """Whether the learner may know how their attempts at an assignment went."""
    return is_mark_released(
        assignment.policy,
        number=standing.attempts,
        attempts_allowed=assignment.attempts_allowed,
        closes_at=assignment.closes_at,
        now=now,
    )


def _due_state(
    assignment: Assignment, standing: Standing | None, used: int, now: datetime, *, is_running: bool, is_told: bool
) -> DueState:
    if is_running:
        return DueState.UNDER_WAY
    if standing is not None and not is_told:
        return DueState.HANDED_IN
    if standing is not None and standing.passed_at is not None:
        return DueState.PASSED
    closes = assignment.closes_at
    is_used_up = assignment.attempts_allowed is not None and used >= assignment.attempts_allowed
    if is_used_up or (closes is not None and now > closes):
        return DueState.CLOSED
    return DueState.NOT_PASSED if used else DueState.NOT_STARTED


def _urgency(due: Due) -> tuple[bool, float]:
    return (due.state is DueState.PASSED, due.due_at.timestamp() if due.due_at else float("inf"))
