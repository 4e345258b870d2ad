"""Threats 21 and 22: reset links, and the addresses in mails."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.db import db
from app.services.people import users
from tests.conftest import Clock
from tests.support.account_client import issue_reset_link, try_to_sign_in
from tests.support.factory import PASSWORD, Factory

NEW_PASSWORD = "another long password"


def test_a_reset_link_works_once(app: Flask, make: Factory) -> None:
    """Threat 22. Fails when the token is tied to the account and not to the password it replaces."""
    admin, person = make.admin(), make.person(with_password=True, email="me@example.org")
    link = issue_reset_link(admin, person)

    first = app.test_client().post(link, data={"password": NEW_PASSWORD})
    again = app.test_client().post(link, data={"password": "a thief's password"})

    assert first.status_code == 302
    assert again.location == "/reset"
    assert try_to_sign_in(app, "me@example.org", NEW_PASSWORD).status_code == 302
    assert try_to_sign_in(app, "me@example.org", "a thief's password").status_code == 200


def test_all_earlier_reset_links_end_with_a_new_password(app: Flask, make: Factory) -> None:
    admin, person = make.admin(), make.person(with_password=True)
    first, second = issue_reset_link(admin, person), issue_reset_link(admin, person)
    person.client.post("/change", data={"password": PASSWORD, "new_password": NEW_PASSWORD})

    for link in (first, second):
        assert app.test_client().get(link).location == "/reset"


def test_an_old_reset_link_is_refused(app: Flask, make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threat 22. Fails when a token never expires."""
    link = issue_reset_link(make.admin(), make.person(with_password=True))
    assert app.test_client().get(link).status_code == 200

    # The library signs with the clock of the machine, which stands for a day and more here.
    then = time.time() + 25 * 3600
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: then)

    assert app.test_client().get(link).location == "/reset"


def mails(app: Flask, address: str) -> str:
    """All mails to an address so far; the folder holds those of other tests too."""
    folder = Path(app.config["MAIL_FILE_PATH"])
    texts = [file.read_text() for file in folder.glob("*") if file.is_file()] if folder.exists() else []
    return "\n".join(mail for text in texts for mail in text.split("-" * 79) if f"To: {address}" in mail)


@pytest.mark.parametrize("host", ["localhost:6666", "127.0.0.1:1", "localhost"])
def test_a_forged_host_does_not_reach_the_links_in_mails(app: Flask, make: Factory, host: str) -> None:
    """Threat 21. Fails when a mail's link is made from the request instead of the address that was set."""
    address = f"{re.sub(r'[^a-z0-9]', '-', host)}@example.org"
    make.person(with_password=True, email=address)

    app.test_client().post(
        "/reset", data={"email": address}, headers={"Host": host, "X-Forwarded-Host": "evil.example"}
    )

    sent = mails(app, address)
    assert "http://localhost:8000/reset/" in sent
    assert f"//{host}/" not in sent
    assert "evil.example" not in sent


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:8000", "127.0.0.1.nip.io"])
def test_a_foreign_host_is_refused(app: Flask, make: Factory, host: str) -> None:
    """Threat 21. Fails without the list of trusted hosts."""
    make.person(with_password=True, email="unsent@example.org")

    reply = app.test_client().post("/reset", data={"email": "unsent@example.org"}, headers={"Host": host})

    assert reply.status_code == 400
    assert not mails(app, "unsent@example.org")


def test_a_mail_names_the_address_that_was_set(file_app: Callable[..., Flask], clock: Clock) -> None:
    app = file_app(base_url="https://learn.example.org")
    with app.app_context():
        users.create(db.session, name="Me", email="me@example.org", password_hash="!", now=clock.now)
        db.session.commit()

    app.test_client().post("/reset", data={"email": "me@example.org"}, base_url="https://learn.example.org:4444")

    assert "https://learn.example.org/reset/" in mails(app, "me@example.org")
