"""F6, F19: a refused form keeps its text, and one button sends it again, as the same account alone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Cohort, QuestionReport, Role
from app.services.people import users
from tests.support.attempt_client import get_hidden_field
from tests.support.factory import PASSWORD, Factory, Person

TEXT = 'Answers A and C could both be right.\nSee page 12, "trigger points" <b>.'


@pytest.fixture(autouse=True)
def protected(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def sign_in(client: FlaskClient, address: str, **more: str) -> str:
    token = get_hidden_field(client.get("/login").text, "csrf_token")
    return client.post("/login", data={"email": address, "password": PASSWORD, "csrf_token": token, **more}).text


def sign_out(client: FlaskClient) -> None:
    client.post("/logout", data={"csrf_token": get_hidden_field(client.get("/account").text, "csrf_token")})


def read_form(page: str, path: str) -> dict[str, str]:
    """Return the hidden fields of the form that sends to ``path``."""
    form = re.search(rf'<form[^>]*action="{re.escape(html.escape(path))}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form is not None, page
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[1])
    return {name: html.unescape(value) for name, value in fields}


@pytest.fixture
def ada(make: Factory) -> Person:
    return make.trainer(name="Ada Byron", email="ada@example.org", with_password=True)


@pytest.fixture
def browser(app: Flask, ada: Person) -> FlaskClient:
    client = app.test_client()
    sign_in(client, "ada@example.org")
    return client


COHORT = {"title": "Physiotherapy, year 2", "time_zone": "Europe/Berlin"}


def count_cohorts(session: Session) -> int:
    return session.scalar(select(func.count(Cohort.id))) or 0


def load_token(browser: FlaskClient) -> str:
    return get_hidden_field(browser.get("/account").text, "csrf_token")


def test_signed_out_and_in_again_elsewhere(browser: FlaskClient, session: Session) -> None:
    """F6 (a): one button, without typing anything again."""
    token = load_token(browser)
    sign_out(browser)
    sign_in(browser, "ada@example.org")

    refused = browser.post("/teach/cohorts", data=COHORT | {"csrf_token": token})
    before = count_cohorts(session)
    sent = browser.post("/teach/cohorts", data=read_form(refused.text, "/teach/cohorts"))

    assert (refused.status_code, before) == (400, 0)
    assert "Physiotherapy, year 2" in refused.text
    assert "Send as Ada Byron" in refused.text
    assert (sent.status_code, count_cohorts(session)) == (303, 1)


def test_signed_out_elsewhere(browser: FlaskClient, session: Session) -> None:
    """F6 (b): the page asks to sign in and then offers the form; nothing is sent by itself."""
    token = load_token(browser)
    sign_out(browser)
    browser.get("/")

    refused = browser.post(
        "/teach/cohorts", data=COHORT | {"csrf_token": token}, headers={"Referer": "http://localhost/teach/cohorts"}
    )
    fields = read_form(refused.text, "/login")
    offered = browser.post("/login", data=fields | {"email": "ada@example.org", "password": PASSWORD})
    before = count_cohorts(session)
    sent = browser.post("/teach/cohorts", data=read_form(offered.text, "/teach/cohorts"))

    assert "Physiotherapy, year 2" in refused.text
    assert (offered.status_code, before) == (200, 0)
    assert 'href="/teach/cohorts"' in offered.text
    assert (sent.status_code, count_cohorts(session)) == (303, 1)


def test_a_wrong_password_keeps_the_text(browser: FlaskClient, session: Session) -> None:
    token = load_token(browser)
    sign_out(browser)
    browser.get("/")
    refused = browser.post("/teach/cohorts", data=COHORT | {"csrf_token": token})

    wrong = browser.post(
        "/login", data=read_form(refused.text, "/login") | {"email": "ada@example.org", "password": "x"}
    )
    fields = read_form(wrong.text, "/login")
    offered = browser.post("/login", data=fields | {"email": "ada@example.org", "password": PASSWORD})

    assert "Physiotherapy, year 2" in offered.text


@pytest.mark.parametrize("how", ["password", "deactivation"])
def test_a_sign_in_that_ended_elsewhere(
    app: Flask, browser: FlaskClient, ada: Person, session: Session, make: Factory, how: str
) -> None:
    """F6 (c): the token is still good, but nobody is signed in: it was redirected to the sign-in without a word."""
    token = load_token(browser)
    if how == "password":
        other = app.test_client()
        sign_in(other, "ada@example.org")
        field = get_hidden_field(other.get("/change").text, "csrf_token")
        other.post("/change", data={"password": PASSWORD, "new_password": "another good one", "csrf_token": field})
    else:
        users.deactivate(session, make.admin().user, ada.user, make.now())
        session.commit()

    refused = browser.post("/teach/cohorts", data=COHORT | {"csrf_token": token})

    assert refused.status_code == 401
    assert "Physiotherapy, year 2" in refused.text
    assert 'name="kept"' in refused.text


def test_another_account_sends_nothing(app: Flask, browser: FlaskClient, make: Factory, session: Session) -> None:
    make.person(Role.ADMIN, name="Bo Ek", email="bo@example.org", with_password=True)
    token = load_token(browser)
    sign_out(browser)
    sign_in(browser, "bo@example.org")

    refused = browser.post("/teach/cohorts", data=COHORT | {"csrf_token": token})

    assert "another account" in refused.text
    assert "Physiotherapy, year 2" in refused.text
    assert 'action="/teach/cohorts"' not in refused.text
    assert count_cohorts(session) == 0


def test_another_account_that_signs_in_there_sends_nothing(
    browser: FlaskClient, make: Factory, session: Session
) -> None:
    make.person(Role.ADMIN, name="Bo Ek", email="bo@example.org", with_password=True)
    token = load_token(browser)
    sign_out(browser)
    browser.get("/")

    refused = browser.post("/teach/cohorts", data=COHORT | {"csrf_token": token})
    offered = browser.post(
        "/login", data=read_form(refused.text, "/login") | {"email": "bo@example.org", "password": PASSWORD}
    )

    assert "another account" in offered.text
    assert 'action="/teach/cohorts"' not in offered.text


@pytest.mark.parametrize(
    "path",
    [
        "/teach/cohorts/{cohort}/assignments/new",
        "/teach/cohorts/{cohort}/settings",
        "/teach/cohorts/{cohort}/roster",
        "/account",
        "/admin/invitations",
        "/teach/reports/1",
    ],
)
def test_any_form_is_kept(browser: FlaskClient, make: Factory, ada: Person, path: str) -> None:
    cohort = make.cohort(ada)
    token = load_token(browser)
    sign_out(browser)
    sign_in(browser, "ada@example.org")
    address = path.format(cohort=cohort.id)

    refused = browser.post(f"{address}?a=1&b=2", data={"text": TEXT, "many": ["1", "2"], "csrf_token": token})

    fields = read_form(refused.get_data().decode(), f"{address}?a=1&b=2")
    assert fields["text"] == TEXT
    assert refused.text.count('name="many"') == 2
    assert html.escape(TEXT.split("\n")[1]).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in refused.text


def test_passwords_are_never_kept(browser: FlaskClient) -> None:
    token = load_token(browser)
    sign_out(browser)
    sign_in(browser, "ada@example.org")

    refused = browser.post(
        "/account/email", data={"email": "new@example.org", "password": "secret words", "csrf_token": token}
    ).text

    assert "secret words" not in refused
    assert "enter yours again" in refused
    assert read_form(refused, "/account/email")["email"] == "new@example.org"


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_forms_of_other_sites_are_not_offered(browser: FlaskClient, session: Session, origin: str) -> None:
    """A button on our page must not do what another site wrote."""
    token = load_token(browser)
    sign_out(browser)
    sign_in(browser, "ada@example.org")

    refused = browser.post("/teach/cohorts", data=COHORT | {"csrf_token": token}, headers={"Origin": origin})

    assert refused.status_code == 400
    assert "Physiotherapy" not in refused.text


def test_forms_without_a_token_of_ours_are_not_offered(browser: FlaskClient) -> None:
    refused = browser.post("/teach/cohorts", data=COHORT | {"csrf_token": "made-up"})

    assert refused.status_code == 400
    assert "Physiotherapy" not in refused.text


def test_what_was_changed_on_its_way_is_not_offered(browser: FlaskClient) -> None:
    sign_out(browser)

    page = sign_in(browser, "ada@example.org", kept="WyIvdGVhY2giXQ.forged")

    assert "kept" not in page


def test_switched_off_cookies_are_said(app: Flask, ada: Person) -> None:
    """F19: a fresh token and no cookie at all."""
    client = app.test_client(use_cookies=False)
    token = get_hidden_field(client.get("/login").text, "csrf_token")

    refused = client.post("/login", data={"email": "ada@example.org", "password": PASSWORD, "csrf_token": token})

    assert refused.status_code == 400
    assert "cookies" in refused.text
    assert PASSWORD not in refused.text
    assert "signed in or out" not in refused.text


def test_a_report_of_a_learner_is_kept(app: Flask, make: Factory, session: Session) -> None:
    make.person(name="Jonas", email="jonas@example.org", with_password=True)
    client = app.test_client()
    sign_in(client, "jonas@example.org")
    token = get_hidden_field(client.get("/modules/safety").text, "csrf_token")
    started = client.post("/modules/safety/attempts", data={"mode": "practice", "csrf_token": token})
    path = "/".join(["", "attempts", started.location.split("/")[2], "1", "report"])
    token = get_hidden_field(client.get(path).text, "csrf_token")
    sign_out(client)
    sign_in(client, "jonas@example.org")

    refused = client.post(path, data={"says": TEXT, "csrf_token": token})
    sent = client.post(path, data=read_form(refused.text, path))

    assert refused.status_code == 400
    assert sent.status_code in (303, 200)
    assert session.scalar(select(func.count(QuestionReport.attempt_id))) == 1
