"""What several tests of pages need: no throttle left over from another test, forms that are checked, a database on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.limits import limiter
from app.models import QuestionKey
from app.services.course import catalogue
from tests.conftest import Clock, settings_for
from tests.factory import Make
from tests.web.insight_class import Class


@pytest.fixture(autouse=True)
def _fresh_limits(request: pytest.FixtureRequest) -> None:
    """Nobody is throttled for what another test did."""
    if "app" in request.fixturenames:
        request.getfixturevalue("app")
        limiter.reset()


@pytest.fixture
def taught(session: Session, make: Make, clock: Clock) -> Class:
    return Class(session, make, clock)


@pytest.fixture
def checked_forms(app: Flask) -> Flask:
    """The app with its protection against cross-site posts on."""
    app.config["WTF_CSRF_ENABLED"] = True
    return app


@pytest.fixture
def file_app(published: Path, tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Flask]]:
    """Make an app on a database file of its own, with transactions of its own: for threads, and for other settings."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        folder = tmp_path / f"app{len(made)}"
        folder.mkdir()
        shutil.copy(published, folder / "palpate.sqlite3")
        app = create_app(settings_for(folder, **changes))
        app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
        app.extensions["clock"] = clock
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()
        app.extensions["mail_queue"].shutdown()
    limiter.reset()


@pytest.fixture
def plant(session: Session) -> Callable[[], str]:
    """Write a canary into every key, reason, explanation and source of the published questions; return it."""

    def planted() -> str:
        canary = "CANARY-5d1e"
        for key in session.query(QuestionKey):
            key.whys = [f"{canary}-why-{key.version_id}-{i}" for i, _ in enumerate(key.whys)]
            key.explanation = f"{canary}-explanation-{key.version_id}"
            key.sources = [f"{canary}-source-{key.version_id}"]
        session.commit()
        catalogue.forget(session)
        return canary

    return planted
