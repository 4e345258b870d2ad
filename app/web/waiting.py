"""Waiting as the price of going on when a budget is spent.

A visitor's session holds the time of the first page with a form, so somebody who takes a while to type has already
waited. Each wait is good for one form. Nothing on the server waits: see ``docs/decisions/0013-rate-limits.md``.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Flask, Response, g, request, session
from flask_babel import ngettext
from werkzeug.exceptions import TooManyRequests

from app.clock import now
from app.web.budgets import Budget

SECONDS = 10
_KEY = "since"
_USES = Budget("wait", "1 per hour")


class MustWaitError(TooManyRequests):
    """The request is refused for some seconds. Its page says so in words."""

    def __init__(self, seconds: int) -> None:
        super().__init__(describe(seconds), retry_after=seconds)


@dataclass(frozen=True)
class PatientLimit:
    """Two budgets for the same thing: one for everybody, and when it is spent, one for browsers that have waited.

    A flood of requests spends the first one. It hardly touches the second one, because each use of that costs a wait.
    """

    quick: Budget
    patient: Budget

    def spend(self, key: str) -> int:
        """Count one occurrence. Return 0 if it is allowed, else the seconds after which to try again."""
        if self.quick.spend(key):
            return 0
        if self.patient.is_spent(key):
            return self.patient.get_seconds_left(key)
        if not use():
            return get_seconds_left()
        self.patient.spend(key)
        return 0

    def require(self, key: str) -> None:
        """Count one occurrence.

        :raise MustWaitError: it is not allowed now.
        """
        if seconds := self.spend(key):
            raise MustWaitError(seconds)


def init_app(app: Flask) -> None:
    app.after_request(_start_on_forms)


def restart() -> None:
    """Let this browser's next wait begin now."""
    session[_KEY] = [int(now().timestamp()), secrets.token_hex(8)]


def get_seconds_left() -> int:
    """Return how long this browser still has to wait. The wait begins now if it hasn't begun."""
    if _KEY not in session:
        restart()
    began: int = session[_KEY][0]
    # A clock may have been set back since, or differ between machines.
    return min(SECONDS, max(0, began + SECONDS - int(now().timestamp())))


def use() -> bool:
    """Use up this browser's wait. Return False if it is not over, or was used before by a copy of the cookie."""
    if get_seconds_left() > 0:
        return False
    is_first = _USES.spend(session[_KEY][1])
    restart()
    return is_first


def describe(seconds: int) -> str:
    """Say in words how long to wait."""
    if seconds <= 60:
        return ngettext(
            "Wait %(num)s second, then try again.", "Wait %(num)s seconds, then try again.", max(1, seconds)
        )
    return ngettext("Try again in %(num)s minute.", "Try again in %(num)s minutes.", -(-seconds // 60))


def _start_on_forms(response: Response) -> Response:
    """Let the wait begin when a visitor is shown the first form."""
    if request.method == "GET" and "csrf_token" in g and _KEY not in session and "_user_id" not in session:
        restart()
    return response
