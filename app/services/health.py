"""Whether the server is well: what an operator wants to know at three in the morning, and what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domain.attempt import State
from app.models import Attempt, Learner, Role, User
from app.services.people import guests
from app.settings import Settings

LITTLE_BYTES = 1024**3
LITTLE_SHARE = 3
"""Space is short below a gigabyte, or below three times the database: a copy, its log, and some."""

OLD_BACKUP = timedelta(days=2)
OVERDUE = timedelta(minutes=10)
"""From when on nobody seems to close attempts: the chore runs every minute."""


class Level(StrEnum):
    FINE = "fine"
    NOTE = "note"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; ``todo`` is what to do, for notes and warnings."""

    name: str
    found: str
    level: Level = Level.FINE
    todo: str | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What the database doesn't know: the migrations' head, whether the store of rate limits answers, whether the course is as its files."""

    head: str | None
    is_store_well: bool
    is_course_current: bool


def look(session: Session, settings: Settings, around: Around, now: datetime) -> list[Check]:
    """Every check, the database's own first: seven statements, each over an index or a count of few rows."""
    size = _size(session, settings)
    return [
        _database(session, size),
        _migrations(session, around),
        _disk(settings, size),
        _backup(settings, now),
        *_attempts(session, now),
        *_people(session, now),
        _course(around),
        _address(settings),
        _proxies(settings),
        _mail(settings),
        _limits(settings, around),
    ]


def worst(checks: list[Check]) -> Level:
    return max((check.level for check in checks), key=lambda level: tuple(Level).index(level))


def megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _size(session: Session, settings: Settings) -> int:
    """Bytes of the database, its write-ahead log included."""
    if not settings.is_sqlite:
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    path = _sqlite_file(settings)
    return sum(file.stat().st_size for file in (path, path.with_name(f"{path.name}-wal")) if file.exists())


def _sqlite_file(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def _database(session: Session, size: int) -> Check:
    if session.get_bind().dialect.name == "sqlite":
        kind = f"SQLite {session.scalar(text('SELECT sqlite_version()'))}"
    else:
        kind = f"PostgreSQL {session.scalar(text('SHOW server_version'))}"
    return Check("Database", f"{kind}, {megabytes(size)}")


def _migrations(session: Session, around: Around) -> Check:
    at = sorted(session.scalars(text("SELECT version_num FROM alembic_version")))
    if at == [around.head]:
        return Check("Migrations", f"at {around.head}, the latest")
    found = f"at {', '.join(at) or 'nothing'}, not at {around.head}"
    return Check("Migrations", found, Level.WARN, "Run `flask --app wsgi db upgrade`, then start the server again.")


def _disk(settings: Settings, size: int) -> Check:
    free = shutil.disk_usage(settings.data).free
    found = f"{megabytes(free)} free where the data lies"
    if free < max(LITTLE_BYTES, LITTLE_SHARE * size):
        return Check(
            "Disk", found, Level.WARN, "Make room soon. Without any, answers can’t be saved, and pages say so."
        )
    return Check("Disk", found)


def _backup(settings: Settings, now: datetime) -> Check:
    """The newest file that looks like a backup, in the folder of the data or in ``backups`` there."""
    folders = (settings.data, settings.data / "backups")
    files = [file for folder in folders for file in folder.glob("*backup*") if file.is_file()]
    made = max((datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files), default=None)
    if made is None:
        todo = (
            f"None lies in {settings.data} or its folder backups. If you keep backups elsewhere, look there; else see "
            "Chores in the operating guide."
        )
        return Check("Backup", "none known", Level.NOTE, todo)
    found = f"the last known is of {made:%Y-%m-%d %H:%M} UTC"
    if now - made > OLD_BACKUP:
        return Check("Backup", found, Level.WARN, "It is older than two days: see why the daily backup stopped.")
    return Check("Backup", found)


def _attempts(session: Session, now: datetime) -> Iterator[Check]:
    open_now = session.scalar(select(func.count(Attempt.id)).where(Attempt.state == State.OPEN)) or 0
    overdue, oldest = session.execute(
        select(func.count(Attempt.id), func.min(Attempt.deadline_at)).where(
            Attempt.state == State.OPEN, Attempt.deadline_at < now - timedelta(minutes=1)
        )
    ).one()
    yield Check("Attempts under way", str(open_now))
    if oldest is not None and now - oldest > OVERDUE:
        todo = "Run `flask --app wsgi attempts close-expired` every minute from cron or a timer. Nothing is lost meanwhile."
        yield Check("Attempts past their time", f"{overdue}, not marked yet", Level.WARN, todo)
    else:
        yield Check("Attempts past their time", f"{overdue}, not marked yet" if overdue else "none")


def _people(session: Session, now: datetime) -> Iterator[Check]:
    admins = session.scalar(select(func.count(User.id)).where(User.role == Role.ADMIN, User.active)) or 0
    if admins == 1:
        todo = "Make another one, in case you lose your way in: invite somebody, or change a role."
        yield Check("Administrators", "you alone", Level.NOTE, todo)
    else:
        yield Check("Administrators", f"{admins} active")
    old = select(func.count(Learner.id)).where(
        Learner.is_guest, Learner.created_at < now - guests.KEPT - timedelta(days=7)
    )
    stale = session.scalar(old) or 0
    if stale:
        todo = "Run `flask --app wsgi guests remove` daily. (Guests who come back keep their work.)"
        yield Check("Guests", f"{stale} older than {guests.KEPT.days} days", Level.NOTE, todo)


def _course(around: Around) -> Check:
    if around.is_course_current:
        return Check("Course", "as its files say")
    return Check("Course", "the files changed since they were published", Level.NOTE, "Look under Course content.")


def _address(settings: Settings) -> Check:
    host = urlsplit(settings.base_url).hostname or ""
    if settings.is_secure:
        return Check("Address", f"{settings.base_url}, by TLS")
    if host in ("localhost", "::1") or host.startswith("127."):
        return Check("Address", f"{settings.base_url}: this machine alone")
    todo = "Put TLS in front and give PALPATE_BASE_URL as https://…, unless this is a closed classroom network."
    return Check("Address", f"{settings.base_url}: passwords can be read on the network", Level.WARN, todo)


def _proxies(settings: Settings) -> Check:
    if settings.is_secure and not settings.trusted_proxies:
        todo = "If a proxy ends TLS in front, set PALPATE_TRUSTED_PROXIES=1: else all visitors count as one address for the rate limits."
        return Check("Proxies", "none trusted, although the address is https", Level.WARN, todo)
    return Check("Proxies", f"{settings.trusted_proxies} trusted" if settings.trusted_proxies else "none in front")


def _mail(settings: Settings) -> Check:
    parts = urlsplit(settings.mail)
    if parts.scheme in ("smtp", "smtps"):
        return Check("Mail", f"sent by {parts.hostname}, from {settings.mail_from}")
    where = "printed by the server" if settings.mail == "console" else f"kept in {settings.data / 'mail'}"
    todo = "Nobody gets a mail. Copy reset and invitation links by hand, or set PALPATE_MAIL=smtp://…."
    return Check("Mail", f"not sent: {where}", Level.NOTE, todo)


def _limits(settings: Settings, around: Around) -> Check:
    if not around.is_store_well:
        todo = "Look whether REDIS_URL can be reached. Meanwhile pages that are throttled may fail."
        return Check("Rate limits", "their store does not answer", Level.WARN, todo)
    if settings.redis_url:
        return Check("Rate limits", "counted in Redis, for all processes")
    if settings.workers > 1:
        found = f"counted by each of {settings.workers} processes by itself"
        return Check("Rate limits", found, Level.NOTE, "Fine on one machine. Set REDIS_URL where several serve.")
    return Check("Rate limits", "counted in this process")
