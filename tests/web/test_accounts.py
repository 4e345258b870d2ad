"""Registering, signing in, passwords, invitations and joining, as browsers do it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Attempt, AuditEvent, Learner, LessonProgress, Membership, Role, SignIn, User
from app.services.people import invitations, users
from app.services.teaching import cohorts
from tests.conftest import Clock
from tests.factory import PASSWORD, Make, Person

FAILED = "That e-mail and password do not belong together"


def _register(client: FlaskClient, **changed: str) -> int:
    sent = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD} | changed
    return client.post("/register", data=sent).status_code


def _log_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> str:
    return client.post("/login", data={"email": email, "password": password, **more}).text


def _is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


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
    assert _is_signed_in(client)


def test_registering_names_every_fault_at_once_and_keeps_what_was_typed(client: FlaskClient, session: Session) -> None:
    page = client.post("/register", data={"name": "  ", "email": "ada@nowhere", "password": "short"}).text

    assert "Enter your name." in page
    assert "This is no e-mail address." in page
    assert page.count("Use at least 10 characters.") == 2
    assert "Password must be" not in page
    assert 'value="ada@nowhere"' in page
    assert session.scalar(select(func.count(User.id))) == 0


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@EXAMPLE.org"])
def test_a_taken_address_is_told_whatever_its_case(client: FlaskClient, make: Make, email: str) -> None:
    make.person(email="ada@example.org")

    page = client.post("/register", data={"name": "Ada", "email": email, "password": PASSWORD}).text

    assert "There is an account with this address." in page


def test_an_address_taken_between_check_and_insert_is_told_too(
    client: FlaskClient, make: Make, session: Session, monkeypatch: pytest.MonkeyPatch
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

    assert (page.status_code, "There is an account with this address." in page.text) == (200, True)
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
def test_nobody_is_sent_elsewhere_after_signing_in(client: FlaskClient, make: Make, sent: str) -> None:
    make.person(email="ada@example.org", with_password=True)

    answer = client.post("/login", data={"email": "ada@example.org", "password": PASSWORD, "next": sent})

    assert answer.status_code == 302
    assert answer.location in ("/", "/%5Cevil.example")


# -- signing in ------------------------------------------------------------------------------------------------------------


def test_signing_in_works_whatever_the_case_of_the_address(client: FlaskClient, make: Make) -> None:
    make.person(email="ada@example.org", with_password=True)

    _log_in(client, " ADA@example.org ")

    assert _is_signed_in(client)


def test_signing_in_leads_back_to_the_page_that_asked(client: FlaskClient, make: Make) -> None:
    make.person(email="ada@example.org", with_password=True)
    asked = client.get("/account/email")

    answer = client.post(asked.location, data={"email": "ada@example.org", "password": PASSWORD})

    assert (asked.status_code, asked.location) == (303, "/login?next=/account/email")
    assert answer.location == "/account/email"


def test_unknown_wrong_inactive_and_without_password_look_the_same(
    client: FlaskClient, make: Make, session: Session
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
    pages = {re.sub(r'value="[^"]*"', "", _log_in(client, *given)) for given in tries}

    assert len(pages) == 1
    assert FAILED in pages.pop()
    assert not _is_signed_in(client)


@pytest.mark.parametrize("password", ["x" * 5000, "nul\x00byte in it", "ü" * 2000])
def test_a_strange_password_is_only_wrong(client: FlaskClient, make: Make, password: str) -> None:
    make.person(email="ada@example.org", with_password=True)

    assert FAILED in _log_in(client, "ada@example.org", password)


def test_tries_at_one_account_are_throttled(app: Flask, client: FlaskClient, make: Make) -> None:
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
def asked(client: FlaskClient, make: Make) -> Person:
    """Somebody who signed in where a guest had begun practice; ``client`` is their browser."""
    person = make.person(email="ada@example.org", with_password=True)
    client.post("/modules/safety/attempts", data={"mode": "practice"})
    _log_in(client, "ada@example.org")
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
def test_the_question_is_asked_on_every_page_until_it_is_answered(client: FlaskClient) -> None:
    before = [client.get(path).text for path in ("/", "/account")]

    client.post("/account/guest", data={"keep": "1"})
    client.post("/account/guest", data={"keep": "1"})

    assert all("You did 1 thing here before signing in" in page for page in before)
    assert "before signing in" not in client.get("/account").text


def test_a_visitor_cannot_take_a_guests_work(client: FlaskClient, session: Session) -> None:
    client.post("/modules/safety/attempts", data={"mode": "practice"})

    answer = client.post("/account/guest", data={"keep": "1"})

    assert answer.location == "/login"
    assert session.scalar(select(func.count(LessonProgress.lesson_id))) == 0


# -- the account -----------------------------------------------------------------------------------------------------------


def test_name_and_time_zone_are_changed(make: Make, session: Session) -> None:
    person = make.person(name="Old")

    answer = person.client.post("/account", data={"name": "New", "time_zone": "Pacific/Auckland", "role": "admin"})

    session.expire_all()
    assert answer.status_code == 303
    assert (person.user.name, person.learner.time_zone, person.user.role) == ("New", "Pacific/Auckland", Role.LEARNER)


def test_every_fault_of_the_account_is_told_at_once(make: Make, session: Session) -> None:
    person = make.person(name="Old")

    page = person.client.post("/account", data={"name": "", "time_zone": "Mars/Olympus"})

    session.expire_all()
    assert page.status_code == 422
    assert "Enter your name." in page.text
    assert "There is no such time zone." in page.text
    assert 'value="Mars/Olympus"' in page.text
    assert (person.user.name, person.learner.time_zone) == ("Old", "Europe/Berlin")


def test_a_name_is_one_line_without_control_characters(make: Make, session: Session) -> None:
    person = make.person()

    person.client.post("/account", data={"name": "Eve\x00\r\nBcc:\tall", "time_zone": "UTC"})

    session.expire_all()
    assert person.user.name == "Eve Bcc: all"


def test_a_script_in_a_name_is_inert(make: Make) -> None:
    person = make.person(name="<script>alert(1)</script>")

    assert "<script>alert" not in person.client.get("/account").text


def test_the_address_changes_with_the_password(make: Make, session: Session) -> None:
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
        ("nowhere", PASSWORD, "This is no e-mail address."),
    ],
)
def test_the_address_stays_where_something_is_wrong(
    make: Make, session: Session, email: str, password: str, said: str
) -> None:
    make.person(email="taken@example.org")
    person = make.person(email="old@example.org", with_password=True)

    page = person.client.post("/account/email", data={"email": email, "password": password})

    session.expire_all()
    assert (page.status_code, said in page.text, person.user.email) == (422, True, "old@example.org")


# -- passwords -------------------------------------------------------------------------------------------------------------


def test_changing_the_password_ends_all_other_sign_ins(app: Flask, make: Make) -> None:
    person = make.person(email="ada@example.org", with_password=True)
    other = make.signed_in(person.user, person.learner)
    assert _is_signed_in(other)

    person.client.post("/change", data={"password": PASSWORD, "new_password": "another good one"})

    assert _is_signed_in(person.client)
    assert not _is_signed_in(other)
    assert FAILED in _log_in(app.test_client(), "ada@example.org")
    assert FAILED not in _log_in(app.test_client(), "ada@example.org", "another good one")


def test_changing_the_password_tells_both_faults_at_once(make: Make) -> None:
    person = make.person(with_password=True)

    page = person.client.post("/change", data={"password": "not the password", "new_password": "short"}).text

    assert "This is not your password." in page
    assert "Use at least 10 characters." in page


@pytest.fixture
def mails(app: Flask, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """What was mailed so far, as text."""
    before = app.config["MAIL_FILE_PATH"]
    app.config["MAIL_FILE_PATH"] = app.extensions["mailman"].file_path = str(tmp_path)

    def sent() -> str:
        app.extensions["mail_queue"].submit(lambda: None).result()
        return "\n".join(file.read_text().replace("=\n", "").replace("=3D", "=") for file in tmp_path.iterdir())

    yield sent
    app.config["MAIL_FILE_PATH"] = app.extensions["mailman"].file_path = before


def test_asking_for_a_reset_says_the_same_whoever_has_an_account(
    client: FlaskClient, make: Make, session: Session, mails: Callable[[], str]
) -> None:
    """Catches: an error, another text, or a mail for an address without an account."""
    admin = make.admin()
    make.person(email="known@example.org", with_password=True)
    gone = make.person(email="gone@example.org", with_password=True)
    users.deactivate(session, admin.user, gone.user, make.now())
    session.commit()

    answers = [client.post("/reset", data={"email": f"{who}@example.org"}) for who in ("known", "unknown", "gone")]

    pages = {answer.text.replace("unknown@", "X@").replace("known@", "X@").replace("gone@", "X@") for answer in answers}
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(pages) == 1
    sent = mails()
    assert "To: known@example.org" in sent
    assert "unknown@" not in sent
    assert "gone@" not in sent


def test_a_reset_link_works_once_and_ends_every_sign_in(
    app: Flask, client: FlaskClient, make: Make, mails: Callable[[], str]
) -> None:
    person = make.person(email="ada@example.org", with_password=True)
    client.post("/reset", data={"email": "ada@example.org"})
    link = re.search(r"http://localhost:8000(/reset/\S+)", mails())
    assert link is not None

    first = client.post(link[1], data={"password": "another good one"})
    second = client.post(link[1], data={"password": "a third good one"})

    assert (first.location, second.location) == ("/login", "/reset")
    assert not _is_signed_in(person.client)
    assert FAILED not in _log_in(app.test_client(), "ada@example.org", "another good one")


def test_the_link_in_a_mail_is_at_the_configured_address(
    client: FlaskClient, make: Make, mails: Callable[[], str]
) -> None:
    make.person(email="ada@example.org", with_password=True)

    client.post("/reset", data={"email": "ada@example.org"}, headers={"Host": "127.0.0.1:9999"})

    assert "http://localhost:8000/reset/" in mails()
    assert ":9999" not in mails()


def test_a_short_new_password_is_told_once(client: FlaskClient, make: Make, mails: Callable[[], str]) -> None:
    make.person(email="ada@example.org", with_password=True)
    client.post("/reset", data={"email": "ada@example.org"})
    link = re.search(r"http://localhost:8000(/reset/\S+)", mails())
    assert link is not None

    page = client.post(link[1], data={"password": "short"}).text

    assert page.count("Use at least 10 characters.") == 2
    assert "Password must be" not in page


# -- invitations -----------------------------------------------------------------------------------------------------------


def _invite(session: Session, make: Make, role: Role = Role.TRAINER) -> str:
    issued = invitations.create(session, None, role, make.now(), name="Rosa", email="rosa@example.org")
    session.commit()
    return f"/invitation/{issued.token}"


def test_an_invitation_makes_a_trainer_who_is_signed_in(client: FlaskClient, session: Session, make: Make) -> None:
    link = _invite(session, make)
    page = client.get(link).text

    client.post(link, data={"name": "Rosa Klee", "email": "rosa@example.org", "password": PASSWORD, "role": "admin"})

    user = session.scalars(select(User)).one()
    assert 'value="Rosa"' in page
    assert (user.name, user.role) == ("Rosa Klee", Role.TRAINER)
    assert client.get("/teach").status_code == 200


def test_a_used_invitation_is_gone(client: FlaskClient, app: Flask, session: Session, make: Make) -> None:
    link = _invite(session, make)
    sent = {"name": "Rosa", "email": "rosa@example.org", "password": PASSWORD}
    client.post(link, data=sent)

    again = app.test_client().post(link, data=sent | {"email": "second@example.org"})

    assert again.status_code == 410
    assert "This invitation was used" in again.text
    assert session.scalar(select(func.count(User.id))) == 1


def test_an_old_invitation_is_gone(client: FlaskClient, session: Session, make: Make, clock: Clock) -> None:
    link = _invite(session, make)
    clock.advance(days=7)

    page = client.get(link)

    assert (page.status_code, "has expired" in page.text) == (410, True)


def test_an_unknown_invitation_is_not_there(client: FlaskClient) -> None:
    assert client.get("/invitation/guessed").status_code == 404


def test_an_invitation_is_not_used_up_by_a_faulty_form(client: FlaskClient, session: Session, make: Make) -> None:
    make.person(email="taken@example.org")
    link = _invite(session, make)

    short = client.post(link, data={"name": "Rosa", "email": "rosa@example.org", "password": "short"})
    taken = client.post(link, data={"name": "Rosa", "email": "taken@example.org", "password": PASSWORD})
    good = client.post(link, data={"name": "Rosa", "email": "rosa@example.org", "password": PASSWORD})

    assert [short.status_code, taken.status_code, good.status_code] == [422, 422, 303]
    assert "There is an account with this address." in taken.text


def test_who_is_signed_in_does_not_use_an_invitation_up(session: Session, make: Make) -> None:
    link = _invite(session, make)
    person = make.person()

    page = person.client.post(link, data={"name": "Rosa", "email": "rosa@example.org", "password": PASSWORD})

    assert "You are signed in" in page.text
    assert session.scalar(select(func.count(User.id))) == 1


# -- joining a cohort ------------------------------------------------------------------------------------------------------


def _code(make: Make) -> str:
    return cohorts.code_shown(make.cohort(make.trainer(name="Dr Ilse Brandt"), title="Year 2").join_code)


def test_a_code_leads_to_its_cohort_and_joining_is_confirmed(make: Make, session: Session) -> None:
    code, person = _code(make), make.person()

    entered = person.client.post("/join", data={"code": code.lower().replace("-", " ")})
    seen = person.client.get(entered.location)
    was_member = session.scalar(select(func.count()).select_from(Membership))
    joined = person.client.post(entered.location)

    assert entered.location == f"/join/{code}"
    assert "Year 2" in seen.text
    assert "Dr Ilse Brandt" in seen.text
    assert (was_member, joined.status_code) == (0, 303)
    assert session.scalars(select(Membership.learner_id)).all() == [person.learner.id]


@pytest.mark.parametrize("is_guest", [False, True])
def test_whoever_has_no_account_is_asked_to_get_one_and_comes_back(
    client: FlaskClient, make: Make, session: Session, is_guest: bool
) -> None:
    code = _code(make)
    if is_guest:
        client.post("/modules/safety/attempts", data={"mode": "practice"})

    page = client.get(f"/join/{code}").text
    answer = client.post(f"/join/{code}")

    assert f'href="/register?next=/join/{code}"' in page
    assert answer.location == f"/login?next=/join/{code}"
    assert session.scalar(select(func.count()).select_from(Membership)) == 0


def test_registering_from_a_join_link_leads_back_to_it(client: FlaskClient, make: Make) -> None:
    code = _code(make)

    answer = client.post(
        f"/register?next=/join/{code}",
        data={"name": "Ada", "email": "ada@example.org", "password": PASSWORD, "next": f"/join/{code}"},
    )

    assert answer.location == f"/join/{code}"


def test_a_wrong_code_has_one_answer_by_whatever_way(client: FlaskClient) -> None:
    entered = client.post("/join", data={"code": "ZZZZZ-ZZZZZ"})
    followed = client.get("/join/ZZZZZ-ZZZZZ")

    assert [entered.status_code, followed.status_code] == [404, 404]
    assert "No cohort has this code." in entered.text
    assert 'value="ZZZZZ-ZZZZZ"' in entered.text
    assert "No cohort has this code." in followed.text


def test_an_old_code_says_so_and_joins_nobody(make: Make, session: Session, clock: Clock) -> None:
    code, person = _code(make), make.person()
    clock.advance(days=cohorts.CODE_VALID / timedelta(days=1))

    seen, sent = person.client.get(f"/join/{code}"), person.client.post(f"/join/{code}")

    assert [seen.status_code, sent.status_code] == [410, 410]
    assert "This code has expired" in seen.text
    assert session.scalar(select(func.count()).select_from(Membership)) == 0


def test_guessing_codes_is_throttled(app: Flask, client: FlaskClient) -> None:
    """Catches: a limit on POST alone, which leaves the link to guess with."""
    codes = {client.get(f"/join/{number:010}").status_code for number in range(600)}
    throttled = client.get("/join/9999999999").status_code

    assert (codes, throttled) == ({404}, 429)


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
