"""Reopening at one moment with what learners and other trainers do, on a database in a file and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db import db
from app.domain.attempt import AttemptState
from app.models import Attempt, AttemptReopening, Mark, Message, ScopeResult, WithdrawnMark
from app.permissions import Viewer
from app.services.attempts import reopening
from tests.conftest import Clock
from tests.support.at_once import at_once
from tests.test_races import Race, racing_app

__all__ = ["racing_app"]

ROUNDS = 3


def get_version(race: Race, attempt_id: int) -> str:
    with race.app.app_context(), Session(db.engine) as session:
        viewer = Viewer(race.trainer.user, race.trainer.learner)
        found = reopening.get_for(session, viewer, attempt_id, race.clock())
        assert found
        return found.version


def reopen(client: FlaskClient, attempt_id: int, seen: str) -> Callable[[], TestResponse]:
    form = {"minutes": "10", "reason": "It ended by accident", "seen": seen}
    return lambda: client.post(f"/teach/attempts/{attempt_id}/reopen", data=form)


def start_assigned(race: Race, path: str) -> int:
    return int(race.person.client.post(path).location.split("/")[2])


def check(race: Race) -> None:
    """Every submitted attempt has its ten marks and counts; an open one has none."""
    attempts, marks, results = race.rows(Attempt), race.rows(Mark), race.rows(ScopeResult)
    submitted = [one for one in attempts if one.state is AttemptState.SUBMITTED]
    assert Counter(mark.attempt_id for mark in marks) == {one.id: 10 for one in submitted}
    assert sum(result.attempts for result in results) == len(submitted)
    assert len(attempts) - len(submitted) <= 1


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_two_trainers_reopen_it_once(racing_app: Flask, clock: Clock, turn: int) -> None:
    race = Race(racing_app, clock, devices=1)
    attempt_id = start_assigned(race, race.assigned(time_limit_minutes=20))
    race.person.client.post(f"/attempts/{attempt_id}/submit")
    trainers = [race.trainer_again() for _ in range(4)]
    seen = get_version(race, attempt_id)

    replies = at_once([reopen(trainer, attempt_id, seen) for trainer in trainers])

    assert Counter(reply.status_code for reply in replies) == {303: 1, 409: 3}
    assert (len(race.rows(AttemptReopening)), len(race.rows(WithdrawnMark))) == (1, 10)
    check(race)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_more_time_while_the_learner_submits(racing_app: Flask, clock: Clock, turn: int) -> None:
    """One comes first: with more time the submission counts all the same, and a submitted test is not reopened unasked."""
    race = Race(racing_app, clock, devices=1)
    attempt_id = start_assigned(race, race.assigned(time_limit_minutes=20))
    seen = get_version(race, attempt_id)

    given, submitted = at_once(
        [
            reopen(race.trainer.client, attempt_id, seen),
            partial(race.devices[0].post, f"/attempts/{attempt_id}/submit"),
        ]
    )

    (attempt,) = race.rows(Attempt)
    assert (given.status_code in (303, 409), submitted.status_code) == (True, 303)
    assert attempt.state is AttemptState.SUBMITTED
    assert len(race.rows(AttemptReopening)) == (given.status_code == 303)
    check(race)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_reopening_while_the_learner_starts_the_next_attempt(racing_app: Flask, clock: Clock, turn: int) -> None:
    """Fails when both succeed as two open attempts, or when one of them is a fault of the server."""
    race = Race(racing_app, clock, devices=1)
    path = race.assigned(time_limit_minutes=20, attempts_allowed=2)
    attempt_id = start_assigned(race, path)
    race.person.client.post(f"/attempts/{attempt_id}/submit")
    seen = get_version(race, attempt_id)

    reopened, started = at_once([reopen(race.trainer.client, attempt_id, seen), partial(race.devices[0].post, path)])

    assert started.status_code == 303
    expected = 1 if reopened.status_code == 303 else 2
    assert (reopened.status_code in (303, 409), len(race.rows(Attempt))) == (True, expected)
    check(race)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_reopening_while_expired_attempts_are_closed(racing_app: Flask, clock: Clock, turn: int) -> None:
    race = Race(racing_app, clock, devices=1)
    attempt_id = start_assigned(race, race.assigned(time_limit_minutes=20))
    clock.advance(minutes=21)
    seen = get_version(race, attempt_id)

    reopened, result = at_once(
        [
            reopen(race.trainer.client, attempt_id, seen),
            partial(race.devices[0].get, f"/attempts/{attempt_id}/result"),
        ]
    )

    (attempt,) = race.rows(Attempt)
    assert result.status_code in (200, 302)
    if reopened.status_code == 303:
        assert (attempt.state, attempt.deadline_at) == (AttemptState.OPEN, clock() + timedelta(minutes=10))
    else:
        assert (reopened.status_code, attempt.state) == (409, AttemptState.SUBMITTED)
    check(race)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_an_exception_while_the_learner_submits(racing_app: Flask, clock: Clock, turn: int) -> None:
    """Fails on PostgreSQL as a deadlock when the lock on the assignment also keeps out rows that refer to it."""
    race = Race(racing_app, clock, devices=1)
    path = race.assigned(time_limit_minutes=20)
    attempt_id = start_assigned(race, path)
    grant = {"learners": str(race.person.learner.id), "extra_time_percent": "50"}

    replies = at_once(
        [
            partial(race.devices[0].post, f"/attempts/{attempt_id}/submit"),
            partial(race.trainer.client.post, f"/teach{path.removesuffix('/attempts')}/exceptions", data=grant),
        ]
    )

    assert [reply.status_code for reply in replies] == [303, 303]
    check(race)


def test_a_message_sent_twice_at_one_moment_is_one(racing_app: Flask, clock: Clock) -> None:
    race = Race(racing_app, clock, devices=1)
    race.assigned()
    trainers = [race.trainer_again() for _ in range(4)]
    form = {"to": str(race.person.learner.id), "text": "Hello", "form_id": "one-form"}

    replies = at_once([partial(trainer.post, "/teach/cohorts/1/messages/new", data=form) for trainer in trainers])

    assert Counter(reply.status_code for reply in replies) == {303: 4}
    assert len(race.rows(Message)) == 1
