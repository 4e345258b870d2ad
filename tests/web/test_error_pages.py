"""Error pages: navigation for people who opened a page, helpful links, and no effect on what comes next."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask, abort, flash
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.db import db
from app.models import User
from app.web import running
from app.web.identity import get_viewer
from tests.support.factory import Factory

OPENED = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PICTURE = {"Accept": "image/avif,image/webp,*/*;q=0.8"}


def get_actions(page: str) -> list[str]:
    """The addresses and words of the buttons below the heading."""
    main = page[page.index('id="main"') :]
    found = re.findall(r'<a class="btn[^"]*" href="([^"]*)">(?:<svg.*?</svg>)?\s*(.*?)\s*</a>', main, re.S)
    return [f"{words}: {address}" for address, words in found]


def test_a_page_that_is_not_there_has_navigation_footer_and_links(client: FlaskClient) -> None:
    page = client.get("/modules/nowhere", headers=OPENED)

    assert page.status_code == 404
    assert 'class="main-nav"' in page.text
    assert 'action="/appearance"' in page.text
    assert get_actions(page.text) == ["Go to the course: /", "Sign in: /login?next=/modules/nowhere"]
    for address in ("/body-map", "/glossary", "/leaflets", "/red-flags", "/join"):
        assert f'<a href="{address}">' in page.text


def test_a_member_and_a_trainer_are_known_on_it(make: Factory) -> None:
    learner, trainer = make.person(), make.trainer()

    for_learner = learner.client.get("/nowhere", headers=OPENED).text
    for_trainer = trainer.client.get("/nowhere", headers=OPENED).text

    assert 'class="account-menu"' in for_learner
    assert get_actions(for_learner) == ["Go to the course: /"]
    assert "Your groups, tests and results" not in for_learner
    assert "Your groups, tests and results" in for_trainer


def test_who_may_not_see_a_page_reads_as_whom_they_are_signed_in(make: Factory, session: Session) -> None:
    learner = make.person()
    learner.user.name = "Aisha <Obi>"
    session.commit()

    page = learner.client.get("/admin/users", headers=OPENED)

    assert page.status_code == 403
    assert "You are signed in as Aisha &lt;Obi&gt;." in page.text


def test_it_leads_back_to_a_page_of_this_server_only(client: FlaskClient) -> None:
    def get_first(referrer: str) -> str:
        reply = client.get("/appearance", headers=OPENED | {"Referer": referrer})
        assert reply.status_code == 405
        return get_actions(reply.text)[0]

    assert get_first("http://localhost/glossary?q=pain") == "Go back: /glossary?q=pain"
    assert get_first("https://elsewhere.example/glossary") == "Go to the course: /"
    assert get_first("http://localhost/appearance") == "Go to the course: /"


def test_pictures_and_programs_get_a_small_page_that_sets_no_cookie(
    client: FlaskClient, statements: Callable[[], list[str]]
) -> None:
    statements()

    for headers in (PICTURE, {}, {"Accept": "*/*"}):
        reply = client.get("/apple-touch-icon.png", headers=headers)

        assert reply.status_code == 404
        assert 'class="main-nav"' not in reply.text
        assert "get help now" in reply.text
        assert "Set-Cookie" not in reply.headers
    assert statements() == []


def test_a_message_for_the_next_page_is_still_there_after_it(app: Flask, client: FlaskClient) -> None:
    def say() -> str:
        flash("Saved for later")
        return ""

    app.view_functions["learn.show_red_flags"], kept = say, app.view_functions["learn.show_red_flags"]
    try:
        client.get("/red-flags")
    finally:
        app.view_functions["learn.show_red_flags"] = kept

    assert "Saved for later" not in client.get("/nowhere", headers=OPENED).text
    assert "Saved for later" in client.get("/glossary").text


def test_changes_that_a_refused_request_left_behind_do_no_harm(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = make.person()
    app = learner.client.application

    def leave_behind() -> str:
        user = get_viewer().user
        assert user is not None
        db.session.add(User(name="A second one", email=user.email))  # no database would store this
        abort(404)

    monkeypatch.setitem(app.view_functions, "learn.show_red_flags", leave_behind)

    page = learner.client.get("/red-flags", headers=OPENED)

    assert page.status_code == 404
    assert 'class="account-menu"' in page.text


def test_without_the_database_the_page_has_no_navigation(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = make.person()

    def fail(*_anything: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(running, "get_viewer", fail)
    monkeypatch.setattr("app.web.error_pages.get_viewer", fail)

    page = learner.client.get("/nowhere", headers=OPENED)

    assert page.status_code == 404
    assert "Page not found" in page.text
    assert 'class="main-nav"' not in page.text


def test_a_host_that_is_not_ours_gets_a_page_without_navigation(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(client.application.config, "TRUSTED_HOSTS", ["localhost"])

    page = client.get("/", headers=OPENED | {"Host": "elsewhere.example"})

    assert page.status_code == 400
    assert 'class="main-nav"' not in page.text


def test_after_a_failure_it_can_be_tried_again(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(client.application.view_functions, "learn.show_glossary", lambda: 1 / 0)

    page = client.get("/glossary?q=pain", headers=OPENED)

    assert page.status_code == 500
    assert get_actions(page.text) == ["Try again: /glossary?q=pain", "Go to the course: /"]
    assert "send this request ID" in page.text
    assert "get help now" in page.text
