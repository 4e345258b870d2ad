"""New passwords that others would try first are refused, wherever a password is chosen."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security.utils import hash_password
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Role, User
from app.services.cohorts import invitations
from tests.support.factory import PASSWORD, Factory

EASY = (
    "password12",
    "palpate123",
    "Palpate2026",
    "1234567890",
    "qwertyuiop",
    "aaaaaaaaaaaa",
    "iloveyou12",
    "letmein123",
    "vinogradov",
    "Kozanostra",
    "rosa@example.org",
    "Rosa Klee 1",
)
GOOD = ("a few words in a row", "kneecap-violin-7-tram", "Zimt & Mauersegler", "пять слов подряд и всё")
REFUSAL = "This password is easy to guess."
PERSON = {"name": "Rosa Klee", "email": "rosa@example.org", "time_zone": "Europe/Paris"}


@pytest.mark.parametrize("password", EASY)
def test_registering_with_a_password_that_is_easy_to_guess_is_refused(
    client: FlaskClient, session: Session, password: str
) -> None:
    reply = client.post("/register", data=PERSON | {"password": password})

    assert REFUSAL in reply.text
    assert 'value="Rosa Klee"' in reply.text
    assert session.scalar(select(func.count(User.id))) == 0


@pytest.mark.parametrize("password", GOOD)
def test_other_passwords_are_taken(client: FlaskClient, session: Session, password: str) -> None:
    client.post("/register", data=PERSON | {"password": password})

    assert session.scalar(select(func.count(User.id))) == 1


def test_an_invitation_refuses_it_too(client: FlaskClient, session: Session, make: Factory) -> None:
    issued = invitations.create(session, make.admin().user, Role.TRAINER, make.now())
    session.commit()

    reply = client.post(f"/invitation/{issued.token}", data=PERSON | {"password": "Rosa Klee 1"})

    assert REFUSAL in reply.text


def test_changing_to_the_own_name_is_refused(app: Flask, make: Factory) -> None:
    person = make.person(name="Rosa Klee", with_password=True)

    reply = person.client.post("/change", data={"password": PASSWORD, "new_password": "rosa klee 1"})

    assert REFUSAL in reply.text


def test_a_very_long_password_is_estimated_quickly(client: FlaskClient, session: Session) -> None:
    client.post("/register", data=PERSON | {"password": "word " * 199})

    assert session.scalar(select(func.count(User.id))) == 1


def test_a_longer_text_that_begins_with_the_password_is_not_the_password(app: Flask, make: Factory) -> None:
    """ASVS 6.2.8. Fails when what was typed is cut to the longest password before it is compared."""
    password = "x7 " * 333 + "y"
    person = make.person()
    with app.app_context():
        person.user.password = hash_password(password)
    make.session.commit()

    for typed, status in ((password + "z", 200), (password, 302)):
        reply = app.test_client().post("/login", data={"email": person.user.email, "password": typed})
        assert reply.status_code == status


def test_an_administrator_enters_the_own_password_to_change_how_they_sign_in(make: Factory) -> None:
    """ASVS 7.5.1. Fails when the page for other people's accounts is a way around the password."""
    admin = make.admin()
    path = f"/admin/users/{admin.user.id}"

    assert admin.client.post(f"{path}/email", data={"email": "new@example.org"}).location == "/account/email"
    assert admin.client.post(f"{path}/reset-link").location == "/change"
