"""Threats 13, 16, 17 and 18: access that ended, telling accounts apart, guessing passwords, and cross-site posts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Attempt, Learner, SignIn, User
from app.services.cohorts import cohorts
from app.services.people import users
from tests.conftest import Clock
from tests.support.account_client import issue_reset_link, try_to_sign_in
from tests.support.attempt_client import get_hidden_field, start
from tests.support.factory import PASSWORD, Factory

NEW_PASSWORD = "another long password"


# -- 13: access that ended --------------------------------------------------------------------------------------------


def copied(client: FlaskClient, app: Flask) -> FlaskClient:
    """Another browser with the same cookie."""
    other = app.test_client()
    cookie = client.get_cookie("palpate")
    assert cookie
    other.set_cookie("palpate", cookie.value)
    return other


def test_a_copied_cookie_is_worth_nothing_after_signing_out(checked_forms: Flask, make: Factory) -> None:
    """Threat 13. Fails when signing out only deletes the cookie."""
    person = make.person()
    token = get_hidden_field(person.client.get("/account").text, "csrf_token")
    thief = copied(person.client, checked_forms)
    assert thief.get("/account").status_code == 200

    assert person.client.post("/logout", data={"csrf_token": token}).status_code == 302

    assert thief.get("/account").location.startswith("/login")


def test_changing_the_password_ends_every_other_browser(app: Flask, make: Factory) -> None:
    """Threat 13. Fails when a sign-in is not tied to the password it was made with."""
    person = make.person(with_password=True)
    other = make.signed_in(person.user, person.learner)

    person.client.post("/change", data={"password": PASSWORD, "new_password": NEW_PASSWORD})

    assert other.get("/account").location.startswith("/login")
    assert person.client.get("/account").status_code == 200


def test_resetting_the_password_ends_every_browser(app: Flask, make: Factory) -> None:
    person, admin = make.person(with_password=True), make.admin()
    link = issue_reset_link(admin, person)

    app.test_client().post(link, data={"password": NEW_PASSWORD})

    assert person.client.get("/account").location.startswith("/login")


def _counting(real: Callable[..., Any], work: list[str]) -> Callable[..., Any]:
    """The same function, which notes each call in ``work``."""

    def counted(*args: Any, **kwargs: Any) -> Any:
        work.append("hashed")
        return real(*args, **kwargs)

    return counted


@pytest.mark.parametrize(
    "page", ["/account", "/teach/cohorts", "/teach/cohorts/{cohort}", "/teach/cohorts/{cohort}/gradebook.csv"]
)
def test_a_deactivated_trainer_is_refused_at_the_next_request(
    make: Factory, session: Session, clock: Clock, page: str
) -> None:
    trainer, admin = make.trainer(), make.admin()
    page = page.format(cohort=make.cohort(trainer).id)
    assert trainer.client.get(page).status_code == 200

    users.deactivate(session, admin.user, trainer.user, clock.now)
    session.commit()

    assert trainer.client.get(page).location.startswith("/login")


@pytest.mark.parametrize(
    "page", ["/teach/cohorts", "/teach/cohorts/{cohort}", "/teach/cohorts/{cohort}/gradebook.csv", "/admin/users"]
)
def test_a_lost_role_is_gone_at_the_next_request(make: Factory, page: str) -> None:
    """Threat 13. Fails when the role is kept in the session."""
    person, admin = make.admin(), make.admin()
    page = page.format(cohort=make.cohort(person).id)
    assert person.client.get(page).status_code == 200

    admin.client.post(f"/admin/users/{person.user.id}/role", data={"role": "learner"})

    assert person.client.get(page).status_code == 403


def test_who_was_removed_from_a_cohort_can_not_start_its_tests(make: Factory, session: Session, clock: Clock) -> None:
    """Threat 13. Fails when membership is looked at without ``removed_at``."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort, title="Needles before lunch")
    assert "Needles before lunch" in learner.client.get("/").text

    cohorts.remove_member(session, trainer.user, cohort, learner.learner.id, clock.now)
    session.commit()

    assert learner.client.post(f"/assignments/{assignment.id}/attempts").status_code == 404
    assert "Needles before lunch" not in learner.client.get("/").text
    assert session.scalar(select(func.count(Attempt.id))) == 0


def test_no_token_is_handed_out_that_outlives_a_sign_in(app: Flask, make: Factory) -> None:
    """Threat 13. Fails when the accounts library answers in JSON: its tokens know nothing of our sign-in rows."""
    person = make.person(with_password=True, email="api@example.org")
    client = app.test_client()

    for path in ("/login", "/login?include_auth_token", "/login?include_auth_token=1"):
        reply = client.post(
            path, json={"email": "api@example.org", "password": PASSWORD}, headers={"Accept": "application/json"}
        )
        assert "token" not in reply.text.replace("csrf_token", "")

    with app.app_context():
        token = str(person.user.get_auth_token())
    for path in ("/account", "/change"):
        assert app.test_client().get(path, headers={"Authentication-Token": token}).location.startswith("/login")


# -- 16: who has an account -------------------------------------------------------------------------------------------


@pytest.fixture
def known(make: Factory, session: Session, clock: Clock) -> list[str]:
    """Addresses: with an account, deactivated, without a password, unknown."""
    admin = make.admin()
    make.person(with_password=True, email="known@example.org")
    gone = make.person(with_password=True, email="gone@example.org")
    users.deactivate(session, admin.user, gone.user, clock.now)
    make.person(email="bare@example.org").user.password = None
    session.commit()
    return ["known@example.org", "gone@example.org", "bare@example.org", "unknown@example.org"]


def without(text: str, address: str) -> str:
    return re.sub(r'(name="csrf_token"[^>]*value=")[^"]*', "", text).replace(address, "ADDRESS")


@pytest.mark.parametrize("path", ["/login", "/reset"])
def test_a_form_says_nothing_about_who_has_an_account(app: Flask, known: list[str], path: str) -> None:
    """Threat 16. Fails when an unknown, deactivated or passwordless account has words or a status of its own."""
    replies = [app.test_client().post(path, data={"email": email, "password": "wrong password"}) for email in known]

    said = {
        (reply.status, reply.location, without(reply.text, email)) for reply, email in zip(replies, known, strict=True)
    }
    assert len(said) == 1


def test_signing_in_works_as_hard_whoever_is_asked_for(
    app: Flask, known: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threat 16, timing. Fails when the password of an account that isn't there is not hashed all the same."""
    work: list[str] = []
    context = app.extensions["security"].pwd_context
    for name in ("hash", "verify"):
        monkeypatch.setattr(context, name, _counting(getattr(context, name), work))

    done = []
    for email in known:
        work.clear()
        try_to_sign_in(app, email, "wrong password")
        done.append(len(work))

    assert done == [1, 1, 1, 1]


def test_registration_says_that_it_tells_who_has_an_account(client: FlaskClient) -> None:
    """Threat 16 allows it where no mail confirms an address, if the form says so."""
    assert "If this address already has an account, the form will say so." in client.get("/register").text


# -- 17: guessing passwords -------------------------------------------------------------------------------------------


def tries(app: Flask, email: str, times: int, **given: Any) -> list[int]:
    return [try_to_sign_in(app, email, "wrong password", **given).status_code for _ in range(times)]


def test_guessing_one_password_ends_after_ten_tries(app: Flask, make: Factory) -> None:
    """Threat 17. Fails without a throttle per account: the right password is no way in either, once it is on."""
    make.person(with_password=True, email="target@example.org")

    statuses = tries(app, "target@example.org", 12)

    assert statuses == [200] * 10 + [429] * 2
    assert try_to_sign_in(app, "target@example.org").status_code == 429


def test_the_owner_elsewhere_is_not_locked_out(app: Flask, make: Factory) -> None:
    """Threat 17. Fails when the throttle counts an account alone: anybody could lock anybody out."""
    make.person(with_password=True, email="target@example.org")
    tries(app, "target@example.org", 12)

    reply = try_to_sign_in(app, "target@example.org", environ_base={"REMOTE_ADDR": "192.0.2.7"})

    assert reply.status_code == 302


@pytest.mark.parametrize(
    "spelling", ["TARGET@example.org", "target@EXAMPLE.org", "target@ｅxample.org", " target@example.org "]
)
def test_another_spelling_of_an_address_has_no_tries_of_its_own(app: Flask, make: Factory, spelling: str) -> None:
    """Threat 17. Fails when the throttle compares what was typed and not what accounts are looked up by."""
    make.person(with_password=True, email="target@example.org")
    tries(app, "target@example.org", 10)

    assert tries(app, spelling, 1) == [429]


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
def test_json_is_throttled_too(app: Flask, make: Factory, accept: str) -> None:
    """Threat 17. Fails when a failure told in JSON (status 400) is not counted as one."""
    make.person(with_password=True, email="target@example.org")
    body = json.dumps({"email": "target@example.org", "password": "wrong password"})
    client = app.test_client()

    statuses = [
        client.post("/login", data=body, content_type="application/json", headers={"Accept": accept}).status_code
        for _ in range(12)
    ]

    assert statuses[-2:] == [429, 429]


@pytest.mark.parametrize("path", ["/change", "/account/email"])
def test_a_session_left_open_is_no_place_to_guess_the_password(app: Flask, make: Factory, path: str) -> None:
    """Threat 17. Fails when only signing in is throttled: whoever finds a browser signed in could try passwords without end."""
    person = make.person(with_password=True)
    guess = {"password": "wrong password", "new_password": NEW_PASSWORD, "email": "other@example.org"}

    statuses = [person.client.post(path, data=guess).status_code for _ in range(21)]

    assert 429 not in statuses[:20]
    assert statuses[20] == 429
    assert make.person(with_password=True).client.post(path, data=guess).status_code != 429


def test_a_class_behind_one_address_gets_in(app: Flask, make: Factory) -> None:
    """Threat 17. Fails when tries are counted by address alone: 30 learners who mistype twice are 60 failures."""
    addresses = [make.person(with_password=True).user.email for _ in range(30)]
    for email in addresses:
        tries(app, email, 2)

    assert {try_to_sign_in(app, email).status_code for email in addresses} == {302}


# -- 18: fixation and cross-site posts --------------------------------------------------------------------------------


def test_the_session_is_another_one_after_signing_in(app: Flask, make: Factory, session: Session) -> None:
    """Threat 18. Fails when a sign-in goes on with the row or the form token that a guest had: somebody may have planted it."""
    make.person(with_password=True, email="me@example.org")
    client = app.test_client()
    start(client, session, "practice")
    client.get("/login")
    with client.session_transaction() as before:
        planted = before["sign_in"], before["csrf_token"]

    client.post("/login", data={"email": "me@example.org", "password": PASSWORD})
    client.get("/")

    with client.session_transaction() as after:
        assert after["sign_in"] != planted[0]
        assert after["csrf_token"] != planted[1]


@pytest.mark.parametrize("way", ["without a token", "another's token", "htmx", "JSON"])
@pytest.mark.parametrize("path", ["/login", "/register", "/reset", "/modules/safety/attempts", "/appearance", "/join"])
def test_a_cross_site_post_changes_nothing(
    checked_forms: Flask, make: Factory, session: Session, path: str, way: str
) -> None:
    """Threat 18. Fails when a blueprint is exempt from the protection, signing in included."""
    make.person(with_password=True, email="me@example.org")
    rows = [session.scalar(select(func.count()).select_from(table)) for table in (User, Learner, SignIn, Attempt)]
    form = {
        "email": "me@example.org",
        "password": PASSWORD,
        "name": "Eve",
        "mode": "practice",
        "theme": "dark",
        "code": "x",
    }
    if way == "another's token":
        form["csrf_token"] = get_hidden_field(checked_forms.test_client().get("/login").text, "csrf_token")
    headers = {"HX-Request": "true"} if way == "htmx" else {}

    client = checked_forms.test_client()
    reply = client.post(path, json=form) if way == "JSON" else client.post(path, data=form, headers=headers)

    assert reply.status_code == 400
    assert [
        session.scalar(select(func.count()).select_from(table)) for table in (User, Learner, SignIn, Attempt)
    ] == rows


def test_every_post_is_protected(checked_forms: Flask, make: Factory) -> None:
    """Threat 18. Fails when any view that takes a POST is exempt.

    Mail programs post to the link for unsubscribing (RFC 8058); its signed token is what protects it.
    """
    admin = make.admin()
    posts = [
        rule
        for rule in checked_forms.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint != "accounts.unsubscribe"
    ]

    for rule in posts:
        path = re.sub(r"<(?:\w+:)?\w+>", "1", rule.rule)
        assert admin.client.post(path).status_code == 400, path


def test_a_form_of_ours_is_taken(checked_forms: Flask, session: Session) -> None:
    client = checked_forms.test_client()
    token = get_hidden_field(client.get("/modules/safety").text, "csrf_token")

    reply = client.post("/modules/safety/attempts", data={"mode": "practice", "csrf_token": token})

    assert reply.status_code == 303


def test_a_form_token_does_not_outlive_signing_in(checked_forms: Flask, make: Factory) -> None:
    make.person(with_password=True, email="me@example.org")
    client = checked_forms.test_client()
    token = get_hidden_field(client.get("/login").text, "csrf_token")
    form = {"email": "me@example.org", "password": PASSWORD, "csrf_token": token}
    assert client.post("/login", data=form).status_code == 302

    reply = client.post("/modules/safety/attempts", data={"mode": "practice", "csrf_token": token})

    assert reply.status_code == 400
