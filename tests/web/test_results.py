"""What a result shows: the score, why passed or not, and of the key only what the policy releases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.release import Policy
from app.models import QuestionRow, QuestionVersion
from tests.conftest import NOW, Clock
from tests.factory import Make, Person
from tests.playing import SAFETY_QUESTIONS, Play, begun, start, start_assigned

Plant = Callable[[], str]


def critical_and_others(play: Play) -> tuple[list[int], list[int]]:
    questions = play.questions()
    return [one.n for one in questions if one.is_critical], [one.n for one in questions if not one.is_critical]


def with_both(make: Make, session: Session) -> tuple[Play, int, list[int]]:
    """A test, one of its critical questions, and at least two others that are not critical."""
    for _ in range(20):
        play = start(make.person().client, session)
        critical, others = critical_and_others(play)
        if critical and len(others) >= 2:
            return play, critical[0], others
    raise AssertionError("no paper with critical and other questions")


# -- passing ----------------------------------------------------------------------------------------------------------


def test_everything_right_is_passed(make: Make, session: Session) -> None:
    play = start(make.person().client, session)
    play.answer_all()
    play.submit()

    page = play.result().text

    assert "<h1>Passed</h1>" in page
    assert f"{SAFETY_QUESTIONS} of {SAFETY_QUESTIONS} right" in page


def test_the_pass_mark_is_enough(make: Make, session: Session) -> None:
    play, _, others = with_both(make, session)
    play.answer_all(wrong=others[:2])
    play.submit()

    assert "<h1>Passed</h1>" in play.result().text


def test_below_the_pass_mark_is_not_passed(make: Make, session: Session) -> None:
    play, critical, _ = with_both(make, session)
    play.answer_all(wrong=[n for n in range(1, 11) if n != critical][:3])
    play.submit()

    page = play.result().text

    assert "Not passed yet" in page
    assert "The pass mark is 80" in page


def test_a_missed_critical_question_fails_whatever_the_total(make: Make, session: Session) -> None:
    """Fails when the safety gate is left out of passing, or the result does not say why."""
    play, critical, _ = with_both(make, session)
    play.answer_all(wrong=[critical])
    play.submit()

    page = play.result().text

    assert "Enough marks, but not passed yet" in page
    assert f"{SAFETY_QUESTIONS - 1} of {SAFETY_QUESTIONS} right" in page
    assert "not passed" in play.client.get("/progress").text.lower()


def test_nothing_answered_is_nothing_right(make: Make, session: Session) -> None:
    play = start(make.person().client, session)
    play.submit()

    assert f"0 of {SAFETY_QUESTIONS} right" in play.result().text


def test_a_pass_is_kept_when_a_later_attempt_fails(make: Make, session: Session) -> None:
    learner = make.person()
    first = start(learner.client, session)
    first.answer_all()
    first.submit()

    start(learner.client, session).submit()

    assert "100" in learner.client.get("/modules/safety").text


# -- release ----------------------------------------------------------------------------------------------------------


def assigned(make: Make, policy: Policy, allowed: int | None = 2) -> tuple[Person, int]:
    trainer, learner = make.trainer(), make.person()
    terms = {"due_at": NOW + timedelta(days=1), "attempts_allowed": allowed, "release": policy}
    return learner, make.assignment(trainer, make.cohort(trainer, learner), **terms).id


def shows(play: Play, canary: str) -> str:
    """``key``, ``right or wrong``, ``score`` or ``nothing``: how much the result shows."""
    page = play.result().text
    if canary in page:
        return "key"
    if 'class="sr">Right: ' in page or 'class="sr">Wrong: ' in page:
        return "right or wrong"
    return "score" if "score__big" in page else "nothing"


@pytest.mark.parametrize(
    ("policy", "first", "second", "first_after_second", "after_closing"),
    [
        (Policy.AFTER_SUBMISSION, "right or wrong", "key", "key", "key"),
        (Policy.AFTER_LAST_ATTEMPT, "score", "key", "key", "key"),
        (Policy.AFTER_CLOSING, "score", "score", "score", "key"),
    ],
)
def test_the_key_is_released_as_the_policy_says(
    policy: Policy,
    first: str,
    second: str,
    first_after_second: str,
    after_closing: str,
    make: Make,
    session: Session,
    clock: Clock,
    plant: Plant,
) -> None:
    """Threat 5. Fails when a page decides by itself, or one attempt's result ignores that others are left."""
    canary = plant()
    learner, assignment_id = assigned(make, policy)

    one = start_assigned(learner.client, session, assignment_id)
    one.submit()
    seen = [shows(one, canary)]
    two = start_assigned(learner.client, session, assignment_id)
    # While another attempt is under way the same questions may be in it.
    assert shows(one, canary) == "score"
    two.submit()
    seen += [shows(two, canary), shows(one, canary)]
    clock.advance(days=1, seconds=1)
    seen += [shows(one, canary)]

    assert seen == [first, second, first_after_second, after_closing]


def test_a_test_with_one_attempt_shows_all_after_it(make: Make, session: Session, plant: Plant) -> None:
    canary = plant()
    learner, assignment_id = assigned(make, Policy.AFTER_SUBMISSION, allowed=1)
    play = start_assigned(learner.client, session, assignment_id)

    play.submit()

    assert shows(play, canary) == "key"


# -- practising what was missed ---------------------------------------------------------------------------------------


def uses(session: Session, play: Play) -> set[str]:
    versions = [one.version_id for one in play.questions()]
    rows = session.scalars(select(QuestionRow.use).join(QuestionVersion).where(QuestionVersion.id.in_(versions)))
    return {use.value for use in rows}


def again(play: Play, session: Session) -> Play:
    """Press "Practise what you missed"."""
    form = {"mode": "practice", "missed": str(play.attempt_id)}
    return begun(play.client, session, play.client.post("/modules/safety/attempts", data=form))


def test_missed_practice_questions_are_practised_again(client: FlaskClient, session: Session) -> None:
    play = start(client, session, "practice")
    play.answer_all(wrong=[2, 5])
    play.submit()

    repeated = again(play, session)

    missed = {one.version_id for one in play.questions() if one.n in (2, 5)}
    assert {one.version_id for one in repeated.questions()} == missed


def test_missed_test_questions_are_never_practised(make: Make, session: Session) -> None:
    """Fails when what was missed in a test is drawn itself, and not practice on the same ideas."""
    play = start(make.person().client, session)
    play.submit()

    practice = again(play, session)

    assert uses(session, practice) == {"practice"}
    assert practice.questions()


def test_what_is_not_released_is_not_practised(make: Make, session: Session) -> None:
    """Fails when the choice of questions tells what was wrong before the policy does."""
    learner, assignment_id = assigned(make, Policy.AFTER_CLOSING)
    play = start_assigned(learner.client, session, assignment_id)
    play.answer_all(wrong=[1])
    play.submit()

    assert len(again(play, session).questions()) == 10


def test_another_learners_misses_can_not_be_practised(make: Make, session: Session) -> None:
    theirs = start(make.person().client, session, "practice")
    theirs.answer_all(wrong=[1])
    theirs.submit()

    mine = again(Play(make.person().client, session, theirs.attempt_id), session)

    assert len(mine.questions()) == 10


# -- the pool that tests share ----------------------------------------------------------------------------------------


def own_test(learner: Person, session: Session) -> Play:
    """The module's own test, taken blank by somebody who is after its key."""
    play = start(learner.client, session)
    play.submit()
    return play


@pytest.mark.parametrize("policy", Policy)
def test_the_modules_own_test_does_not_give_an_assigned_one_away(
    policy: Policy, make: Make, session: Session, clock: Clock, plant: Plant
) -> None:
    """Threat 5. Fails when the own test, of the same questions, shows its key before the assigned one may."""
    canary = plant()
    learner, assignment_id = assigned(make, policy, allowed=1)

    before = own_test(learner, session)
    assert shows(before, canary) == "score"
    taken = start_assigned(learner.client, session, assignment_id)
    during = own_test(learner, session)
    assert shows(during, canary) == "score"
    taken.submit()
    assert (shows(before, canary) == "key") is (policy is not Policy.AFTER_CLOSING)
    clock.advance(days=2)

    assert [shows(play, canary) for play in (before, during)] == ["key", "key"]


def test_an_assigned_test_waits_for_the_own_one_under_way(make: Make, session: Session, plant: Plant) -> None:
    canary = plant()
    learner, assignment_id = assigned(make, Policy.AFTER_SUBMISSION, allowed=1)
    own = start(learner.client, session)
    taken = start_assigned(learner.client, session, assignment_id)
    taken.submit()

    assert shows(taken, canary) == "score"
    own.submit()

    assert [shows(play, canary) for play in (taken, own)] == ["key", "key"]


def test_who_left_the_cohort_waits_for_nothing(make: Make, session: Session, clock: Clock, plant: Plant) -> None:
    canary = plant()
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    make.assignment(trainer, cohort, attempts_allowed=1)
    play = own_test(learner, session)
    assert shows(play, canary) == "score"

    trainer.client.post(f"/teach/cohorts/{cohort.id}/remove", data={"learner": learner.learner.id})

    assert shows(play, canary) == "key"
