"""Threats 15 and 32: floods of registrations, guests and guessed codes stop nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import throttling
from app.models import Cohort, Membership, Role
from app.services.cohorts import invitations
from app.web import limits, waiting
from app.web.budgets import limiter
from tests.conftest import Clock
from tests.support.factory import PASSWORD, Factory, Person
from tests.support.limits import pace, relaxed, use_up

__all__ = ["pace", "relaxed"]


# -- registering ------------------------------------------------------------------------------------------------------------


def register(client: FlaskClient, email: str, **given: str) -> Any:
    form = {"name": "Kim Lee", "email": email, "password": PASSWORD, "time_zone": "Europe/Berlin"} | given
    return client.post("/register", data=form)


def test_a_class_registers_with_its_code_although_somebody_floods_the_form(
    app: Flask, session: Session, cohort: Cohort, clock: Clock
) -> None:
    """Threat 32. Fails when all forms of an address share a budget that empty forms use up."""
    use_up(throttling._REGISTER.quick, "127.0.0.1|")
    assert app.test_client().post("/register", data={}).status_code == 429
    browser = app.test_client()

    joined = register(app.test_client(), "one@example.org", next=f"/join/{cohort.join_code}")
    first = register(browser, "two@example.org")
    clock.advance(seconds=waiting.SECONDS)
    second = register(browser, "two@example.org")

    assert joined.status_code == 302
    assert (first.status_code, first.headers["Retry-After"]) == (429, "10")
    assert "Too many forms were sent from your network." in first.text
    assert "Please fix" not in first.text
    assert 'value="two@example.org"' in first.text
    assert second.status_code == 302
    assert session.scalar(select(func.count()).select_from(Membership)) == 1


@pytest.fixture
def cohort(make: Factory, trainer: Person) -> Cohort:
    return make.cohort(trainer)


def test_guests_start_although_somebody_makes_thousands(app: Flask, session: Session, clock: Clock) -> None:
    """Threat 32. Fails when the limit on guests refuses everybody at an address for an hour."""
    path, form = "/modules/safety/attempts", {"mode": "practice"}
    use_up(limits._GUESTS.quick)
    browser = app.test_client()

    first = browser.post(path, data=form)
    clock.advance(seconds=waiting.SECONDS)
    second = browser.post(path, data=form)

    assert (first.status_code, first.headers["Retry-After"]) == (429, "10")
    assert "Wait 10 seconds, then try again." in first.text
    assert second.status_code == 303


def test_made_up_invitations_use_up_nothing(app: Flask, make: Factory, session: Session) -> None:
    """Threat 32. Fails when forms for invitations that don't exist are counted for the address."""
    issued = invitations.create(session, make.admin().user, Role.TRAINER, make.now())
    session.commit()
    assert app.test_client().post("/invitation/unknown").status_code == 404
    keys = list(limiter.storage.storage)  # type: ignore[attr-defined]

    for number in range(20):
        app.test_client().post(f"/invitation/{number}")

    assert list(limiter.storage.storage) == keys  # type: ignore[attr-defined]
    form = {"name": "Kim Lee", "email": "kim@example.org", "password": PASSWORD, "time_zone": "Europe/Berlin"}
    assert app.test_client().post(f"/invitation/{issued.token}", data=form).status_code == 303


def test_the_form_of_one_invitation_can_be_sent_only_so_often(app: Flask, make: Factory, session: Session) -> None:
    """Threat 16. Fails without a limit on the form of one invitation, which says whether an address is taken."""
    issued = invitations.create(session, make.admin().user, Role.TRAINER, make.now())
    session.commit()

    for _ in range(59):
        limits._INVITATION.spend(str(issued.invitation.id))

    statuses = [app.test_client().post(f"/invitation/{issued.token}", data={}).status_code for _ in range(3)]

    assert statuses == [422, 429, 429]


# -- join codes -------------------------------------------------------------------------------------------------------------


def test_a_right_code_opens_for_visitors_while_somebody_guesses_there(app: Flask, cohort: Cohort) -> None:
    """Threat 32. Fails when wrong codes of one visitor refuse the right one to all visitors of the address."""
    use_up(limits._GUESSES_BY_NETWORK)
    guesses = [app.test_client().get(f"/join/{number:010}").status_code for number in range(20)]

    seen = [app.test_client().get(f"/join/{cohort.join_code}").status_code for _ in range(20)]
    typed = app.test_client().post("/join", data={"code": cohort.join_code}).status_code

    assert guesses == [429] * 20
    assert seen == [200] * 20
    assert typed == 303


@pytest.fixture
def flood(app: Flask) -> None:
    """Thousands of wrong codes from one address within the hour."""
    use_up(limits._FLOOD_OF_GUESSES)


@pytest.mark.usefixtures("flood")
def test_in_a_flood_of_guesses_each_visitor_waits_once(app: Flask, cohort: Cohort, clock: Clock) -> None:
    """Threats 15 and 32. Fails when right codes can be searched for at the speed of the server."""
    browser = app.test_client()

    first = browser.get(f"/join/{cohort.join_code}")
    clock.advance(seconds=waiting.SECONDS)
    second = browser.get(f"/join/{cohort.join_code}")

    assert (first.status_code, first.headers["Retry-After"]) == (429, "10")
    assert second.status_code == 200
    assert app.test_client().get("/join/9999999999").status_code == 429


@pytest.mark.parametrize("way", ["GET", "POST", "form field", "second field"])
def test_registering_tells_no_more_about_codes_than_joining(app: Flask, cohort: Cohort, way: str) -> None:
    """Threat 15. Fails when /register?next=/join/<code> is a way around the limit on guesses."""

    def guess(code: str) -> int:
        path, client = f"/join/{code}", app.test_client()
        if way == "GET":
            return client.get("/register", query_string={"next": path}).status_code
        if way == "POST":
            return client.post("/register", query_string={"next": path}).status_code
        if way == "form field":
            return client.post("/register", data={"next": path}).status_code
        return client.post("/register", query_string={"next": "/"}, data={"next": path}).status_code

    for _ in range(598):
        limits._GUESSES_BY_NETWORK.spend("127.0.0.1")

    statuses = [guess(f"{number:010}") for number in range(4)]

    assert statuses == [200, 200, 429, 429]
    assert app.test_client().get("/join/9999999999").status_code == 429  # one budget for both
    assert guess(str(cohort.join_code)) == 200


@pytest.mark.usefixtures("flood")
def test_registering_is_no_way_around_the_wait(app: Flask, cohort: Cohort) -> None:
    assert app.test_client().get(f"/register?next=/join/{cohort.join_code}").status_code == 429


def test_a_user_who_guessed_too_often_is_refused_alone(make: Factory, cohort: Cohort) -> None:
    guesser, other = make.person(), make.person()
    for number in range(60):
        guesser.client.get(f"/join/{number:010}")

    assert guesser.client.get("/join/9999999999").status_code == 429
    assert guesser.client.get(f"/join/{cohort.join_code}").status_code == 429
    assert other.client.get(f"/join/{cohort.join_code}").status_code == 200


def test_another_password_does_not_renew_the_budget_of_a_guesser(make: Factory) -> None:
    """Threat 15. Fails when accounts are counted by what a new password changes."""
    guesser = make.person(with_password=True)
    for number in range(60):
        guesser.client.get(f"/join/{number:010}")

    guesser.client.post("/change", data={"password": PASSWORD, "new_password": "kneecap-violin-7-tram"})

    assert guesser.client.get("/account").status_code == 200
    assert guesser.client.get("/join/9999999999").status_code == 429
