"""Where somebody is signed in, signing out elsewhere, and the end of sign-ins that are not used."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.db import db
from app.models import AuditEvent, SignIn
from app.services.people import sign_ins, users
from app.web.origins import read_origin
from tests.conftest import Clock
from tests.support.attempt_client import get_hidden_field, start
from tests.support.factory import PASSWORD, Factory, Person

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"


def _sign_in(app: Flask, person: Person, agent: str = FIREFOX, address: str = "203.0.113.77") -> FlaskClient:
    client = app.test_client()
    client.post(
        "/login",
        data={"email": person.user.email, "password": PASSWORD},
        headers={"User-Agent": agent},
        environ_base={"REMOTE_ADDR": address},
    )
    return client


def _is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def _get_row(session: Session, person: Person) -> SignIn:
    session.expire_all()
    return session.scalars(select(SignIn).where(SignIn.user_id == person.user.id).order_by(SignIn.id.desc())).first()  # type: ignore[return-value]


@pytest.fixture
def person(make: Factory) -> Person:
    return make.person(with_password=True)


# -- the list ----------------------------------------------------------------------------------------------------------


def test_the_page_lists_browsers_with_their_origin_and_last_use(app: Flask, person: Person, clock: Clock) -> None:
    _sign_in(app, person, SAFARI)
    clock.advance(hours=2)

    page = _sign_in(app, person).get("/account/sign-ins").text

    assert "Safari on iPhone" in page
    assert "last used 2 hours ago from another network, 203.0.113.0/24" in page
    assert "203.0.113.77" not in page
    assert page.index("This browser") < page.index("Firefox on Windows") < page.index("Safari on iPhone")
    assert "Sign out of the 2 other browsers" in page


def test_the_network_is_that_of_the_last_use(app: Flask, person: Person, clock: Clock) -> None:
    other = _sign_in(app, person, SAFARI)
    clock.advance(hours=1)

    other.get("/account", environ_base={"REMOTE_ADDR": "198.51.100.9"})
    here = person.client.get("/account/sign-ins", environ_base={"REMOTE_ADDR": "192.0.2.7"}).text
    there = person.client.get("/account/sign-ins", environ_base={"REMOTE_ADDR": "198.51.100.200"}).text

    assert "from another network, 198.51.100.0/24" in here
    assert "from the network that you are using now" in there


def test_each_other_browser_has_a_button_that_asks_for_the_password(
    app: Flask, person: Person, session: Session
) -> None:
    _sign_in(app, person, SAFARI)
    number = _get_row(session, person).id

    listed = person.client.get("/account/sign-ins").text
    asked = person.client.get(f"/account/sign-ins?end={number}").text
    all_others = person.client.get("/account/sign-ins?end=others").text

    assert f'value="{number}"' in listed
    assert 'type="password"' not in listed
    assert "Sign out of Safari on iPhone" in asked
    assert 'type="password"' in asked
    assert "Sign out of the other browser" in all_others
    assert person.client.get("/account/sign-ins?end=99999").text.count("Safari on iPhone") == listed.count(
        "Safari on iPhone"
    )


@pytest.mark.parametrize(
    ("agent", "address", "expected"),
    [
        (FIREFOX, "192.0.2.1", ("Firefox", "Windows", "192.0.2.0/24")),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0 Safari/537.36 Edg/126.0", "::1", ("Edge", "Linux", "::/48")),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "", ("Chrome", "Android", "")),
        ("<script>curl/8.0", "::ffff:192.0.2.9", ("", "", "192.0.2.0/24")),
        ("", "2001:db8:1:2:3::4", ("", "", "2001:db8:1::/48")),
    ],
)
def test_the_origin_of_a_sign_in(app: Flask, agent: str, address: str, expected: tuple[str, str, str]) -> None:
    from flask import request

    with app.test_request_context(headers={"User-Agent": agent}, environ_base={"REMOTE_ADDR": address}):
        origin = read_origin(request)

    assert (origin.browser, origin.system, origin.network) == expected


def test_ending_one_leaves_the_others(app: Flask, person: Person, session: Session) -> None:
    lost, kept = _sign_in(app, person), person.client
    number = _get_row(session, person).id
    third = _sign_in(app, person)

    reply = kept.post("/account/sign-ins", data={"end": str(number), "password": PASSWORD})

    assert reply.location == "/account/sign-ins"
    assert [_is_in(one) for one in (lost, kept, third)] == [False, True, True]


def test_ending_all_others(app: Flask, person: Person) -> None:
    lost = _sign_in(app, person)

    person.client.post("/account/sign-ins", data={"end": "others", "password": PASSWORD})

    assert not _is_in(lost)
    assert _is_in(person.client)


@pytest.mark.parametrize(
    ("chosen", "status"), [("", 400), ("x", 400), ("-1", 400), ("²", 400), ("2147483648", 400), ("2147483647", 303)]
)
def test_an_invalid_choice_ends_nothing(app: Flask, person: Person, chosen: str, status: int) -> None:
    other = _sign_in(app, person)

    reply = person.client.post("/account/sign-ins", data={"end": chosen, "password": PASSWORD})

    assert reply.status_code == status
    assert _is_in(other)


def test_it_asks_for_the_password(app: Flask, person: Person) -> None:
    """ASVS 7.5.2. Fails when a browser left open is enough to sign its owner out elsewhere."""
    other = _sign_in(app, person)

    reply = person.client.post("/account/sign-ins", data={"end": "others", "password": "wrong"})

    assert reply.status_code == 422
    assert "This is not your password." in reply.text
    assert _is_in(other)


def test_nobody_ends_the_sign_ins_of_others(app: Flask, person: Person, make: Factory, session: Session) -> None:
    stranger = make.person()

    person.client.post("/account/sign-ins", data={"end": str(_get_row(session, stranger).id), "password": PASSWORD})

    assert _is_in(stranger.client)


def test_an_administrator_signs_somebody_out_everywhere(make: Factory, person: Person, session: Session) -> None:
    admin = make.admin()
    assert "Signed in with 1 browser." in admin.client.get(f"/admin/users/{person.user.id}").text

    admin.client.post(f"/admin/users/{person.user.id}/end-sign-ins")

    assert not _is_in(person.client)
    assert "Not signed in anywhere." in admin.client.get(f"/admin/users/{person.user.id}").text
    assert session.scalars(select(AuditEvent.action)).all() == ["user.end_sign_ins"]


def test_an_administrator_stays_in_this_browser(make: Factory) -> None:
    admin = make.admin()
    other = make.signed_in(admin.user, admin.learner)

    path = f"/admin/users/{admin.user.id}"
    assert "Sign out of all other browsers" in admin.client.get(path).text
    page = admin.client.post(f"{path}/end-sign-ins", follow_redirects=True).text

    assert "You were signed out of all other browsers." in page
    assert "was signed out everywhere" not in page
    assert _is_in(admin.client)
    assert not _is_in(other)


# -- not used ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "is_in"), [(20160, True), (20161, False)])
def test_a_sign_in_ends_when_it_was_not_used(learner: Person, clock: Clock, minutes: int, is_in: bool) -> None:
    clock.advance(minutes=minutes)

    assert _is_in(learner.client) is is_in


def test_the_limit_is_a_setting(file_app: Callable[..., Flask], clock: Clock) -> None:
    app = file_app(idle_minutes=30)
    with app.app_context():
        person = Factory(app, db.session, clock).person()

    for _ in range(4):
        clock.advance(minutes=20)
        assert _is_in(person.client)
    clock.advance(minutes=37)

    assert not _is_in(person.client)


def test_reading_counts_as_use_and_is_stored_once_in_five_minutes(
    learner: Person, clock: Clock, session: Session, statements: Callable[[], list[str]]
) -> None:
    started = _get_row(session, learner).seen_at
    clock.advance(minutes=4)
    learner.client.get("/progress")
    assert _get_row(session, learner).seen_at == started
    clock.advance(minutes=2)

    statements()
    learner.client.get("/progress")
    first = [one for one in statements() if one.startswith("UPDATE sign_in")]
    learner.client.get("/progress")

    assert _get_row(session, learner).seen_at == clock.now
    assert len(first) == 1
    assert not [one for one in statements() if one.startswith("UPDATE")]


@pytest.mark.parametrize(("hours", "is_in"), [(11, True), (13, False)])
def test_a_running_test_puts_the_end_off(file_app: Callable[..., Flask], clock: Clock, hours: int, is_in: bool) -> None:
    """Fails when somebody who thinks longer than the limit loses a test; a test left open does not keep it for ever."""
    app = file_app(idle_minutes=5)
    with app.app_context():
        person = Factory(app, db.session, clock).person()
        start(person.client, db.session, "test")

    clock.advance(hours=hours)

    assert _is_in(person.client) is is_in


def test_a_sign_in_that_is_used_ends_after_sixty_days(learner: Person, clock: Clock) -> None:
    for _ in range(6):
        clock.advance(days=10)
        assert _is_in(learner.client)
    clock.advance(minutes=1)

    assert not _is_in(learner.client)


def test_a_guest_keeps_their_work(client: FlaskClient, session: Session, clock: Clock) -> None:
    play = start(client, session, "practice")

    clock.advance(days=20)

    assert client.get(f"{play.path}/1").status_code == 200


@pytest.mark.sqlite
def test_a_page_does_not_wait_for_the_database_to_store_its_use(file_app: Callable[..., Flask], clock: Clock) -> None:
    """Fault R4. Fails when reading takes the write lock, or fails without it."""
    app = file_app()
    with app.app_context():
        person = Factory(app, db.session, clock).person()
        path = db.engine.url.database
    clock.advance(hours=1)
    other = sqlite3.connect(str(path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    assert _is_in(person.client)

    other.execute("ROLLBACK")
    other.close()
    assert _is_in(person.client)
    with app.app_context():
        seen = db.session.scalars(select(SignIn.seen_at).where(SignIn.user_id == person.user.id)).one()
    assert seen == clock.now


def test_a_refused_form_is_not_stored_with_the_use(make: Factory, clock: Clock, session: Session) -> None:
    """Fails when the use is committed together with what a view had changed and given up."""
    person, others = make.person(), make.person(email="taken@example.org")
    clock.advance(hours=1)

    person.client.post("/account", data={"name": "", "time_zone": "UTC"})

    session.expire_all()
    assert users.get(session, person.user.id).name == person.user.name  # type: ignore[union-attr]
    assert _get_row(session, person).seen_at == clock.now
    assert others.user.email == "taken@example.org"


def test_only_valid_sign_ins_are_listed(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    clock.advance(days=15)
    make.signed_in(person.user, person.learner)

    assert len(sign_ins.list_active(session, person.user, clock.now, timedelta(days=14))) == 1


# -- signing out -------------------------------------------------------------------------------------------------------


def test_a_sign_out_ends_the_sign_in_once(learner: Person, statements: Callable[[], list[str]]) -> None:
    learner.client.get("/account")
    statements()

    learner.client.post("/logout")

    assert len([one for one in statements() if one.startswith("UPDATE sign_in")]) == 1
    assert not _is_in(learner.client)


def test_a_sign_out_that_can_not_be_stored_says_so(
    checked_forms: Flask, learner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault R3. Fails when the cookie goes but not the sign-in: a copy of the cookie would still open the account."""
    form = {"csrf_token": get_hidden_field(learner.client.get("/account").text, "csrf_token")}

    def refuse(_session: Session) -> None:
        raise OperationalError("COMMIT", None, sqlite3.OperationalError("database or disk is full"))

    with monkeypatch.context() as full_disk:
        full_disk.setattr(Session, "commit", refuse)
        reply = learner.client.post("/logout", data=form)

    assert reply.status_code == 503
    assert "You are still signed in" in reply.text
    assert "Clear-Site-Data" not in reply.headers
    assert _is_in(learner.client)
    assert learner.client.post("/logout", data=form).status_code == 302
    assert not _is_in(learner.client)
