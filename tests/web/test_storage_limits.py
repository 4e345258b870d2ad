"""Threat 35: what one guest, or one learner, can store within an hour."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.attempt import MAX_REVISIONS
from app.models import AnswerRevision, Attempt, AttemptItem
from app.services.people import users
from app.web.budgets import limiter
from app.web.storage_limits import CHECKS, REPORTS, STARTS_BY_GUEST
from tests.support.attempt_client import JSON, get_json, start
from tests.support.factory import Factory

LESSON = "/modules/safety/lessons/red-flags"


def _most(limit: str) -> int:
    return int(limit.split()[0])


def _find_check(client: FlaskClient) -> str:
    found = re.search(rf'action="({LESSON}/checks/[\w-]+)"', client.get(LESSON).text)
    assert found
    return found[1]


def test_a_guest_cannot_start_attempts_without_end(client: FlaskClient, session: Session) -> None:
    """Fails when nothing counts what one guest stores. Others behind the same address go on."""
    client.post("/modules/safety/attempts", data={"mode": "practice"})  # now they are a guest

    statuses = [
        client.post("/modules/safety/attempts", data={"mode": "practice"}).status_code
        for _ in range(_most(STARTS_BY_GUEST))
    ]
    refused = client.post("/practice", data={"objective": "1"})
    other = client.application.test_client()

    assert set(statuses) == {303}
    assert refused.status_code == 429
    assert "Finish one of them, or wait until the hour is over" in refused.text
    assert int(refused.headers["Retry-After"]) > 0
    assert other.post("/modules/safety/attempts", data={"mode": "practice"}).status_code == 303


def test_the_storage_of_limits_holds_no_token(client: FlaskClient) -> None:
    """Fails when guests are counted by the token of their sign-in itself: those who can read Redis could read it."""
    for _ in range(2):
        client.post("/modules/safety/attempts", data={"mode": "practice"})
    with client.session_transaction() as stored:
        token = stored["sign_in"]

    keys = list(limiter.storage.storage)  # type: ignore[attr-defined]

    assert any("learner|" in key for key in keys)
    assert not any(token in key for key in keys)


def test_an_account_can_start_more_than_a_guest(make: Factory) -> None:
    person = make.person()

    statuses = {
        person.client.post("/modules/safety/attempts", data={"mode": "practice"}).status_code
        for _ in range(_most(STARTS_BY_GUEST) + 5)
    }

    assert statuses == {303}


def test_a_new_password_gives_no_new_budget(make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when a learner is counted by something that changing the password or signing in again renews."""
    person = make.person()
    monkeypatch.setattr("app.web.storage_limits.STARTS_BY_ACCOUNT", "1 per hour")
    start = {"mode": "practice"}
    assert person.client.post("/modules/safety/attempts", data=start).status_code == 303

    users.renew_credentials(session, person.user, make.now())
    session.commit()
    again = make.signed_in(person.user, person.learner)

    assert again.post("/modules/safety/attempts", data=start).status_code == 429


def test_a_guest_cannot_answer_checks_without_end(client: FlaskClient) -> None:
    check = _find_check(client)
    client.post(check, data={"option": "0", "number": "1"})

    statuses = [client.post(check, data={"option": "0", "number": "1"}).status_code for _ in range(_most(CHECKS))]
    refused = client.post(check, data={"option": "0", "number": "2"})

    assert set(statuses) == {303}
    assert refused.status_code == 429
    assert "Wait until the hour is over, and read on meanwhile" in refused.text


def test_reports_have_a_limit(make: Factory, session: Session) -> None:
    play = start(make.person().client, session)

    statuses = [
        play.client.post(f"{play.path}/1/report", data={"says": f"It is wrong, {n}."}).status_code
        for n in range(_most(REPORTS) + 1)
    ]

    assert (set(statuses[:-1]), statuses[-1]) == ({303}, 429)


def test_an_answer_can_be_changed_often_but_not_without_end(make: Factory, session: Session) -> None:
    """The last change stays, and the other questions can be answered."""
    play = start(make.person().client, session)
    play.answer(1, 0)
    session.execute(
        update(AttemptItem)
        .where(AttemptItem.attempt_id == play.attempt_id, AttemptItem.position == 1)
        .values(revision=MAX_REVISIONS)
    )
    session.commit()

    refused = play.answer(1, 1, revision=MAX_REVISIONS)
    as_json = play.answer(1, 1, revision=MAX_REVISIONS, headers=JSON)
    same = play.answer(1, 0, revision=MAX_REVISIONS)

    assert refused.status_code == 409
    assert "counts and can no longer be changed" in refused.text
    assert get_json(as_json) == {"error": "TooManyChanges"}
    assert same.status_code == 303
    assert play.answer(2, 0).status_code == 303
    assert session.scalar(select(func.count()).select_from(AnswerRevision)) == 2


@pytest.mark.parametrize(("number", "status"), [("2", 400), ("1000000", 400), ("1", 303)])
def test_a_check_takes_only_the_number_that_its_page_offers(
    client: FlaskClient, session: Session, number: str, status: int
) -> None:
    """Fails when a number out of order is stored: the page then offered the next one, which no form takes."""
    check = _find_check(client)

    reply = client.post(check, data={"option": "0", "number": number})

    assert reply.status_code == status
    assert session.scalar(select(func.count(Attempt.id))) == (1 if status == 303 else 0)
    assert client.post(_find_check(client), data={"option": "0", "number": "1"}).status_code == 303
