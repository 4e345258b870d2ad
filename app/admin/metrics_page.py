"""The page ``/metrics`` for Prometheus."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from flask import abort, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app import metrics
from app.chores import report
from app.clock import now
from app.db import db
from app.server.health import blueprint
from app.services.reporting import server_health
from app.services.storage import backups
from app.services.upkeep import outbox
from app.settings import Settings

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


@blueprint.get("/metrics")
def show_metrics() -> ResponseReturnValue:
    """Return figures for Prometheus.

    :raise 404: the token in PALPATE_METRICS_TOKEN is missing or, if none is set, the request is not from this machine.
    """
    settings: Settings = current_app.config["PALPATE"]
    if not _may_read(settings):
        abort(404)
    return (
        metrics.render(_read_database() | _read_upkeep(settings) | _read_backups(settings)),
        200,
        {"Content-Type": metrics.CONTENT_TYPE},
    )


def _may_read(settings: Settings) -> bool:
    if settings.metrics_token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.metrics_token}".encode())
    # A proxy on this machine passes on requests from elsewhere.
    return not any(name in request.headers for name in _FORWARDED) and _is_loopback(request.remote_addr or "")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _read_database() -> dict[str, tuple[str, float]]:
    """Return figures that only the database knows, and whether it could be asked."""
    is_up = ("Whether the database answers.", 1.0)
    try:
        waiting = server_health.count_lock_waiters(db.session)
    except SQLAlchemyError:
        return {"palpate_database_up": (is_up[0], 0.0)}
    if waiting is None:
        return {"palpate_database_up": is_up}
    return {
        "palpate_database_up": is_up,
        "palpate_database_lock_waiters": ("PostgreSQL connections that wait for a lock.", float(waiting)),
    }


def _read_upkeep(settings: Settings) -> dict[str, tuple[str, float]]:
    """Return figures about the outbox and the chores; none if the database does not answer."""
    try:
        mails, chores = outbox.count(db.session), report.list_reports(db.session, settings, now())
    except SQLAlchemyError:
        return {}
    return {
        "palpate_outbox_waiting": ("Mails that wait to be sent.", float(mails.waiting)),
        "palpate_outbox_failing": ("Mails that wait after a failure.", float(mails.late)),
        "palpate_outbox_given_up": ("Mails given up in the last 30 days.", float(mails.given_up)),
        "palpate_chores_late": ("Chores that did not run on time.", float(sum(chore.is_late for chore in chores))),
        "palpate_chores_failed": ("Chores whose latest run failed.", float(sum(bool(one.error) for one in chores))),
    }


def _read_backups(settings: Settings) -> dict[str, tuple[str, float]]:
    record = backups.read_record(settings)
    figures = {
        "palpate_backup_failed": ("Whether the latest attempt to back up failed.", float(bool(record.failed_at)))
    }
    if record.made_at is not None:
        age = (now() - record.made_at).total_seconds()
        figures["palpate_backup_age_seconds"] = ("Age of the latest backup of this server.", age)
    return figures
