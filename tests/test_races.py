"""What happens at one moment, on a database in a file and on PostgreSQL: in threads, each request with a transaction of its own."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app
from app.db import db
from app.models import AnswerRevision, Assignment, Attempt, Mark, ScopeResult
from tests.conftest import Clock, settings_for
from tests.support.at_once import at_once
from tests.support.attempt_client import JSON, AttemptClient, StoredQuestion, get_json
from tests.support.factory import AFTER_CLOSING, Factory, Person

ROUNDS = 15


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def racing_app(request: pytest.FixtureRequest, published: Path, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    shutil.copy(published, tmp_path / "palpate.sqlite3")
    other = {"database_url": request.getfixturevalue("postgres_url")} if request.param == "postgres" else {}
    app = create_app(settings_for(tmp_path, **other))
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    app.extensions["clock"] = clock
    yield app
    with app.app_context():
        db.engine.dispose()


class Race:
    """A learner with many devices, and what the database says afterwards."""

    def __init__(self, app: Flask, clock: Clock, devices: int) -> None:
        self.app, self.clock = app, clock
        with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            make = Factory(app, session, clock)
            self.trainer, self.person = make.trainer(), make.person()
            self.devices = [make.signed_in(self.person.user, self.person.learner) for _ in range(devices)]

    def assigned(self, **terms: object) -> str:
        """Assign the test to a cohort of this learner; return the path that starts it."""
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            make = Factory(self.app, session, self.clock)
            cohort = make.cohort(self.trainer, Person(self.person.user, self.person.learner, self.person.client))
            return f"/assignments/{make.assignment(self.trainer, cohort, **terms).id}/attempts"

    def trainer_again(self) -> FlaskClient:
        """The trainer in another browser."""
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            make = Factory(self.app, session, self.clock)
            make.made = 1000 + len(self.devices)
            self.devices.append(make.signed_in(self.trainer.user, self.trainer.learner))
            return self.devices[-1]

    def start(self) -> int:
        started = self.person.client.post("/modules/safety/attempts", data={"mode": "test"})
        return int(started.location.split("/")[2])

    def questions(self, attempt_id: int) -> list[StoredQuestion]:
        with self.app.app_context(), Session(db.engine) as session:
            return AttemptClient(self.person.client, session, attempt_id).questions()

    def rows(self, table: type[Any]) -> list[Any]:
        with self.app.app_context(), Session(db.engine) as session:
            return list(session.scalars(select(table)))


def save(client: FlaskClient, path: str, place: int, save_id: str, revision: int = 0) -> Callable[[], TestResponse]:
    form = {"option": str(place), "revision": str(revision), "save_id": save_id}
    return lambda: client.post(path, data=form, headers=JSON)


def test_fifty_starts_at_one_moment_open_one_attempt(racing_app: Flask, clock: Clock) -> None:
    """Fails on PostgreSQL without the constraints on open attempts and on their numbers, and when their refusal is not caught."""
    race = Race(racing_app, clock, devices=50)
    path = race.assigned(attempts_allowed=2)

    replies = at_once([partial(device.post, path) for device in race.devices])

    assert Counter(reply.status_code for reply in replies) == {303: 50}
    assert len({reply.location for reply in replies}) == 1
    assert len(race.rows(Attempt)) == 1


def test_the_limit_of_attempts_holds_whoever_starts_now(racing_app: Flask, clock: Clock) -> None:
    """Fails when the limit is not looked at when an attempt starts."""
    race = Race(racing_app, clock, devices=20)
    path = race.assigned(attempts_allowed=1)
    first = race.person.client.post(path)
    race.person.client.post(first.location.removesuffix("/1") + "/submit")

    replies = at_once([partial(device.post, path) for device in race.devices])

    assert Counter(reply.status_code for reply in replies) == {409: 20}
    assert len(race.rows(Attempt)) == 1


def test_one_save_sent_twice_at_one_moment_is_stored_once_and_acknowledged_twice(
    racing_app: Flask, clock: Clock
) -> None:
    """Fails on PostgreSQL when the items of an attempt are read without a lock: who waited then sees what was there before."""
    race = Race(racing_app, clock, devices=2)
    attempt_id = race.start()

    replies = [
        at_once([save(device, f"/attempts/{attempt_id}/{n}", 0, f"save-{n}") for device in race.devices])
        for n in range(1, 11)
    ]

    assert [[reply.status_code for reply in pair] for pair in replies] == [[200, 200]] * 10
    assert [pair[0].json for pair in replies] == [pair[1].json for pair in replies]
    assert len(race.rows(AnswerRevision)) == 10


def test_of_two_answers_at_one_moment_one_is_stored_and_one_is_told(racing_app: Flask, clock: Clock) -> None:
    """Fails when the revision that the page saw is not compared under a lock."""
    race = Race(racing_app, clock, devices=2)
    attempt_id = race.start()

    replies = [
        at_once(
            [save(device, f"/attempts/{attempt_id}/{n}", i, f"save-{n}-{i}") for i, device in enumerate(race.devices)]
        )
        for n in range(1, 11)
    ]

    assert [sorted(reply.status_code for reply in pair) for pair in replies] == [[200, 409]] * 10
    assert Counter(row.revision for row in race.rows(AnswerRevision)) == {1: 10}
    told = [next(get_json(reply) for reply in pair if reply.status_code == 409) for pair in replies]
    stored = [{"option": [str(place) for place in one.chosen]} for one in race.questions(attempt_id)]
    assert [reply["fields"] for reply in told] == stored


def test_a_score_counts_the_answers_sequenced_before_the_submission(racing_app: Flask, clock: Clock) -> None:
    """R11, short: two submits and five saves at one moment.

    Fails when the submission marks what it read before it was alone with the attempt, or when a save after it is still stored.
    """
    race = Race(racing_app, clock, devices=7)

    for number in range(1, ROUNDS + 1):
        attempt_id = race.start()
        places = race.questions(attempt_id)[:5]
        saves = [
            save(device, f"/attempts/{attempt_id}/{place.n}", place.right_place, f"save-{place.n}")
            for device, place in zip(race.devices, places, strict=False)
        ]
        submits = [partial(device.post, f"/attempts/{attempt_id}/submit") for device in race.devices[5:]]
        replies = at_once([*saves, *submits])

        stored = {place.n for place, reply in zip(places, replies, strict=False) if reply.status_code == 200}
        assert {reply.status_code for reply in replies[:5]} <= {200, 409}
        assert [reply.status_code for reply in replies[5:]] == [303, 303]
        assert {row.position for row in race.rows(AnswerRevision) if row.attempt_id == attempt_id} == stored
        marks = {row.position: row for row in race.rows(Mark) if row.attempt_id == attempt_id}
        assert set(marks) == set(range(1, 11))
        assert {position for position, mark in marks.items() if mark.points > 0} == stored
        [attempt] = [row for row in race.rows(Attempt) if row.id == attempt_id]
        assert attempt.points == pytest.approx(sum(mark.points for mark in marks.values()))
        [standing] = race.rows(ScopeResult)
        assert standing.attempts == number


def test_a_whole_attempt(racing_app: Flask, clock: Clock) -> None:
    """Fails when any statement of an attempt is not understood by one of the databases."""
    race = Race(racing_app, clock, devices=1)
    client = race.devices[0]
    attempt_id = race.start()

    statuses = [client.get(path).status_code for path in ("/", "/modules/safety", "/progress")]
    for place in race.questions(attempt_id):
        statuses.append(client.get(f"/attempts/{attempt_id}/{place.n}").status_code)
        form = {"option": [str(right) for right in place.right], "revision": "0", "certainty": "2"}
        statuses.append(client.post(f"/attempts/{attempt_id}/{place.n}", data=form).status_code)
    statuses.append(client.get(f"/attempts/{attempt_id}/summary").status_code)
    statuses.append(client.post(f"/attempts/{attempt_id}/submit").status_code)
    result = client.get(f"/attempts/{attempt_id}/result")

    assert statuses == [200] * 3 + [200, 303] * 10 + [200, 303]
    assert result.status_code == 200
    [attempt] = race.rows(Attempt)
    assert (attempt.points, attempt.max_points, attempt.is_passed) == (10, 10, True)


# -- starting against whoever sets terms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_extra_time_granted_while_the_test_is_started_reaches_it(racing_app: Flask, clock: Clock, turn: int) -> None:
    """Fails on PostgreSQL when a start and an exception don't wait for each other: each then misses what the other just stored."""
    race = Race(racing_app, clock, devices=1)
    path = race.assigned(time_limit_minutes=20)
    grant = {"learners": str(race.person.learner.id), "extra_time_percent": "50"}

    replies = at_once(
        [
            lambda: race.trainer.client.post(f"/teach{path.removesuffix('/attempts')}/exceptions", data=grant),
            lambda: race.devices[0].post(path),
        ]
    )

    [attempt] = race.rows(Attempt)
    assert [reply.status_code for reply in replies] == [303, 303]
    assert attempt.deadline_at == clock.now + timedelta(minutes=30)


@pytest.mark.parametrize("turn", range(5))
def test_a_start_against_a_deletion_leaves_one_of_them(racing_app: Flask, clock: Clock, turn: int) -> None:
    """Fails when what somebody just began can be deleted, or when the start of what was just deleted is a fault of the server."""
    race = Race(racing_app, clock, devices=1)
    path = race.assigned()
    teach = f"/teach{path.removesuffix('/attempts')}"

    deleted, started = at_once(
        [lambda: race.trainer.client.post(f"{teach}/delete"), lambda: race.devices[0].post(path)]
    )

    assert deleted.status_code == 303
    assert (started.status_code, len(race.rows(Attempt)), len(race.rows(Assignment))) in ((303, 1, 1), (404, 0, 0))


def test_of_two_trainers_at_one_moment_one_saves_and_one_is_told(racing_app: Flask, clock: Clock) -> None:
    """Fails on PostgreSQL when the revision is read without a lock."""
    race = Race(racing_app, clock, devices=1)
    path = f"/teach{race.assigned().removesuffix('/attempts')}"
    trainers = [race.trainer_again() for _ in range(4)]
    module = race.rows(Assignment)[0].module_id

    def save(trainer: FlaskClient, title: str) -> Callable[[], TestResponse]:
        return lambda: trainer.post(f"{path}/settings", data={"module": module, "title": title, "revision": "1"})

    replies = at_once([save(trainer, f"Title {n}") for n, trainer in enumerate(trainers)])

    assert Counter(reply.status_code for reply in replies) == {303: 1, 409: 3}
    assert race.rows(Assignment)[0].revision == 2


def test_closing_earlier_while_tests_are_started_shortens_none(racing_app: Flask, clock: Clock) -> None:
    """A start either comes under the old terms, and keeps their time, or under the new ones."""
    race = Race(racing_app, clock, devices=1)
    due = clock.now + timedelta(hours=2)
    path = race.assigned(due_at=due, policy=AFTER_CLOSING, time_limit_minutes=90)
    teach, module = f"/teach{path.removesuffix('/attempts')}", race.rows(Assignment)[0].module_id
    sooner = {"module": module, "revision": "1", "due_date": "2026-11-23", "due_time": "10:30"}

    edited, started = at_once(
        [lambda: race.trainer.client.post(f"{teach}/settings", data=sooner), lambda: race.devices[0].post(path)]
    )

    [attempt], [assignment] = race.rows(Attempt), race.rows(Assignment)
    assert (edited.status_code, started.status_code) == (303, 303)
    assert attempt.deadline_at in (clock.now + timedelta(minutes=90), clock.now + timedelta(minutes=30))
    assert assignment.due_at == clock.now + timedelta(minutes=30)
    assert assignment.extended_until == (attempt.deadline_at if attempt.deadline_at > assignment.due_at else None)
