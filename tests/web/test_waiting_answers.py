"""Which question pages let an answer wait for a connection: practice and reviews, never tests."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.release import ReleaseMoment, ReleasePolicy
from tests.conftest import Clock
from tests.support import chosen_attempts
from tests.support.attempt_client import AttemptClient, start, start_assigned
from tests.support.factory import Factory, Person
from tests.support.question_kinds import CASE, N

SUBMISSION, EACH = ReleaseMoment.SUBMISSION, ReleaseMoment.EACH_ANSWER


def _waits(play: AttemptClient) -> dict[int, bool]:
    return {question.n: "data-queues" in play.page(question.n).text for question in play.questions()}


def _start(person: Person, session: Session, purpose: Purpose, clock: Clock) -> AttemptClient:
    attempt = chosen_attempts.start_with_every_kind(session, person.learner, purpose, clock.now)
    session.commit()
    return AttemptClient(person.client, session, attempt.id)


def test_answers_of_practice_wait_unless_the_next_step_comes_from_the_server(
    make: Factory, session: Session, clock: Clock
) -> None:
    play = _start(make.person(), session, Purpose.PRACTICE, clock)

    waits = _waits(play)

    assert [n for n, is_waiting in waits.items() if not is_waiting] == [N[CASE]]
    assert "data-keeps-questions" in play.page(1).text


def test_answers_of_a_test_never_wait(make: Factory, session: Session, clock: Clock) -> None:
    play = _start(make.person(), session, Purpose.TEST, clock)

    assert not any(_waits(play).values())
    assert "data-keeps-questions" not in play.page(1).text


@pytest.mark.parametrize("moment", [EACH, SUBMISSION])
def test_answers_of_an_assigned_test_never_wait_whenever_they_are_checked(
    make: Factory, session: Session, moment: ReleaseMoment
) -> None:
    """Fails when a page decides by the way of checking, which a test can share with practice."""
    trainer, learner = make.trainer(), make.person()
    policy = ReleasePolicy(SUBMISSION, moment, moment, moment)
    assignment = make.assignment(trainer, make.cohort(trainer, learner), policy=policy)

    play = start_assigned(learner.client, session, assignment.id)

    assert not any(_waits(play).values())
    assert "data-keeps-questions" not in play.page(1).text


def test_an_answer_that_is_sent_again_has_one_effect(make: Factory, session: Session) -> None:
    play = start(make.person().client, session, "practice", "safety")
    headers = {"Accept": "application/json"}
    first = play.at(1)

    replies = [play.answer(1, *first.right, headers=headers) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert play.log() == 1
