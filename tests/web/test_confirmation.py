"""A new e-mail address counts after its owner has opened the link that was mailed there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import db
from app.domain.notifications import NotificationKind
from app.models import AuditEvent, OutboxMail, User
from app.services.cohorts import invitations
from app.services.people import notifications, users
from app.web import confirmation, reset_links
from app.web.timed_tokens import LINK_VALID_FOR
from tests.conftest import Clock
from tests.support.factory import PASSWORD, Factory, Person

OLD, NEW = "ada@example.org", "new@example.org"

Mails = Callable[[], str]


@pytest.fixture
def mails(app: Flask, tmp_path: Path) -> Iterator[Mails]:
    """Return the text of the mails since the last call."""
    before = app.config["MAIL_FILE_PATH"]
    app.config["MAIL_FILE_PATH"] = app.extensions["mailman"].file_path = str(tmp_path)

    def take() -> str:
        texts = []
        for path in sorted(tmp_path.iterdir()):
            texts.append(path.read_text().replace("=\n", "").replace("=3D", "="))
            path.unlink()
        return "\n".join(texts)

    yield take
    app.config["MAIL_FILE_PATH"] = app.extensions["mailman"].file_path = before


def _find_link(mail: str) -> str:
    found = re.search(r"http://localhost:8000(/account/email/confirm/\S+)", mail)
    assert found
    return found[1]


def _request_change(person: Person, mails: Mails, address: str = NEW) -> str:
    person.client.post("/account/email", data={"email": address, "password": PASSWORD})
    return _find_link(mails())


def _register(client: FlaskClient, address: str = NEW) -> None:
    client.post("/register", data={"name": "Ada B.", "email": address, "password": PASSWORD})


def _get_user(session: Session, address: str) -> User | None:
    session.expire_all()
    return users.get_by_email(session, address)


@pytest.fixture
def ada(make: Factory) -> Person:
    return make.person(email=OLD, with_password=True)


# -- changing the address ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["the owner", "an administrator"])
def test_a_changed_address_counts_after_its_link_was_opened(
    make: Factory, ada: Person, session: Session, mails: Mails, by: str
) -> None:
    if by == "the owner":
        ada.client.post("/account/email", data={"email": NEW, "password": PASSWORD})
    else:
        make.admin().client.post(f"/admin/users/{ada.user.id}/email", data={"email": NEW})
    sent = mails()
    link = _find_link(sent)
    assert _get_user(session, OLD) is not None
    assert f"To: {NEW}" in sent
    assert f"To: {OLD}" in sent
    assert "A new e-mail address was entered for your account" in sent
    assert NEW in ada.client.get("/").text

    page = ada.client.get(link)
    assert page.status_code == 200
    assert _get_user(session, OLD) is not None  # a program that scans mails has opened it
    reply = ada.client.post(link)

    assert reply.location == "/account"
    assert _get_user(session, NEW) is not None
    assert f"To: {OLD}" in mails()
    assert "not confirmed yet" not in ada.client.get("/").text
    assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all() == [
        "user.request_email",
        "user.change_email",
    ]


def test_until_then_everything_goes_to_the_old_address(
    client: FlaskClient, ada: Person, session: Session, mails: Mails
) -> None:
    _request_change(ada, mails)

    client.post("/reset", data={"email": OLD})
    client.post("/reset", data={"email": NEW})

    assert f"To: {OLD}" in (sent := mails())
    assert f"To: {NEW}" not in sent
    assert notifications.wants_mail(session, ada.user, NotificationKind.MESSAGES)


def test_a_confirmed_change_ends_what_was_issued_before(
    app: Flask, make: Factory, ada: Person, session: Session, mails: Mails
) -> None:
    elsewhere = make.signed_in(ada.user, ada.learner)
    with app.test_request_context():
        given = reset_links.create(make.admin().user, ada.user).removeprefix("http://localhost:8000")
    link = _request_change(ada, mails)
    assert elsewhere.get("/account").status_code == 200

    ada.client.post(link)

    assert ada.client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    assert app.test_client().get(given).status_code == 302


def test_a_link_works_once(ada: Person, mails: Mails) -> None:
    link = _request_change(ada, mails)

    assert [ada.client.post(link).status_code for _ in range(2)] == [303, 410]


def test_a_link_expires(ada: Person, mails: Mails, monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    link = _request_change(ada, mails)
    monkeypatch.setattr(confirmation, "LINK_VALID_FOR", -LINK_VALID_FOR)

    assert ada.client.post(link).status_code == 410
    assert _get_user(session, NEW) is None


@pytest.mark.parametrize("how", ["another", "the same again", "back and again", "sent again", "cancelled", "password"])
def test_a_later_change_ends_a_link(
    app: Flask, ada: Person, session: Session, mails: Mails, clock: Clock, how: str
) -> None:
    link = _request_change(ada, mails)
    clock.advance(minutes=5)

    match how:
        case "another":
            _request_change(ada, mails, "third@example.org")
        case "the same again":
            _request_change(ada, mails)
        case "back and again":
            ada.client.post("/account/email", data={"email": OLD, "password": PASSWORD})
            clock.advance(minutes=5)
            _request_change(ada, mails)
        case "sent again":
            ada.client.post("/account/email/resend")
            assert _find_link(mails()) != link
        case "cancelled":
            ada.client.post("/account/email/cancel")
        case _:
            ada.client.post("/change", data={"password": PASSWORD, "new_password": "quite another one"})

    assert ada.client.post(link).status_code == 410
    assert _get_user(session, OLD) is not None


def test_a_new_password_cancels_a_change(ada: Person, session: Session, mails: Mails) -> None:
    """Fails when somebody who knew the old password can still wait for a link that the owner renews by mistake."""
    _request_change(ada, mails)

    ada.client.post("/change", data={"password": PASSWORD, "new_password": "quite another one"})

    session.expire_all()
    assert ada.user.unconfirmed_email is None


def test_another_account_cannot_use_a_link(
    app: Flask, make: Factory, ada: Person, session: Session, mails: Mails
) -> None:
    link = _request_change(ada, mails)
    mallory = make.person(email="mallory@example.org", with_password=True)
    _request_change(mallory, mails, "other@example.org")

    replies = [mallory.client.get(link), mallory.client.post(link)]
    visitor = app.test_client().get(link)

    assert [one.status_code for one in replies] == [410, 410]
    assert NEW not in replies[0].text
    assert visitor.location.startswith("/login?next=/account/email/confirm/")
    assert _get_user(session, NEW) is None


def test_an_address_that_was_taken_meanwhile_stays_with_its_account(
    client: FlaskClient, ada: Person, session: Session, mails: Mails
) -> None:
    link = _request_change(ada, mails)
    _register(client)

    reply = ada.client.post(link)

    assert reply.status_code == 410
    assert "Another account has this e-mail address now" in reply.text
    assert ada.client.get("/account").status_code == 200
    assert _get_user(session, OLD) is not None


# -- new accounts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["registering", "an invitation"])
def test_a_new_address_is_confirmed(
    client: FlaskClient, make: Factory, session: Session, mails: Mails, way: str
) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    if way == "registering":
        client.post(
            "/register", data={"name": "Ada", "email": NEW, "password": PASSWORD, "next": f"/join/{cohort.join_code}"}
        )
    else:
        [issued] = invitations.create_to_join(session, trainer.user, cohort, [invitations.Invitee("", NEW)], make.now())
        session.commit()
        client.post(f"/invitation/{issued.token}", data={"name": "Ada", "email": NEW, "password": PASSWORD})
    link = _find_link(mails())
    user = _get_user(session, NEW)
    assert user is not None
    assert user.is_unconfirmed
    assert not notifications.wants_mail(session, user, NotificationKind.MESSAGES)
    assert "Please confirm your e-mail address" in client.get("/").text
    people = f"/teach/cohorts/{cohort.id}/people"
    assert "has not confirmed this e-mail address" in trainer.client.get(people).text

    assert client.post(link).status_code == 303

    session.expire_all()
    assert notifications.wants_mail(session, user, NotificationKind.MESSAGES)
    assert "Please confirm" not in client.get("/").text
    assert "has not confirmed" not in trainer.client.get(people).text
    assert client.post(link).status_code == 410


def test_a_mistyped_address_is_replaced_at_once(client: FlaskClient, session: Session, mails: Mails) -> None:
    """Fails when an account whose address belongs to nobody can't be mended, or counts as confirmed afterwards."""
    _register(client, "adda@example.org")
    mails()

    client.post("/account/email", data={"email": NEW, "password": PASSWORD})

    user = _get_user(session, NEW)
    assert user is not None
    assert user.is_unconfirmed
    assert client.post(_find_link(mails())).status_code == 303
    session.expire_all()
    assert not user.is_unconfirmed


@pytest.mark.parametrize("is_mailed", [True, False])
def test_only_a_password_link_by_mail_confirms_an_address(
    app: Flask, client: FlaskClient, make: Factory, session: Session, mails: Mails, *, is_mailed: bool
) -> None:
    """The owner of an address gets the account that somebody else registered with it. A given link proves nothing."""
    _register(client)
    mails()
    user = _get_user(session, NEW)
    assert user is not None
    if is_mailed:
        app.test_client().post("/reset", data={"email": NEW})
        found = re.search(r"http://localhost:8000(/reset/\S+)", mails())
        assert found
        link = found[1]
    else:
        with app.test_request_context():
            link = reset_links.create(make.admin().user, user).removeprefix("http://localhost:8000")

    app.test_client().post(link, data={"password": "quite another one"})

    session.expire_all()
    assert user.is_unconfirmed is not is_mailed
    assert client.get("/account").status_code == 303


def test_unconfirmed_addresses_get_no_notices(
    client: FlaskClient, make: Factory, session: Session, mails: Mails
) -> None:
    """Fails when a stranger whose address was typed gets more than the links that have limits."""
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    client.post(
        "/register", data={"name": "Ada", "email": NEW, "password": PASSWORD, "next": f"/join/{cohort.join_code}"}
    )
    user = _get_user(session, NEW)
    assert user is not None
    mails()
    learner_id = make.session.scalar(select(User.id).where(User.email == NEW))
    assert learner_id

    make.admin().client.post(f"/admin/users/{user.id}/reset-link")

    assert f"To: {NEW}" not in mails()


def test_few_links_are_sent_to_one_address(client: FlaskClient, mails: Mails) -> None:
    _register(client)

    pages = [client.post("/account/email/resend", follow_redirects=True).text for _ in range(3)]

    assert mails().count(f"To: {NEW}") == 3
    assert ["A new link was sent" in page for page in pages] == [True, True, False]
    assert "Several links were sent to this address already" in pages[2]


def test_links_to_confirm_an_address_leave_those_for_a_new_password(client: FlaskClient, mails: Mails) -> None:
    """Catches: one budget for both, so that an unconfirmed address gets no password link for an hour, or the reverse."""
    _register(client)
    for _ in range(3):
        client.post("/account/email/resend")
    client.get("/account")
    mails()

    with client.session_transaction() as cookie:
        cookie.clear()
    client.post("/reset", data={"email": NEW})

    assert mails().count(f"To: {NEW}") == 1


# -- without mail ------------------------------------------------------------------------------------------------------


def test_without_mail_addresses_count_at_once(file_app: Callable[..., Flask], clock: Clock) -> None:
    app = file_app(mail="console")
    with app.app_context():
        make = Factory(app, db.session, clock)
        ada, admin = make.person(email=OLD, with_password=True), make.admin()
    client = app.test_client()

    _register(client, "bo@example.org")
    ada.client.post("/account/email", data={"email": NEW, "password": PASSWORD})
    admin.client.post(f"/admin/users/{ada.user.id}/email", data={"email": "third@example.org"})

    assert "confirm your e-mail" not in client.get("/").text
    with app.app_context():
        rows = db.session.execute(select(User.email, User.unconfirmed_email)).all()
        assert ("third@example.org", None) in rows
        assert ("bo@example.org", None) in rows
        assert not db.session.scalars(select(OutboxMail.subject).where(OutboxMail.subject.contains("onfirm"))).all()


@pytest.mark.parametrize("unconfirmed", [OLD, NEW])
def test_a_change_without_mail_ends_an_earlier_request(
    file_app: Callable[..., Flask], clock: Clock, unconfirmed: str
) -> None:
    """Fails when a server that gets mail again asks for a confirmation of an address that the owner has replaced."""
    app = file_app(mail="console")
    with app.app_context():
        ada = Factory(app, db.session, clock).person(email=OLD, with_password=True)
        user = db.session.get_one(User, ada.user.id)
        user.unconfirmed_email, user.unconfirmed_since = unconfirmed, clock()
        db.session.commit()

    ada.client.post("/account/email", data={"email": "third@example.org", "password": PASSWORD})

    with app.app_context():
        assert ("third@example.org", None) in db.session.execute(select(User.email, User.unconfirmed_email)).all()
