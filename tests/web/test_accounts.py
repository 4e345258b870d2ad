"""Registering, signing in and one's own account, as browsers do it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Attempt, AuditEvent, Learner, LessonProgress, Role, SignIn, User
from app.services.people import users
from tests.support.account_client import is_signed_in, log_in
from tests.support.factory import PASSWORD, Factory, Person

FAILED = "Wrong e-mail or password"


def _register(client: FlaskClient, **changed: str) -> int:
    sent = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD} | changed
    return client.post("/register", data=sent).status_code


def _learner_of(session: Session, email: str) -> Learner:
    return session.scalars(select(Learner).join(User).where(User.email == email)).one()


# -- registering -----------------------------------------------------------------------------------------------------------


def test_registering_makes_a_learner_and_signs_in(client: FlaskClient, session: Session) -> None:
    client.post(
        "/register",
        data={"name": " Ada  Lovelace ", "email": "Ada@Example.ORG", "password": PASSWORD, "time_zone": "Asia/Tokyo"},
    )

    user = session.scalars(select(User)).one()
    assert (user.name, user.email, user.role) == ("Ada Lovelace", "ada@example.org", Role.LEARNER)
    assert _learner_of(session, "ada@example.org").time_zone == "Asia/Tokyo"
    assert is_signed_in(client)


def test_registering_names_every_fault_at_once_and_keeps_what_was_typed(client: FlaskClient, session: Session) -> None:
    page = client.post("/register", data={"name": "  ", "email": "ada@nowhere", "password": "short"}).text

    assert "Enter your name." in page
    assert "This is not a valid e-mail address." in page
    assert page.count("Use at least 10 characters.") == 2
    assert "Password must be" not in page
    assert 'value="ada@nowhere"' in page
    assert session.scalar(select(func.count(User.id))) == 0


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@EXAMPLE.org"])
def test_a_taken_address_is_told_whatever_its_case(client: FlaskClient, make: Factory, email: str) -> None:
    make.person(email="ada@example.org")

    page = client.post("/register", data={"name": "Ada", "email": email, "password": PASSWORD}).text

    assert "There is already an account with this address." in page


def test_an_address_taken_between_check_and_insert_is_told_too(
    client: FlaskClient, make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches: trusting the check. The first look finds nothing, as when two register at one moment."""
    make.person(email="ada@example.org")
    found = users.get_by_email
    looks: list[str] = []

    def look(look_in: Session, address: str) -> User | None:
        looks.append(address)
        return None if len(looks) == 1 else found(look_in, address)

    monkeypatch.setattr(users, "get_by_email", look)

    page = client.post("/register", data={"name": "Ada", "email": "ada@example.org", "password": PASSWORD})

    assert (page.status_code, "There is already an account with this address." in page.text) == (200, True)
    assert session.scalar(select(func.count(User.id))) == 1


def test_extra_fields_do_nothing(client: FlaskClient, session: Session) -> None:
    _register(client, role="admin", active="0", id="77", extra_time_percent="400")

    user = session.scalars(select(User)).one()
    assert (user.role, user.active) == (Role.LEARNER, True)
    assert _learner_of(session, user.email).extra_time_percent == 0


def test_registering_keeps_what_the_guest_did(client: FlaskClient, session: Session) -> None:
    client.post("/modules/safety/attempts", data={"mode": "practice"})
    guest = session.scalars(select(Learner)).one()

    _register(client)

    session.expire_all()
    assert _learner_of(session, "ada@example.org").id == guest.id
    assert not session.scalars(select(Learner)).one().is_guest


@pytest.mark.parametrize("sent", ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_signing_in(client: FlaskClient, make: Factory, sent: str) -> None:
    make.person(email="ada@example.org", with_password=True)

    answer = client.post("/login", data={"email": "ada@example.org", "password": PASSWORD, "next": sent})

    assert answer.status_code == 302
    assert answer.location in ("/", "/%5Cevil.example")


# -- signing in ------------------------------------------------------------------------------------------------------------


def test_signing_in_works_whatever_the_case_of_the_address(client: FlaskClient, make: Factory) -> None:
    make.person(email="ada@example.org", with_password=True)

    log_in(client, " ADA@example.org ")

    assert is_signed_in(client)


def test_signing_in_leads_back_to_the_page_that_asked(client: FlaskClient, make: Factory) -> None:
    make.person(email="ada@example.org", with_password=True)
    asked = client.get("/account/email")

    answer = client.post(asked.location, data={"email": "ada@example.org", "password": PASSWORD})

    assert (asked.status_code, asked.location) == (303, "/login?next=/account/email")
    assert answer.location == "/account/email"


def test_unknown_wrong_inactive_and_without_password_look_the_same(
    client: FlaskClient, make: Factory, session: Session
) -> None:
    """Catches: the library's own messages, which tell who has an account."""
    admin = make.admin()
    make.person(email="wrong@example.org", with_password=True)
    inactive = make.person(email="inactive@example.org", with_password=True)
    users.deactivate(session, admin.user, inactive.user, make.now())
    without = make.person(email="without@example.org")
    without.user.password = None
    session.commit()

    tries = [
        ("unknown@example.org", PASSWORD),
        ("wrong@example.org", "not the password"),
        ("inactive@example.org", PASSWORD),
        ("without@example.org", PASSWORD),
        ("no address", PASSWORD),
    ]
    pages = {re.sub(r'value="[^"]*"', "", log_in(client, *given)) for given in tries}

    assert len(pages) == 1
    assert FAILED in pages.pop()
    assert not is_signed_in(client)


@pytest.mark.parametrize("password", ["x" * 5000, "nul\x00byte in it", "ü" * 2000])
def test_a_strange_password_is_only_wrong(client: FlaskClient, make: Factory, password: str) -> None:
    make.person(email="ada@example.org", with_password=True)

    assert FAILED in log_in(client, "ada@example.org", password)


def test_tries_at_one_account_are_throttled(app: Flask, client: FlaskClient, make: Factory) -> None:
    make.person(email="throttled@example.org", with_password=True)

    codes = [
        client.post("/login", data={"email": "throttled@example.org", "password": f"guess {number}"}).status_code
        for number in range(11)
    ]
    other = client.post("/login", data={"email": "other@example.org", "password": PASSWORD}).status_code

    assert codes == [200] * 10 + [429]
    assert other == 200


# -- what a guest left behind ----------------------------------------------------------------------------------------------


@pytest.fixture
def asked(client: FlaskClient, make: Factory) -> Person:
    """Somebody who signed in where a guest had begun practice; ``client`` is their browser."""
    person = make.person(email="ada@example.org", with_password=True)
    client.post("/modules/safety/attempts", data={"mode": "practice"})
    log_in(client, "ada@example.org")
    return person


@pytest.mark.parametrize(("keep", "attempts"), [("1", 1), ("0", 0), ("", 0)])
def test_a_guests_work_is_taken_only_on_request(
    client: FlaskClient, session: Session, asked: Person, keep: str, attempts: int
) -> None:
    before = session.scalar(select(func.count(Attempt.id)).where(Attempt.learner_id == asked.learner.id))

    client.post("/account/guest", data={"keep": keep})

    after = session.scalar(select(func.count(Attempt.id)).where(Attempt.learner_id == asked.learner.id))
    assert (before, after) == (0, attempts)
    with client.session_transaction() as cookie:
        assert "guest" not in cookie


@pytest.mark.usefixtures("asked")
def test_the_question_is_asked_where_the_work_would_appear_until_it_is_answered(client: FlaskClient) -> None:
    """Catches: the question above red flags or a practice question, where it is in the way."""
    before = [client.get(path).text for path in ("/", "/account", "/progress", "/modules/safety")]
    beside = [client.get(path).text for path in ("/red-flags", "/glossary", "/body-map")]

    client.post("/account/guest", data={"keep": "1"})
    added = client.get("/account").text
    client.post("/account/guest", data={"keep": "1"})
    again = client.get("/account").text

    assert all("Work was saved in this browser before you signed in (1 entry)" in page for page in before)
    assert not any("before you signed in" in page for page in beside)
    assert "Your work was added to your account" in added
    assert "There was no work left to add" in again
    assert "before you signed in" not in added + again


def test_a_visitor_cannot_take_a_guests_work(client: FlaskClient, session: Session) -> None:
    client.post("/modules/safety/attempts", data={"mode": "practice"})

    answer = client.post("/account/guest", data={"keep": "1"})

    assert answer.location == "/login"
    assert session.scalar(select(func.count(LessonProgress.lesson_id))) == 0


# -- the account -----------------------------------------------------------------------------------------------------------


def test_name_and_time_zone_are_changed(make: Factory, session: Session) -> None:
    person = make.person(name="Old")

    answer = person.client.post("/account", data={"name": "New", "time_zone": "Pacific/Auckland", "role": "admin"})

    session.expire_all()
    assert answer.status_code == 303
    assert (person.user.name, person.learner.time_zone, person.user.role) == ("New", "Pacific/Auckland", Role.LEARNER)


def test_every_fault_of_the_account_is_told_at_once(make: Factory, session: Session) -> None:
    person = make.person(name="Old")

    page = person.client.post("/account", data={"name": "", "time_zone": "Mars/Olympus"})

    session.expire_all()
    assert page.status_code == 422
    assert "Enter your name." in page.text
    assert "There is no such time zone." in page.text
    assert 'value="Mars/Olympus"' in page.text
    assert (person.user.name, person.learner.time_zone) == ("Old", "Europe/Berlin")


def test_a_name_is_one_line_without_control_characters(make: Factory, session: Session) -> None:
    person = make.person()

    person.client.post("/account", data={"name": "Eve\x00\r\nBcc:\tall", "time_zone": "UTC"})

    session.expire_all()
    assert person.user.name == "Eve Bcc: all"


def test_a_script_in_a_name_is_inert(make: Factory) -> None:
    person = make.person(name="<script>alert(1)</script>")

    assert "<script>alert" not in person.client.get("/account").text


def test_the_address_changes_with_the_password(
    make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With mail, it has to be confirmed as well (test_confirmation.py)."""
    monkeypatch.setattr("app.web.mail.is_delivering", lambda: False)
    person = make.person(email="old@example.org", with_password=True)

    answer = person.client.post("/account/email", data={"email": "New@example.org", "password": PASSWORD})

    session.expire_all()
    assert (answer.status_code, person.user.email) == (303, "new@example.org")
    assert session.scalars(select(AuditEvent.action)).all() == ["user.change_email"]


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("new@example.org", "not the password", "This is not your password."),
        ("Taken@example.org", PASSWORD, "Another account has this address."),
        ("nowhere", PASSWORD, "This is not a valid e-mail address."),
    ],
)
def test_the_address_stays_where_something_is_wrong(
    make: Factory, session: Session, email: str, password: str, said: str
) -> None:
    make.person(email="taken@example.org")
    person = make.person(email="old@example.org", with_password=True)

    page = person.client.post("/account/email", data={"email": email, "password": password})

    session.expire_all()
    assert (page.status_code, said in page.text, person.user.email) == (422, True, "old@example.org")


# -- who may -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/account", "/account/email", "/change"])
def test_pages_about_oneself_ask_a_visitor_to_sign_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code in (302, 303)
    assert answer.location.startswith("/login?next=")


def test_a_guest_has_no_account_page(client: FlaskClient, session: Session) -> None:
    client.post("/modules/safety/attempts", data={"mode": "practice"})

    assert session.scalar(select(func.count(SignIn.id))) == 1
    assert client.get("/account").location == "/login?next=/account"
