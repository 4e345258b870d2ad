"""The security log (ASVS 16.3): each event once, with ids and without personal data."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Role
from app.services.people import users
from tests.conftest import Clock
from tests.support.attempt_client import get_hidden_field
from tests.support.factory import PASSWORD, Factory, Person

Events = Callable[[], list[tuple[str, int | None, str | None]]]


@pytest.fixture
def events(caplog: pytest.LogCaptureFixture) -> Events:
    """The events since the last call: name, acting account and subject."""
    caplog.set_level(logging.INFO, "palpate.security")

    def taken() -> list[tuple[str, int | None, str | None]]:
        found = [
            (one.getMessage(), vars(one).get("account"), vars(one).get("subject"))
            for one in caplog.records
            if one.name == "palpate.security"
        ]
        caplog.clear()
        return found

    return taken


@pytest.fixture
def person(make: Factory) -> Person:
    return make.person(with_password=True, email="ada@example.org", name="Ada Byron")


def test_signing_in_and_out(checked_forms: Flask, person: Person, events: Events) -> None:
    client = checked_forms.test_client()
    form = {"email": "ada@example.org", "csrf_token": get_hidden_field(client.get("/login").text, "csrf_token")}

    client.post("/login", data=form | {"password": "wrong"})
    client.post("/login", data=form | {"email": "nobody@example.org", "password": "wrong"})
    client.post("/login", data=form | {"password": PASSWORD})
    token = get_hidden_field(client.get("/account").text, "csrf_token")
    client.post("/logout", data={"csrf_token": token})

    own = person.user.id
    assert events() == [
        ("sign_in.failed", own, None),
        ("sign_in.failed", None, None),
        ("sign_in.succeeded", own, None),
        ("sign_out", own, None),
    ]


def test_passwords(app: Flask, person: Person, events: Events) -> None:
    app.test_client().post("/reset", data={"email": "ada@example.org"})
    app.test_client().post("/reset", data={"email": "nobody@example.org"})
    person.client.post("/change", data={"password": PASSWORD, "new_password": "quite another one"})
    person.client.post("/change", data={"password": PASSWORD, "new_password": "quite another one"})

    assert events() == [
        ("password.reset_requested", person.user.id, None),
        ("password.reset_requested", None, None),
        ("sign_in.succeeded", person.user.id, None),
        ("password.changed", person.user.id, None),
    ]


def test_a_reset_password(app: Flask, person: Person, make: Factory, events: Events) -> None:
    page = make.admin().client.post(f"/admin/users/{person.user.id}/reset-link").text
    link = page.partition("http://localhost:8000")[2].partition('"')[0]
    events()

    app.test_client().post(link, data={"password": "quite another one"})

    assert ("password.reset", person.user.id, None) in events()


def test_refusals(checked_forms: Flask, person: Person, events: Events, caplog: pytest.LogCaptureFixture) -> None:
    person.client.get("/admin/users")
    person.client.post("/account", data={"name": "Eve"})

    found = [(one.getMessage(), vars(one)["account"], vars(one)["endpoint"]) for one in caplog.records]
    assert found == [
        ("access.refused", person.user.id, "admin.list_users"),
        ("request.cross_site", person.user.id, "accounts.edit_account"),
    ]


def test_throttled_requests(app: Flask, person: Person, events: Events) -> None:
    for _ in range(21):
        person.client.post("/account/email", data={"email": "new@example.org", "password": "wrong"})

    assert events() == [("request.throttled", person.user.id, None)]


def test_requests_that_a_page_of_its_own_refuses(app: Flask, person: Person, events: Events) -> None:
    """Catches: only errors are recorded, although the limit on signing in shows the form again."""
    refused = {"email": "ada@example.org", "password": "wrong"}
    statuses = [app.test_client().post("/login", data=refused).status_code for _ in range(11)]
    recorded = events()

    assert (statuses[9], statuses[10]) == (200, 429)
    assert recorded[-2:] == [("sign_in.failed", person.user.id, None), ("request.throttled", None, None)]


def test_changed_rights(make: Factory, person: Person, events: Events, caplog: pytest.LogCaptureFixture) -> None:
    admin = make.admin()

    admin.client.post(f"/admin/users/{person.user.id}/role", data={"role": "trainer"})
    roles = [(vars(one)["old"], vars(one)["new"]) for one in caplog.records]
    admin.client.post(f"/admin/users/{person.user.id}/deactivate")

    subject = f"user:{person.user.id}"
    assert events() == [("user.set_role", admin.user.id, subject), ("user.deactivate", admin.user.id, subject)]
    assert roles == [("learner", "trainer")]


def test_registering_and_joining(client: FlaskClient, make: Factory, person: Person, events: Events) -> None:
    cohort = make.cohort(make.trainer())
    events()

    person.client.post(f"/join/{cohort.join_code}")
    client.post("/register", data={"name": "Bob", "email": "bob@example.org", "password": PASSWORD})

    assert [name for name, _account, _subject in events()] == [
        "cohort.join",
        "account.registered",
        "sign_in.succeeded",
    ]


def test_what_was_rolled_back_is_not_logged(
    make: Factory, person: Person, session: Session, clock: Clock, events: Events
) -> None:
    """Fails when an event is logged while its transaction may still fail."""
    admin = make.admin()
    users.set_role(session, admin.user, person.user, Role.TRAINER, clock.now)
    assert events() == []

    session.rollback()
    session.commit()

    assert events() == []


def test_no_event_contains_personal_data(
    app: Flask, person: Person, make: Factory, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    """Threat 27, ASVS 16.2.5."""
    app.test_client().post("/login", data={"email": "ada@example.org", "password": "wrong-secret"})
    admin = make.admin(name="Zoe Root", email="zoe@example.org")
    admin.client.post(f"/admin/users/{person.user.id}/email", data={"email": "new@example.org"})
    admin.client.post("/admin/invitations", data={"role": "trainer", "email": "in@example.org", "name": "Ivan"})

    written = " ".join(str(vars(one)) for one in caplog.records if one.name == "palpate.security")

    assert "user.request_email" in written
    assert "invitation.create" in written
    for secret in ("ada@", "new@", "in@", "zoe@", "Ada", "Ivan", "wrong-secret", "127.0.0.1"):
        assert secret not in written
