"""The terms of assignments, once as rules for one learner and once as conditions on rows: both say the same, whatever was set and granted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState, LearnerTerms, find_extended_until, resolve_terms
from app.domain.attempt import CLOSING_DELAY, GRACE, is_closable
from app.domain.release import ReleaseMoment, ReleasePolicy, check_policy
from app.models import Assignment, AssignmentException, AssignmentRecipient, Cohort
from app.services.assignments import assignment_sql, availability, exceptions, reminders
from app.services.assignments.assignments import TaughtAssignment
from app.services.assignments.learner_assignments import SOON, AssignmentView
from app.services.assignments.reminders import ReminderKind
from app.services.marking import submission
from app.services.reporting import assignment_results, gradebook, learner_records
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory, Person

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
POLICIES = [
    policy
    for policy in (ReleasePolicy(*moments) for moments in product(ReleaseMoment, repeat=4))
    if not list(check_policy(policy, attempts_allowed=2, is_due=True))
]
GRANTS = [
    None,
    {"due_at": -1},
    {"due_at": 2},
    {"more_attempts": 1},
    {"is_excused": True},
    {"is_excused": True, "due_at": 2},
]
"""What a learner was granted; due dates in hours from everybody's."""


@dataclass(frozen=True, slots=True)
class Class:
    trainer: Person
    learner: Person
    cohort: Cohort


@pytest.fixture
def taught(make: Factory) -> Class:
    trainer, learner = make.trainer(), make.person()
    return Class(trainer, learner, make.cohort(trainer, learner))


def _grant(session: Session, assignment: Assignment, learner: Person, granted: dict[str, Any] | None) -> None:
    """Store an exception, also one that no form would accept: terms change after it was granted."""
    if granted is None:
        return
    due_at = None
    if "due_at" in granted:
        assert assignment.due_at is not None
        due_at = assignment.due_at + granted["due_at"] * HOUR
        assignment.extended_until = find_extended_until(assignment.due_at, [due_at], [])
    given = granted | {"due_at": due_at}
    session.add(AssignmentException(assignment_id=assignment.id, learner_id=learner.learner.id, **given))


def _set(make: Factory, session: Session, taught: Class, due_at: datetime | None) -> None:
    """An assignment for each policy and grant."""
    for policy, granted in product(POLICIES, GRANTS):
        if due_at is None and (policy.waits_for_closing or (granted and "due_at" in granted)):
            continue
        assignment = make.assignment(taught.trainer, taught.cohort, policy=policy, due_at=due_at, attempts_allowed=2)
        _grant(session, assignment, taught.learner, granted)
    session.commit()


def _holds(assignment: Assignment, exception: AssignmentException | None) -> LearnerTerms:
    return resolve_terms(assignment.base_terms, exception.terms if exception else None)


@pytest.mark.parametrize("is_due", [False, True])
def test_what_holds_for_a_learner_is_the_same_for_rows(
    make: Factory, session: Session, taught: Class, *, is_due: bool
) -> None:
    """Fails when a due date, the closing, the attempts or an excuse is worked out another way in SQL."""
    due_at = make.now() + 3 * HOUR if is_due else None
    _set(make, session, taught, due_at)
    me = taught.learner.learner.id

    for hours in (0, 2, 3, 4, 5, 6):
        for now in (make.now() + hours * HOUR, make.now() + hours * HOUR + SECOND):
            rows = session.execute(
                select(
                    Assignment,
                    AssignmentException,
                    assignment_sql.own_due(Assignment, AssignmentException),
                    assignment_sql.is_closed_when_due(Assignment),
                    assignment_sql.is_over(Assignment, now),
                    assignment_sql.attempts_allowed(Assignment, me),  # type: ignore[arg-type]
                    assignment_sql.is_excused(Assignment, me),  # type: ignore[arg-type]
                ).outerjoin(AssignmentException, assignment_sql.is_exception(Assignment.id, me))
            ).all()
            assert len(rows) > 20
            for assignment, exception, own_due, closes, is_over, allowed, is_excused in rows:
                holds = _holds(assignment, exception)
                assert own_due == holds.due_at
                assert bool(closes) == (holds.closes_at is not None)
                assert bool(is_over) == (holds.over_at is not None and now > holds.over_at)
                assert allowed == holds.attempts_allowed
                assert bool(is_excused) == holds.is_excused


@pytest.mark.parametrize("is_for_all", [True, False])
@pytest.mark.parametrize("is_recipient", [True, False])
def test_every_page_agrees_on_whom_an_assignment_is_for(
    make: Factory, session: Session, taught: Class, *, is_for_all: bool, is_recipient: bool
) -> None:
    assignment = make.assignment(taught.trainer, taught.cohort, due_at=make.now() + HOUR)
    assignment.is_for_all = is_for_all
    me, now = taught.learner.learner, make.now()
    if is_recipient:
        session.add(AssignmentRecipient(assignment_id=assignment.id, learner_id=me.id))
    session.commit()
    is_for = is_for_all or is_recipient

    _book, (row,) = gradebook.all_members(session, taught.cohort, now)

    assert (row.cells[0].state is not AssignmentState.NOT_ASSIGNED) == is_for
    assert (availability.get_available(session, me, assignment.id, now) is not None) == is_for
    assert bool(exceptions.list_learners(session, TaughtAssignment(assignment, taught.cohort, make.module()))) == is_for
    assert bool(reminders.list_reminders(session, ReminderKind.DUE, now)) == is_for


@pytest.mark.parametrize("deadline", [None, 20])
def test_what_may_be_closed_is_the_same_for_rows(
    make: Factory, session: Session, taught: Class, deadline: int | None
) -> None:
    assignment = make.assignment(taught.trainer, taught.cohort, time_limit_minutes=deadline)
    attempt = start_attempt(session, taught.learner, assignment, make.now())
    ends = make.now() + timedelta(minutes=20)
    me = taught.learner.learner.id

    for now in (ends, ends + GRACE + SECOND, ends + CLOSING_DELAY, ends + CLOSING_DELAY + SECOND):
        by_rule = is_closable(attempt.state, attempt.deadline_at, now)
        assert submission.has_expired(session, now) == by_rule
        assert submission.has_expired(session, now, cohort=taught.cohort, learner_id=me) == by_rule
        assert not submission.has_expired(session, now, learner_id=me + 1)
    submission.submit(session, attempt, make.now())
    assert not submission.has_expired(session, ends + HOUR)


@pytest.mark.parametrize("granted", GRANTS)
@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_the_gradebook_and_a_learners_page_agree_on_who_was_late(
    make: Factory, session: Session, taught: Class, granted: dict[str, Any] | None, *, is_withdrawn: bool
) -> None:
    """Fails when one of them forgets a granted date, an excuse or a withdrawn assignment."""
    due_at = make.now() + HOUR
    for hours in (1, 2, 5):
        assignment = make.assignment(taught.trainer, taught.cohort, due_at=due_at)
        take_test(session, taught.learner, assignment, make.now() + hours * HOUR, is_right=False)
        assignment.withdrawn_at = make.now() if is_withdrawn else None
        _grant(session, assignment, taught.learner, granted)
    session.commit()
    now = make.now() + 9 * HOUR
    member = learner_records.get_member(session, taught.cohort, taught.learner.learner.id)
    assert member is not None

    _, page = gradebook.get_page(session, taught.cohort, gradebook.GradebookQuery(with_withdrawn=True), now)
    record = learner_records.get_record(session, taught.cohort, member, now)

    by_cell = {cell.attempt_id: cell.late_by for cell in page.items[0].cells}
    assert by_cell == {taken.attempt_id: taken.late_by for taken in record.attempts}
    assert any(by_cell.values()) == (not (granted or {}).get("is_excused"))


@pytest.mark.parametrize("granted", GRANTS)
def test_every_page_agrees_on_how_late_somebody_was_who_joined_after_the_due_date(
    make: Factory, session: Session, granted: dict[str, Any] | None
) -> None:
    """Fails when a page counts from a due date at which the learner was not there, or measures from another moment."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    joined_at, due_at = make.now(), make.now() - HOUR
    assignment = make.assignment(trainer, cohort, due_at=due_at)
    take_test(session, learner, assignment, joined_at + 3 * HOUR, is_right=False)
    untouched = make.assignment(trainer, cohort, due_at=due_at)
    for one in (assignment, untouched):
        _grant(session, one, learner, granted)
    session.commit()
    now = joined_at + 9 * HOUR
    member = learner_records.get_member(session, cohort, learner.learner.id)
    assert member is not None
    own_due = due_at + 2 * HOUR if (granted or {}).get("due_at") == 2 else due_at
    is_excused = bool((granted or {}).get("is_excused"))

    _, (row,) = gradebook.all_members(session, cohort, now)
    cells = {column: cell for column, cell in zip((assignment.id, untouched.id), row.cells, strict=True)}
    (line,) = assignment_results.get_results(session, TaughtAssignment(assignment, cohort, make.module()), now).lines
    (attempt,) = learner_records.get_record(session, cohort, member, now).attempts
    own_list = {due.assignment_id: due for due in availability.list_due(session, learner.learner, now)}

    late_by = None if is_excused else joined_at + 3 * HOUR - max(own_due, joined_at)
    assert [cells[assignment.id].late_by, line.cell.late_by, attempt.late_by] == [late_by] * 3
    is_overdue = own_due > joined_at and not is_excused
    assert [cells[untouched.id].is_overdue, own_list[untouched.id].is_overdue] == [is_overdue] * 2


TO_DO = (AssignmentState.NOT_STARTED, AssignmentState.UNDER_WAY, AssignmentState.NOT_PASSED)
WORK = ["nothing", "begun", "timed out", "failed", "passed"]
RELEASES = [
    ReleasePolicy(),
    ReleasePolicy(
        ReleaseMoment.SUBMISSION, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT
    ),
    ReleasePolicy(*[ReleaseMoment.LAST_ATTEMPT] * 4),
    ReleasePolicy(ReleaseMoment.SUBMISSION, ReleaseMoment.CLOSING, ReleaseMoment.CLOSING, ReleaseMoment.CLOSING),
    ReleasePolicy(*[ReleaseMoment.CLOSING] * 4),
]


def _is_told(session: Session, due: AssignmentView, kind: ReminderKind, now: datetime) -> bool:
    """Whether a reminder is due, by the learner's own list. Nothing is due from an excused learner, even one who is at it."""
    exception = session.scalar(select(AssignmentException).filter_by(assignment_id=due.assignment_id))
    if due.due_at is None or due.state not in TO_DO or (exception and exception.is_excused):
        return False
    if kind is ReminderKind.DUE:
        return now <= due.due_at <= now + SOON
    return due.is_overdue and now - due.due_at < reminders.OVERDUE_WINDOW and due.closes_at is None


def _work(make: Factory, session: Session, taught: Class, due_at: datetime) -> Iterator[Assignment]:
    for work, policy, granted in product(WORK, RELEASES, GRANTS):
        limit = 10 if work == "timed out" else None
        terms = {"policy": policy, "due_at": due_at, "attempts_allowed": 1, "time_limit_minutes": limit}
        assignment = make.assignment(taught.trainer, taught.cohort, **terms)
        if work in ("begun", "timed out"):
            start_attempt(session, taught.learner, assignment, make.now())
        elif work != "nothing":
            take_test(session, taught.learner, assignment, make.now(), is_right=work == "passed")
        _grant(session, assignment, taught.learner, granted)
        yield assignment
    session.commit()


def test_reminders_and_the_learners_own_list_agree_on_what_is_to_be_done(
    make: Factory, session: Session, taught: Class
) -> None:
    """Fails when somebody is reminded of a date that is not theirs, of what is done, or of a score that waits."""
    due_at = make.now() + 9 * HOUR
    assigned = {one.id for one in _work(make, session, taught, due_at)}
    told: set[int] = set()

    for now in (make.now() + HOUR, due_at - HOUR / 2, due_at + HOUR, due_at + 3 * HOUR):
        own_list = {due.assignment_id: due for due in availability.list_due(session, taught.learner.learner, now)}
        assert own_list.keys() == assigned
        for kind in ReminderKind:
            letters = reminders.list_reminders(session, kind, now)
            by_rows = {item.assignment_id: item.due_at for letter in letters for item in letter.items}
            by_rule = {number: due.due_at for number, due in own_list.items() if _is_told(session, due, kind, now)}
            assert by_rows == by_rule, (kind, now - due_at)
            told |= by_rows.keys()

    assert 0 < len(told) < len(assigned)
