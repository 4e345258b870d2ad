"""Fault R27: the clock is stepped back by up to a minute, or a second machine's clock is behind."""

from __future__ import annotations

import time

import pytest
from flask import Flask
from flask_security.recoverable import generate_reset_password_token

from app.web import reset_links
from tests.support.factory import Factory, Person


def _step(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    real = time.time
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: real() + seconds)


@pytest.mark.parametrize(
    ("seconds", "status"), [(-1, 200), (-55, 200), (-65, 303), (59 * 86400, 200), (61 * 86400, 303)]
)
def test_a_cookie_from_up_to_a_minute_in_the_future_is_accepted(
    learner: Person, monkeypatch: pytest.MonkeyPatch, seconds: float, status: int
) -> None:
    """Fails when an age below zero is taken for a forgery: one second back signed everybody out."""
    _step(monkeypatch, seconds)

    assert learner.client.get("/account").status_code == status


@pytest.mark.parametrize("maker", ["mail", "admin"])
def test_a_link_from_the_near_future_works(
    app: Flask, make: Factory, monkeypatch: pytest.MonkeyPatch, maker: str
) -> None:
    person = make.person(with_password=True)
    with app.test_request_context():
        token = (
            str(generate_reset_password_token(person.user))  # type: ignore[no-untyped-call]
            if maker == "mail"
            else reset_links.create(make.admin().user, person.user).rpartition("/")[2]
        )

    _step(monkeypatch, -30)

    assert app.test_client().get(f"/reset/{token}").status_code == 200
