"""An attempt with one question of each kind, in a new guest's browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page

from app import create_app, settings
from app.db import db
from app.domain.attempt import Purpose
from app.services.attempts import guests
from app.services.people import sign_ins
from app.web.identity import hash_token
from tests.browser.conftest import Door, Site
from tests.browser.support import server_process
from tests.browser.support.input_devices import Hands, Keyboard, Mouse, Touch
from tests.support import chosen_attempts


@contextmanager
def _database(site: Site) -> Iterator[tuple[Any, Any]]:
    port = int(site.url.rpartition(":")[2])
    app = create_app(settings.load_settings(server_process.build_environment(site.server.folder, port)))
    with app.app_context():
        yield app, db.session
        db.session.commit()
        db.session.close()
        db.engine.dispose()


def begin_every_kind(door: Door, purpose: Purpose, way: str = "mouse", **more: Any) -> Hands:
    """A new guest at the first of the questions, one of each kind."""
    options: dict[str, Any] = {"has_touch": way == "touch", "java_script_enabled": way != "without JavaScript", **more}
    context = door.context(**options)
    with _database(door.site) as (app, session):
        now = datetime.now(UTC)
        guest = guests.create_guest(session, now)
        attempt = chosen_attempts.start_with_every_kind(
            session, guest, purpose, now, counted_on=chosen_attempts.COUNTED_ON_IN_REAL_COURSE
        )
        token = f"kinds-{attempt.id}"
        sign_ins.start(session, hash_token(token), guest, None, now)
        cookie = str(app.session_interface.get_signing_serializer(app).dumps({"sign_in": token}))
        path = f"/attempts/{attempt.id}/1"
    context.add_cookies([{"name": "palpate", "value": cookie, "url": door.site.url}])
    page = context.new_page()
    page.goto(path)
    kinds: dict[str, Callable[[Page], Hands]] = {"touch": Touch, "keyboard": Keyboard}
    return kinds.get(way, Mouse)(page)
