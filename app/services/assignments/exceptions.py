"""Exceptions: terms granted to individual learners in one assignment."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.assignment import ExceptionTerms, LearnerTerms, measure_missing_time, move_closing, resolve_terms
from app.domain.names import get_sort_name
from app.domain.scope import build_assignment_scope
from app.models import Assignment, AssignmentException, Learner, Membership, ScopeResult, User
from app.permissions import is_assigned_to
from app.services.assignments import assignment_sql, deadlines
from app.services.assignments.assignments import TaughtAssignment, format_local, get_subject
from app.services.log import audit


@dataclass(frozen=True, slots=True)
class AssignedLearner:
    """A learner to whom an assignment applies, with their terms. ``extra_time_everywhere`` is in per cent."""

    learner_id: int
    name: str
    email: str
    is_account_closed: bool
    extra_time_everywhere: int
    exception: AssignmentException | None
    learner_terms: LearnerTerms


class AlreadyGrantedError(Exception):
    """The learners ``learner_ids`` already have an exception, which must be changed instead."""

    def __init__(self, learner_ids: Collection[int]) -> None:
        super().__init__(learner_ids)
        self.learner_ids = frozenset(learner_ids)


class ExceptionChangedError(Exception):
    """The exception was changed since it was viewed."""


class NotAssignedError(Exception):
    """The assignment is not for one of the learners, or the exception does not exist."""


def list_learners(session: Session, taught: TaughtAssignment) -> list[AssignedLearner]:
    """List the learners to whom the assignment applies, by family name, as the gradebook does."""
    assignment = taught.assignment
    rows = session.execute(
        select(Learner, User.name, User.email, User.active, AssignmentException, Membership.sort_name)
        .select_from(Membership)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
        .outerjoin(AssignmentException, assignment_sql.is_exception(assignment.id, Membership.learner_id))
        .where(
            Membership.cohort_id == taught.cohort.id,
            Membership.removed_at.is_(None),
            is_assigned_to(assignment, Membership.learner_id),
        )
        .order_by(User.folded, Learner.id)
    ).all()
    return [
        AssignedLearner(
            learner.id,
            name,
            email,
            not active,
            learner.extra_time_percent,
            exception,
            resolve_terms(assignment.base_terms, exception.terms if exception else None, learner.extra_time_percent),
        )
        for learner, name, email, active, exception, _sort_name in sorted(
            rows, key=lambda row: get_sort_name(row.name, row.sort_name)
        )
    ]


def list_short_of_time(
    session: Session, taught: TaughtAssignment, people: Iterable[AssignedLearner], now: datetime
) -> list[AssignedLearner]:
    """List those of ``people`` whose extra time does not fit before their closing, and who have not passed."""
    if taught.assignment.withdrawn_at is not None:
        return []
    short = [
        person
        for person in people
        if measure_missing_time(person.learner_terms, now)
        and not (person.is_account_closed or person.learner_terms.is_excused)
    ]
    if not short:
        return []
    passed = session.scalars(
        select(ScopeResult.learner_id).where(
            ScopeResult.learner_id.in_([person.learner_id for person in short]),
            ScopeResult.scope == build_assignment_scope(taught.assignment.id),
            ScopeResult.passed_at.is_not(None),
        )
    ).all()
    return [person for person in short if person.learner_id not in passed]


def move_closings(
    session: Session, actor: User, taught: TaughtAssignment, people: Iterable[AssignedLearner], now: datetime
) -> None:
    """Give each of ``people`` (see :func:`list_short_of_time`) a later due date, so that their extra time fits."""
    for person in people:
        due_at, held = move_closing(person.learner_terms, now), person.exception
        if held is None:
            create(session, actor, taught, [person.learner_id], ExceptionTerms(due_at=due_at), now)
        else:
            grant = replace(held.terms, due_at=due_at)
            update(session, actor, taught, person.learner_id, grant, now, held.note)


def create(
    session: Session,
    actor: User,
    taught: TaughtAssignment,
    learner_ids: Collection[int],
    grant: ExceptionTerms,
    now: datetime,
    note: str | None = None,
) -> None:
    """Grant an exception to all of these learners or none. It applies to open attempts at once.

    ``taught`` must be loaded for update, and ``grant`` must have passed :func:`app.domain.assignment.check_exception`.

    :raise AlreadyGrantedError: some of the learners have an exception.
    :raise NotAssignedError: the assignment is not for some of the learners.
    """
    _require_assigned(session, taught, learner_ids)
    had = set(session.scalars(select(AssignmentException.learner_id).where(_is_among(taught, learner_ids))))
    if had:
        raise AlreadyGrantedError(had)
    try:
        with session.begin_nested():
            for learner_id in sorted(set(learner_ids)):
                exception = AssignmentException(assignment_id=taught.assignment.id, learner_id=learner_id)
                _apply_terms(exception, taught.assignment, grant, note)
                session.add(exception)
    except IntegrityError as error:
        raise AlreadyGrantedError(learner_ids) from error
    audit.record(
        session,
        actor,
        "assignment.grant",
        get_subject(taught.assignment),
        now,
        **_get_audit_details(learner_ids, grant),
    )
    deadlines.extend_open_attempts(session, taught.assignment, now, learner_ids)


def get_fingerprint(exception: AssignmentException) -> str:
    """Return a short hash of an exception's terms and note, to detect changes."""
    content = repr((exception.terms, exception.note))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def update(
    session: Session,
    actor: User,
    taught: TaughtAssignment,
    learner_id: int,
    grant: ExceptionTerms,
    now: datetime,
    note: str | None = None,
    *,
    seen: str | None = None,
) -> None:
    """Change one learner's exception. An open attempt gets only the changes that favour the learner.

    ``seen`` is its :func:`get_fingerprint` from when it was viewed.

    :raise NotAssignedError: the learner has no exception.
    :raise ExceptionChangedError: the exception was changed since.
    """
    exception = get(session, taught, learner_id)
    if exception is None:
        raise NotAssignedError
    if seen and seen != get_fingerprint(exception):
        raise ExceptionChangedError
    _apply_terms(exception, taught.assignment, grant, note)
    audit.record(
        session,
        actor,
        "assignment.change_grant",
        get_subject(taught.assignment),
        now,
        **_get_audit_details([learner_id], grant),
    )
    deadlines.extend_open_attempts(session, taught.assignment, now, [learner_id])


def revoke(session: Session, actor: User, taught: TaughtAssignment, learner_id: int, now: datetime) -> None:
    """Delete a learner's exception, if any. An open attempt keeps the time it was given."""
    gone = session.execute(
        delete(AssignmentException)
        .where(_is_among(taught, [learner_id]))
        .returning(AssignmentException.learner_id)
        .execution_options(synchronize_session="fetch")
    ).all()
    if gone:
        audit.record(
            session,
            actor,
            "assignment.take_back",
            get_subject(taught.assignment),
            now,
            **_get_audit_details([learner_id], None),
        )
        deadlines.extend_open_attempts(session, taught.assignment, now, [learner_id])


def get(session: Session, taught: TaughtAssignment, learner_id: int) -> AssignmentException | None:
    return session.scalar(select(AssignmentException).where(_is_among(taught, [learner_id])))


def _apply_terms(
    exception: AssignmentException, assignment: Assignment, grant: ExceptionTerms, note: str | None
) -> None:
    exception.extra_time_percent = grant.extra_time_percent
    exception.due_local, exception.due_at = format_local(grant.due_at, assignment.time_zone), grant.due_at
    exception.more_attempts = grant.more_attempts
    exception.is_excused = grant.is_excused
    exception.note = note


def _require_assigned(session: Session, taught: TaughtAssignment, learner_ids: Collection[int]) -> None:
    theirs = select(Membership.learner_id).where(
        Membership.cohort_id == taught.cohort.id,
        Membership.removed_at.is_(None),
        Membership.learner_id.in_(learner_ids),
        is_assigned_to(taught.assignment, Membership.learner_id),
    )
    if set(session.scalars(theirs)) != set(learner_ids):
        raise NotAssignedError


def _is_among(taught: TaughtAssignment, learner_ids: Collection[int]) -> ColumnElement[bool]:
    return and_(
        AssignmentException.assignment_id == taught.assignment.id, AssignmentException.learner_id.in_(learner_ids)
    )


def _get_audit_details(learner_ids: Collection[int], grant: ExceptionTerms | None) -> dict[str, object]:
    """Return the details for the audit log. The note is left out because it may state private reasons."""
    granted = (
        {}
        if grant is None
        else {
            "extra_time_percent": grant.extra_time_percent,
            "due_at": grant.due_at.isoformat() if grant.due_at else None,
            "more_attempts": grant.more_attempts,
            "is_excused": grant.is_excused,
        }
    )
    return {"learners": sorted(set(learner_ids)), **granted}
