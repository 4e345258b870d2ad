"""The running test of the viewer, which every page announces."""

from __future__ import annotations

from flask import g

from app.clock import now
from app.db import db
from app.services.attempts import running
from app.services.attempts.running import RunningTest
from app.web.identity import get_viewer


def get_running_test() -> RunningTest | None:
    """Return the viewer's running test, loaded at most once for a request. Without an open test, it needs no query."""
    who = get_viewer()
    if who.learner is None or not who.has_open_test:
        return None
    if "running_test" not in g:
        g.running_test = running.get_running_test(db.session, who.learner, now())
    found: RunningTest | None = g.running_test
    return found
