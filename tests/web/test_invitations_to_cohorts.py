"""Taking up an invitation to a cohort: with a new account or the one that somebody has, without telling who has one."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Cohort, CohortTrainer, Membership, Role, User
from app.services.cohorts import cohorts, invitations, trainers
from app.services.cohorts.invitations import Invitee
from tests.conftest import Clock
from tests.support.factory import PASSWORD, Factory, Person

FORM = {"name": "Ada Byron", "email": "ada@example.org", "password": PASSWORD, "time_zone": "Europe/Paris"}


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


@pytest.fixture
def cohort(make: Factory, trainer: Person) -> Cohort:
    return make.cohort(trainer, title="Year 2")


def _to_join(session: Session, trainer: Person, cohort: Cohort, clock: Clock, email: str = "ada@example.org") -> str:
    (sent,) = invitations.create_to_join(session, trainer.user, cohort, [Invitee("Ada Byron", email)], clock.now)
    session.commit()
    return f"/invitation/{sent.token}"


def _to_teach(session: Session, trainer: Person, cohort: Cohort, clock: Clock, email: str) -> str:
    sent = trainers.invite(session, trainer.user, cohort, email, clock.now)
    session.commit()
    return f"/invitation/{sent.token}"


def _members(session: Session, cohort: Cohort) -> list[str]:
    return [member.name for member in cohorts.list_members(session, cohort)]


def test_somebody_without_an_account_makes_one_and_is_in_the_cohort(
    client: FlaskClient, session: Session, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    path = _to_join(session, trainer, cohort, clock)

    shown, made = client.get(path).text, client.post(path, data=FORM)

    assert "You are invited to join Year 2" in shown
    assert "Taught by Dr Ilse Brandt." in shown
    assert 'value="Ada Byron"' in shown
    assert made.location == "/"
    assert "You have joined Year 2." in client.get("/").text
    assert _members(session, cohort) == ["Ada Byron"]
    assert client.get(path).status_code == 410


def test_somebody_signed_in_joins_by_one_press(
    make: Factory, session: Session, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    learner = make.person(name="Ada Byron", email="ada@example.org")
    path = _to_join(session, trainer, cohort, clock)

    shown = learner.client.get(path).text
    before = _members(session, cohort)
    joined = learner.client.post(path)

    assert before == []
    assert "Join this cohort" in shown
    assert "is meant for" not in shown
    assert joined.location == "/"
    assert _members(session, cohort) == ["Ada Byron"]
    assert learner.client.post(path).status_code == 410


def test_signed_out_one_signs_in_and_comes_back_to_the_invitation(
    make: Factory, app: Flask, session: Session, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    make.person(name="Ada Byron", email="ada@example.org", with_password=True)
    path, browser = _to_join(session, trainer, cohort, clock), app.test_client()
    link = re.search(r'href="(/login\?next=[^"]+)"', browser.get(path).text.partition("<main")[2])
    assert link

    signed_in = browser.post(link[1], data={"email": "ada@example.org", "password": PASSWORD, "next": path})
    joined = browser.post(signed_in.location)

    assert signed_in.location == path
    assert joined.status_code == 303
    assert _members(session, cohort) == ["Ada Byron"]


def test_the_page_is_the_same_whether_or_not_the_address_has_an_account(
    make: Factory, app: Flask, session: Session, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    """Threat 16. Fails when the page asks an account's owner to sign in, and a stranger to register."""
    make.person(email="known@example.org")

    pages = [
        app.test_client().get(_to_join(session, trainer, cohort, clock, email)).text.replace(email, "")
        for email in ("known@example.org", "nobody@example.org")
    ]

    hidden = r'/invitation/[\w-]+|name="csrf_token" value="[^"]+"'
    first, second = (re.sub(hidden, "", page) for page in pages)
    assert first == second


def test_whoever_is_not_meant_is_told(
    make: Factory, session: Session, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    other = make.person(email="other@example.org")

    page = other.client.get(_to_join(session, trainer, cohort, clock)).text

    assert "is for ada@example.org, and you are signed in as other@example.org" in page


def test_an_invited_trainer_with_an_account_teaches_it_by_one_press(
    make: Factory, session: Session, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    colleague = make.trainer()
    path = _to_teach(session, trainer, cohort, clock, colleague.user.email)
    assert colleague.client.get(f"/teach/cohorts/{cohort.id}").status_code == 404

    reply = colleague.client.post(path)

    assert reply.location == f"/teach/cohorts/{cohort.id}"
    assert colleague.client.get(reply.location).status_code == 200


def test_an_invited_trainer_without_one_makes_a_trainers_account(
    client: FlaskClient, session: Session, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    path = _to_teach(session, trainer, cohort, clock, "ada@example.org")

    reply = client.post(path, data=FORM)

    made = session.scalars(select(User).where(User.email == "ada@example.org")).one()
    assert reply.location == f"/teach/cohorts/{cohort.id}"
    assert made.role is Role.TRAINER
    assert session.get(CohortTrainer, (cohort.id, made.id))
    assert session.scalars(select(Membership)).all() == []


def test_a_link_for_an_account_alone_still_makes_nothing_of_who_is_signed_in(
    make: Factory, session: Session, clock: Clock
) -> None:
    learner, admin = make.person(), make.admin()
    issued = invitations.create(session, admin.user, Role.ADMIN, clock.now)
    session.commit()

    page = learner.client.post(f"/invitation/{issued.token}")

    session.refresh(learner.user)
    assert "You are signed in" in page.text
    assert learner.user.role is Role.LEARNER


def test_an_archived_cohort_takes_nobody(
    make: Factory, client: FlaskClient, session: Session, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    """Fails when only the page asks whether the cohort is archived, or only one of the two ways in."""
    path, learner = _to_join(session, trainer, cohort, clock), make.person()
    cohorts.archive(session, trainer.user, cohort, clock.now)
    session.commit()

    replies = [client.get(path), client.post(path, data=FORM), learner.client.post(path)]

    assert [reply.status_code for reply in replies] == [410, 410, 410]
    assert session.scalar(select(User).where(User.email == "ada@example.org")) is None
    assert _members(session, cohort) == []


def test_a_taken_address_is_said_and_the_link_stays_good(
    make: Factory, client: FlaskClient, session: Session, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    make.person(email="ada@example.org")
    path = _to_join(session, trainer, cohort, clock)

    refused = client.post(path, data=FORM)

    assert refused.status_code == 422
    assert client.get(path).status_code == 200
