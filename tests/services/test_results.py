"""The parts of a result that a page shows beside the score."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.domain.release import RELEASE_EVERYTHING, RELEASE_NOTHING
from app.services.attempts import attempts, results
from app.services.attempts.results import ResultView
from tests.conftest import Clock
from tests.support.attempt_client import AttemptClient, start, start_assigned
from tests.support.factory import AFTER_CLOSING, Factory, Person


def result_of(play: AttemptClient, session: Session, learner: Person, clock: Clock) -> ResultView:
    session.expire_all()
    loaded = attempts.get_for(session, learner.viewer, play.attempt_id)
    assert loaded
    return results.view_result(session, loaded, clock.now)


def test_an_attempt_under_way_has_no_result(make: Factory, session: Session, clock: Clock) -> None:
    """Fails when a result is computed from the answers instead of read from written marks."""
    learner = make.person()
    play = start(learner.client, session)
    play.answer_all()

    found = result_of(play, session, learner, clock)

    assert found.release == RELEASE_NOTHING
    assert (found.percent, found.points, found.right, found.is_passed, found.is_critical_missed) == (None,) * 5
    assert (found.certainty_points, found.objectives, found.critical_missed) == (None, (), ())
    assert all(answer.is_right is None and answer.feedback is None for answer in found.answers)
    assert not any(answer.is_critical for answer in found.answers)


def test_objectives_are_listed_the_weakest_first(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()
    play = start(learner.client, session, "practice", "trigger-points")
    play.answer_all(wrong=[1, 2, 3])
    play.submit()

    found = result_of(play, session, learner, clock)

    shares = [score.right / score.of for score in found.objectives if not score.is_critical_missed]
    assert shares == sorted(shares)
    assert sum(score.of for score in found.objectives) == 10
    assert sum(score.right for score in found.objectives) == found.right == 7
    assert all(score.reading for score in found.objectives)


def test_earlier_attempts_stand_beside_it_and_later_ones_do_not(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()
    plays = []
    for _ in range(3):
        plays.append(start(learner.client, session, "practice"))
        plays[-1].submit()
        clock.advance(hours=1)

    found = result_of(plays[1], session, learner, clock)

    assert [(one.number, one.attempt_id) for one in found.earlier] == [(1, plays[0].attempt_id)]


@pytest.mark.parametrize(("allowed", "left"), [(None, [None, None]), (2, [1, 0]), (3, [2, 1])])
def test_what_is_left_is_told(
    allowed: int | None, left: list[int | None], make: Factory, session: Session, clock: Clock
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), attempts_allowed=allowed)
    told = []
    for _ in range(2):
        play = start_assigned(learner.client, session, assignment.id)
        play.submit()
        told.append(result_of(play, session, learner, clock).attempts_left)

    assert told == left


def test_certainty_is_told_only_where_it_was_given(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()
    without, sure = start(learner.client, session, "practice"), start(learner.client, session, "practice", "evidence")
    without.answer(1, *without.at(1).right)
    sure.answer(1, *sure.at(1).right, certainty="3")
    sure.answer(2, sure.at(2).wrong, certainty="2")
    without.submit()
    sure.submit()

    assert result_of(without, session, learner, clock).certainty_points is None
    assert result_of(sure, session, learner, clock).certainty_points == 1


def test_feedback_follows_the_order_of_the_page(make: Factory, session: Session, clock: Clock) -> None:
    """Fails when reasons are listed in the author's order beside options in the learner's."""
    learner = make.person()
    play = start(learner.client, session)
    play.answer_all(wrong=[1])
    play.submit()

    found = result_of(play, session, learner, clock)

    assert found.release == RELEASE_EVERYTHING
    for one, answer in zip(play.questions(), found.answers, strict=True):
        assert answer.feedback
        if not one.is_choice:
            continue
        rows = answer.feedback.rows
        assert tuple(place for place, row in enumerate(rows) if row.is_right) == one.right
        assert tuple(place for place, row in enumerate(rows) if row.is_mine) == one.chosen
        assert len(rows) == one.places
        assert all(row.reason for row in rows)


def test_when_the_key_comes_is_told_for_a_closing_test(make: Factory, session: Session, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    due = clock.advance(days=1)
    clock.advance(days=-1)
    assignment = make.assignment(trainer, make.cohort(trainer, learner), due_at=due, policy=AFTER_CLOSING)
    play = start_assigned(learner.client, session, assignment.id)
    play.submit()

    before = result_of(play, session, learner, clock)
    clock.advance(days=1, seconds=1)
    after = result_of(play, session, learner, clock)

    assert (before.key_released_at, before.release.key) == (due, False)
    assert (after.key_released_at, after.release.key) == (None, True)
