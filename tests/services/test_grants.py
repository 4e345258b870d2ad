"""Exceptions of single learners: what they give at once, what taking them back leaves, and how long everybody else waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.assignment import ExceptionTerms
from app.domain.attempt import AttemptState
from app.models import Assignment, AssignmentException, Attempt, AuditEvent, Cohort
from app.services.assignments import assignments, exceptions
from app.services.assignments.assignments import TaughtAssignment
from app.services.assignments.exceptions import AlreadyGrantedError, NotAssignedError
from app.services.attempts import attempts, releases
from app.services.cohorts import cohorts
from app.services.marking import submission
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import AFTER_CLOSING, AFTER_LAST_ATTEMPT, Factory, Person
from tests.support.progress_views import view_progress

DAY = timedelta(days=1)


@pytest.fixture
def other(make: Factory) -> Person:
    return make.person()


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person, other: Person) -> Cohort:
    return make.cohort(trainer, learner, other)


def _taught(session: Session, trainer: Person, assignment: Assignment) -> TaughtAssignment:
    found = assignments.get_for(session, trainer.viewer, assignment.id)
    assert found is not None
    return found


def _take_back(session: Session, make: Factory, trainer: Person, assignment: Assignment, learner: Person) -> None:
    exceptions.revoke(session, trainer.user, _taught(session, trainer, assignment), learner.learner.id, make.now())
    session.commit()


def _change(
    session: Session, make: Factory, trainer: Person, assignment: Assignment, learner: Person, grant: ExceptionTerms
) -> None:
    taught = _taught(session, trainer, assignment)
    exceptions.update(session, trainer.user, taught, learner.learner.id, grant, make.now())
    session.commit()


def _exceptions(session: Session) -> list[AssignmentException]:
    return list(session.scalars(select(AssignmentException)))


# -- attempts under way ------------------------------------------------------------------------------------------------------


def test_extra_time_lengthens_the_open_attempt_at_once_and_taking_it_back_shortens_nothing(
    session: Session, make: Factory, trainer: Person, learner: Person, other: Person, cohort: Cohort
) -> None:
    """Catches: setting the deadline to what the terms give, instead of the later one."""
    assignment = make.assignment(trainer, cohort, time_limit_minutes=20)
    attempt, others = (start_attempt(session, person, assignment, make.now()) for person in (learner, other))
    seen: list[datetime | None] = []

    make.exception(trainer, assignment, learner, extra_time_percent=50)
    session.refresh(attempt)
    seen.append(attempt.deadline_at)
    _change(session, make, trainer, assignment, learner, ExceptionTerms(25))
    session.refresh(attempt)
    seen.append(attempt.deadline_at)
    _take_back(session, make, trainer, assignment, learner)
    session.refresh(attempt)
    seen.append(attempt.deadline_at)

    session.refresh(others)
    assert seen == [make.now() + timedelta(minutes=30)] * 3
    assert others.deadline_at == make.now() + timedelta(minutes=20)
    assert _exceptions(session) == []


def test_extra_time_never_reaches_beyond_the_closing_and_a_later_due_date_moves_that(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    closes = make.now() + timedelta(minutes=25)
    assignment = make.assignment(trainer, cohort, due_at=closes, policy=AFTER_CLOSING, time_limit_minutes=20)
    attempt = start_attempt(session, learner, assignment, make.now())

    make.exception(trainer, assignment, learner, extra_time_percent=100)
    session.refresh(attempt)
    with_time = attempt.deadline_at
    _change(session, make, trainer, assignment, learner, ExceptionTerms(100, closes + DAY))
    session.refresh(attempt)

    assert (with_time, attempt.deadline_at) == (closes, make.now() + timedelta(minutes=40))


def test_an_exception_does_not_reopen_an_attempt_whose_time_is_up(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, time_limit_minutes=20)
    attempt = start_attempt(session, learner, assignment, make.now())
    ended = attempt.deadline_at
    make.now.advance(minutes=21)  # type: ignore[attr-defined]

    make.exception(trainer, assignment, learner, extra_time_percent=100)
    session.refresh(attempt)

    assert attempt.deadline_at == ended


def test_a_lower_pass_mark_and_more_attempts_reach_the_attempt_under_way(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, attempts_allowed=1, pass_mark_percent=80)
    attempt = start_attempt(session, learner, assignment, make.now())
    make.exception(trainer, assignment, learner, more_attempts=2)

    for percent in (90, 60, 70):
        terms = replace(assignments.get_terms(session, assignment), pass_mark_percent=percent)
        assignments.edit(session, trainer.user, _taught(session, trainer, assignment), terms, make.now())
        session.commit()
    session.refresh(attempt)

    assert (attempt.pass_mark_percent, attempt.attempts_allowed) == (60, 3)


# -- for whom ----------------------------------------------------------------------------------------------------------------


def test_several_learners_get_one_exception_all_or_none(
    session: Session, make: Factory, trainer: Person, learner: Person, other: Person, cohort: Cohort
) -> None:
    """Catches: a second exception that overlaps the first, and a grant that stops halfway."""
    assignment = make.assignment(trainer, cohort, time_limit_minutes=20)
    make.exception(trainer, assignment, learner, extra_time_percent=25)
    ids = [learner.learner.id, other.learner.id]

    with pytest.raises(AlreadyGrantedError) as refused:
        exceptions.create(
            session, trainer.user, _taught(session, trainer, assignment), ids, ExceptionTerms(50), make.now()
        )
    session.rollback()

    assert refused.value.learner_ids == {learner.learner.id}
    assert [one.extra_time_percent for one in _exceptions(session)] == [25]


def test_an_exception_is_for_those_who_have_the_assignment(
    session: Session, make: Factory, trainer: Person, learner: Person, other: Person, cohort: Cohort
) -> None:
    some = {"is_for_all": False, "recipient_ids": frozenset({learner.learner.id})}
    assignment = make.assignment(trainer, cohort, **some)
    taught = _taught(session, trainer, assignment)

    for stranger in (other, make.person()):
        with pytest.raises(NotAssignedError):
            exceptions.create(session, trainer.user, taught, [stranger.learner.id], ExceptionTerms(25), make.now())
        with pytest.raises(NotAssignedError):
            exceptions.update(session, trainer.user, taught, stranger.learner.id, ExceptionTerms(25), make.now())
    assert _exceptions(session) == []


def test_the_database_refuses_more_than_four_times_the_time(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort)
    make.exception(trainer, assignment, learner, extra_time_percent=400)

    with pytest.raises(IntegrityError):
        _change(session, make, trainer, assignment, learner, ExceptionTerms(401))


def test_people_are_listed_by_name_with_what_they_have_with_one_statement(
    session: Session, make: Factory, trainer: Person, statements: Callable[[], list[str]]
) -> None:
    zoe, ada, gone = make.person(name="Zoe"), make.person(name="ada", extra_time_percent=30), make.person(name="Gone")
    cohort = make.cohort(trainer, zoe, ada, gone)
    assignment = make.assignment(trainer, cohort)
    make.exception(trainer, assignment, zoe, extra_time_percent=25)
    cohorts.remove_member(session, trainer.user, cohort, gone.learner.id, make.now())
    session.commit()
    taught = _taught(session, trainer, assignment)
    statements()

    listed = exceptions.list_learners(session, taught)

    assert len(statements()) == 1
    found = [(one.name, one.learner_terms.extra_time_percent, one.exception is not None) for one in listed]
    assert found == [("ada", 30, False), ("Zoe", 25, True)]


def test_an_exception_is_audited_without_its_note(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Threat 27: a note may say why somebody needs more time."""
    assignment = make.assignment(trainer, cohort, time_limit_minutes=20)
    taught = _taught(session, trainer, assignment)

    exceptions.create(session, trainer.user, taught, [learner.learner.id], ExceptionTerms(25), make.now(), "dyslexia")
    _change(session, make, trainer, assignment, learner, ExceptionTerms(50))
    _take_back(session, make, trainer, assignment, learner)
    _take_back(session, make, trainer, assignment, learner)

    found = session.scalars(select(AuditEvent).where(AuditEvent.subject == f"assignment:{assignment.id}")).all()
    assert [event.action for event in found] == [
        "assignment.create",
        "assignment.grant",
        "assignment.change_grant",
        "assignment.take_back",
    ]
    assert found[1].details["learners"] == [learner.learner.id]
    assert "dyslexia" not in str([event.details for event in found])


# -- until when everybody waits ----------------------------------------------------------------------------------------------


def _released(session: Session, person: Person, attempt: Attempt, now: datetime) -> bool:
    loaded = attempts.get_for(session, person.viewer, attempt.id)
    assert loaded is not None
    by_page = releases.get_release(session, loaded, now).key
    rows = session.scalars(
        select(Attempt.id)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .where(Attempt.id == attempt.id, releases.is_correctness_released(now))
    ).all()
    assert bool(rows) == by_page, "the page and the statements disagree"
    return by_page


def test_nobody_sees_the_key_while_somebody_has_until_later(
    session: Session, make: Factory, trainer: Person, learner: Person, other: Person, cohort: Cohort
) -> None:
    """Catches: a key that is released at everybody's closing, while one learner was granted two more days."""
    closes = make.now() + DAY
    assignment = make.assignment(trainer, cohort, due_at=closes, policy=AFTER_CLOSING)
    attempt = take_test(session, learner, assignment, make.now(), is_right=False)
    make.exception(trainer, assignment, other, due_at=closes + 2 * DAY)
    second = timedelta(seconds=1)

    found = [_released(session, learner, attempt, when) for when in (closes + second, closes + 2 * DAY + second)]
    _take_back(session, make, trainer, assignment, other)

    assert found == [False, True]
    assert _released(session, learner, attempt, closes + second)


def test_an_attempt_that_keeps_its_time_keeps_the_key_back(
    session: Session, make: Factory, trainer: Person, learner: Person, other: Person, cohort: Cohort
) -> None:
    """Catches: closing earlier, or taking a later date back, while somebody at it was promised more."""
    closes = make.now() + DAY
    assignment = make.assignment(trainer, cohort, due_at=closes, policy=AFTER_CLOSING)
    attempt = take_test(session, learner, assignment, make.now(), is_right=False)
    make.exception(trainer, assignment, other, due_at=closes + DAY)
    start_attempt(session, other, assignment, make.now())
    _take_back(session, make, trainer, assignment, other)

    taught = _taught(session, trainer, assignment)
    terms = replace(assignments.get_terms(session, assignment), due_at=closes - timedelta(hours=20))
    assignments.edit(session, trainer.user, taught, terms, make.now())
    session.commit()

    assert assignment.extended_until == closes + DAY
    assert not _released(session, learner, attempt, closes + timedelta(hours=1))
    assert _released(session, learner, attempt, closes + DAY + timedelta(minutes=1))


def test_the_last_attempt_is_that_of_the_learner(
    session: Session, make: Factory, trainer: Person, learner: Person, other: Person, cohort: Cohort
) -> None:
    """Catches: more attempts that are granted, and the key shown after as many as everybody has."""
    assignment = make.assignment(trainer, cohort, attempts_allowed=1, policy=AFTER_LAST_ATTEMPT)
    make.exception(trainer, assignment, learner, more_attempts=1)
    mine, theirs = (take_test(session, one, assignment, make.now(), is_right=False) for one in (learner, other))

    before = [_with_standing(session, one, made, make.now()) for one, made in ((learner, mine), (other, theirs))]
    second = take_test(session, learner, assignment, make.now(), is_right=False)

    assert before == [False, True]
    assert _with_standing(session, learner, second, make.now())


def _with_standing(session: Session, person: Person, attempt: Attempt, now: datetime) -> bool:
    loaded = attempts.get_for(session, person.viewer, attempt.id)
    assert loaded is not None
    is_seen = releases.get_release(session, loaded, now).correctness
    told = view_progress(session, person.learner, now).modules
    is_in_mastery = any(one.level.of for module in told for one in module.objectives)
    assert is_in_mastery == is_seen, "the page and the mastery disagree"
    return is_seen


# -- before and after --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "until"),
    [
        ({"attempts_allowed": 1}, "handed in"),
        ({"attempts_allowed": 2}, "second"),
        ({}, "handed in"),
        ({"due_at": 1, "policy": AFTER_CLOSING}, "closed"),
    ],
)
def test_what_was_right_before_is_shown_when_the_test_after_is_over(
    session: Session,
    make: Factory,
    trainer: Person,
    learner: Person,
    cohort: Cohort,
    terms: dict[str, object],
    until: str,
) -> None:
    """Catches: a pre-test whose key is the answer sheet of the test that measures the gain."""
    if "due_at" in terms:
        terms = terms | {"due_at": make.now() + DAY}
    before = make.assignment(trainer, cohort, attempts_allowed=1, policy=assignments.PRETEST_POLICY)
    after = make.assignment(trainer, cohort, pretest_id=before.id, **terms)
    attempt = take_test(session, learner, before, make.now(), is_right=False)
    loaded = attempts.get_for(session, learner.viewer, attempt.id)
    assert loaded is not None
    seen: dict[str, bool] = {}

    def look(at: str, now: datetime) -> None:
        released = releases.get_release(session, loaded, now)
        assert released.mark
        seen[at] = released.correctness

    look("before", make.now())
    second = start_attempt(session, learner, after, make.now())
    look("under way", make.now())
    submission.submit(session, second, make.now())
    session.commit()
    look("handed in", make.now())
    if until == "second":
        take_test(session, learner, after, make.now(), is_right=False)
    look("second", make.now())
    look("closed", make.now() + 2 * DAY)

    moments = list(seen)
    assert seen == {at: moments.index(at) >= moments.index(until) for at in moments}


def test_a_pre_test_is_set_before_and_holds_back_its_key(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    opens = make.now() + DAY
    terms = assignments.Terms(
        "Safety",
        opens + DAY,
        2,
        20,
        80,
        AFTER_CLOSING,
        asks_certainty=True,
        opens_at=opens,
        lessons_first=True,
        is_for_all=False,
        recipient_ids=frozenset({learner.learner.id}),
    )

    after = assignments.create_with_pretest(session, trainer.user, cohort, make.module(), terms, make.now())
    session.commit()

    before = session.get_one(Assignment, after.pretest_id)
    assert (before.title, before.opens_at, before.due_at) == ("Safety (before)", None, opens)
    assert (before.attempts_allowed, before.time_limit_minutes, before.asks_certainty) == (1, 20, True)
    assert (before.lessons_first, before.policy) == (False, assignments.PRETEST_POLICY)
    assert assignments.get_terms(session, before).recipient_ids == {learner.learner.id}
    assert start_attempt(session, learner, before, make.now()).state is AttemptState.OPEN
