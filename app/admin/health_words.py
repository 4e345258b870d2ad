"""The words of the health page: what each check found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as _l

from app.services.reporting.server_health import HealthCheck, HealthLevel, HealthState, HealthTopic
from app.web.templating import figure, minutes

TOPICS: dict[HealthTopic, LazyString] = {
    HealthTopic.DATABASE: _l("Database"),
    HealthTopic.MIGRATIONS: _l("Migrations"),
    HealthTopic.DISK: _l("Disk"),
    HealthTopic.BACKUP: _l("Backup"),
    HealthTopic.OPEN_ATTEMPTS: _l("Attempts in progress"),
    HealthTopic.OVERDUE_ATTEMPTS: _l("Attempts past their time limit"),
    HealthTopic.ADMINISTRATORS: _l("Administrators"),
    HealthTopic.GUESTS: _l("Guests"),
    HealthTopic.COURSE: _l("Course"),
    HealthTopic.ADDRESS: _l("Address"),
    HealthTopic.PROXIES: _l("Proxies"),
    HealthTopic.MAIL: _l("Mail"),
    HealthTopic.OUTBOX: _l("Outbox"),
    HealthTopic.CHORES: _l("Chores"),
    HealthTopic.RATE_LIMITS: _l("Rate limits"),
    HealthTopic.FILES: _l("Files"),
    HealthTopic.BADGE_KEYS: _l("Open Badge"),
    HealthTopic.CLOCK: _l("Clock"),
    HealthTopic.MODELS: _l("Tables"),
    HealthTopic.MAIL_SERVER: _l("Mail server"),
    HealthTopic.SITE: _l("Site"),
}

FINDINGS: dict[HealthState, LazyString | str] = {
    HealthState.DATABASE: "%(database)s, %(size)s",
    HealthState.DATABASE_UNREACHABLE: _l("It can’t be read: %(reason)s"),
    HealthState.MIGRATIONS_CURRENT: _l("Up to date (%(head)s)."),
    HealthState.MIGRATIONS_MISSING: _l("At %(at)s; the latest is %(head)s."),
    HealthState.DISK_FREE: _l("%(free)s free in the data folder."),
    HealthState.DISK_LOW: _l("Only %(free)s free in the data folder."),
    HealthState.BACKUP_CURRENT: _l("The latest is from %(made)s UTC, verified, %(size)s."),
    HealthState.BACKUP_OLD: _l("The latest is from %(made)s UTC, verified, %(size)s."),
    HealthState.BACKUP_MISSING: _l("None was made."),
    HealthState.BACKUP_FAILED: _l("The backup of %(failed)s UTC failed. The latest good one is from %(made)s UTC."),
    HealthState.BACKUP_DAMAGED: _l("The latest, from %(made)s UTC, was removed or changed."),
    HealthState.ATTEMPTS_OPEN: "%(count)s",
    HealthState.CLOSING_CURRENT: _l("Waiting to be marked: %(count)s."),
    HealthState.CLOSING_LATE: _l("Waiting to be marked for too long: %(count)s."),
    HealthState.ADMINISTRATORS: _l("Active: %(count)s."),
    HealthState.ADMINISTRATOR_ALONE: _l("There is only one."),
    HealthState.ADMINISTRATOR_MISSING: _l("There is none yet."),
    HealthState.GUESTS_OLD: _l("Older than %(days)s days: %(count)s."),
    HealthState.COURSE_CURRENT: _l("The published course matches its files."),
    HealthState.COURSE_CHANGED: _l("The files have changed since they were published."),
    HealthState.ADDRESS_SECURE: _l("%(url)s, encrypted with TLS."),
    HealthState.ADDRESS_LOCAL: _l("%(url)s, on this machine only."),
    HealthState.ADDRESS_INSECURE: _l("%(url)s: passwords can be read on the network."),
    HealthState.PROXIES_TRUSTED: _l("Trusted: %(count)s."),
    HealthState.PROXIES_NONE: _l("None in front of this server."),
    HealthState.PROXIES_MISSING: _l("None is trusted, although the address starts with https."),
    HealthState.MAIL_SENT: _l("Sent by %(server)s, from %(sender)s."),
    HealthState.MAIL_PRINTED: _l("Not sent: the server prints each mail."),
    HealthState.MAIL_KEPT: _l("Not sent: each mail is kept in %(folder)s."),
    HealthState.OUTBOX_CURRENT: _l("Mails waiting to be sent: %(waiting)s."),
    HealthState.OUTBOX_FAILING: _l("Mails waiting: %(waiting)s, given up: %(given_up)s. Latest error: %(error)s."),
    HealthState.CHORES_CURRENT: _l("All ran on time."),
    HealthState.CHORES_LATE: _l("Late: %(names)s."),
    HealthState.CHORES_FAILED: _l("Failed in the latest run: %(names)s."),
    HealthState.CHORES_NONE: _l("None has run yet."),
    HealthState.CHORES_OFF: _l("The server does not run them (PALPATE_CHORES=0)."),
    HealthState.LIMITS_IN_REDIS: _l("Counted in Redis for all processes."),
    HealthState.LIMITS_IN_PROCESS: _l("Counted in this process."),
    HealthState.LIMITS_IN_EACH_PROCESS: _l("Counted separately by each of %(count)s processes."),
    HealthState.LIMITS_UNREACHABLE: _l("The store of the counters does not respond."),
    HealthState.FILES_PRIVATE: _l("Only the server’s account can read its data."),
    HealthState.FILES_OPEN: _l("Other users of the machine can read %(file)s."),
    HealthState.BADGE_KEYS_DAMAGED: "%(source)s",
    HealthState.CLOCK_RIGHT: _l("It fits the stored times."),
    HealthState.CLOCK_WRONG: _l("It differs from the stored times by %(difference)s."),
    HealthState.MODELS_MATCH: _l("As this version needs them."),
    HealthState.MODELS_DIFFER: _l(
        "Different from what this version needs in %(count)s places, such as: %(difference)s."
    ),
    HealthState.MAIL_SERVER_READY: _l("Connected and signed in."),
    HealthState.MAIL_SERVER_REFUSES: _l("No mail can be sent: %(reason)s."),
    HealthState.SITE_ANSWERS: _l("%(url)s answers."),
    HealthState.SITE_SILENT: _l("%(url)s does not answer: %(reason)s."),
    HealthState.SITE_REFUSES_HOST: _l("%(url)s refuses its own address."),
    HealthState.SITE_DIFFERENT: _l("%(url)s answers with status %(status)s, but not as this server does."),
}

_LINKS_BY_HAND = _l(
    "Nobody receives mail. Copy reset and invitation links by hand, or set PALPATE_MAIL to smtp://… to send mail."
)

ADVICE: dict[HealthState, LazyString | str] = {
    HealthState.DATABASE_UNREACHABLE: _l(
        "Check DATABASE_URL and the database. A new server needs a first start: `flask --app wsgi serve`."
    ),
    HealthState.MIGRATIONS_MISSING: _l("Run `flask --app wsgi db upgrade`, then restart the server."),
    HealthState.DISK_LOW: _l("Free some space soon. When the disk is full, answers can’t be saved."),
    HealthState.BACKUP_OLD: _l("It is older than two days. Find out why the daily backup stopped."),
    HealthState.BACKUP_MISSING: _l(
        "Run `flask --app wsgi backup` daily. Backups made in other ways are not seen here; check them where they are made."
    ),
    HealthState.BACKUP_FAILED: "%(reason)s",
    HealthState.BACKUP_DAMAGED: _l(
        "%(file)s is missing, or has another size than when it was verified. Run `flask --app wsgi backup`, and copy backups "
        "instead of moving them."
    ),
    HealthState.CLOSING_LATE: _l(
        "The chore that closes them does not seem to be running. Nothing is lost in the meantime."
    ),
    HealthState.ADMINISTRATOR_ALONE: _l(
        "Appoint another one, in case you lose access: invite somebody, or change somebody’s role."
    ),
    HealthState.ADMINISTRATOR_MISSING: _l("`flask --app wsgi admin link` makes a link for the first one."),
    HealthState.GUESTS_OLD: _l("The chore that removes them does not seem to be running."),
    HealthState.COURSE_CHANGED: _l("Check the files under Content."),
    HealthState.ADDRESS_INSECURE: _l(
        "Set up TLS and change PALPATE_BASE_URL to https://…, unless this is a closed classroom network."
    ),
    HealthState.PROXIES_MISSING: _l(
        "If a proxy in front handles TLS, set PALPATE_TRUSTED_PROXIES=1. Otherwise the rate limits treat all visitors "
        "as one address."
    ),
    HealthState.MAIL_PRINTED: _LINKS_BY_HAND,
    HealthState.MAIL_KEPT: _LINKS_BY_HAND,
    HealthState.OUTBOX_FAILING: _l(
        "Mails are tried again for up to three days. Check PALPATE_MAIL with `flask --app wsgi mail test ADDRESS`. "
        "Mails that were given up stay listed for 30 days."
    ),
    HealthState.CHORES_LATE: _l(
        "Check that the server runs (wsgi:gateway, without PALPATE_CHORES=0), or run `flask --app wsgi chores run` every "
        "minute from cron or a timer."
    ),
    HealthState.CHORES_FAILED: _l("They are tried again within ten minutes. The log of the server says more."),
    HealthState.CHORES_NONE: _l("They start within a minute. If not, serve wsgi:gateway, as the operating guide says."),
    HealthState.CHORES_OFF: _l("Run `flask --app wsgi chores run` every minute from cron or a timer."),
    HealthState.LIMITS_IN_EACH_PROCESS: _l("This is fine on one machine. If several serve, set REDIS_URL."),
    HealthState.LIMITS_UNREACHABLE: _l(
        "Check that the server can reach REDIS_URL. Until then, each process counts rate limits for itself."
    ),
    HealthState.FILES_OPEN: _l("Use `chmod go=` on it and on its folder, as the account that runs the server."),
    HealthState.BADGE_KEYS_DAMAGED: "%(reason)s",
    HealthState.CLOCK_WRONG: _l(
        "Synchronise the clocks of all machines, for example with chrony. Deadlines depend on them."
    ),
    HealthState.MODELS_DIFFER: _l("Run `flask --app wsgi db upgrade`. If that changes nothing, restore a backup."),
    HealthState.MAIL_SERVER_REFUSES: _l("Check PALPATE_MAIL, and whether a firewall blocks the port."),
    HealthState.SITE_SILENT: _l(
        "Start the server. If it runs, check PALPATE_BASE_URL, DNS, the certificate and the proxy."
    ),
    HealthState.SITE_REFUSES_HOST: _l("Let the proxy pass on the Host header of the visitor unchanged."),
    HealthState.SITE_DIFFERENT: _l("Check PALPATE_BASE_URL, and to which server the proxy passes requests."),
}


@dataclass(frozen=True, slots=True)
class HealthLine:
    """A line of the page; ``todo`` is empty if there is nothing to do."""

    title: str
    found: str
    todo: str
    level: HealthLevel


_SIZES = {"size", "free"}
"""Facts in bytes."""


def describe_check(check: HealthCheck) -> HealthLine:
    """Put a check into words."""
    facts = {name: _format_fact(name, value) for name, value in check.facts.items()}
    return HealthLine(
        title=str(TOPICS[check.topic]),
        found=str(FINDINGS[check.state]) % facts,
        todo=str(ADVICE.get(check.state, "")) % facts,
        level=check.level,
    )


def _format_fact(name: str, value: object) -> object:
    if isinstance(value, int) and name in _SIZES:
        return _format_size(value)
    return _format_duration(value) if isinstance(value, timedelta) else value


def _format_duration(duration: timedelta) -> str:
    """Format a duration: ``40 s``, ``12 min``, ``26 h 5 min``, ``7 days``."""
    if duration.days > 1:
        return ngettext("%(num)s day", "%(num)s days", duration.days)
    return minutes(duration.total_seconds())


def _format_size(size: int) -> str:
    return f"{figure(size / 1e9, 1)} GB" if size >= 1e9 else f"{figure(size / 1e6, 1)} MB"
