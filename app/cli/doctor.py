"""The command ``doctor``, which checks the whole installation."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from app.admin.health_words import describe_check
from app.chores import report
from app.chores.environment import observe_environment
from app.cli.context import get_settings
from app.cli.mail import deliver_test_mail
from app.clock import now
from app.db import db, get_reason, use_deferred_transaction
from app.services.reporting import doctor as checks
from app.services.reporting import server_health
from app.services.reporting.server_health import HealthCheck, HealthLevel, HealthState, HealthTopic
from app.settings import Settings
from app.web import mail

_LABELS = {
    HealthLevel.FINE: "ok",
    HealthLevel.NOTE: "note",
    HealthLevel.WARN: "warning",
    HealthLevel.FAIL: "failed",
}
_EXIT_CODES = {HealthLevel.WARN: 1, HealthLevel.FAIL: 2}


@click.command("doctor")
@click.option("--mail-to", metavar="ADDRESS", help="Also send a test mail to this address.")
@with_appcontext
def doctor(mail_to: str | None) -> None:
    """Check the installation. Exit with 1 if there are warnings, with 2 if something has failed."""
    found = []
    for check in _run_checks(get_settings()):
        line = describe_check(check)
        todo = f" {line.todo}" if line.todo else ""
        click.echo(f"{_LABELS[line.level]:8} {line.title}: {line.found}{todo}")
        found.append(check)
    if mail_to:
        deliver_test_mail(mail_to)
    raise SystemExit(_EXIT_CODES.get(server_health.get_worst_level(found), 0))


def _run_checks(settings: Settings) -> Iterator[HealthCheck]:
    if settings.is_sqlite and not settings.sqlite_file.exists():  # connecting would create it
        yield _report_unreachable(f"there is no file {settings.sqlite_file}.")
    else:
        yield from _check_database(settings)
    if urlsplit(settings.mail).scheme in ("smtp", "smtps"):
        yield checks.check_mail_server(mail.try_connection)
    yield checks.check_site(settings)


def _check_database(settings: Settings) -> Iterator[HealthCheck]:
    use_deferred_transaction()
    try:
        around = observe_environment(settings, report.list_reports(db.session, settings, now()))
        yield from server_health.check_health(db.session, settings, around, now())
        yield checks.check_models(db.session.connection())
    except SQLAlchemyError as error:
        yield _report_unreachable(f"{get_reason(error)}.")
    finally:
        db.session.rollback()  # a command's transaction holds the write lock on SQLite


def _report_unreachable(reason: str) -> HealthCheck:
    return HealthCheck(HealthTopic.DATABASE, HealthState.DATABASE_UNREACHABLE, HealthLevel.FAIL, {"reason": reason})
