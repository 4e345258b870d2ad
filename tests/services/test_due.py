"""What is due for a learner, in order, and what keeps them from starting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.assignment import Counts
from app.domain.attempt import (
    AssignmentClosed,
    AssignmentWithdrawn,
    AttemptError,
    CohortArchived,
    ExcusedFromIt,
    LessonsFirst,
    NoAttemptsLeft,
    NotOpenYet,
    OthersFirst,
)
from app.domain.release import Policy, When
from app.models import Assignment, Cohort, LessonRow, ObjectiveRow, QuestionVersion
from app.services.assigned import assignments, due
from app.services.assigned.due import Due, DueState
from app.services.course import catalogue, lessons
from tests.factory import AFTER_CLOSING, Make, Person
from tests.taking import begin, take

DAY = timedelta(days=1)


@pytest.fixture
def trainer(make: Make) -> Person:
    return make.trainer()


@pytest.fixture
def learner(make: Make) -> Person:
    return make.person()


@pytest.fixture
def cohort(make: Make, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner)


def _due(session: Session, person: Person, make: Make) -> dict[str, Due]:
    return {item.title: item for item in due.list_due(session, person.learner, make.now())}


def _read(session: Session, person: Person, make: Make, *slugs: str) -> None:
    for lesson in session.scalars(select(LessonRow).where(LessonRow.slug.in_(slugs))):
        lessons.finish(session, person.learner, lesson, make.now())
    session.commit()


def _lessons(session: Session, make: Make, module: str = "safety") -> list[Any]:
    return list(catalogue.list_lessons(session, make.module(module).id))


# -- states ----------------------------------------------------------------------------------------------------------------


def test_what_opens_later_is_listed_with_its_moment_and_cannot_be_started(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    opens = make.now() + DAY
    assignment = make.assignment(trainer, cohort, title="Later", opens_at=opens, due_at=opens + DAY)

    listed = _due(session, learner, make)["Later"]

    assert (listed.state, listed.opens_at, listed.is_late) == (DueState.OPENS_LATER, opens, False)
    with pytest.raises(NotOpenYet) as refused:
        begin(session, learner, assignment, make.now())
    assert refused.value.opens_at == opens
    assert begin(session, learner, assignment, opens).number == 1


def test_who_is_excused_has_nothing_to_do(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, title="Not for them", due_at=make.now() - DAY)
    make.grant(trainer, assignment, learner, is_excused=True)

    listed = _due(session, learner, make)["Not for them"]

    assert (listed.state, listed.is_late) == (DueState.EXCUSED, False)
    with pytest.raises(ExcusedFromIt):
        begin(session, learner, assignment, make.now())


def test_who_is_excused_after_they_passed_has_passed(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, title="Done")
    take(session, learner, assignment, make.now(), is_right=True)
    make.grant(trainer, assignment, learner, is_excused=True)

    assert _due(session, learner, make)["Done"].state is DueState.PASSED


def test_what_was_withdrawn_or_archived_is_not_listed_and_an_attempt_under_way_goes_on(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort)
    other = make.assignment(trainer, cohort, title="Not begun")
    attempt = begin(session, learner, assignment, make.now())
    for one in (assignment, other):
        taught = assignments.get_for(session, trainer.viewer, one.id)
        assert taught
        assignments.withdraw(session, trainer.user, taught, make.now())
    session.commit()

    assert _due(session, learner, make) == {}
    assert begin(session, learner, assignment, make.now()).id == attempt.id
    with pytest.raises(AssignmentWithdrawn):
        begin(session, learner, other, make.now())

    assignments.set_again(session, trainer.user, taught, make.now())
    cohort.archived_at = make.now()
    session.commit()

    assert _due(session, learner, make) == {}
    with pytest.raises(CohortArchived):
        begin(session, learner, other, make.now())


def test_an_assignment_for_some_is_there_for_them_alone(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: recipients that are looked at in the list and forgotten at the start."""
    named = make.person()
    cohort = make.cohort(trainer, learner, named)
    given = {"is_for_all": False, "recipient_ids": frozenset({named.learner.id})}
    assignment = make.assignment(trainer, cohort, title="For one", **given)

    assert "For one" in _due(session, named, make)
    assert _due(session, learner, make) == {}
    assert due.get_granted(session, learner.learner, assignment.id, make.now()) is None
    assert due.get_due(session, learner.learner, assignment.id, make.now()) is None
    assert begin(session, named, assignment, make.now())


def test_a_later_due_date_and_more_attempts_are_those_that_the_learner_sees(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    yesterday, tomorrow = make.now() - DAY, make.now() + DAY
    assignment = make.assignment(
        trainer, cohort, title="It", due_at=yesterday, attempts_allowed=1, time_limit_minutes=20, policy=AFTER_CLOSING
    )
    assert _due(session, learner, make)["It"].state is DueState.CLOSED

    make.grant(trainer, assignment, learner, due_at=tomorrow, more_attempts=1, extra_time_percent=50)
    listed = _due(session, learner, make)["It"]

    assert (listed.state, listed.due_at, listed.closes_at) == (DueState.NOT_STARTED, tomorrow, tomorrow)
    assert (listed.attempts_allowed, listed.minutes, listed.is_late) == (2, 30, False)
    for number in (1, 2):
        attempt = take(session, learner, assignment, make.now(), is_right=False)
        assert (attempt.number, attempt.attempts_allowed) == (number, 2)
    with pytest.raises(NoAttemptsLeft):
        begin(session, learner, assignment, make.now())


def test_what_was_due_is_late_until_it_is_done(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, title="It", due_at=make.now() - DAY)

    before = _due(session, learner, make)["It"]
    take(session, learner, assignment, make.now(), is_right=True)
    after = _due(session, learner, make)["It"]

    assert (before.state, before.is_late) == (DueState.NOT_STARTED, True)
    assert (after.state, after.is_late) == (DueState.PASSED, False)


def test_where_the_latest_attempt_counts_a_pass_can_be_lost(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    for title, counts in (("Best", Counts.BEST), ("Latest", Counts.LATEST)):
        assignment = make.assignment(trainer, cohort, title=title, counts=counts)
        take(session, learner, assignment, make.now(), is_right=True)
        take(session, learner, assignment, make.now(), is_right=False)

    listed = _due(session, learner, make)

    assert (listed["Best"].state, listed["Best"].percent) == (DueState.PASSED, 100)
    assert (listed["Latest"].state, listed["Latest"].percent) == (DueState.NOT_PASSED, 0)


def test_what_is_to_be_done_comes_by_due_date_before_what_is_over_and_what_is_done(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort, statements: Callable[[], list[str]]
) -> None:
    now = make.now()
    make.assignment(trainer, cohort, title="No date")
    make.assignment(trainer, cohort, title="Closed", due_at=now - DAY, policy=AFTER_CLOSING)
    make.assignment(trainer, cohort, title="Late", due_at=now - DAY)
    make.assignment(trainer, cohort, title="Opens", opens_at=now + DAY, due_at=now + 2 * DAY)
    make.assignment(trainer, cohort, title="Read first", due_at=now + DAY, lessons_first=True)
    excused = make.assignment(trainer, cohort, title="Excused", due_at=now - 2 * DAY)
    make.grant(trainer, excused, learner, is_excused=True)
    statements()

    listed = due.list_due(session, learner.learner, now)

    assert len(statements()) == 1
    assert [item.title for item in listed] == ["Late", "Read first", "Opens", "No date", "Closed", "Excused"]


# -- what comes first --------------------------------------------------------------------------------------------------------


def test_lessons_come_first_by_their_names_in_order(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    every = _lessons(session, make)
    assignment = make.assignment(trainer, cohort, title="It", lessons_first=True)
    _read(session, learner, make, every[1].slug)

    listed = _due(session, learner, make)["It"]

    left = [lesson for lesson in every if lesson is not every[1]]
    assert listed.state is DueState.LESSONS
    assert [lesson.slug for lesson in listed.to_read] == [lesson.slug for lesson in left]
    with pytest.raises(LessonsFirst) as refused:
        begin(session, learner, assignment, make.now())
    assert refused.value.titles == tuple(lesson.title for lesson in left)

    _read(session, learner, make, *(lesson.slug for lesson in left))

    assert begin(session, learner, assignment, make.now())


def test_with_chosen_lessons_these_alone_come_first_and_are_asked_about(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: a paper drawn from the whole blueprint, or from a lesson whose name begins like another's."""
    chosen = _lessons(session, make)[1]
    assignment = make.assignment(trainer, cohort, title="It", lessons_first=True, lesson_ids=frozenset({chosen.id}))
    assert [lesson.slug for lesson in _due(session, learner, make)["It"].to_read] == [chosen.slug]
    assert [one.slug for one in due.list_lessons(session, learner.learner, assignment.id)] == [chosen.slug]
    _read(session, learner, make, chosen.slug)

    attempt = begin(session, learner, assignment, make.now())

    asked = [item.version_id for item in attempt.items]
    read = session.scalars(
        select(ObjectiveRow.read)
        .join(QuestionVersion, QuestionVersion.objective_id == ObjectiveRow.id)
        .where(QuestionVersion.id.in_(asked))
    )
    assert 0 < len(asked) < 10
    assert {(one or "").split("#")[0] for one in read} == {chosen.slug}


def test_a_prerequisite_has_to_be_passed(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    first = make.assignment(trainer, cohort, title="First")
    assignment = make.assignment(trainer, cohort, title="Then", required_ids=frozenset({first.id}))
    take(session, learner, first, make.now(), is_right=False)

    listed = _due(session, learner, make)["Then"]

    assert (listed.state, listed.first) == (DueState.WAITING, ("First",))
    with pytest.raises(OthersFirst) as refused:
        begin(session, learner, assignment, make.now())
    assert refused.value.titles == ("First",)

    take(session, learner, first, make.now(), is_right=True)

    assert _due(session, learner, make)["Then"].state is DueState.NOT_STARTED
    assert begin(session, learner, assignment, make.now())


@pytest.mark.parametrize("why", ["excused", "withdrawn", "for others"])
def test_a_prerequisite_that_cannot_be_met_holds_nobody_up(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort, why: str
) -> None:
    given = {"is_for_all": False, "recipient_ids": frozenset[int]()} if why == "for others" else {}
    first = make.assignment(trainer, cohort, title="First", **given)
    make.assignment(trainer, cohort, title="Then", required_ids=frozenset({first.id}))
    if why == "excused":
        make.grant(trainer, first, learner, is_excused=True)
    if why == "withdrawn":
        first.withdrawn_at = make.now()
        session.commit()

    assert _due(session, learner, make)["Then"].state is DueState.NOT_STARTED


def test_a_prerequisite_is_passed_by_the_attempt_that_counts(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    first = make.assignment(trainer, cohort, title="First", counts=Counts.LATEST)
    make.assignment(trainer, cohort, title="Then", required_ids=frozenset({first.id}))
    take(session, learner, first, make.now(), is_right=True)
    take(session, learner, first, make.now(), is_right=False)

    assert _due(session, learner, make)["Then"].state is DueState.WAITING


def test_that_one_may_go_on_does_not_tell_a_score_that_waits(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: a prerequisite that opens before its own score is shown."""
    closing = Policy(*[When.CLOSING] * 4)
    first = make.assignment(trainer, cohort, title="First", due_at=make.now() + DAY, policy=closing)
    make.assignment(trainer, cohort, title="Then", required_ids=frozenset({first.id}))
    take(session, learner, first, make.now(), is_right=True)

    before = _due(session, learner, make)["Then"].state
    make.now.advance(days=1, seconds=1)  # type: ignore[attr-defined]

    assert (before, _due(session, learner, make)["Then"].state) == (DueState.WAITING, DueState.NOT_STARTED)


def test_a_pre_test_that_can_be_taken_comes_first(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    before = make.assignment(trainer, cohort, title="Before", attempts_allowed=1, policy=assignments.BEFORE)
    after = make.assignment(trainer, cohort, title="After", pretest_id=before.id)

    assert _due(session, learner, make)["After"].first == ("Before",)
    with pytest.raises(OthersFirst):
        begin(session, learner, after, make.now())

    take(session, learner, before, make.now(), is_right=False)

    assert begin(session, learner, after, make.now())


@pytest.mark.parametrize("why", ["excused", "withdrawn", "closed", "opens later", "for others"])
def test_a_pre_test_that_cannot_be_taken_holds_nobody_up(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort, why: str
) -> None:
    given: dict[str, dict[str, object]] = {
        "closed": {"due_at": make.now() - DAY, "policy": AFTER_CLOSING},
        "opens later": {"opens_at": make.now() + DAY},
        "for others": {"is_for_all": False},
    }
    before = make.assignment(trainer, cohort, title="Before", **given.get(why, {}))
    make.assignment(trainer, cohort, title="After", pretest_id=before.id)
    if why == "excused":
        make.grant(trainer, before, learner, is_excused=True)
    if why == "withdrawn":
        before.withdrawn_at = make.now()
        session.commit()

    assert _due(session, learner, make)["After"].state is DueState.NOT_STARTED


# -- together ----------------------------------------------------------------------------------------------------------------


def test_what_is_listed_as_to_be_started_can_be_and_nothing_else(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: a list and a start that disagree, for every pair of two dozen terms."""
    now = make.now()
    first = make.assignment(trainer, cohort, title="First")
    sorts: list[dict[str, object]] = [
        {},
        {"opens_at": now + DAY},
        {"due_at": now - DAY},
        {"due_at": now - DAY, "policy": AFTER_CLOSING},
        {"due_at": now + DAY, "policy": AFTER_CLOSING},
        {"lessons_first": True},
        {"required_ids": frozenset({first.id})},
        {"is_for_all": False},
        {"pretest_id": first.id},
    ]
    made: list[Assignment] = []
    for one, other in product(sorts, repeat=2):
        if "opens_at" in one | other and "due_at" in one | other and (one | other)["due_at"] <= now + DAY:  # type: ignore[operator]
            continue
        made.append(make.assignment(trainer, cohort, title=f"{one} {other}", **(one | other)))
    listed = {item.assignment_id: item.state for item in due.list_due(session, learner.learner, now)}

    for assignment in made:
        granted = due.get_granted(session, learner.learner, assignment.id, now)
        hindrance = granted.hindrance(now) if granted else None
        assert (granted is not None) == (assignment.id in listed), assignment.title
        if granted:
            is_startable = listed[assignment.id] is DueState.NOT_STARTED
            assert is_startable == (hindrance is None), f"{assignment.title}: {hindrance!r}"


def test_the_start_page_is_one_of_the_list(
    session: Session, make: Make, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, due_at=make.now() + DAY)

    (listed,) = due.list_due(session, learner.learner, make.now())

    assert due.get_due(session, learner.learner, assignment.id, make.now()) == listed


@pytest.mark.parametrize("error", [AssignmentClosed, NotOpenYet, OthersFirst, LessonsFirst, ExcusedFromIt])
def test_every_hindrance_of_what_is_listed_has_a_state(error: type[AttemptError]) -> None:
    assert due._STATE_OF[error] in DueState
