"""Answers that people mark: what waits, who may mark, and what others see meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState, GradingMethod
from app.domain.attempt import AttemptState
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import MarkingRow
from app.services.assignments import assignments, availability, reminders
from app.services.assignments.reminders import ReminderKind
from app.services.attempts import attempts, releases, results
from app.services.marking import marking_queue, markings, marks
from app.services.marking.markings import AlreadyMarked, WaitsForOther
from app.services.marking.marks import MarkOfOwn
from app.services.reporting import gradebook, overviews
from app.services.reporting.analysis import insight
from app.services.reporting.analysis.responses import AttemptChoice
from tests.conftest import Clock
from tests.support.factory import Factory
from tests.support.written_marking import count_marks, get_attempt, get_cohort, get_result, mark, set_marking
from tests.support.written_pool import (
    assign_written,
    write_test,
)

CHECKED_AT_ONCE = ReleasePolicy(correctness=ReleaseMoment.EACH_ANSWER)


# -- marking -----------------------------------------------------------------------------------------------------------


def test_a_submitted_test_waits_for_its_written_answers(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)

    first, second = write_test(session, learner, assignment, clock())

    attempt = get_attempt(session, first)
    assert (attempt.state, attempt.points, attempt.is_passed) == (AttemptState.SUBMITTED, None, None)
    assert count_marks(session, first) == 8
    assert get_result(session) is None
    assert marking_queue.list_waiting(session, get_cohort(session, assignment)) == {assignment.id: 2}
    assert second.position > first.position


def test_the_last_mark_completes_the_attempt(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    first, second = write_test(session, learner, assignment, clock())

    assert mark(session, trainer, assignment, first, 0.5, clock)
    assert get_attempt(session, first).points is None
    assert mark(session, trainer, assignment, second, 1.0, clock)

    attempt, result = get_attempt(session, first), get_result(session)
    assert (attempt.points, attempt.max_points, attempt.is_passed) == (9.5, 10.0, True)
    assert result is not None
    assert (result.attempts, result.latest_percent, result.latest_is_passed) == (1, 95.0, True)
    assert marking_queue.list_waiting(session, get_cohort(session, assignment)) == {}


def test_a_blank_answer_needs_nobody(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)

    first, _ = write_test(session, learner, assignment, clock(), text="")

    assert (get_attempt(session, first).points, count_marks(session, first)) == (8.0, 10)
    answer = (assignment.id, first.version_id, first.attempt_id)
    assert markings.get_for(session, trainer.viewer, *answer) is None


def test_an_answer_that_has_its_mark_is_not_marked_again(session: Session, make: Factory, clock: Clock) -> None:
    trainer, other, learner = make.trainer(), make.admin(), make.person()
    assignment = assign_written(make, trainer, learner)
    first, _ = write_test(session, learner, assignment, clock())
    mark(session, trainer, assignment, first, 0.5, clock)

    with pytest.raises(AlreadyMarked):
        mark(session, other, assignment, first, 1.0, clock)


def test_two_markers_agree_or_somebody_settles_it(session: Session, make: Factory, clock: Clock) -> None:
    trainer, other, learner = make.trainer(), make.admin(), make.person()
    assignment = assign_written(make, trainer, learner)
    set_marking(session, trainer, assignment, clock, needs_second_marker=True)
    first, second = write_test(session, learner, assignment, clock())

    assert not mark(session, trainer, assignment, first, 0.5, clock)
    assert not mark(session, trainer, assignment, first, 0.25, clock)  # a change of mind
    assert not mark(session, other, assignment, first, 0.5, clock)
    assert mark(session, trainer, assignment, first, 0.4, clock)
    assert not mark(session, other, assignment, second, 1.0, clock)
    assert mark(session, trainer, assignment, second, 1.0, clock)

    attempt = get_attempt(session, first)
    assert attempt.points == pytest.approx(9.4)
    roles = session.scalars(
        select(MarkingRow.role).where(MarkingRow.position == first.position).order_by(MarkingRow.id)
    )
    assert [role.value for role in roles] == ["first", "second", "settling"]


def test_the_queue_shows_each_marker_what_waits_for_them(session: Session, make: Factory, clock: Clock) -> None:
    trainer, other = make.trainer(), make.admin()
    ana, bo = make.person(name="Ana"), make.person(name="Bo")
    assignment = assign_written(make, trainer, ana, bo)
    set_marking(session, trainer, assignment, clock, needs_second_marker=True, marks_anonymously=True)
    first, _ = write_test(session, ana, assignment, clock())
    write_test(session, bo, assignment, clock())
    mark(session, trainer, assignment, first, 0.5, clock)
    taught = assignments.get_for(session, trainer.viewer, assignment.id)
    assert taught is not None

    mine = marking_queue.list_queues(session, taught, trainer.viewer)
    theirs = marking_queue.list_queues(session, taught, other.viewer)

    assert sum(len(queue.answers) for queue in mine) == 4
    assert (sum(queue.mine for queue in mine), sum(queue.mine for queue in theirs)) == (3, 4)
    assert {answer.name for queue in mine for answer in queue.answers} == {None}


@pytest.mark.parametrize("needs_second", [False, True])
def test_nobody_marks_an_answer_of_their_own_or_changes_its_mark(
    session: Session, make: Factory, clock: Clock, *, needs_second: bool
) -> None:
    trainer, others = make.trainer(), [make.admin(), make.admin()][: 2 if needs_second else 1]
    assignment = assign_written(make, trainer, trainer)
    set_marking(session, trainer, assignment, clock, needs_second_marker=needs_second)
    first, second = write_test(session, trainer, assignment, clock())
    taught = assignments.get_for(session, trainer.viewer, assignment.id)
    assert taught is not None

    assert sum(queue.mine for queue in marking_queue.list_queues(session, taught, trainer.viewer)) == 0
    with pytest.raises(WaitsForOther):
        mark(session, trainer, assignment, first, 1.0, clock)
    for item in (first, second):
        done = [mark(session, other, assignment, item, 0.5, clock) for other in others]
        assert done[-1]
    found = marks.get_for(session, trainer.viewer, first.attempt_id, first.position, clock(), for_update=True)
    assert found is not None
    with pytest.raises(MarkOfOwn):
        marks.change_mark(session, trainer.user, found, 1.0, "I like it.", clock())

    marks.change_mark(session, others[0].user, found, 0.75, "Read again.", clock())

    assert get_attempt(session, first).points == pytest.approx(9.25)


def test_without_a_second_marker_first_markings_become_marks(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    set_marking(session, trainer, assignment, clock, needs_second_marker=True)
    for item in write_test(session, learner, assignment, clock()):
        mark(session, trainer, assignment, item, 1.0, clock)

    set_marking(session, trainer, assignment, clock)

    result = get_result(session)
    assert result is not None
    assert result.latest_percent == 100.0


# -- what others see ---------------------------------------------------------------------------------------------------


def test_lists_and_gradebook_say_that_a_test_is_being_marked(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner, due_at=clock.now, attempts_allowed=1)
    cohort = get_cohort(session, assignment)
    clock.advance(hours=-1)
    write_test(session, learner, assignment, clock())
    clock.advance(hours=3)

    [due] = availability.list_due(session, learner.learner, clock())
    _book, [row] = gradebook.all_members(session, cohort, clock())
    overview = overviews.get_overview(session, cohort, clock())

    assert (due.state, due.is_being_marked, due.is_overdue) == (AssignmentState.SUBMITTED, True, False)
    assert (due.attempts_used, due.can_start) == (1, False)
    cell = row.cells[0]
    assert (cell.state, cell.score, cell.being_marked, cell.is_overdue) == (AssignmentState.SUBMITTED, None, 1, False)
    assert row.total.score is None
    assert row.reasons == ()
    assert [(one.assignment_id, one.answers) for one in overview.to_mark] == [(assignment.id, 2)]


def test_nobody_is_reminded_of_a_test_that_is_being_marked(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner, other = make.trainer(), make.person(), make.person()
    assignment = assign_written(make, trainer, learner, other, due_at=clock.now + timedelta(hours=1))
    write_test(session, learner, assignment, clock())
    clock.advance(hours=5)

    [mail] = reminders.list_reminders(session, ReminderKind.OVERDUE, clock())

    assert mail.learner_id == other.learner.id


def test_a_second_attempt_beside_one_that_is_being_marked(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner, counts=GradingMethod.LATEST)
    one = write_test(session, learner, assignment, clock())
    two = write_test(session, learner, assignment, clock(), text="Another text.")

    for item in two:
        mark(session, trainer, assignment, item, 0.0, clock)
    _book, [row] = gradebook.all_members(session, get_cohort(session, assignment), clock())
    assert (row.cells[0].percent, row.cells[0].attempts, row.cells[0].being_marked) == (80, 2, 1)
    for item in one:
        mark(session, trainer, assignment, item, 1.0, clock)

    result = get_result(session)
    assert result is not None
    assert (result.attempts, result.best_percent, result.latest_percent) == (2, 100.0, 80.0)
    assert result.latest_attempt_id == two[0].attempt_id


def test_insight_leaves_out_what_is_being_marked(session: Session, make: Factory, clock: Clock) -> None:
    trainer, ana, bo = make.trainer(), make.person(), make.person()
    assignment = assign_written(make, trainer, ana, bo)
    marked = write_test(session, ana, assignment, clock())
    versions = {item.version_id for item in marked}
    for item in marked:
        mark(session, trainer, assignment, item, 0.5, clock)
    write_test(session, bo, assignment, clock())

    found = insight.analyse(session, assignment, AttemptChoice.FIRST)

    assert (found.figures.learners, found.members) == (1, 2)
    written = [line for line in found.items if line.version_id in versions]
    assert {line.figures.answers for line in written} == {1}


@pytest.mark.parametrize("is_shown", [True, False])
def test_nothing_is_released_half_marked_unless_the_assignment_says_so(
    session: Session, make: Factory, clock: Clock, *, is_shown: bool
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    set_marking(session, trainer, assignment, clock, releases_unfinished=is_shown)
    first, second = write_test(session, learner, assignment, clock())
    mark(session, trainer, assignment, first, 0.5, clock, comment="Good.")
    loaded = attempts.get_for(session, learner.viewer, first.attempt_id)
    assert loaded is not None

    view = results.view_result(session, loaded, clock())

    assert view.being_marked == 1
    assert (view.percent is not None) is is_shown
    assert view.is_passed is None
    texts = [answer.marking for answer in view.answers if answer.marking]
    assert bool(texts) is is_shown
    assert view.answers[second.position - 1].is_right is None
    assert releases.get_release(session, loaded, clock()).mark is is_shown
