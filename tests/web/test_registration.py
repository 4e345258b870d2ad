"""Registering where accounts are by invitation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import User
from app.services.cohorts import cohorts
from tests.conftest import Clock
from tests.support.factory import PASSWORD, Factory

FORM = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD}


@pytest.fixture
def by_invitation(app: Flask) -> Iterator[None]:
    given = app.config["PALPATE"]
    app.config["PALPATE"] = replace(given, registration="invite")
    yield
    app.config["PALPATE"] = given


@pytest.mark.usefixtures("by_invitation")
def test_nobody_registers_uninvited(client: FlaskClient, session: Session) -> None:
    """Fails when the setting only hides the link to the form."""
    shown, sent = client.get("/register"), client.post("/register", data=FORM)

    assert (shown.status_code, sent.status_code) == (403, 403)
    assert session.scalar(select(func.count(User.id))) == 0


@pytest.mark.usefixtures("by_invitation")
def test_a_join_link_is_an_invitation(client: FlaskClient, make: Factory, session: Session) -> None:
    cohort = make.cohort(make.trainer())
    link = f"/join/{cohorts.format_code(cohort.join_code)}"

    shown = client.get("/register", query_string={"next": link})
    sent = client.post("/register", data=FORM | {"next": link})

    assert shown.status_code == 200
    assert (sent.status_code, sent.location) == (302, "/")
    assert session.scalar(select(User.name).where(User.email == "ada@example.org")) == "Ada"


@pytest.mark.usefixtures("by_invitation")
@pytest.mark.parametrize("address", ["/join/00000-00000", "/join/", "/progress", "https://elsewhere.example/join/"])
def test_what_is_no_join_link_invites_nobody(client: FlaskClient, make: Factory, address: str) -> None:
    make.cohort(make.trainer())

    assert client.post("/register", data=FORM | {"next": address}).status_code == 403


@pytest.mark.usefixtures("by_invitation")
def test_an_expired_link_invites_nobody(client: FlaskClient, make: Factory, clock: Clock) -> None:
    cohort = make.cohort(make.trainer())
    clock.advance(days=400)

    sent = client.post("/register", data=FORM | {"next": f"/join/{cohorts.format_code(cohort.join_code)}"})

    assert sent.status_code == 403


def test_anybody_registers_where_registration_is_open(client: FlaskClient) -> None:
    assert client.post("/register", data=FORM).status_code == 302
