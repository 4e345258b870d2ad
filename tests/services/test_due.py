"""What is due for a learner, in order, and what keeps them from starting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState, GradingMethod
from app.domain.attempt import (
    AssignmentNotOpen,
    AssignmentWithdrawn,
    CohortArchived,
    LearnerExcused,
    LessonsUnfinished,
    NoAttemptsLeft,
    PrerequisitesUnmet,
)
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Cohort, LessonRow, ObjectiveRow, QuestionVersion
from app.services.assignments import assignments, availability
from app.services.assignments.learner_assignments import AssignmentView
from app.services.attempts import lessons
from app.services.course import catalogue
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import AFTER_CLOSING, Factory, Person

DAY = timedelta(days=1)


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner, joined_ago=30 * DAY)


def _due(session: Session, person: Person, make: Factory) -> dict[str, AssignmentView]:
    return {item.title: item for item in availability.list_due(session, person.learner, make.now())}


def _read(session: Session, person: Person, make: Factory, *slugs: str) -> None:
    for lesson in session.scalars(select(LessonRow).where(LessonRow.slug.in_(slugs))):
        lessons.finish_lesson(session, person.learner, lesson, make.now())
    session.commit()


def _lessons(session: Session, make: Factory, module: str = "safety") -> list[Any]:
    return list(catalogue.list_lessons(session, make.module(module).id))


# -- states ----------------------------------------------------------------------------------------------------------------


def test_what_opens_later_is_listed_with_its_moment_and_cannot_be_started(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    opens = make.now() + DAY
    assignment = make.assignment(trainer, cohort, title="Later", opens_at=opens, due_at=opens + DAY)

    listed = _due(session, learner, make)["Later"]

    assert (listed.state, listed.opens_at, listed.is_overdue) == (AssignmentState.NOT_OPEN, opens, False)
    with pytest.raises(AssignmentNotOpen) as refused:
        start_attempt(session, learner, assignment, make.now())
    assert refused.value.opens_at == opens
    assert start_attempt(session, learner, assignment, opens).number == 1


def test_who_is_excused_has_nothing_to_do(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, title="Not for them", due_at=make.now() - DAY)
    make.exception(trainer, assignment, learner, is_excused=True)

    listed = _due(session, learner, make)["Not for them"]

    assert (listed.state, listed.is_overdue) == (AssignmentState.EXCUSED, False)
    with pytest.raises(LearnerExcused):
        start_attempt(session, learner, assignment, make.now())


def test_who_is_excused_after_they_passed_has_passed(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, title="Done")
    take_test(session, learner, assignment, make.now(), is_right=True)
    make.exception(trainer, assignment, learner, is_excused=True)

    assert _due(session, learner, make)["Done"].state is AssignmentState.PASSED


def test_what_was_withdrawn_or_archived_is_not_listed_and_an_attempt_under_way_goes_on(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort)
    other = make.assignment(trainer, cohort, title="Not begun")
    attempt = start_attempt(session, learner, assignment, make.now())
    for one in (assignment, other):
        taught = assignments.get_for(session, trainer.viewer, one.id)
        assert taught
        assignments.withdraw(session, trainer.user, taught, make.now())
    session.commit()

    assert _due(session, learner, make) == {}
    assert start_attempt(session, learner, assignment, make.now()).id == attempt.id
    with pytest.raises(AssignmentWithdrawn):
        start_attempt(session, learner, other, make.now())

    assert taught
    assignments.restore(session, trainer.user, taught, make.now())
    cohort.archived_at = make.now()
    session.commit()

    assert _due(session, learner, make) == {}
    with pytest.raises(CohortArchived):
        start_attempt(session, learner, other, make.now())


def test_an_assignment_for_some_is_there_for_them_alone(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: recipients that are looked at in the list and forgotten at the start."""
    named = make.person()
    cohort = make.cohort(trainer, learner, named)
    given = {"is_for_all": False, "recipient_ids": frozenset({named.learner.id})}
    assignment = make.assignment(trainer, cohort, title="For one", **given)

    assert "For one" in _due(session, named, make)
    assert _due(session, learner, make) == {}
    assert availability.get_available(session, learner.learner, assignment.id, make.now()) is None
    assert availability.get_due(session, learner.learner, assignment.id, make.now()) is None
    assert start_attempt(session, named, assignment, make.now())


def test_a_later_due_date_and_more_attempts_are_those_that_the_learner_sees(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    yesterday, tomorrow = make.now() - DAY, make.now() + DAY
    assignment = make.assignment(
        trainer, cohort, title="It", due_at=yesterday, attempts_allowed=1, time_limit_minutes=20, policy=AFTER_CLOSING
    )
    assert _due(session, learner, make)["It"].state is AssignmentState.CLOSED

    make.exception(trainer, assignment, learner, due_at=tomorrow, more_attempts=1, extra_time_percent=50)
    listed = _due(session, learner, make)["It"]

    assert (listed.state, listed.due_at, listed.closes_at) == (AssignmentState.NOT_STARTED, tomorrow, tomorrow)
    assert (listed.attempts_allowed, listed.time.seconds, listed.is_overdue) == (2, 30 * 60, False)
    for number in (1, 2):
        attempt = take_test(session, learner, assignment, make.now(), is_right=False)
        assert (attempt.number, attempt.attempts_allowed) == (number, 2)
    with pytest.raises(NoAttemptsLeft):
        start_attempt(session, learner, assignment, make.now())


def test_what_was_due_is_late_until_it_is_done(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, title="It", due_at=make.now() - DAY)

    before = _due(session, learner, make)["It"]
    take_test(session, learner, assignment, make.now(), is_right=True)
    after = _due(session, learner, make)["It"]

    assert (before.state, before.is_overdue) == (AssignmentState.NOT_STARTED, True)
    assert (after.state, after.is_overdue) == (AssignmentState.PASSED, False)


def test_where_the_latest_attempt_counts_a_pass_can_be_lost(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    for title, counts in (("Best", GradingMethod.BEST), ("Latest", GradingMethod.LATEST)):
        assignment = make.assignment(trainer, cohort, title=title, counts=counts)
        take_test(session, learner, assignment, make.now(), is_right=True)
        take_test(session, learner, assignment, make.now(), is_right=False)

    listed = _due(session, learner, make)

    assert (listed["Best"].state, listed["Best"].percent) == (AssignmentState.PASSED, 100)
    assert (listed["Latest"].state, listed["Latest"].percent) == (AssignmentState.NOT_PASSED, 0)


def test_what_is_to_be_done_comes_by_due_date_before_what_is_over_and_what_is_done(
    session: Session,
    make: Factory,
    trainer: Person,
    learner: Person,
    cohort: Cohort,
    statements: Callable[[], list[str]],
) -> None:
    now = make.now()
    make.assignment(trainer, cohort, title="No date")
    make.assignment(trainer, cohort, title="Closed", due_at=now - DAY, policy=AFTER_CLOSING)
    make.assignment(trainer, cohort, title="Late", due_at=now - DAY)
    make.assignment(trainer, cohort, title="Opens", opens_at=now + DAY, due_at=now + 2 * DAY)
    make.assignment(trainer, cohort, title="Read first", due_at=now + DAY, lessons_first=True)
    excused = make.assignment(trainer, cohort, title="Excused", due_at=now - 2 * DAY)
    make.exception(trainer, excused, learner, is_excused=True)
    statements()

    listed = availability.list_due(session, learner.learner, now)

    assert len(statements()) == 2  # the assignments, and how many questions each would have
    assert [item.title for item in listed] == ["Late", "Read first", "Opens", "No date", "Closed", "Excused"]


# -- what comes first --------------------------------------------------------------------------------------------------------


def test_lessons_come_first_by_their_names_in_order(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    every = _lessons(session, make)
    assignment = make.assignment(trainer, cohort, title="It", lessons_first=True)
    _read(session, learner, make, every[1].slug)

    listed = _due(session, learner, make)["It"]

    left = [lesson for lesson in every if lesson is not every[1]]
    assert listed.state is AssignmentState.LESSONS
    assert [lesson.slug for lesson in listed.to_read] == [lesson.slug for lesson in left]
    with pytest.raises(LessonsUnfinished) as refused:
        start_attempt(session, learner, assignment, make.now())
    assert refused.value.titles == tuple(lesson.title for lesson in left)

    _read(session, learner, make, *(lesson.slug for lesson in left))

    assert start_attempt(session, learner, assignment, make.now())


def test_with_chosen_lessons_these_alone_come_first_and_are_asked_about(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: a paper drawn from the whole blueprint, or from a lesson whose name begins like another's."""
    chosen = _lessons(session, make)[1]
    assignment = make.assignment(trainer, cohort, title="It", lessons_first=True, lesson_ids=frozenset({chosen.id}))
    assert [lesson.slug for lesson in _due(session, learner, make)["It"].to_read] == [chosen.slug]
    assert [one.slug for one in availability.list_lessons(session, learner.learner, assignment.id)] == [chosen.slug]
    _read(session, learner, make, chosen.slug)

    attempt = start_attempt(session, learner, assignment, make.now())

    asked = [item.version_id for item in attempt.items]
    read = session.scalars(
        select(ObjectiveRow.read)
        .join(QuestionVersion, QuestionVersion.objective_id == ObjectiveRow.id)
        .where(QuestionVersion.id.in_(asked))
    )
    assert 0 < len(asked) < 10
    assert {(one or "").split("#")[0] for one in read} == {chosen.slug}


def test_a_prerequisite_has_to_be_passed(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    first = make.assignment(trainer, cohort, title="First")
    assignment = make.assignment(trainer, cohort, title="Then", required_ids=frozenset({first.id}))
    take_test(session, learner, first, make.now(), is_right=False)

    listed = _due(session, learner, make)["Then"]

    assert (listed.state, listed.first) == (AssignmentState.WAITING, ("First",))
    with pytest.raises(PrerequisitesUnmet) as refused:
        start_attempt(session, learner, assignment, make.now())
    assert refused.value.titles == ("First",)

    take_test(session, learner, first, make.now(), is_right=True)

    assert _due(session, learner, make)["Then"].state is AssignmentState.NOT_STARTED
    assert start_attempt(session, learner, assignment, make.now())


@pytest.mark.parametrize("why", ["excused", "withdrawn", "for others"])
def test_a_prerequisite_that_cannot_be_met_holds_nobody_up(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort, why: str
) -> None:
    given = {"is_for_all": False, "recipient_ids": frozenset[int]()} if why == "for others" else {}
    first = make.assignment(trainer, cohort, title="First", **given)
    make.assignment(trainer, cohort, title="Then", required_ids=frozenset({first.id}))
    if why == "excused":
        make.exception(trainer, first, learner, is_excused=True)
    if why == "withdrawn":
        first.withdrawn_at = make.now()
        session.commit()

    assert _due(session, learner, make)["Then"].state is AssignmentState.NOT_STARTED


def test_a_prerequisite_is_passed_by_the_attempt_that_counts(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    first = make.assignment(trainer, cohort, title="First", counts=GradingMethod.LATEST)
    make.assignment(trainer, cohort, title="Then", required_ids=frozenset({first.id}))
    take_test(session, learner, first, make.now(), is_right=True)
    take_test(session, learner, first, make.now(), is_right=False)

    assert _due(session, learner, make)["Then"].state is AssignmentState.WAITING


def test_that_one_may_go_on_does_not_tell_a_score_that_waits(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: a prerequisite that opens before its own score is shown."""
    closing = ReleasePolicy(*[ReleaseMoment.CLOSING] * 4)
    first = make.assignment(trainer, cohort, title="First", due_at=make.now() + DAY, policy=closing)
    make.assignment(trainer, cohort, title="Then", required_ids=frozenset({first.id}))
    take_test(session, learner, first, make.now(), is_right=True)

    before = _due(session, learner, make)["Then"].state
    make.now.advance(days=1, seconds=1)  # type: ignore[attr-defined]

    assert (before, _due(session, learner, make)["Then"].state) == (
        AssignmentState.WAITING,
        AssignmentState.NOT_STARTED,
    )


def test_a_pre_test_that_can_be_taken_comes_first(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    before = make.assignment(trainer, cohort, title="Before", attempts_allowed=1, policy=assignments.PRETEST_POLICY)
    after = make.assignment(trainer, cohort, title="After", pretest_id=before.id)

    assert _due(session, learner, make)["After"].first == ("Before",)
    with pytest.raises(PrerequisitesUnmet):
        start_attempt(session, learner, after, make.now())

    take_test(session, learner, before, make.now(), is_right=False)

    assert start_attempt(session, learner, after, make.now())


@pytest.mark.parametrize("why", ["excused", "withdrawn", "closed", "opens later", "for others"])
def test_a_pre_test_that_cannot_be_taken_holds_nobody_up(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort, why: str
) -> None:
    given: dict[str, dict[str, object]] = {
        "closed": {"due_at": make.now() - DAY, "policy": AFTER_CLOSING},
        "opens later": {"opens_at": make.now() + DAY},
        "for others": {"is_for_all": False},
    }
    before = make.assignment(trainer, cohort, title="Before", **given.get(why, {}))
    make.assignment(trainer, cohort, title="After", pretest_id=before.id)
    if why == "excused":
        make.exception(trainer, before, learner, is_excused=True)
    if why == "withdrawn":
        before.withdrawn_at = make.now()
        session.commit()

    assert _due(session, learner, make)["After"].state is AssignmentState.NOT_STARTED
