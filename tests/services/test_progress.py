"""Where a learner is: what comes next, scores, and mastery that tells nothing before its release."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.mastery import Mastery
from app.domain.release import ReleasePolicy
from app.services.attempts import attempts, lessons, progress
from app.services.course.catalogue import get_lesson, list_lessons, list_lessons_of, list_modules
from tests.conftest import NOW, Clock
from tests.support import composed
from tests.support.assigned_test import take_test
from tests.support.attempt_client import AttemptClient, start, start_assigned
from tests.support.factory import AFTER_CLOSING, AFTER_LAST_ATTEMPT, Factory, Person
from tests.support.progress_views import view_progress


def seen(session: Session, learner: Person, clock: Clock) -> dict[Mastery, int]:
    """How many objectives stand at each level."""
    view = view_progress(session, learner.learner, clock.now)
    levels = [one.level.mastery for module in view.modules for one in module.objectives]
    return {mastery: levels.count(mastery) for mastery in Mastery if levels.count(mastery)}


def test_a_new_learner_has_seen_nothing_and_begins_at_the_first_lesson(
    make: Factory, session: Session, clock: Clock
) -> None:
    learner = make.person()

    view = view_progress(session, learner.learner, clock.now)

    assert set(seen(session, learner, clock)) == {Mastery.UNSEEN}
    assert view.scores == ()
    assert view.next is not None
    assert view.next.lesson is not None
    assert (view.next.module_slug, view.next.is_begun) == ("trigger-points", False)


@pytest.mark.parametrize("policy", [AFTER_LAST_ATTEMPT, AFTER_CLOSING])
def test_mastery_waits_for_the_release(policy: ReleasePolicy, make: Factory, session: Session, clock: Clock) -> None:
    """Threat 5. Fails when mastery counts marks whose right or wrong is held back, or a soft due date releases them."""
    trainer, learner = make.trainer(), make.person()
    terms = {"attempts_allowed": 2, "due_at": NOW + timedelta(hours=2), "policy": policy}
    assignment = make.assignment(trainer, make.cohort(trainer, learner), **terms)
    take(start_assigned(learner.client, session, assignment.id))
    after_one = seen(session, learner, clock)
    clock.advance(hours=1)
    take(start_assigned(learner.client, session, assignment.id))
    after_two = seen(session, learner, clock)
    clock.advance(hours=2)
    after_due = seen(session, learner, clock)

    nothing = {Mastery.UNSEEN}
    assert set(after_one) == nothing
    assert (set(after_two) == nothing) is (policy is AFTER_CLOSING)
    assert set(after_due) > nothing


def test_a_soft_due_date_releases_nothing(make: Factory, session: Session, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    terms = {"attempts_allowed": 2, "due_at": NOW + timedelta(hours=2), "policy": AFTER_LAST_ATTEMPT}
    assignment = make.assignment(trainer, make.cohort(trainer, learner), **terms)
    take(start_assigned(learner.client, session, assignment.id))

    clock.advance(hours=3)

    assert set(seen(session, learner, clock)) == {Mastery.UNSEEN}


def test_mastery_tells_nothing_of_a_test_whose_questions_are_still_to_be_asked(
    make: Factory, session: Session, clock: Clock
) -> None:
    """Threat 5. Fails when the module's own test shows, idea by idea, what its result holds back while an assigned test is to come."""
    trainer, learner = make.trainer(), make.person()
    terms = {"due_at": NOW + timedelta(hours=2), "policy": AFTER_CLOSING}
    make.assignment(trainer, make.cohort(trainer, learner), **terms)
    take(start(learner.client, session))

    before = seen(session, learner, clock)
    clock.advance(hours=3)
    after = seen(session, learner, clock)

    assert set(before) == {Mastery.UNSEEN}
    assert set(after) > {Mastery.UNSEEN}


def test_mastery_waits_while_another_test_of_the_module_is_under_way(
    make: Factory, session: Session, clock: Clock
) -> None:
    learner = make.person()
    take(start(learner.client, session))
    start(learner.client, session)

    assert set(seen(session, learner, clock)) == {Mastery.UNSEEN}


def take(play: AttemptClient) -> None:
    play.answer_all()
    play.submit()


def test_mastery_forgives_old_mistakes(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()
    # Ten questions on thirteen objectives: after twenty rounds chance has asked about each of them often enough.
    for wrong in (range(1, 11), *[()] * 20):
        play = start(learner.client, session, "practice")
        play.answer_all(wrong=wrong)
        play.submit()
        clock.advance(days=1)

    levels = seen(session, learner, clock)

    assert Mastery.STARTED not in levels
    assert levels[Mastery.SECURE] >= 5


def test_scores_are_the_latest_twenty_oldest_first(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()
    for _ in range(23):
        start(learner.client, session, "practice").submit()
        clock.advance(hours=1)

    scores = view_progress(session, learner.learner, clock.now).scores

    assert [score.number for score in scores] == list(range(4, 24))
    assert {score.purpose for score in scores} == {Purpose.PRACTICE}


def test_what_was_left_last_comes_next_then_the_first_unfinished(make: Factory, session: Session, clock: Clock) -> None:
    learner, module = make.person(), make.module("safety")
    slugs = [row.slug for row in list_lessons(session, module.id)]
    rows = [get_lesson(session, module.id, slug) for slug in slugs]
    assert rows[0]
    assert rows[1]
    lessons.save_reading_position(session, learner.learner, rows[1], rows[1].body["sections"][0]["id"], clock.now)
    session.commit()

    left = progress.view_course(session, learner.learner, clock.now).next
    lessons.finish_lesson(session, learner.learner, rows[1], clock.now)
    session.commit()
    then = progress.view_course(session, learner.learner, clock.now).next

    assert left
    assert left.lesson
    assert left.lesson.slug == slugs[1]
    assert left.section == rows[1].body["sections"][0]["id"]
    assert then
    assert then.lesson
    assert then.module_slug == "trigger-points"


def test_when_every_lesson_is_done_the_first_test_not_passed_comes_next(
    make: Factory, session: Session, clock: Clock
) -> None:
    learner = make.person()
    for row in list_lessons_of(session, list_modules(session)):
        lesson = get_lesson(session, row.module_id, row.slug)
        assert lesson
        lessons.finish_lesson(session, learner.learner, lesson, clock.now)
    session.commit()

    following = progress.view_course(session, learner.learner, clock.now).next

    assert following
    assert following.lesson is None
    assert following.module_slug == "trigger-points"


def test_a_pass_in_an_assigned_test_is_a_pass_of_the_module(make: Factory, session: Session, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    take(start_assigned(learner.client, session, assignment.id))
    start(learner.client, session).submit()

    state = progress.view_module(session, learner.learner, make.module("safety"), NOW)

    assert (state.is_passed, state.best_percent) == (True, 100)


def test_a_pass_in_a_composed_test_is_no_pass_of_its_first_module(
    make: Factory, session: Session, clock: Clock
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = composed.assign(make, trainer, make.cohort(trainer, learner), composed.compose(make, trainer))
    assert take_test(session, learner, assignment, clock.now, is_right=True).is_passed

    states = progress.view_course(session, learner.learner, clock.now).modules

    assert [(state.best_percent, state.is_passed) for state in states] == [(None, False)] * len(states)


def test_open_attempts_are_listed_until_their_time_is_up(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()
    attempts.start_test(session, learner.learner, make.module(), clock.now)
    attempts.start_practice(session, learner.learner, make.module(), clock.now)
    session.commit()

    before = progress.view_course(session, learner.learner, clock.now).open_attempts
    clock.advance(minutes=16)
    after = progress.view_course(session, learner.learner, clock.now).open_attempts

    assert {one.purpose for one in before} == {Purpose.TEST, Purpose.PRACTICE}
    assert {one.purpose for one in after} == {Purpose.PRACTICE}
