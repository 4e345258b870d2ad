"""Answers that people mark: corrections, reopened attempts, later changes, erasure and export."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.content import Use
from app.domain.correction import Remedy
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import AttemptItem, Mark, MarkingRow, QuestionVersion
from app.services.attempts import attempts, reopening
from app.services.marking import marking_queue, marks, regrading, submission
from app.services.privacy import attempts_export, erasure
from tests.conftest import Clock
from tests.support.factory import Factory
from tests.support.review_client import list_cards, update_cards
from tests.support.written_marking import correct, count_marks, get_attempt, get_cohort, get_result, mark, set_marking
from tests.support.written_pool import (
    MODEL_CANARY,
    add_written_pool,
    assign_written,
    list_written,
    use_in_own_test,
    write_test,
)

CHECKED_AT_ONCE = ReleasePolicy(correctness=ReleaseMoment.EACH_ANSWER)


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
