"""Answers that people mark: what waits, who may mark, and when an attempt has its total."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState, GradingMethod
from app.domain.attempt import AttemptState
from app.domain.content import Use
from app.domain.correction import Remedy
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Assignment, Attempt, AttemptItem, Cohort, Mark, MarkingRow, QuestionVersion, ScopeResult
from app.services.assignments import assignments, availability, reminders
from app.services.assignments.reminders import ReminderKind
from app.services.attempts import attempts, releases, reopening, results
from app.services.marking import corrections, marking_queue, markings, marks, regrading, submission
from app.services.marking.corrections import CorrectionDecision
from app.services.marking.markings import AlreadyMarked, GivenMarking, MarkingSettings
from app.services.privacy import attempts_export, erasure
from app.services.reporting import gradebook, overviews
from app.services.reporting.analysis import insight
from app.services.reporting.analysis.responses import AttemptChoice
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.review_client import list_cards, update_cards
from tests.support.written_pool import (
    MODEL_CANARY,
    add_written_pool,
    assign_written,
    list_written,
    use_in_own_test,
    write_test,
)


def mark(
    session: Session,
    trainer: Person,
    assignment: Assignment,
    item: AttemptItem,
    points: float,
    clock: Clock,
    **more: Any,
) -> bool:
    answer = markings.get_for(session, trainer.viewer, assignment.id, item.version_id, item.attempt_id, for_update=True)
    assert answer is not None
    done = markings.give(session, trainer.user, answer, GivenMarking(points, **more), clock())
    session.commit()
    return done


def set_marking(session: Session, trainer: Person, assignment: Assignment, clock: Clock, **changes: bool) -> None:
    taught = assignments.get_for(session, trainer.viewer, assignment.id, for_update=True)
    assert taught is not None
    settings = {"marks_anonymously": False, "needs_second_marker": False, "releases_unfinished": False} | changes
    markings.change_settings(session, trainer.user, taught, MarkingSettings(**settings), clock())
    session.commit()


def correct(session: Session, trainer: Person, item: AttemptItem, clock: Clock, **decision: Any) -> int:
    assignment_id = session.get_one(Attempt, item.attempt_id).assignment_id
    taught = assignments.get_for(session, trainer.viewer, assignment_id or 0)
    assert taught is not None
    asked = corrections.get_for_assignment(session, taught, item.version_id)
    assert asked is not None
    made = corrections.apply(
        session, trainer.user, asked, CorrectionDecision(**decision), "Unclear.", clock(), passes_to_lower=9
    )
    regrading.run_all_steps(session, made.correction_id, clock())
    session.commit()
    return made.correction_id


def get_attempt(session: Session, item: AttemptItem) -> Attempt:
    return session.get_one(Attempt, item.attempt_id, populate_existing=True)


def get_cohort(session: Session, assignment: Assignment) -> Cohort:
    return session.get_one(Cohort, assignment.cohort_id)


CHECKED_AT_ONCE = ReleasePolicy(correctness=ReleaseMoment.EACH_ANSWER)


def count_marks(session: Session, item: AttemptItem) -> int:
    return session.scalar(select(func.count()).where(Mark.attempt_id == item.attempt_id)) or 0


def get_result(session: Session) -> ScopeResult | None:
    return session.scalars(select(ScopeResult).execution_options(populate_existing=True)).one_or_none()


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


# -- corrections, reopening, later changes -----------------------------------------------------------------------------


@pytest.mark.parametrize(("remedy", "points", "most"), [(Remedy.VOID, 9.0, 9.0), (Remedy.CREDIT, 10.0, 10.0)])
def test_a_correction_decides_what_waits(
    session: Session, make: Factory, clock: Clock, remedy: Remedy, points: float, most: float
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    first, second = write_test(session, learner, assignment, clock())
    mark(session, trainer, assignment, second, 1.0, clock)

    correct(session, trainer, first, clock, remedy=remedy)

    attempt = get_attempt(session, first)
    assert (attempt.points, attempt.max_points) == (points, most)


@pytest.mark.parametrize(("remedy", "points", "most"), [(Remedy.VOID, 9.0, 9.0), (Remedy.CREDIT, 10.0, 10.0)])
def test_a_correction_decides_what_was_checked_at_once_and_is_submitted_later(
    session: Session, make: Factory, clock: Clock, remedy: Remedy, points: float, most: float
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner, policy=CHECKED_AT_ONCE)
    first, second = write_test(session, learner, assignment, clock(), submits=False)

    correct(session, trainer, first, clock, remedy=remedy)
    submission.submit(session, get_attempt(session, first), clock())
    session.commit()
    mark(session, trainer, assignment, second, 1.0, clock)

    attempt = get_attempt(session, first)
    assert (attempt.points, attempt.max_points) == (points, most)
    assert count_marks(session, first) == 10


def test_a_correction_decides_many_answers_that_wait_in_steps(
    session: Session, make: Factory, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when all of them are marked while the write lock is held, or when those after the first step are left."""
    trainer, learners = make.trainer(), [make.person() for _ in range(3)]
    assignment = assign_written(make, trainer, *learners)
    papers = [write_test(session, learner, assignment, clock()) for learner in learners]
    elsewhere = make.assignment(trainer, make.cohort(trainer, learners[0]), question_use=Use.EXAM)
    other = write_test(session, learners[0], elsewhere, clock())
    monkeypatch.setattr(regrading, "STEP_SIZE", 2)
    before = [count_marks(session, first) for first, _second in papers]

    correct(session, trainer, papers[0][0], clock, remedy=Remedy.CREDIT)

    assert [count_marks(session, first) for first, _second in papers] == [one + 1 for one in before]
    assert count_marks(session, other[0]) == before[0]
    assert regrading.list_unfinished(session) == []


def test_without_the_correction_an_unmarked_answer_waits_again(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    first, second = write_test(session, learner, assignment, clock())
    mark(session, trainer, assignment, second, 1.0, clock)
    made = correct(session, trainer, first, clock, remedy=Remedy.VOID)
    assert get_result(session) is not None
    clock.advance(minutes=1)

    correct(session, trainer, first, clock, remedy=Remedy.WITHDRAW, withdraws_id=made)

    assert get_attempt(session, first).points is None
    assert get_result(session) is None
    assert mark(session, trainer, assignment, first, 0.5, clock)
    assert get_attempt(session, first).points == 9.5


def test_a_mark_given_later_is_as_old_as_the_test(session: Session, make: Factory, clock: Clock) -> None:
    """Fails when reviews and mastery take the day of the marking for the day on which the learner answered."""
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    first, second = write_test(session, learner, assignment, clock())
    submitted_at = clock.now
    clock.advance(days=10)

    mark(session, trainer, assignment, first, 1.0, clock)
    correct(session, trainer, second, clock, remedy=Remedy.CREDIT)
    update_cards(session, clock)

    marked = select(Mark.marked_at).where(Mark.attempt_id == first.attempt_id).distinct()
    assert session.scalars(marked).all() == [submitted_at]
    assert {card.reviewed_at for card in list_cards(learner, session).values()} == {submitted_at}


def test_an_answer_that_waits_again_is_no_longer_in_the_cards(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    set_marking(session, trainer, assignment, clock, releases_unfinished=True)
    first, _second = write_test(session, learner, assignment, clock())
    made = correct(session, trainer, first, clock, remedy=Remedy.CREDIT)
    update_cards(session, clock)
    objective_id = session.get_one(QuestionVersion, first.version_id).objective_id
    assert objective_id in list_cards(learner, session)
    clock.advance(minutes=1)

    correct(session, trainer, first, clock, remedy=Remedy.WITHDRAW, withdraws_id=made)
    update_cards(session, clock)

    assert objective_id not in list_cards(learner, session)


def test_without_the_correction_a_marked_answer_has_its_mark_again(
    session: Session, make: Factory, clock: Clock
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    first, second = write_test(session, learner, assignment, clock())
    mark(session, trainer, assignment, first, 0.5, clock)
    mark(session, trainer, assignment, second, 1.0, clock)
    clock.advance(minutes=1)
    made = correct(session, trainer, first, clock, remedy=Remedy.VOID)
    assert get_attempt(session, first).points == 9.0
    clock.advance(minutes=1)

    correct(session, trainer, first, clock, remedy=Remedy.WITHDRAW, withdraws_id=made)

    assert (get_attempt(session, first).points, get_attempt(session, first).max_points) == (9.5, 10.0)


def test_a_mark_can_be_changed_later_also_while_another_answer_waits(
    session: Session, make: Factory, clock: Clock
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    first, second = write_test(session, learner, assignment, clock())
    mark(session, trainer, assignment, first, 0.5, clock)

    for item, points in ((first, 0.75), (second, 0.25)):
        if item is second:
            mark(session, trainer, assignment, item, 1.0, clock)
        marked = marks.get_for(session, trainer.viewer, item.attempt_id, item.position, clock(), for_update=True)
        assert marked is not None
        marks.change_mark(session, trainer.user, marked, points, "Read again.", clock(), may_lower=True)
        session.commit()

    attempt, result = get_attempt(session, first), get_result(session)
    assert attempt.points == 9.0
    assert result is not None
    assert result.latest_percent == 90.0


def test_a_reopened_attempt_is_marked_anew(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner, time_limit_minutes=30)
    first, second = write_test(session, learner, assignment, clock())
    mark(session, trainer, assignment, first, 0.5, clock)
    mark(session, trainer, assignment, second, 0.5, clock)
    clock.advance(minutes=1)
    found = reopening.get_for(session, trainer.viewer, first.attempt_id, clock(), for_update=True)
    assert found is not None
    reopening.reopen(session, trainer.user, found, 10, "The power failed.", clock(), seen=found.version)
    session.commit()
    clock.advance(minutes=1)

    submission.submit(session, get_attempt(session, first), clock())
    session.commit()

    assert get_attempt(session, first).points is None
    assert mark(session, trainer, assignment, first, 1.0, clock)
    assert mark(session, trainer, assignment, second, 1.0, clock)
    assert get_attempt(session, first).points == 10.0
    assert session.scalar(select(func.count()).where(MarkingRow.reopening_id.is_not(None))) == 2


# -- privacy -----------------------------------------------------------------------------------------------------------


def test_an_erasure_leaves_marks_and_no_words(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person(name="Ana Li")
    assignment = assign_written(make, trainer, learner)
    first, _ = write_test(session, learner, assignment, clock(), text="I, Ana Li, would ask first.")
    mark(session, trainer, assignment, first, 0.5, clock, comment="Dear Ana Li, well done.")

    erasure.erase(session, None, learner.user, clock())
    session.commit()
    session.expire_all()

    row = session.scalars(select(MarkingRow)).one()
    assert (row.points, row.marker_id) == (0.5, trainer.user.id)
    assert "Ana" not in str(row.comment)
    responses = session.scalars(select(AttemptItem.response).where(AttemptItem.attempt_id == first.attempt_id))
    assert "(erased)" in list(responses)
    assert marking_queue.list_waiting(session, get_cohort(session, assignment)) == {}


def test_an_erased_marker_leaves_the_marking(session: Session, make: Factory, clock: Clock) -> None:
    trainer, marker, learner = make.trainer(), make.admin(), make.person()
    make.admin()
    assignment = assign_written(make, trainer, learner)
    first, _ = write_test(session, learner, assignment, clock())
    mark(session, marker, assignment, first, 0.5, clock)

    erasure.erase(session, None, marker.user, clock())
    session.commit()
    session.expire_all()

    row = session.scalars(select(MarkingRow)).one()
    assert (row.points, row.marker_id) == (0.5, None)


@pytest.mark.parametrize("is_done", [True, False])
def test_an_export_has_the_comment_with_the_mark_and_the_rubric_with_the_key(
    session: Session, make: Factory, clock: Clock, *, is_done: bool
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    first, second = write_test(session, learner, assignment, clock())
    mark(session, trainer, assignment, first, 0.5, clock, criteria=(2.0, 1.0), comment="Good.")
    if is_done:
        mark(session, trainer, assignment, second, 1.0, clock)

    [document] = attempts_export.collect(session, learner.learner, clock()).attempts

    question = document["questions"][first.position - 1]
    assert question["answer"] == ("It may reach the lung.",)
    assert MODEL_CANARY not in str(document)
    if is_done:
        assert question["markings"][0]["comment"] == "Good."
        assert question["markings"][0]["criteria"] == [2.0, 1.0]
    else:
        assert "markings" not in question
        assert document["is_being_marked"] is True


def test_the_modules_own_test_does_not_count_what_nobody_marks(session: Session, make: Factory, clock: Clock) -> None:
    learner = make.person()
    use_in_own_test(session, add_written_pool(session))
    attempt = attempts.start_test(session, learner.learner, make.module(), clock())
    session.commit()
    written = list_written(session, attempt.id)
    for item in written:
        item.response = "A text that nobody reads."
    session.commit()

    submission.submit(session, attempt, clock())
    session.commit()

    assert len(written) == 2
    assert get_attempt(session, written[0]).max_points == 8.0
    voids = session.scalars(select(Mark.is_void).where(Mark.attempt_id == attempt.id))
    assert sum(voids) == 2
