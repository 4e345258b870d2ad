"""Threats 3, 12, 19, 21, 23, 24 and 25: files, strangers' objects, scripts, redirects, headers, floods, and a careless start."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.models import Attempt, Invitation, User
from app.services.people import users
from app.settings import SettingError, load_settings
from app.web.budgets import limiter
from tests.conftest import Clock
from tests.support.attempt_client import mask_random, start
from tests.support.factory import PASSWORD, Factory

# -- 3: files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/questions/course.yaml",
        "/questions/5-safety/module.yaml",
        "/questions/5-safety/questions/01-before.yaml",
        "/questions",
        "/static/questions/course.yaml",
        "/static/../questions/course.yaml",
        "/static/..%2f..%2fquestions%2fcourse.yaml",
        "/static/%2e%2e/%2e%2e/questions/course.yaml",
        "/static/etc/passwd",
        "/static/wsgi.py",
        "/static/app/settings.py",
        "/static/",
        "/static/..\\..\\wsgi.py",
        "/fs-static/../../../../../../etc/passwd",
        "/.git/config",
        "/.git/HEAD",
        "/.env",
        "/instance/palpate.sqlite3",
        "/palpate.sqlite3",
        "/instance/secret",
        "/templates/base.html",
        "/migrations/env.py",
        "/app/settings.py",
        "/wsgi.py",
        "/pyproject.toml",
        "/admin/../questions/course.yaml",
    ],
)
@pytest.mark.parametrize("who", ["a visitor", "an administrator"])
def test_files_are_not_served(client: FlaskClient, make: Factory, path: str, who: str) -> None:
    """Threat 3. Fails when a folder of the project is made a static folder."""
    browser = client if who == "a visitor" else make.admin().client

    assert browser.get(path).status_code == 404


# -- 12: strangers' objects -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["/attempts/{}", "/attempts/{}/1", "/attempts/{}/summary", "/attempts/{}/result"])
def test_a_strangers_attempt_looks_like_none_at_all(make: Factory, session: Session, page: str) -> None:
    """Threat 12. Fails when a foreign attempt is 403, or says anything that an unknown one does not."""
    theirs, stranger = start(make.person().client, session), make.person()

    foreign, unknown = (stranger.client.get(page.format(id_)) for id_ in (theirs.attempt_id, 987654))

    assert foreign.status_code == unknown.status_code == 404
    assert mask_random(foreign.text) == mask_random(unknown.text)


@pytest.mark.parametrize("path", ["/{}", "/{}/1", "/{}/summary", "/{}/result"])
def test_an_id_that_no_database_holds_is_404(make: Factory, path: str) -> None:
    """Fails when a number of twenty digits reaches the database: that was a 500."""
    assert make.person().client.get("/attempts" + path.format("9" * 25)).status_code == 404


@pytest.mark.parametrize("number", ["9" * 25, "-1", "0", "x", ""])
def test_a_number_in_a_form_that_no_database_holds_is_refused(make: Factory, number: str) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer, make.person())
    assignment = make.assignment(trainer, cohort)

    removed = trainer.client.post(f"/teach/cohorts/{cohort.id}/remove", data={"learner": number})
    extra = trainer.client.post(
        f"/teach/assignments/{assignment.id}/exceptions", data={"learners": number, "extra_time_percent": "25"}
    )
    missed = trainer.client.post("/modules/safety/attempts", data={"mode": "practice", "missed": number})

    assert removed.status_code == 404
    assert extra.status_code == 422
    assert missed.status_code == (303 if number == "" else 400)


# -- 19: scripts ------------------------------------------------------------------------------------------------------

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}"


def test_a_script_in_a_name_or_title_is_text_on_every_page(make: Factory, session: Session) -> None:
    """Threat 19. Fails when a template marks a name or a title as safe."""
    admin, trainer = make.admin(), make.trainer(name=SCRIPT)
    learner = make.person(name=SCRIPT)
    cohort = make.cohort(trainer, learner, title=SCRIPT)
    assignment = make.assignment(trainer, cohort, title=SCRIPT)
    started = learner.client.post(f"/assignments/{assignment.id}/attempts")
    attempt = started.location.removesuffix("/1")
    pages = [
        (learner.client, path)
        for path in ("/", "/account", "/progress", f"/join/{cohort.join_code}", attempt + "/1", attempt + "/summary")
    ]
    pages += [
        (trainer.client, f"/teach/{path}")
        for path in ("cohorts", f"cohorts/{cohort.id}", f"assignments/{assignment.id}")
    ]
    pages += [
        (admin.client, path) for path in ("/admin/users", f"/admin/users/{learner.user.id}", f"/admin/users?q={SCRIPT}")
    ]

    texts = [client.get(path).text for client, path in pages]
    learner.client.post(f"{attempt}/submit")
    texts += [
        learner.client.get(f"{attempt}/result").text,
        learner.client.get("/progress").text,
        learner.client.get("/").text,
    ]

    assert sum("&lt;script&gt;alert(1)" in text for text in texts) >= 10
    for text in texts:
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "49" not in re.findall(r"onerror=alert\(2\)&gt;&#34;&#39;(\d+)", text)


def test_what_was_typed_into_a_faulty_form_comes_back_as_text(client: FlaskClient, make: Factory) -> None:
    trainer = make.trainer()

    texts = [
        client.post("/register", data={"name": SCRIPT, "email": SCRIPT}).text,
        client.post("/login", data={"email": SCRIPT}).text,
        client.post("/join", data={"code": SCRIPT[:40]}).text,
        trainer.client.post("/teach/cohorts", data={"title": SCRIPT, "time_zone": SCRIPT}).text,
        client.post("/attempts/1/1", data={"option": SCRIPT}).text,
        client.get("/modules/" + SCRIPT).text,
    ]

    assert not [text for text in texts if "<script>alert" in text or "<img src=x" in text]


@pytest.mark.parametrize(
    "path", ["/", "/modules/safety", "/modules/safety/lessons/red-flags", "/login", "/register", "/progress", "/none"]
)
def test_no_page_needs_inline_script_or_style(client: FlaskClient, path: str) -> None:
    """Threat 19. Fails when a template has a script, a style or a handler of its own, or the policy allows them."""
    reply = client.get(path)

    policy = reply.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son\w+=|javascript:", reply.text)


# -- 21: redirects ----------------------------------------------------------------------------------------------------

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "https://evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    "http://localhost@evil.example/",
    "//localhost:8000@evil.example/",
    "/%09/evil.example",
]


def leads(location: str) -> str:
    """Where a browser goes: backslashes count as slashes, tabs and line breaks not at all."""
    return re.sub(r"[\t\r\n]", "", location).replace("\\", "/")


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nobody_is_led_elsewhere(app: Flask, make: Factory, address: str) -> None:
    """Threat 21. Fails when ``next`` or the referrer is followed unread."""
    make.person(with_password=True, email="me@example.org")
    form = {"email": "me@example.org", "password": PASSWORD}

    replies = [
        app.test_client().post("/login", data=form | {"next": address}),
        app.test_client().post("/login", data=form, query_string={"next": address}),
        app.test_client().post(
            "/register", data={"name": "A", "email": "a@example.org", "password": PASSWORD, "next": address}
        ),
    ]
    if not re.search(r"[\n\t]", address):
        replies.append(app.test_client().post("/appearance", data={"theme": "dark"}, headers={"Referer": address}))

    for reply in replies:
        assert reply.status_code in (302, 303)
        assert re.match(r"(http://localhost)?/(?!/)|%5C", leads(reply.location)), reply.location


# -- 23: headers and cookies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/login", "/none", "/healthz", "/static/css/app.css", "/modules/safety/attempts"]
)
def test_every_reply_forbids_framing_and_sniffing(client: FlaskClient, path: str) -> None:
    """Threat 23. Fails when an error page or a file goes out without the headers."""
    with client.get(path) as reply:
        headers = reply.headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_personal_pages_are_not_stored(make: Factory) -> None:
    for path in ("/", "/account", "/progress"):
        assert make.person().client.get(path).headers["Cache-Control"] == "no-store"


# -- 24: floods -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/attempts/{}/1", "/login", "/modules/safety/attempts", "/appearance", "/join"])
def test_an_oversize_body_is_refused(make: Factory, session: Session, path: str) -> None:
    """Threat 24. Fails when the size of a body is not limited."""
    learner = make.person()
    play = start(learner.client, session)

    reply = learner.client.post(
        path.format(play.attempt_id), data={"option": "x" * 300_000, "mode": "test", "theme": "dark"}
    )

    assert reply.status_code == 413
    assert play.log() == 0


def test_thousands_of_form_parts_are_refused(make: Factory, session: Session) -> None:
    play = start(make.person().client, session)
    parts = {f"field{i}": (io.BytesIO(b"x"), "f") for i in range(1500)}

    reply = play.client.post(f"{play.path}/1", data=parts, content_type="multipart/form-data")

    assert reply.status_code == 413


@pytest.mark.parametrize(
    "form", ["option=" + "&option=".join(["0"] * 20_000), "revision=" + "9" * 100_000, "save_id=" + "a" * 100_000]
)
def test_a_long_form_is_read_or_refused_but_stores_nothing_odd(make: Factory, session: Session, form: str) -> None:
    play = start(make.person().client, session)

    reply = play.client.post(f"{play.path}/1", data=form, content_type="application/x-www-form-urlencoded")

    assert reply.status_code in (303, 400, 413)
    assert play.log() <= 1


def test_others_are_served_during_a_flood(file_app: Callable[..., Flask]) -> None:
    """Threat 24. Fails when refusing takes a lock, or the throttle counts everybody as one."""
    app = file_app()
    flood = [
        threading.Thread(target=lambda: app.test_client().post("/login", data={"x": "y" * 300_000})) for _ in range(20)
    ]
    for thread in flood:
        thread.start()

    reply = app.test_client().post(
        "/modules/safety/attempts", data={"mode": "practice"}, environ_base={"REMOTE_ADDR": "192.0.2.9"}
    )

    for thread in flood:
        thread.join()
    assert reply.status_code == 303


def test_guests_are_not_made_without_end(app: Flask, session: Session) -> None:
    """Threat 24. Fails when each post without a cookie makes a learner, for ever; a school of 3000 an hour fits."""
    path, form = "/modules/safety/attempts", {"mode": "practice"}
    assert app.test_client().post(path, data=form).status_code == 303
    [key] = [key for key in limiter.storage.storage if "guest" in key and "starts" not in key]  # type: ignore[attr-defined]
    limiter.storage.incr(key, 3600, amount=2998)
    assert app.test_client().post(path, data=form).status_code == 303

    replies = [app.test_client().post(path, data=form) for _ in range(3)]

    assert {reply.status_code for reply in replies} == {429}
    assert session.scalar(select(func.count(Attempt.id))) == 2


# -- 25: a careless start ---------------------------------------------------------------------------------------------

SECRET = "s" * 32
PRODUCTION = {"PALPATE_BASE_URL": "https://learn.example.org", "PALPATE_SECRET": SECRET, "HOST": "127.0.0.1"}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        (PRODUCTION | {"PALPATE_SECRET": ""}, "PALPATE_SECRET"),
        (PRODUCTION | {"PALPATE_SECRET": "short"}, "PALPATE_SECRET"),
        (PRODUCTION | {"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        (PRODUCTION | {"FLASK_DEBUG": "true"}, "FLASK_DEBUG"),
        ({"HOST": "0.0.0.0", "PALPATE_SECRET": SECRET}, "PALPATE_BASE_URL"),
        ({"HOST": "0.0.0.0", "PALPATE_SECRET": SECRET, "PALPATE_ALLOW_HTTP": "1"}, "PALPATE_BASE_URL"),
        ({"HOST": "::", "PALPATE_SECRET": SECRET, "PALPATE_ALLOW_HTTP": "1"}, "PALPATE_BASE_URL"),
        ({"PALPATE_BASE_URL": "http://learn.example.org", "PALPATE_SECRET": SECRET}, "PALPATE_BASE_URL"),
        ({"PALPATE_BASE_URL": "http://10.0.0.5:8000", "PALPATE_ALLOW_HTTP": "1"}, "PALPATE_SECRET"),
    ],
)
def test_production_refuses_a_careless_start(environ: dict[str, str], named: str) -> None:
    """Threat 25. Fails when there is a default secret, or debug mode or plain http reach beyond this machine."""
    with pytest.raises(SettingError, match=named) as refused:
        create_app(load_settings(environ))

    assert "\n" not in str(refused.value)


def test_a_fresh_database_has_no_account(published: object, file_app: Callable[..., Flask], clock: Clock) -> None:
    """Threat 25. Fails when an account or an invitation with a known token is seeded."""
    app = file_app()

    with app.app_context():
        assert db.session.scalar(select(func.count(User.id))) == 0
        assert db.session.scalar(select(func.count(Invitation.id))) == 0
        assert not users.has_admin(db.session)


def test_a_made_secret_is_its_owners_alone_and_differs(tmp_path: object) -> None:
    secrets = []
    for name in ("one", "two"):
        folder = tmp_path / name  # type: ignore[operator]
        secrets.append(load_settings({"PALPATE_DATA": str(folder)}).secret)
        assert (folder / "secret").stat().st_mode & 0o077 == 0

    assert len(set(secrets)) == 2
    assert min(map(len, secrets)) >= 32
