"""Numbers in query strings and forms on PostgreSQL, whose columns of numbers have 32 bits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from tests.conftest import Clock, settings_for
from tests.support.factory import PASSWORD, Factory
from tests.support.page_client import PageClient

pytestmark = pytest.mark.postgres


@pytest.fixture
def app(postgres_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    app.test_client_class = PageClient
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    app.extensions["clock"] = clock
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask, postgres_url: str, clock: Clock) -> Iterator[FlaskClient]:
    """A browser in which an administrator is signed in."""
    engine = create_engine(postgres_url)
    with app.app_context(), Session(engine, expire_on_commit=False) as session:
        client = Factory(app, session, clock).admin(with_password=True).client
    yield client
    engine.dispose()


@pytest.mark.parametrize("number", [2**31 - 1, 2**31])
def test_a_number_that_no_row_has_is_left_out(client: FlaskClient, number: int) -> None:
    pages = [f"/teach/questions?objective={number}", f"/admin/audit?before={number}"]
    ended = client.post("/account/sign-ins", data={"end": str(number), "password": PASSWORD})

    removed = client.post("/teach/cohorts/1/trainers/remove", data={"user": str(number)})
    readmitted = client.post("/teach/cohorts/1/readmit", data={"learner": str(number)})

    assert [client.get(page).status_code for page in pages] == [200, 200]
    assert [client.get(f"/teach/cohorts/{number}").status_code, removed.status_code, readmitted.status_code] == [
        404
    ] * 3
    assert client.post(f"/attempts/{number}/submit").status_code == 404
    assert ended.status_code == (303 if number < 2**31 else 400)
