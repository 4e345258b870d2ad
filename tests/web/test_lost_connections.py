"""R22: PostgreSQL ends a connection at every moment of a request, and the page says so without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app
from app.db import db
from tests.conftest import Clock, settings_for
from tests.support.attempt_client import AttemptClient, start
from tests.support.factory import Factory
from tests.support.page_client import PageClient

pytestmark = pytest.mark.postgres

MOMENTS = ("before_cursor_execute", "after_cursor_execute", "commit", "rollback")


@pytest.fixture
def server_app(postgres_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    app.test_client_class = PageClient
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    app.extensions["clock"] = clock
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def play(server_app: Flask, postgres_url: str, clock: Clock) -> Iterator[AttemptClient]:
    """An open test of a signed-in learner. Its session has connections of its own, which nothing ends."""
    engine = create_engine(postgres_url)
    with server_app.app_context(), Session(engine, expire_on_commit=False) as session:
        client = Factory(server_app, session, clock).person().client
    with Session(engine, expire_on_commit=False) as session:
        yield start(client, session)
    engine.dispose()


@contextmanager
def killing(engine: Engine, url: str, moment: int) -> Iterator[list[int]]:
    """End the connection of a request at its ``moment``-th event; the list then holds the backend's process."""
    killed: list[int] = []
    events = 0

    def happen(connection: Connection, *_rest: Any) -> None:
        nonlocal events
        events += 1
        if events == moment:
            driver = connection.connection.driver_connection
            assert driver is not None
            killed.append(driver.info.backend_pid)
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", killed)

    for name in MOMENTS:
        event.listen(engine, name, happen)
    try:
        yield killed
    finally:
        for name in MOMENTS:
            event.remove(engine, name, happen)


def _kill_everywhere(app: Flask, url: str, send: Callable[[], TestResponse]) -> list[TestResponse]:
    """Send the same request again and again, each time with a later moment of death, until none is left."""
    with app.app_context():
        engine = db.engine
    replies: list[TestResponse] = []
    for moment in range(1, 200):
        with killing(engine, url, moment) as killed:
            reply = send()
        if not killed:
            return replies
        replies.append(reply)
    raise AssertionError("the request does not end")


@pytest.mark.parametrize("path", ["{attempt}/1", "{attempt}/summary", "/", "/progress", "/account", "/login"])
def test_a_page_whose_connection_dies_says_so(
    server_app: Flask, postgres_url: str, play: AttemptClient, path: str
) -> None:
    """Fails when the error page loads the signed-in user again, or the end of the request replaces a good reply."""
    client = server_app.test_client() if path == "/login" else play.client
    address = path.format(attempt=play.path)

    replies = _kill_everywhere(server_app, postgres_url, lambda: client.get(address))

    assert {reply.status_code for reply in replies} <= {200, 503}
    assert all("<h1" in reply.text for reply in replies)
    assert all(reply.headers["Retry-After"] == "2" for reply in replies if reply.status_code == 503)


def test_an_answer_whose_connection_dies_is_kept_on_the_page(
    server_app: Flask, postgres_url: str, play: AttemptClient
) -> None:
    """Fails when the page of a 503 needs the connection that died, or an answer is acknowledged that is not stored."""

    def send() -> TestResponse:
        reply = play.answer(1, 1)
        play.session.rollback()
        if reply.status_code == 303:
            assert play.at(1).chosen == (1,)
        return reply

    replies = _kill_everywhere(server_app, postgres_url, send)

    refused = [reply.text for reply in replies if reply.status_code != 303]
    assert {reply.status_code for reply in replies} <= {303, 503}
    assert refused
    assert all('name="option" value="1"' in page and "Send again" in page for page in refused)


def test_an_answer_to_a_server_that_only_reads_is_sent_again(server_app: Flask, play: AttemptClient) -> None:
    """Fails when a server that has become a standby is answered by 500, or its connection is used again and again."""
    with server_app.app_context():
        engine = db.engine
    with engine.begin() as connection:
        connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")

    replies = [play.answer(1, 1), play.answer(1, 1)]
    play.session.rollback()

    assert [reply.status_code for reply in replies] == [503, 303]
    assert "Send again" in replies[0].text
    assert play.at(1).chosen == (1,)


def test_a_submission_whose_connection_dies_is_made_once(
    server_app: Flask, postgres_url: str, play: AttemptClient
) -> None:
    replies = _kill_everywhere(server_app, postgres_url, play.submit)

    assert {reply.status_code for reply in replies} <= {303, 503}
    assert play.submit().status_code == 303
    assert play.result().status_code == 200


def test_a_page_that_cannot_be_rendered_is_not_empty(server_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when an exception of the error page leaves the application: the server then answers 500 without a body."""

    def fail(*_given: Any, **_named: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("app.web.error_pages.render_template", fail)

    reply = server_app.test_client().get("/no-such-page")

    assert reply.status_code == 500
    assert "Something went wrong" in reply.text
