"""Threat 33: deleting one's account and joining again gains nothing, and the trainer sees it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.models import Cohort, Membership, Role
from app.services.cohorts import cohorts, invitations
from app.services.cohorts.rejoining import AddressKey
from tests.conftest import Clock
from tests.support.factory import PASSWORD, Factory, Person

ADDRESS = "ada@example.org"
MARK = "was in this cohort before, with an account that was deleted"


@pytest.fixture
def cohort(make: Factory, trainer: Person) -> Cohort:
    return make.cohort(trainer)


def _leave_by_deletion(make: Factory, cohort: Cohort, session: Session, *, removed_by: Person | None = None) -> None:
    ada = make.person(with_password=True, email=ADDRESS, name="Ada Byron")
    make.join(cohort, ada)
    if removed_by is not None:
        cohorts.remove_member(session, removed_by.user, cohort, ada.learner.id, make.now())
    session.commit()
    ada.client.post("/account/delete", data={"password": PASSWORD})
    session.expire_all()


def _register(client: FlaskClient, cohort: Cohort | None = None, email: str = ADDRESS) -> str:
    form = {"name": "Ada B.", "email": email, "password": PASSWORD}
    if cohort is not None:
        form["next"] = f"/join/{cohort.join_code}"
    client.post("/register", data=form)
    return client.get("/").text


@pytest.mark.parametrize("way", ["registering", "the code", "an invitation", "an invitation with an account"])
def test_the_trainer_sees_that_an_erased_account_joined_before(
    client: FlaskClient, make: Factory, trainer: Person, cohort: Cohort, session: Session, way: str
) -> None:
    _leave_by_deletion(make, cohort, session)
    if way.startswith("an invitation"):
        person = invitations.Invitee("", ADDRESS)
        [issued] = invitations.create_to_join(session, trainer.user, cohort, [person], make.now())
        session.commit()

    match way:
        case "registering":
            _register(client, cohort)
        case "the code":
            _register(client)
            client.post(f"/join/{cohort.join_code}")
        case "an invitation":
            client.post(f"/invitation/{issued.token}", data={"name": "Ada B.", "email": ADDRESS, "password": PASSWORD})
        case "an invitation with an account":
            _register(client)
            client.post(f"/invitation/{issued.token}")

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/people").text
    assert "Ada B." in page
    assert MARK in page


def test_others_are_not_marked(
    client: FlaskClient, make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    _leave_by_deletion(make, cohort, session)

    _register(client, cohort, "bob@example.org")

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/people").text
    assert "Ada B." in page
    assert MARK not in page


@pytest.mark.parametrize("way", ["registering", "the code"])
def test_a_removal_outlives_the_account(
    app: Flask, client: FlaskClient, make: Factory, trainer: Person, cohort: Cohort, session: Session, way: str
) -> None:
    """Fails when a removed learner comes back by deleting the account."""
    _leave_by_deletion(make, cohort, session, removed_by=trainer)

    if way == "registering":
        assert "Only a trainer can bring you back" in _register(client, cohort)
    else:
        _register(client)
        assert client.post(f"/join/{cohort.join_code}").status_code == 403

    assert "Ada B." not in trainer.client.get(f"/teach/cohorts/{cohort.id}/people").text


def test_a_trainer_can_bring_them_back(
    client: FlaskClient, make: Factory, trainer: Person, cohort: Cohort, session: Session, clock: Clock
) -> None:
    _leave_by_deletion(make, cohort, session, removed_by=trainer)
    _register(client)
    [issued] = invitations.create_to_join(session, trainer.user, cohort, [invitations.Invitee("", ADDRESS)], clock.now)
    session.commit()

    assert client.post(f"/invitation/{issued.token}").status_code == 303

    assert "Ada B." in trainer.client.get(f"/teach/cohorts/{cohort.id}/people").text


@pytest.mark.parametrize("has_account", [False, True])
def test_an_invitation_from_before_the_removal_does_not_undo_it(
    client: FlaskClient,
    make: Factory,
    trainer: Person,
    cohort: Cohort,
    session: Session,
    clock: Clock,
    *,
    has_account: bool,
) -> None:
    """Fails when a removed learner deletes the account and accepts an older invitation with the same address."""
    sent_to = invitations.Invitee("", "other@example.org")  # those to the address itself are erased
    [issued] = invitations.create_to_join(session, trainer.user, cohort, [sent_to], clock.now)
    clock.advance(days=1)
    _leave_by_deletion(make, cohort, session, removed_by=trainer)
    if has_account:
        _register(client)

    form = {} if has_account else {"name": "Ada B.", "email": ADDRESS, "password": PASSWORD}
    reply = client.post(f"/invitation/{issued.token}", data=form)

    assert reply.status_code == 410
    assert "Ada B." not in trainer.client.get(f"/teach/cohorts/{cohort.id}/people").text


def test_the_hash_says_nothing_without_the_key(
    app: Flask, make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    """Fails when the address could be found by hashing guesses, or followed from one cohort to another."""
    other = make.cohort(trainer)
    _leave_by_deletion(make, cohort, session)

    kept = session.scalars(select(Membership.former_address).where(Membership.cohort_id == cohort.id)).one()

    assert kept == AddressKey(app.config["SECRET_KEY"]).hash(cohort.id, ADDRESS)
    assert kept not in (
        AddressKey("other").hash(cohort.id, ADDRESS),
        AddressKey(app.config["SECRET_KEY"]).hash(other.id, ADDRESS),
    )
    assert session.execute(text("SELECT count(*) FROM membership WHERE former_address LIKE '%ada%'")).scalar() == 0


def test_members_who_stay_keep_no_hash(make: Factory, cohort: Cohort, session: Session) -> None:
    member = make.person(Role.LEARNER)
    make.join(cohort, member)
    session.commit()

    assert session.scalars(select(Membership.former_address)).all() == [None]
