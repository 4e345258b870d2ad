"""What several tests of pages need: no throttle left over from another test, forms that are checked, a database on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.models import QuestionKey
from app.services.course import catalogue
from app.web.budgets import limiter
from tests.conftest import Clock, settings_for
from tests.support.factory import Factory
from tests.support.insight_class import InsightClass
from tests.support.outbox import make_sender
from tests.support.page_client import PageClient


@pytest.fixture(autouse=True)
def _fresh_limits(request: pytest.FixtureRequest) -> None:
    """Nobody is throttled for what another test did."""
    if "app" in request.fixturenames:
        request.getfixturevalue("app")
        limiter.reset()


@pytest.fixture
def taught(session: Session, make: Factory, clock: Clock) -> InsightClass:
    return InsightClass(session, make, clock)


@pytest.fixture
def checked_forms(app: Flask) -> Flask:
    """The app with its protection against cross-site posts on."""
    app.config["WTF_CSRF_ENABLED"] = True
    return app


@pytest.fixture
def file_app(
    create_published: Callable[[Path], dict[str, str]], tmp_path: Path, clock: Clock
) -> Iterator[Callable[..., Flask]]:
    """Make an app on a database of its own, with transactions of its own: for threads, and for other settings."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        folder = tmp_path / f"app{len(made)}"
        folder.mkdir()
        app = create_app(settings_for(folder, **create_published(folder), **changes))
        app.test_client_class = PageClient
        app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
        app.extensions["clock"] = clock
        app.extensions["wake_sender"] = make_sender(app)
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()
    limiter.reset()


@pytest.fixture
def plant(session: Session) -> Callable[[], str]:
    """Write a canary into every key, reason, explanation and source of the published questions; return it."""

    def planted() -> str:
        canary = "CANARY-5d1e"
        for key in session.query(QuestionKey):
            reasons = [f"{canary}-why-{key.version_id}-{i}" for i, _ in enumerate(key.body.get("reasons", ()))]
            harms = [text and f"{canary}-harm-{key.version_id}-{i}" for i, text in enumerate(key.body.get("harms", ()))]
            key.body = key.body | ({"reasons": reasons} if reasons else {}) | ({"harms": harms} if harms else {})
            key.explanation = f"{canary}-explanation-{key.version_id}"
            key.sources = [f"{canary}-source-{key.version_id}"]
        session.commit()
        catalogue.clear_cache(session)
        return canary

    return planted
