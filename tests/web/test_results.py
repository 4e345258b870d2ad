"""What a result shows: the score, why passed or not, and of the key only what the policy releases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.release import ReleasePolicy
from app.models import Attempt, Mark, ModuleRow, QuestionRow, QuestionVersion
from tests.conftest import NOW, Clock
from tests.support.attempt_client import AttemptClient, follow_start, start, start_assigned
from tests.support.factory import AFTER_CLOSING, AFTER_LAST_ATTEMPT, AFTER_SUBMISSION, Factory, Person

Plant = Callable[[], str]


def critical_and_others(play: AttemptClient) -> tuple[list[int], list[int]]:
    questions = play.questions()
    return [one.n for one in questions if one.is_critical], [one.n for one in questions if not one.is_critical]


def with_both(make: Factory, session: Session) -> tuple[AttemptClient, int, list[int]]:
    """A test, one of its critical questions, and at least two others that are not critical."""
    for _ in range(20):
        play = start(make.person().client, session)
        critical, others = critical_and_others(play)
        if critical and len(others) >= 2:
            return play, critical[0], others
    raise AssertionError("no paper with critical and other questions")


# -- passing ----------------------------------------------------------------------------------------------------------


def test_everything_right_is_passed(make: Factory, session: Session) -> None:
    play = start(make.person().client, session)
    play.answer_all()
    play.submit()

    page = play.result().text

    assert "<h1>Passed</h1>" in page
    assert "10 of 10 correct" in page
    assert "outcome-card--passed" in page


def test_the_pass_mark_is_enough(make: Factory, session: Session) -> None:
    play, _, others = with_both(make, session)
    play.answer_all(wrong=others[:2])
    play.submit()

    assert "<h1>Passed</h1>" in play.result().text


def test_below_the_pass_mark_is_not_passed(make: Factory, session: Session) -> None:
    play, critical, _ = with_both(make, session)
    play.answer_all(wrong=[n for n in range(1, 11) if n != critical][:3])
    play.submit()

    page = play.result().text

    assert "Not passed yet" in page
    assert "outcome-card--passed" not in page
    assert "The pass mark is 80" in page


def test_a_missed_critical_question_fails_whatever_the_total(make: Factory, session: Session) -> None:
    """Fails when the safety gate is left out of passing, or the result does not say why."""
    play, critical, _ = with_both(make, session)
    play.answer_all(wrong=[critical])
    play.submit()

    page = play.result().text

    assert "Enough points, but not passed yet" in page
    assert "9 of 10 correct" in page
    assert "not passed" in play.client.get("/progress").text.lower()


def test_nothing_answered_is_nothing_right(make: Factory, session: Session) -> None:
    play = start(make.person().client, session)
    play.submit()

    assert "0 of 10 correct" in play.result().text


def test_a_pass_is_kept_when_a_later_attempt_fails(make: Factory, session: Session) -> None:
    learner = make.person()
    first = start(learner.client, session)
    first.answer_all()
    first.submit()

    start(learner.client, session).submit()

    assert "100" in learner.client.get("/modules/safety").text


# -- release ----------------------------------------------------------------------------------------------------------


def assigned(make: Factory, policy: ReleasePolicy, allowed: int | None = 2) -> tuple[Person, int]:
    trainer, learner = make.trainer(), make.person()
    terms = {"due_at": NOW + timedelta(days=1), "attempts_allowed": allowed, "policy": policy}
    return learner, make.assignment(trainer, make.cohort(trainer, learner), **terms).id


def shows(play: AttemptClient, canary: str) -> str:
    """``key``, ``right or wrong``, ``score`` or ``nothing``: how much the result shows."""
    page = play.result().text
    if canary in page:
        return "key"
    if any(f'class="visually-hidden">{word}<' in page for word in ("Correct", "Partly correct", "Incorrect")):
        return "right or wrong"
    return "score" if "score__big" in page else "nothing"


@pytest.mark.parametrize(
    ("policy", "first", "second", "first_after_second", "after_closing"),
    [
        (AFTER_SUBMISSION, "right or wrong", "key", "key", "key"),
        (AFTER_LAST_ATTEMPT, "score", "key", "key", "key"),
        (AFTER_CLOSING, "score", "score", "score", "key"),
    ],
)
def test_the_key_is_released_as_the_policy_says(
    policy: ReleasePolicy,
    first: str,
    second: str,
    first_after_second: str,
    after_closing: str,
    make: Factory,
    session: Session,
    clock: Clock,
    plant: Plant,
) -> None:
    """Threat 5. Fails when a page decides by itself, or one attempt's result ignores that others are left."""
    canary = plant()
    learner, assignment_id = assigned(make, policy)

    one = start_assigned(learner.client, session, assignment_id)
    one.answer(1, one.questions()[0].wrong)
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


def test_a_test_with_one_attempt_shows_all_after_it(make: Factory, session: Session, plant: Plant) -> None:
    canary = plant()
    learner, assignment_id = assigned(make, AFTER_SUBMISSION, allowed=1)
    play = start_assigned(learner.client, session, assignment_id)

    play.submit()

    assert shows(play, canary) == "key"


# -- practising what was missed ---------------------------------------------------------------------------------------


def uses(session: Session, play: AttemptClient) -> set[str]:
    versions = [one.version_id for one in play.questions()]
    rows = session.scalars(select(QuestionRow.use).join(QuestionVersion).where(QuestionVersion.id.in_(versions)))
    return {use.value for use in rows}


def again(play: AttemptClient, session: Session) -> AttemptClient:
    """Press "Practise what you missed"."""
    form = {"mode": "practice", "missed": str(play.attempt_id)}
    return follow_start(play.client, session, play.client.post("/modules/safety/attempts", data=form))


def test_missed_practice_questions_are_practised_again(client: FlaskClient, session: Session) -> None:
    play = start(client, session, "practice")
    play.answer_all(wrong=[2, 5])
    play.submit()

    repeated = again(play, session)

    missed = {one.version_id for one in play.questions() if one.n in (2, 5)}
    assert {one.version_id for one in repeated.questions()} == missed
    assert "Practise what you missed: 2 questions" in play.result().text


def test_missed_test_questions_are_never_practised(make: Factory, session: Session) -> None:
    """Fails when what was missed in a test is drawn itself, and not practice on the same ideas."""
    play = start(make.person().client, session)
    play.submit()

    practice = again(play, session)

    assert uses(session, practice) == {"practice"}
    assert f"Practise what you missed: {len(practice.questions())} questions" in play.result().text


def test_practice_of_many_missed_test_questions_is_as_long_as_any(make: Factory, session: Session) -> None:
    """Catches: all practice questions of a module at once, without a word of it on the button."""
    play = start(make.person().client, session)
    play.submit()

    usual = session.scalars(select(ModuleRow.practice_questions).where(ModuleRow.slug == "safety")).one()
    assert len(again(play, session).questions()) == usual


def test_a_question_without_an_answer_is_not_marked_like_a_wrong_answer(make: Factory, session: Session) -> None:
    play = start(make.person().client, session)
    wrong = play.questions()[0]
    play.answer(1, wrong.wrong)
    play.submit()

    page = play.result().text

    assert page.count("outcome--unanswered") >= 1
    assert "Not answered" in page[page.index('id="answer-2"') :].partition("</summary>")[0]
    assert "Incorrect" in page[page.index('id="answer-1"') :].partition("</summary>")[0]


def test_what_is_not_released_is_not_practised(make: Factory, session: Session) -> None:
    """Fails when the choice of questions tells what was wrong before the policy does."""
    learner, assignment_id = assigned(make, AFTER_CLOSING)
    play = start_assigned(learner.client, session, assignment_id)
    play.answer_all(wrong=[1])
    play.submit()

    assert len(again(play, session).questions()) == 10


def test_another_learners_misses_can_not_be_practised(make: Factory, session: Session) -> None:
    theirs = start(make.person().client, session, "practice")
    theirs.answer_all(wrong=[1])
    theirs.submit()

    mine = again(AttemptClient(make.person().client, session, theirs.attempt_id), session)

    assert len(mine.questions()) == 10


# -- the pool that tests share ----------------------------------------------------------------------------------------


def own_test(learner: Person, session: Session) -> AttemptClient:
    """The module's own test, taken blank by somebody who is after its key."""
    play = start(learner.client, session)
    play.submit()
    return play


@pytest.mark.parametrize("policy", [AFTER_SUBMISSION, AFTER_LAST_ATTEMPT, AFTER_CLOSING])
def test_the_modules_own_test_does_not_give_an_assigned_one_away(
    policy: ReleasePolicy, make: Factory, session: Session, clock: Clock, plant: Plant
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
    assert (shows(before, canary) == "key") is (policy is not AFTER_CLOSING)
    clock.advance(days=2)

    assert [shows(play, canary) for play in (before, during)] == ["key", "key"]


def test_an_assigned_test_waits_for_the_own_one_under_way(make: Factory, session: Session, plant: Plant) -> None:
    canary = plant()
    learner, assignment_id = assigned(make, AFTER_SUBMISSION, allowed=1)
    own = start(learner.client, session)
    taken = start_assigned(learner.client, session, assignment_id)
    taken.submit()

    assert shows(taken, canary) == "score"
    own.submit()

    assert [shows(play, canary) for play in (taken, own)] == ["key", "key"]


def test_who_left_the_cohort_waits_for_nothing(make: Factory, session: Session, clock: Clock, plant: Plant) -> None:
    canary = plant()
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    make.assignment(trainer, cohort, attempts_allowed=1)
    play = own_test(learner, session)
    assert shows(play, canary) == "score"

    trainer.client.post(f"/teach/cohorts/{cohort.id}/remove", data={"learner": learner.learner.id})

    assert shows(play, canary) == "key"


# -- the order of the page --------------------------------------------------------------------------------------------


def test_the_score_comes_first_then_what_to_do_then_what_was_wrong(make: Factory, session: Session) -> None:
    play = start(make.person().client, session)
    play.answer_all(wrong=[2, 5])
    play.submit()

    page = play.result().text

    places = [page.index(part) for part in ("score__big", "result-steps", 'id="review"', 'id="wrong"', 'id="others"')]
    assert places == sorted(places)
    assert page.index('id="wrong"') < page.index('id="answer-2"') < page.index('id="others"')
    assert page.index('id="others"') < page.index('id="answer-1"')
    assert "2 of 10 correct" not in page
    assert "8 of 10 correct" in page


def test_only_what_is_to_be_reviewed_is_open(make: Factory, session: Session) -> None:
    """At most three objectives are open; the others, and every answer, are folded."""
    play = start(make.person().client, session)
    play.submit()

    page = play.result().text
    main = page[page.index("<main") : page.index("</main")]

    assert "<details open" not in " ".join(main.split())
    shown = main[main.index('id="review"') : main.index("<details")]
    assert shown.count("Practise<") == 3
    assert "more to work on" in main


def test_partly_correct_is_counted_and_explained(make: Factory, session: Session) -> None:
    play = start(make.person().client, session)
    play.answer_all()
    play.submit()
    mark = session.scalars(select(Mark).where(Mark.attempt_id == play.attempt_id, Mark.position == 1)).one()
    mark.points, mark.is_right = 1 / 3, False
    attempt = session.get_one(Attempt, play.attempt_id)
    attempt.points = 9 + 1 / 3
    session.commit()

    page = play.result().text

    assert "9 correct, 1 partly correct: 9.3 of 10 points" in page
    item = page[page.index('id="answer-1"') :]
    assert "Partly correct" in item[:1500]
    assert "Incorrect" not in item[:1200]


@pytest.mark.parametrize("policy", [AFTER_SUBMISSION, AFTER_CLOSING])
def test_trying_again_leads_to_the_start_page(policy: ReleasePolicy, make: Factory, session: Session) -> None:
    """Fails when a result starts the clock."""
    learner, assignment_id = assigned(make, policy)
    play = start_assigned(learner.client, session, assignment_id)
    play.submit()

    page = play.result().text

    assert f'href="/assignments/{assignment_id}"' in page
    assert f'action="/assignments/{assignment_id}/attempts"' not in page
    assert 'value="test"' not in page
