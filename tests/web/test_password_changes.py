"""Changing a password, and choosing a new one with a link."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.services.people import users
from tests.support.account_client import is_signed_in, log_in, mails
from tests.support.attempt_client import mask_random
from tests.support.factory import PASSWORD, Factory

__all__ = ["mails"]

FAILED = "Wrong e-mail or password"


def test_changing_the_password_ends_all_other_sign_ins(app: Flask, make: Factory) -> None:
    person = make.person(email="ada@example.org", with_password=True)
    other = make.signed_in(person.user, person.learner)
    assert is_signed_in(other)

    person.client.post("/change", data={"password": PASSWORD, "new_password": "another good one"})

    assert is_signed_in(person.client)
    assert not is_signed_in(other)
    assert FAILED in log_in(app.test_client(), "ada@example.org")
    assert FAILED not in log_in(app.test_client(), "ada@example.org", "another good one")


def test_changing_the_password_tells_both_faults_at_once(make: Factory) -> None:
    person = make.person(with_password=True)

    page = person.client.post("/change", data={"password": "not the password", "new_password": "short"}).text

    assert "This is not your password." in page
    assert "Use at least 10 characters." in page


def test_asking_for_a_reset_says_the_same_whoever_has_an_account(
    client: FlaskClient, make: Factory, session: Session, mails: Callable[[], str]
) -> None:
    """Catches: an error, another text, or a mail for an address without an account."""
    admin = make.admin()
    make.person(email="known@example.org", with_password=True)
    gone = make.person(email="gone@example.org", with_password=True)
    users.deactivate(session, admin.user, gone.user, make.now())
    session.commit()

    answers = [client.post("/reset", data={"email": f"{who}@example.org"}) for who in ("known", "unknown", "gone")]

    pages = {
        mask_random(answer.text).replace("unknown@", "X@").replace("known@", "X@").replace("gone@", "X@")
        for answer in answers
    }
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(pages) == 1
    sent = mails()
    assert "To: known@example.org" in sent
    assert "unknown@" not in sent
    assert "gone@" not in sent


def test_a_reset_link_works_once_and_ends_every_sign_in(
    app: Flask, client: FlaskClient, make: Factory, mails: Callable[[], str]
) -> None:
    person = make.person(email="ada@example.org", with_password=True)
    client.post("/reset", data={"email": "ada@example.org"})
    link = re.search(r"http://localhost:8000(/reset/\S+)", mails())
    assert link is not None

    first = client.post(link[1], data={"password": "another good one"})
    second = client.post(link[1], data={"password": "a third good one"})

    assert (first.location, second.location) == ("/login", "/reset")
    assert not is_signed_in(person.client)
    assert FAILED not in log_in(app.test_client(), "ada@example.org", "another good one")


def test_the_link_in_a_mail_is_at_the_configured_address(
    client: FlaskClient, make: Factory, mails: Callable[[], str]
) -> None:
    make.person(email="ada@example.org", with_password=True)

    client.post("/reset", data={"email": "ada@example.org"}, headers={"Host": "127.0.0.1:9999"})

    assert "http://localhost:8000/reset/" in mails()
    assert ":9999" not in mails()


def test_a_short_new_password_is_told_once(client: FlaskClient, make: Factory, mails: Callable[[], str]) -> None:
    make.person(email="ada@example.org", with_password=True)
    client.post("/reset", data={"email": "ada@example.org"})
    link = re.search(r"http://localhost:8000(/reset/\S+)", mails())
    assert link is not None

    page = client.post(link[1], data={"password": "short"}).text

    assert page.count("Use at least 10 characters.") == 2
    assert "Password must be" not in page
