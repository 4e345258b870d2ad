"""Accounts in a browser: signing in with the form, and links to choose a password, and the mails that were sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.factory import PASSWORD, Person


def log_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> str:
    return client.post("/login", data={"email": email, "password": password, **more}).text


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def try_to_sign_in(app: Flask, email: str, password: str = PASSWORD, **given: Any) -> Any:
    """Send the form from a new browser; return the reply."""
    return app.test_client().post("/login", data={"email": email, "password": password}, **given)


def issue_reset_link(admin: Person, person: Person) -> str:
    page = admin.client.post(f"/admin/users/{person.user.id}/reset-link").text
    found = re.search(r"/reset/[\w.-]+", page)
    assert found
    return found[0]


@pytest.fixture
def mails(app: Flask, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """What was mailed so far, as text."""
    before = app.config["MAIL_FILE_PATH"]
    app.config["MAIL_FILE_PATH"] = app.extensions["mailman"].file_path = str(tmp_path)

    def sent() -> str:
        return "\n".join(file.read_text().replace("=\n", "").replace("=3D", "=") for file in tmp_path.iterdir())

    yield sent
    app.config["MAIL_FILE_PATH"] = app.extensions["mailman"].file_path = before
