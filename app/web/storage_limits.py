"""Limits on what one learner can store within an hour, far above what learning needs.

Without them, one guest could fill the disk. The changes of one answer are limited by
:data:`app.domain.attempt.MAX_REVISIONS`, at no cost to the request.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response
from flask_babel import gettext as _
from flask_limiter import RequestLimit

from app.web.budgets import limiter
from app.web.errors import render_error
from app.web.identity import get_viewer

STARTS = ("learn.start_attempt", "learn.start_assignment", "learn.start_review", "learn.practise_objective")
STARTS_BY_ACCOUNT, STARTS_BY_GUEST = "600 per hour", "120 per hour"
CHECKS = "300 per hour"
REPORTS = "60 per hour"
GUESTS_BEHIND_ONE_ADDRESS = "12000 per hour"
"""For all guests with one address together, because anybody can be a new guest with each request."""


def limit_storage(app: Flask) -> None:
    """Limit the views that store something.

    The functions passed to a limit belong to this module and are not created for each app. Otherwise the limiter, which
    all apps of a process share, would count each request once per app.
    """
    views: dict[str, Any] = app.view_functions
    start = limiter.shared_limit(_get_start_rate, scope="starts", on_breach=_refuse_start, **_OF_LEARNER)
    start_as_guest = limiter.shared_limit(
        GUESTS_BEHIND_ONE_ADDRESS, scope="guests-starts", on_breach=_refuse_start, **_OF_GUESTS
    )
    for endpoint in STARTS:
        views[endpoint] = start_as_guest(start(views[endpoint]))
    check = limiter.limit(CHECKS, on_breach=_refuse_check, **_OF_LEARNER)
    check_as_guest = limiter.limit(GUESTS_BEHIND_ONE_ADDRESS, on_breach=_refuse_check, **_OF_GUESTS)
    views["learn.answer_check"] = check_as_guest(check(views["learn.answer_check"]))
    report = limiter.limit(REPORTS, on_breach=_refuse_report, methods=["POST"], **_OF_LEARNER)
    views["learn.report_question"] = report(views["learn.report_question"])


def _get_start_rate() -> str:
    return STARTS_BY_ACCOUNT if _has_account() else STARTS_BY_GUEST


def _refuse_start(_limit: RequestLimit) -> Response:
    return _refuse(
        _(
            "You started more than a hundred attempts within an hour. Finish one of them, or wait until the hour is "
            "over. Everything saved is safe."
        )
    )


def _refuse_check(_limit: RequestLimit) -> Response:
    return _refuse(
        _(
            "You answered hundreds of questions in lessons within an hour. Wait until the hour is over, and read on "
            "meanwhile. Everything saved is safe."
        )
    )


def _refuse_report(_limit: RequestLimit) -> Response:
    return _refuse(
        _("You sent many reports within an hour. Wait until the hour is over. All reports so far have been sent.")
    )


def _refuse(words: str) -> Response:
    return render_error(429, words)


def _get_learner_key() -> str:
    """Return the key of the learner, which stays the same if they change the password or sign in again."""
    learner = get_viewer().learner
    assert learner is not None
    return f"learner|{learner.id}"


def _has_no_learner() -> bool:
    """Whether this is a visitor, who becomes a new guest with this request."""
    return get_viewer().learner is None


def _has_account() -> bool:
    return get_viewer().user is not None


def _has_stored(response: Response) -> bool:
    return response.status_code in (200, 303)


_OF_LEARNER: dict[str, Any] = {"key_func": _get_learner_key, "deduct_when": _has_stored, "exempt_when": _has_no_learner}
"""The options of a limit for each learner on requests that stored something."""

_OF_GUESTS: dict[str, Any] = {"deduct_when": _has_stored, "exempt_when": _has_account}
