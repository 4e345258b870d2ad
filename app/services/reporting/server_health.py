"""Health checks for operators: the state of the server, without words, which `app/admin/health_words.py` adds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState
from app.models import Attempt, AuditEvent, Learner, Role, User
from app.services.attempts import guests
from app.services.storage import backups, badge_keys
from app.services.storage.badge_keys import BadgeKeyError
from app.services.upkeep import outbox
from app.settings import Settings

LOW_DISK_BYTES = 1024**3
LOW_DISK_SHARE = 3
"""Free space is low below 1 GiB or three times the size of the database (a copy, its log and a reserve)."""

BACKUP_MAX_AGE = timedelta(days=2)
CLOCK_TOLERANCE = timedelta(seconds=5)
"""How far the clocks of the server and the database may differ. Deadlines allow as much."""

CLOSING_MAX_DELAY = timedelta(minutes=10)
"""After this delay the job that closes attempts seems not to run; it should run every minute."""


class HealthLevel(StrEnum):
    FINE = "fine"
    NOTE = "note"
    WARN = "warn"
    FAIL = "fail"


class HealthTopic(StrEnum):
    DATABASE = "database"
    MIGRATIONS = "migrations"
    DISK = "disk"
    BACKUP = "backup"
    OPEN_ATTEMPTS = "open_attempts"
    OVERDUE_ATTEMPTS = "overdue_attempts"
    ADMINISTRATORS = "administrators"
    GUESTS = "guests"
    COURSE = "course"
    ADDRESS = "address"
    PROXIES = "proxies"
    MAIL = "mail"
    OUTBOX = "outbox"
    CHORES = "chores"
    RATE_LIMITS = "rate_limits"
    FILES = "files"
    BADGE_KEYS = "badge_keys"
    CLOCK = "clock"
    MODELS = "models"
    MAIL_SERVER = "mail_server"
    SITE = "site"


class HealthState(StrEnum):
    """What a check found; each state belongs to one topic."""

    DATABASE = "database"
    DATABASE_UNREACHABLE = "database_unreachable"
    MIGRATIONS_CURRENT = "migrations_current"
    MIGRATIONS_MISSING = "migrations_missing"
    DISK_FREE = "disk_free"
    DISK_LOW = "disk_low"
    BACKUP_CURRENT = "backup_current"
    BACKUP_OLD = "backup_old"
    BACKUP_MISSING = "backup_missing"
    BACKUP_FAILED = "backup_failed"
    BACKUP_DAMAGED = "backup_damaged"
    ATTEMPTS_OPEN = "attempts_open"
    CLOSING_CURRENT = "closing_current"
    CLOSING_LATE = "closing_late"
    ADMINISTRATORS = "administrators"
    ADMINISTRATOR_ALONE = "administrator_alone"
    ADMINISTRATOR_MISSING = "administrator_missing"
    GUESTS_OLD = "guests_old"
    COURSE_CURRENT = "course_current"
    COURSE_CHANGED = "course_changed"
    ADDRESS_SECURE = "address_secure"
    ADDRESS_LOCAL = "address_local"
    ADDRESS_INSECURE = "address_insecure"
    PROXIES_TRUSTED = "proxies_trusted"
    PROXIES_NONE = "proxies_none"
    PROXIES_MISSING = "proxies_missing"
    MAIL_SENT = "mail_sent"
    MAIL_PRINTED = "mail_printed"
    MAIL_KEPT = "mail_kept"
    OUTBOX_CURRENT = "outbox_current"
    OUTBOX_FAILING = "outbox_failing"
    CHORES_CURRENT = "chores_current"
    CHORES_LATE = "chores_late"
    CHORES_FAILED = "chores_failed"
    CHORES_NONE = "chores_none"
    CHORES_OFF = "chores_off"
    LIMITS_IN_REDIS = "limits_in_redis"
    LIMITS_IN_PROCESS = "limits_in_process"
    LIMITS_IN_EACH_PROCESS = "limits_in_each_process"
    LIMITS_UNREACHABLE = "limits_unreachable"
    FILES_PRIVATE = "files_private"
    FILES_OPEN = "files_open"
    BADGE_KEYS_DAMAGED = "badge_keys_damaged"
    CLOCK_RIGHT = "clock_right"
    CLOCK_WRONG = "clock_wrong"
    MODELS_MATCH = "models_match"
    MODELS_DIFFER = "models_differ"
    MAIL_SERVER_READY = "mail_server_ready"
    MAIL_SERVER_REFUSES = "mail_server_refuses"
    SITE_ANSWERS = "site_answers"
    SITE_SILENT = "site_silent"
    SITE_REFUSES_HOST = "site_refuses_host"
    SITE_DIFFERENT = "site_different"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """The result of one check; ``facts`` are the values that belong to its state, such as sizes and addresses."""

    topic: HealthTopic
    state: HealthState
    level: HealthLevel = HealthLevel.FINE
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Environment:
    """Facts that are not in the database.

    ``head`` is the latest migration, ``is_store_well`` whether the rate limit store answers, and ``is_course_current``
    whether the published course matches its files. ``late_chores`` and ``failed_chores`` are titles, separated by
    commas; ``has_run_chores`` is whether any chore ever ran.
    """

    head: str | None
    is_store_well: bool
    is_course_current: bool
    late_chores: str = ""
    failed_chores: str = ""
    has_run_chores: bool = True


def check_health(session: Session, settings: Settings, around: Environment, now: datetime) -> list[HealthCheck]:
    """Run all checks. Each statement uses an index or counts few rows."""
    size = _get_size(session, settings)
    return [
        _check_database(session, size),
        _check_migrations(session, around),
        _check_disk(settings, size),
        _check_backup(settings, now),
        *_check_attempts(session, now),
        *_check_people(session, now),
        _check_course(around),
        _check_address(settings),
        _check_proxies(settings),
        _check_mail(settings),
        _check_outbox(session),
        _check_chores(settings, around),
        _check_limits(settings, around),
        _check_files(settings),
        *_check_badge_keys(settings),
        _check_clock(session, now),
    ]


def get_worst_level(checks: list[HealthCheck]) -> HealthLevel:
    return max((check.level for check in checks), key=lambda level: tuple(HealthLevel).index(level))


def _get_size(session: Session, settings: Settings) -> int:
    """Return the size of the database in bytes, including its write-ahead log."""
    if not settings.is_sqlite:
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    path = settings.sqlite_file
    return sum(file.stat().st_size for file in (path, path.with_name(f"{path.name}-wal")) if file.exists())


def _check_database(session: Session, size: int) -> HealthCheck:
    if session.get_bind().dialect.name == "sqlite":
        database = f"SQLite {session.scalar(text('SELECT sqlite_version()'))}"
    else:
        database = f"PostgreSQL {session.scalar(text('SHOW server_version'))}"
    facts = {"database": database, "size": size}
    return HealthCheck(HealthTopic.DATABASE, HealthState.DATABASE, facts=facts)


def _check_migrations(session: Session, around: Environment) -> HealthCheck:
    at = sorted(session.scalars(text("SELECT version_num FROM alembic_version")))
    facts = {"at": ", ".join(at) or "–", "head": around.head}
    if at == [around.head]:
        return HealthCheck(HealthTopic.MIGRATIONS, HealthState.MIGRATIONS_CURRENT, facts=facts)
    return HealthCheck(HealthTopic.MIGRATIONS, HealthState.MIGRATIONS_MISSING, HealthLevel.FAIL, facts)


def _check_disk(settings: Settings, size: int) -> HealthCheck:
    free = shutil.disk_usage(settings.data).free
    facts = {"free": free}
    if free < max(LOW_DISK_BYTES, LOW_DISK_SHARE * size):
        return HealthCheck(HealthTopic.DISK, HealthState.DISK_LOW, HealthLevel.WARN, facts)
    return HealthCheck(HealthTopic.DISK, HealthState.DISK_FREE, facts=facts)


def _check_backup(settings: Settings, now: datetime) -> HealthCheck:
    """Judge the recorded outcome of the latest backups. A file that is not the recorded one does not count."""
    record = backups.read_record(settings)
    facts: dict[str, object] = {"made": _format_time(record.made_at), "file": record.file, "size": record.size}
    if record.failed_at is not None:
        facts |= {"failed": _format_time(record.failed_at), "reason": record.reason}
        return HealthCheck(HealthTopic.BACKUP, HealthState.BACKUP_FAILED, HealthLevel.WARN, facts)
    if record.made_at is None:
        return HealthCheck(HealthTopic.BACKUP, HealthState.BACKUP_MISSING, HealthLevel.WARN)
    if not record.is_intact:
        return HealthCheck(HealthTopic.BACKUP, HealthState.BACKUP_DAMAGED, HealthLevel.WARN, facts)
    if now - record.made_at > BACKUP_MAX_AGE:
        return HealthCheck(HealthTopic.BACKUP, HealthState.BACKUP_OLD, HealthLevel.WARN, facts)
    return HealthCheck(HealthTopic.BACKUP, HealthState.BACKUP_CURRENT, facts=facts)


def find_latest_backup(settings: Settings) -> datetime | None:
    """Return when the latest sound backup was made that is still where it was written."""
    record = backups.read_record(settings)
    return record.made_at if record.is_intact else None


def _format_time(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else "–"


def _check_attempts(session: Session, now: datetime) -> Iterator[HealthCheck]:
    open_now = session.scalar(select(func.count(Attempt.id)).where(Attempt.state == AttemptState.OPEN)) or 0
    overdue, oldest = session.execute(
        select(func.count(Attempt.id), func.min(Attempt.deadline_at)).where(
            Attempt.state == AttemptState.OPEN, Attempt.deadline_at < now - timedelta(minutes=1)
        )
    ).one()
    yield HealthCheck(HealthTopic.OPEN_ATTEMPTS, HealthState.ATTEMPTS_OPEN, facts={"count": open_now})
    facts = {"count": overdue}
    if oldest is not None and now - oldest > CLOSING_MAX_DELAY:
        yield HealthCheck(HealthTopic.OVERDUE_ATTEMPTS, HealthState.CLOSING_LATE, HealthLevel.WARN, facts)
    else:
        yield HealthCheck(HealthTopic.OVERDUE_ATTEMPTS, HealthState.CLOSING_CURRENT, facts=facts)


def _check_people(session: Session, now: datetime) -> Iterator[HealthCheck]:
    admins = session.scalar(select(func.count(User.id)).where(User.role == Role.ADMIN, User.active)) or 0
    if admins < 2:
        state = HealthState.ADMINISTRATOR_ALONE if admins else HealthState.ADMINISTRATOR_MISSING
        yield HealthCheck(HealthTopic.ADMINISTRATORS, state, HealthLevel.NOTE)
    else:
        yield HealthCheck(HealthTopic.ADMINISTRATORS, HealthState.ADMINISTRATORS, facts={"count": admins})
    old = select(func.count(Learner.id)).where(
        Learner.is_guest, Learner.created_at < now - guests.RETENTION - timedelta(days=7)
    )
    stale = session.scalar(old) or 0
    if stale:
        facts = {"count": stale, "days": guests.RETENTION.days}
        yield HealthCheck(HealthTopic.GUESTS, HealthState.GUESTS_OLD, HealthLevel.NOTE, facts)


def _check_course(around: Environment) -> HealthCheck:
    if around.is_course_current:
        return HealthCheck(HealthTopic.COURSE, HealthState.COURSE_CURRENT)
    return HealthCheck(HealthTopic.COURSE, HealthState.COURSE_CHANGED, HealthLevel.NOTE)


def _check_address(settings: Settings) -> HealthCheck:
    host = urlsplit(settings.base_url).hostname or ""
    facts = {"url": settings.base_url}
    if settings.is_secure:
        return HealthCheck(HealthTopic.ADDRESS, HealthState.ADDRESS_SECURE, facts=facts)
    if host in ("localhost", "::1") or host.startswith("127."):
        return HealthCheck(HealthTopic.ADDRESS, HealthState.ADDRESS_LOCAL, facts=facts)
    return HealthCheck(HealthTopic.ADDRESS, HealthState.ADDRESS_INSECURE, HealthLevel.WARN, facts)


def _check_proxies(settings: Settings) -> HealthCheck:
    if settings.is_secure and not settings.trusted_proxies:
        return HealthCheck(HealthTopic.PROXIES, HealthState.PROXIES_MISSING, HealthLevel.WARN)
    if settings.trusted_proxies:
        facts = {"count": settings.trusted_proxies}
        return HealthCheck(HealthTopic.PROXIES, HealthState.PROXIES_TRUSTED, facts=facts)
    return HealthCheck(HealthTopic.PROXIES, HealthState.PROXIES_NONE)


def _check_mail(settings: Settings) -> HealthCheck:
    parts = urlsplit(settings.mail)
    if parts.scheme in ("smtp", "smtps"):
        facts: dict[str, object] = {"server": parts.hostname, "sender": settings.mail_from}
        return HealthCheck(HealthTopic.MAIL, HealthState.MAIL_SENT, facts=facts)
    if settings.mail == "console":
        return HealthCheck(HealthTopic.MAIL, HealthState.MAIL_PRINTED, HealthLevel.NOTE)
    return HealthCheck(HealthTopic.MAIL, HealthState.MAIL_KEPT, HealthLevel.NOTE, {"folder": settings.data / "mail"})


def _check_outbox(session: Session) -> HealthCheck:
    counts = outbox.count(session)
    facts = {"waiting": counts.waiting, "given_up": counts.given_up, "error": counts.error}
    if counts.late or counts.given_up:
        return HealthCheck(HealthTopic.OUTBOX, HealthState.OUTBOX_FAILING, HealthLevel.WARN, facts)
    return HealthCheck(HealthTopic.OUTBOX, HealthState.OUTBOX_CURRENT, facts=facts)


def _check_chores(settings: Settings, around: Environment) -> HealthCheck:
    if not around.has_run_chores:
        state = HealthState.CHORES_NONE if settings.chores else HealthState.CHORES_OFF
        return HealthCheck(HealthTopic.CHORES, state, HealthLevel.NOTE)
    if around.late_chores:
        facts = {"names": around.late_chores}
        return HealthCheck(HealthTopic.CHORES, HealthState.CHORES_LATE, HealthLevel.WARN, facts)
    if around.failed_chores:
        facts = {"names": around.failed_chores}
        return HealthCheck(HealthTopic.CHORES, HealthState.CHORES_FAILED, HealthLevel.WARN, facts)
    return HealthCheck(HealthTopic.CHORES, HealthState.CHORES_CURRENT)


def _check_limits(settings: Settings, around: Environment) -> HealthCheck:
    if not around.is_store_well:
        return HealthCheck(HealthTopic.RATE_LIMITS, HealthState.LIMITS_UNREACHABLE, HealthLevel.WARN)
    if settings.redis_url:
        return HealthCheck(HealthTopic.RATE_LIMITS, HealthState.LIMITS_IN_REDIS)
    if settings.workers > 1:
        facts = {"count": settings.workers}
        return HealthCheck(HealthTopic.RATE_LIMITS, HealthState.LIMITS_IN_EACH_PROCESS, HealthLevel.NOTE, facts)
    return HealthCheck(HealthTopic.RATE_LIMITS, HealthState.LIMITS_IN_PROCESS)


def _check_files(settings: Settings) -> HealthCheck:
    """Look for files with personal data or the secret that other users of the machine can read."""
    record = backups.read_record(settings)
    files = [settings.data / "secret", settings.data / badge_keys.FILE_NAME, record.file]
    if settings.is_sqlite:
        files.append(settings.sqlite_file)
    exposed = [file for file in files if file is not None and _is_exposed(file)]
    if exposed:
        return HealthCheck(HealthTopic.FILES, HealthState.FILES_OPEN, HealthLevel.WARN, {"file": exposed[0]})
    return HealthCheck(HealthTopic.FILES, HealthState.FILES_PRIVATE)


def _check_badge_keys(settings: Settings) -> Iterator[HealthCheck]:
    """Look whether badges can be signed and verified. Without keys, the first badge makes one."""
    try:
        badge_keys.check(settings)
    except BadgeKeyError as error:
        source = "PALPATE_BADGE_KEYS" if settings.badge_keys else settings.data / badge_keys.FILE_NAME
        facts = {"source": source, "reason": error}
        yield HealthCheck(HealthTopic.BADGE_KEYS, HealthState.BADGE_KEYS_DAMAGED, HealthLevel.WARN, facts)


def _is_exposed(file: Path) -> bool:
    """Whether others may read a file and look into its folder."""
    try:
        return bool(file.stat().st_mode & 0o044 and file.parent.stat().st_mode & 0o011)
    except OSError:
        return False


def _check_clock(session: Session, now: datetime) -> HealthCheck:
    """Compare the clock with that of PostgreSQL, and with the latest event of the log, which can't be in the future."""
    ahead = (session.scalar(select(func.max(AuditEvent.at))) or now) - now
    if session.get_bind().dialect.name == "postgresql":
        ahead = max(ahead, abs((session.scalar(select(func.clock_timestamp())) or now) - now))
    if ahead > CLOCK_TOLERANCE:
        return HealthCheck(HealthTopic.CLOCK, HealthState.CLOCK_WRONG, HealthLevel.WARN, {"difference": ahead})
    return HealthCheck(HealthTopic.CLOCK, HealthState.CLOCK_RIGHT)


_LOCK_WAITERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def count_lock_waiters(session: Session) -> int | None:
    """Return how many connections wait for a lock. None: this is SQLite, which answers but has no such figure.

    :raise SQLAlchemyError: the database does not answer.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("SELECT version_num FROM alembic_version"))
        return None
    return session.scalar(text(_LOCK_WAITERS)) or 0
