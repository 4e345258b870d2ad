"""Threats 16, 17 and 32: password links by mail can't flood anybody, carry nobody's words, and reveal no account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import throttling
from app.accounts.forms import ForgotPasswordForm
from app.settings import ROOT
from app.web import waiting
from app.web.budgets import limiter
from app.web.limits import LinkPurpose
from tests.conftest import Clock
from tests.support.factory import PASSWORD, Factory
from tests.support.mailbox import Mailbox, mail_server

HOSTILE = "Prize! Claim http evil.example now"


@pytest.fixture
def asked(app: Flask) -> Callable[..., Any]:
    """Ask for a link in a new browser."""

    def ask(address: str, network: str = "127.0.0.1", client: FlaskClient | None = None) -> Any:
        browser = client or app.test_client()
        return browser.post("/reset", data={"email": address}, environ_base={"REMOTE_ADDR": network})

    return ask


def count_mails(app: Flask, box: Mailbox) -> int:
    return len(box.mails)


def test_one_person_gets_three_links_an_hour_whoever_asks(app: Flask, make: Factory, asked: Callable[..., Any]) -> None:
    """Threat 17. Fails when only those who ask are limited: 59 mails to one person in seconds."""
    make.person(email="kim@example.org")

    with mail_server(app) as box:
        replies = [asked("kim@example.org", network=f"192.0.2.{number}") for number in range(8)]
        sent = count_mails(app, box)

    assert {reply.status_code for reply in replies} == {200}
    assert len({re.sub(r'value="[^"]*"', "", reply.text) for reply in replies}) == 1
    assert sent == 3


def test_a_link_to_one_person_takes_nothing_from_others(app: Flask, make: Factory, asked: Callable[..., Any]) -> None:
    """Threat 32. Fails when asking for one person's link uses up the budget of the class."""
    make.person(email="kim@example.org")
    for number in range(61):
        asked(f"nobody{number}@example.org")

    with mail_server(app) as box:
        reply = asked("kim@example.org")
        sent = count_mails(app, box)

    assert (reply.status_code, sent) == (200, 1)


def test_a_class_gets_its_links_although_somebody_floods_the_form(
    app: Flask, make: Factory, asked: Callable[..., Any], clock: Clock
) -> None:
    """Threat 32. Who has waited has a budget of their own; a browser that knows the account need not wait."""
    make.person(with_password=True, email="kim@example.org")
    known = app.test_client()
    known.post("/login", data={"email": "kim@example.org", "password": PASSWORD})
    budget = throttling._RESET.quick
    limiter.limiter.hit(budget.item, budget.name, "127.0.0.1", cost=budget.item.amount)
    browser = app.test_client()

    at_once = asked("kim@example.org", client=known)
    first = asked("kim@example.org", client=browser)
    clock.advance(seconds=waiting.SECONDS)
    second = asked("kim@example.org", client=browser)

    assert at_once.status_code == 200
    assert (first.status_code, first.headers["Retry-After"]) == (429, "10")
    assert "Too many forms were sent from your network." in first.text
    assert 'value="kim@example.org"' in first.text
    assert second.status_code == 200


def test_links_are_counted_alike_with_and_without_an_account(
    app: Flask, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threat 16. Fails when the count itself takes another way for an address without an account."""
    make.person(email="kim@example.org")
    seen: list[str] = []

    def refuse(address: str, _purpose: LinkPurpose) -> bool:
        seen.append(address)
        return False

    monkeypatch.setattr("app.accounts.forms.may_send_link", refuse)

    for address in ("kim@example.org", "unknown@example.org"):
        with app.test_request_context("/reset", method="POST", data={"email": address}):
            form = ForgotPasswordForm()
            assert form.validate()
            assert form.user is not None
            assert form.user.id is None

    assert seen == ["kim@example.org", "unknown@example.org"]


def test_no_mail_carries_a_name_to_an_address_that_nobody_confirmed(
    app: Flask, client: FlaskClient, asked: Callable[..., Any]
) -> None:
    """Threat 17. Fails when somebody can send their words to a stranger, by registering with the stranger's address."""
    form = {"name": HOSTILE, "email": "stranger@example.org", "password": PASSWORD, "time_zone": "Europe/Berlin"}
    with mail_server(app) as box:
        client.post("/register", data=form)
        asked("stranger@example.org")
        client.post("/change", data={"password": PASSWORD, "new_password": "kneecap-violin-7-tram"})
        moved = {"email": "other@example.org", "password": "kneecap-violin-7-tram"}
        client.post("/account/email", data=moved)
        sent = count_mails(app, box)

    assert sent == 5
    for mail in box.mails:
        assert mail["To"] in ("stranger@example.org", "other@example.org")
        assert "evil" not in mail.as_string()
        assert "Prize" not in mail.as_string()


def test_no_template_of_a_mail_greets_by_name() -> None:
    folders = (ROOT / "templates" / "mail", ROOT / "templates" / "security" / "email")
    texts = {path.name: path.read_text() for folder in folders for path in folder.iterdir()}

    assert len(texts) > 10
    assert [name for name, text in texts.items() if re.search(r"\b(user|addressee|letter|sent)\.name\b", text)] == []


def test_changing_an_address_back_and_forth_mails_only_so_often(make: Factory) -> None:
    """Threat 17. Fails when only failures count: each change sends a mail to the old address."""
    person = make.person(with_password=True)

    statuses = [
        person.client.post(
            "/account/email", data={"email": f"me{number}@example.org", "password": PASSWORD}
        ).status_code
        for number in range(21)
    ]

    assert statuses == [303] * 20 + [429]
