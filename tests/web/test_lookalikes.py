"""Threat 34: names and addresses that are invisible, or look like those of somebody else."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import User
from tests.support.factory import PASSWORD, Factory

FORM = {"name": "Kim Lee", "email": "kim@example.org", "password": PASSWORD}
ADDRESSES = [
    "kim@exam\u0440le.org",
    "k\u0456m@example.org",
    "kim@\u0430\u0441\u0435.org",
    "\u0430\u0441\u0435@example.org",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_imitates_another_is_refused(client: FlaskClient, session: Session, address: str) -> None:
    page = client.post("/register", data=FORM | {"email": address}).text

    assert "letters of another alphabet" in page
    assert session.scalar(select(func.count(User.id))) == 0


@pytest.mark.parametrize(
    "address", ["kim@müller.de", "\u0438\u0432\u0430\u043d@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444"]
)
def test_an_address_in_another_script_is_accepted(client: FlaskClient, session: Session, address: str) -> None:
    client.post("/register", data=FORM | {"email": address})

    assert session.scalars(select(User.email)).one() == address


def test_every_form_for_a_new_address_refuses_it(make: Factory) -> None:
    person, admin = make.person(with_password=True), make.admin()
    cohort = make.cohort(admin)
    pages = [
        person.client.post("/account/email", data={"email": ADDRESSES[0], "password": PASSWORD}),
        admin.client.post(f"/admin/users/{person.user.id}/email", data={"email": ADDRESSES[0]}),
        admin.client.post("/admin/invitations", data={"role": "trainer", "email": ADDRESSES[0]}),
        admin.client.post(f"/teach/cohorts/{cohort.id}/trainers", data={"email": ADDRESSES[0]}),
    ]

    assert ["letters of another alphabet" in page.text for page in pages] == [True] * 4


def test_an_account_with_such_an_address_can_still_sign_in(client: FlaskClient, make: Factory) -> None:
    make.person(with_password=True, email=ADDRESSES[0])

    assert "is on its way" in client.post("/reset", data={"email": ADDRESSES[0]}).text
    assert client.post("/login", data={"email": ADDRESSES[0], "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("name", ["\u3164", "\u2800 \u2800", "\u115f", "\u0301"])
def test_a_name_that_nobody_can_see_is_refused(client: FlaskClient, name: str) -> None:
    assert "Enter your name." in client.post("/register", data=FORM | {"name": name}).text


def test_a_name_of_mixed_scripts_is_refused(client: FlaskClient) -> None:
    page = client.post("/register", data=FORM | {"name": "K\u0456m Lee"}).text

    assert "mixes letters of different alphabets" in page


def test_invisible_characters_are_removed_from_a_name(client: FlaskClient, session: Session) -> None:
    client.post("/register", data=FORM | {"name": "Kim\u200b Lee\u3164"})

    assert session.scalars(select(User.name)).one() == "Kim Lee"
