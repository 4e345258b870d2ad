"""Four moments of release over HTTP: after each answer, and a score that waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Assignment
from tests.conftest import NOW, Clock
from tests.support.attempt_client import AttemptClient, start_assigned
from tests.support.factory import Factory, Person

EACH, SUBMISSION, LAST, CLOSING = ReleaseMoment
Plant = Callable[[], str]


def assigned(make: Factory, **terms: Any) -> tuple[Person, Person, int]:
    trainer, learner = make.trainer(), make.person()
    return trainer, learner, make.assignment(trainer, make.cohort(trainer, learner), **terms).id


def begun(make: Factory, session: Session, **terms: Any) -> AttemptClient:
    _trainer, learner, assignment_id = assigned(make, **terms)
    return start_assigned(learner.client, session, assignment_id)


# -- after each answer ------------------------------------------------------------------------------------------------


def test_right_or_wrong_can_be_told_after_each_answer_and_nothing_else(
    make: Factory, session: Session, plant: Plant
) -> None:
    """Threat 5. Fails when feedback under way shows all or nothing."""
    canary = plant()
    play = begun(make, session, policy=ReleasePolicy(SUBMISSION, EACH, SUBMISSION, SUBMISSION), attempts_allowed=1)

    play.answer(1, play.at(1).wrong)

    page = play.page(1).text
    assert 'id="verdict"' in page
    assert "The correct answer is shown later" in page
    assert canary not in page
    assert 'class="visually-hidden">Correct' not in page


def test_all_can_be_told_after_each_answer(make: Factory, session: Session, plant: Plant) -> None:
    canary = plant()
    play = begun(make, session, policy=ReleasePolicy(SUBMISSION, EACH, EACH, EACH), attempts_allowed=1)

    before = play.page(1).text
    play.answer(1, play.at(1).wrong)

    assert canary not in before
    assert canary in play.page(1).text
    assert canary not in play.page(2).text


def test_of_several_attempts_only_the_last_tells_its_key_under_way(
    make: Factory, session: Session, plant: Plant
) -> None:
    """Threat 5. Fails when the policy alone decides: the first attempt would be the second one's answer sheet."""
    canary = plant()
    _trainer, learner, assignment_id = assigned(
        make, policy=ReleasePolicy(SUBMISSION, EACH, EACH, EACH), attempts_allowed=2
    )
    seen = []

    for _ in range(2):
        play = start_assigned(learner.client, session, assignment_id)
        play.answer(1, play.at(1).wrong)
        seen.append(canary in play.page(1).text)
        play.submit()

    assert seen == [False, True]


def test_an_answer_that_was_checked_is_final_in_a_test_too(make: Factory, session: Session) -> None:
    play = begun(make, session, policy=ReleasePolicy(SUBMISSION, EACH, SUBMISSION, SUBMISSION), attempts_allowed=1)
    play.answer(1, play.at(1).wrong)

    again = play.answer(1, *play.at(1).right)

    assert again.status_code == 409
    assert "already been checked" in again.text
    assert play.log() == 1


def test_a_test_that_checks_each_answer_counts_them_all(make: Factory, session: Session) -> None:
    play = begun(make, session, policy=ReleasePolicy(SUBMISSION, EACH, EACH, EACH), attempts_allowed=1)

    play.answer_all(wrong=[1])
    play.submit()

    assert "9 of 10" in play.result().text


def test_a_change_of_policy_does_not_reach_an_attempt_under_way(make: Factory, session: Session) -> None:
    """Fails when answers already given become final, or final ones open, because a trainer changed the terms."""
    trainer, learner, assignment_id = assigned(make, policy=ReleasePolicy(), attempts_allowed=1)
    play = start_assigned(learner.client, session, assignment_id)
    play.answer(1, play.at(1).wrong)

    form = {"module": str(make.module().id), "attempts_allowed": "1", "release_correctness": "each_answer"}
    assert trainer.client.post(f"/teach/assignments/{assignment_id}/settings", data=form).status_code == 303

    assert play.answer(1, *play.at(1).right).status_code == 303
    assert 'id="verdict"' not in play.page(1).text


# -- a score that waits -----------------------------------------------------------------------------------------------

WAITS = ReleasePolicy(CLOSING, CLOSING, CLOSING, CLOSING)


def test_a_score_that_waits_is_on_no_page(make: Factory, session: Session, clock: Clock) -> None:
    """Fails when a list shows what the result holds back: course, module and progress have scores of their own."""
    _trainer, learner, assignment_id = assigned(make, policy=WAITS, due_at=NOW + timedelta(hours=2))
    play = start_assigned(learner.client, session, assignment_id)
    play.answer_all()
    play.submit()

    pages = {
        path: learner.client.get(path).text for path in ("/", "/modules/safety", "/progress", f"{play.path}/result")
    }
    clock.advance(hours=2, seconds=1)
    later = {path: learner.client.get(path).text for path in pages}

    for path, page in pages.items():
        assert "100%" not in _main(page), path
        assert "score__big" not in page, path
        assert "Passed" not in _main(page), path
        assert "Passed" in _main(later[path]), path
    assert "Submitted; score comes later" in pages["/"]


def _main(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


@pytest.mark.parametrize(
    ("policy", "shown"), [(ReleasePolicy(LAST, LAST, LAST, LAST), [False, True]), (ReleasePolicy(), [True, True])]
)
def test_a_score_can_wait_for_the_last_attempt(
    make: Factory, session: Session, policy: ReleasePolicy, shown: list[bool]
) -> None:
    _trainer, learner, assignment_id = assigned(make, policy=policy, attempts_allowed=2)
    seen = []

    for _ in range(2):
        play = start_assigned(learner.client, session, assignment_id)
        play.submit()
        seen.append("score__big" in play.result().text)

    assert seen == shown


def test_the_trainer_sees_the_score_at_once(make: Factory, session: Session) -> None:
    trainer, learner, assignment_id = assigned(make, policy=WAITS, due_at=NOW + timedelta(hours=2))
    cohort_id = session.get_one(Assignment, assignment_id).cohort_id
    play = start_assigned(learner.client, session, assignment_id)
    play.answer_all()
    play.submit()

    assert "<b>100</b>" in trainer.client.get(f"/teach/cohorts/{cohort_id}/gradebook").text


# -- the reasons may wait longer than the key -------------------------------------------------------------------------


def test_the_key_may_come_before_its_reasons(make: Factory, session: Session, clock: Clock, plant: Plant) -> None:
    canary = plant()
    policy = ReleasePolicy(SUBMISSION, SUBMISSION, SUBMISSION, CLOSING)
    _trainer, learner, assignment_id = assigned(
        make, policy=policy, attempts_allowed=1, due_at=NOW + timedelta(hours=2)
    )
    play = start_assigned(learner.client, session, assignment_id)
    play.submit()

    before = play.result().text
    clock.advance(hours=2, seconds=1)
    after = play.result().text

    assert "outcome--missed" in before
    assert canary not in before
    assert canary in after


# -- time -------------------------------------------------------------------------------------------------------------


def test_the_clock_of_a_page_hears_of_added_time(make: Factory, session: Session) -> None:
    trainer, learner, assignment_id = assigned(make, time_limit_minutes=20)
    play = start_assigned(learner.client, session, assignment_id)
    path = f"{play.path}/time"

    before = learner.client.get(path).json
    grant = {"learners": str(learner.learner.id), "extra_time_percent": "50"}
    trainer.client.post(f"/teach/assignments/{assignment_id}/exceptions", data=grant)
    after = learner.client.get(path).json

    assert before == {"seconds_left": 1200, "is_open": True}
    assert after == {"seconds_left": 1800, "is_open": True}
