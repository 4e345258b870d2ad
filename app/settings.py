"""All settings, read once from the environment or a file. A wrong or unknown one stops the start with one line."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, urlsplit

from app import service_urls, setting_files

_PACKAGE = Path(__file__).resolve().parent
_BUNDLE = _PACKAGE / "bundled"
_IS_INSTALLED = _BUNDLE.is_dir()

ROOT = _BUNDLE if _IS_INSTALLED else _PACKAGE.parent
"""The folder with questions, templates, migrations and ``wsgi.py``: the checkout, or its copy in the wheel."""

DATA = Path("instance") if _IS_INSTALLED else ROOT / "instance"
"""The default data folder: in the checkout, or in the current folder if Palpate is installed as a package."""


SPARE_CONNECTIONS = 2
"""Database connections of a process beyond one for each thread: mail is sent, and chores are done, beside requests."""


class SettingError(Exception):
    """A setting is missing, unknown or invalid; the message names it and the allowed values."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings.

    They come from the environment or a file; a test compares them with the table in ``docs/operating.md``.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = "http://127.0.0.1:8000"
    secret: str = field(default="", repr=False)
    data: Path = DATA
    database_url: str = field(default="", repr=False)
    redis_url: str | None = field(default=None, repr=False)
    content: tuple[Path, ...] = (ROOT / "questions",)
    translations: tuple[Path, ...] = ()
    publish: bool = True
    allow_http: bool = False
    registration: str = "open"
    emergency_number: tuple[str, ...] = ()
    mail: str = field(default="console", repr=False)
    mail_from: str = "palpate@localhost"
    trusted_proxies: int = 0
    hsts_subdomains: bool = False
    idle_minutes: int = 20160
    log: str = "text"
    metrics_token: str | None = field(default=None, repr=False)
    badge_keys: str | None = field(default=None, repr=False)
    workers: int = 2
    threads: int = 1
    chores: bool = True
    backup: str = "off"
    pool_size: int = 16
    pgbouncer: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether visitors use TLS, which decides cookie flags, HSTS and the links in mails."""
        return self.base_url.startswith("https://")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite:")

    @property
    def sqlite_file(self) -> Path:
        """The database of a server on SQLite."""
        return service_urls.get_sqlite_file(self.database_url)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check all settings.

    :raise SettingError: a ``PALPATE_…`` name is unknown, a value is invalid, or a server beyond loopback has no secret.
    """
    env = _read_environment(os.environ if environ is None else environ)
    host = env.get("HOST") or "127.0.0.1"
    port = _read_int(env, "PORT", 8000, 1, 65535)
    base_url = _parse_base_url(env.get("PALPATE_BASE_URL") or f"http://{_bracket_ipv6(host)}:{port}")
    data = Path(env.get("PALPATE_DATA") or DATA).resolve()
    allow_http = _read_flag(env, "PALPATE_ALLOW_HTTP")
    is_local = _is_loopback(urlsplit(base_url).hostname or "") and _is_loopback(host)
    if not is_local:
        _refuse_unsafe(env, base_url, allow_http=allow_http)
    database_url = _read_text(
        env, "DATABASE_URL", f"sqlite:///{quote(str(data / 'palpate.sqlite3'))}", service_urls.parse_database_url
    )
    threads = _read_int(env, "PALPATE_THREADS", 1, 1, 64)
    if threads > 1 and database_url.startswith("sqlite:"):
        raise SettingError(
            f"PALPATE_THREADS={threads}: on SQLite a process has one thread, because only one can write at a time. "
            "Raise PALPATE_WORKERS instead, or use PostgreSQL (DATABASE_URL)."
        )
    least_pool = threads + SPARE_CONNECTIONS
    return Settings(
        host=host,
        port=port,
        base_url=base_url,
        secret=_load_secret(env, data, is_local=is_local),
        data=data,
        database_url=database_url,
        redis_url=_read_text(env, "REDIS_URL", "", service_urls.check_redis_url) or None,
        content=(ROOT / "questions", *_read_folders(env, "PALPATE_CONTENT")),
        translations=_read_folders(env, "PALPATE_TRANSLATIONS"),
        publish=_read_flag(env, "PALPATE_PUBLISH", "1"),
        allow_http=allow_http,
        registration=_read_choice(env, "PALPATE_REGISTRATION", "open", ("open", "invite")),
        emergency_number=_read_numbers(env, "PALPATE_EMERGENCY_NUMBER"),
        mail=_read_text(env, "PALPATE_MAIL", "console", service_urls.check_mail_url),
        mail_from=_read_text(env, "PALPATE_MAIL_FROM", "palpate@localhost", service_urls.check_sender),
        trusted_proxies=_read_int(env, "PALPATE_TRUSTED_PROXIES", 0, 0, 10),
        hsts_subdomains=_read_flag(env, "PALPATE_HSTS_SUBDOMAINS"),
        idle_minutes=_read_int(env, "PALPATE_IDLE_MINUTES", 20160, 5, 86400),
        log=_read_choice(env, "PALPATE_LOG", "text", ("text", "json")),
        metrics_token=_read_text(env, "PALPATE_METRICS_TOKEN", "", _check_token) or None,
        badge_keys=_read_text(env, "PALPATE_BADGE_KEYS", "", _check_key_set) or None,
        workers=_read_int(env, "PALPATE_WORKERS", 2, 1, 64),
        threads=threads,
        chores=_read_flag(env, "PALPATE_CHORES", default="1"),
        backup=_read_choice(env, "PALPATE_BACKUP", "off", ("off", "daily")),
        pool_size=_read_int(env, "PALPATE_POOL_SIZE", max(16, least_pool), least_pool, 200),
        pgbouncer=_read_flag(env, "PALPATE_PGBOUNCER"),
    )


NAMES = (
    "PALPATE_BASE_URL",
    "PALPATE_SECRET",
    "PALPATE_DATA",
    "PALPATE_CONTENT",
    "PALPATE_TRANSLATIONS",
    "PALPATE_PUBLISH",
    "PALPATE_ALLOW_HTTP",
    "PALPATE_REGISTRATION",
    "PALPATE_EMERGENCY_NUMBER",
    "PALPATE_MAIL",
    "PALPATE_MAIL_FROM",
    "PALPATE_TRUSTED_PROXIES",
    "PALPATE_HSTS_SUBDOMAINS",
    "PALPATE_IDLE_MINUTES",
    "PALPATE_LOG",
    "PALPATE_METRICS_TOKEN",
    "PALPATE_BADGE_KEYS",
    "PALPATE_WORKERS",
    "PALPATE_THREADS",
    "PALPATE_CHORES",
    "PALPATE_BACKUP",
    "PALPATE_POOL_SIZE",
    "PALPATE_PGBOUNCER",
)
SECRET_NAMES = (
    "PALPATE_SECRET",
    "PALPATE_MAIL",
    "PALPATE_METRICS_TOKEN",
    "PALPATE_BADGE_KEYS",
    "DATABASE_URL",
    "REDIS_URL",
)
"""Settings that can contain a password: each can be read from a file that ``<name>_FILE`` names."""

FILE_NAME = "PALPATE_SETTINGS"
"""Names a file with settings. The environment wins over it."""

OTHER_NAMES = ("HOST", "PORT", "DATABASE_URL", "REDIS_URL")
_KNOWN = frozenset((*NAMES, *OTHER_NAMES, FILE_NAME, *(f"{name}_FILE" for name in SECRET_NAMES)))


def _read_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return all settings as text: from the environment, else from the file of settings, with secrets from their files."""
    env = {name: value for name, value in environ.items() if value}
    _refuse_unknown(env)
    path = env.pop(FILE_NAME, "")
    try:
        stored = setting_files.read_setting_file(FILE_NAME, path, _KNOWN - {FILE_NAME}) if path else {}
        for name in SECRET_NAMES:
            if env.keys() & {name, f"{name}_FILE"}:
                stored = {key: value for key, value in stored.items() if key not in (name, f"{name}_FILE")}
        return setting_files.read_secret_files(stored | env, SECRET_NAMES)
    except ValueError as error:
        raise SettingError(str(error)) from None


def _refuse_unknown(env: Mapping[str, str]) -> None:
    unknown = sorted(name for name in env if name.startswith("PALPATE_") and name not in _KNOWN)
    if unknown:
        raise SettingError(f"{', '.join(unknown)}: unknown setting. Known settings: {', '.join(NAMES)}.")


def _refuse_unsafe(env: Mapping[str, str], base_url: str, *, allow_http: bool) -> None:
    """Refuse settings that are convenient on one machine, but dangerous or useless for other machines.

    :raise SettingError: the address is plain HTTP or not reachable, or debug mode is on.
    """
    if not (base_url.startswith("https://") or allow_http):
        raise SettingError(
            f"PALPATE_BASE_URL={base_url} would send passwords unencrypted to other machines. "
            "Put a TLS proxy in front and give an https:// address, or set PALPATE_ALLOW_HTTP=1 in a closed classroom."
        )
    if urlsplit(base_url).hostname in ("0.0.0.0", "::"):  # noqa: S104  refused, not bound to
        raise SettingError(
            f"PALPATE_BASE_URL={base_url} is not an address that browsers can open. "
            "Give the one that other machines use, like http://192.168.1.20:8000."
        )
    if env.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no"):
        raise SettingError(
            "FLASK_DEBUG exposes the server's internals. Unset it, because other machines can reach this server."
        )


def _read_int(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise SettingError(f"{name}={text}: give a whole number from {low} to {high}.")
    return int(text)


def _read_flag(env: Mapping[str, str], name: str, default: str = "0") -> bool:
    return _read_choice(env, name, default, ("0", "1")) == "1"


def _read_choice(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name) or default
    if value not in allowed:
        raise SettingError(f"{name}={value}: give one of {', '.join(allowed)}.")
    return value


def _check_token(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{16,}", text):
        raise ValueError("give at least 16 characters without blanks, for example from `openssl rand -hex 32`.")
    return text


def _bracket_ipv6(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _check_key_set(text: str) -> str:
    try:
        first = json.loads(text)["keys"][0]
        is_sound = (first["kty"], first["crv"]) == ("OKP", "Ed25519") and bool(
            first["kid"] and first["x"] and first["d"]
        )
    except (KeyError, IndexError, TypeError, ValueError, RecursionError):
        is_sound = False
    if not is_sound:
        raise ValueError("give a JSON Web Key Set from `badges rotate-keys --file`.")
    return text


def _parse_base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_sound = parts.scheme in ("http", "https") and parts.netloc and parts.port != 0
        extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    except ValueError:  # unclosed brackets or a port that is not a number
        is_sound, extra = False, None
    if not is_sound or extra or not parts.hostname:
        raise SettingError(f"PALPATE_BASE_URL={text}: give only scheme and host, like https://learn.example.org.")
    if ":" in parts.hostname:
        raise SettingError(
            f"PALPATE_BASE_URL={text}: an IPv6 address is not supported. Give a host name, like http://localhost:8000."
        )
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _read_folders(env: Mapping[str, str], name: str) -> tuple[Path, ...]:
    folders = tuple(Path(part) for part in (env.get(name) or "").split(os.pathsep) if part)
    for folder in folders:
        if not folder.is_dir():
            raise SettingError(f"{name}: {folder} is not a folder.")
    return folders


def _read_numbers(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Read telephone numbers that are separated by commas."""
    numbers = tuple(filter(None, (part.strip() for part in (env.get(name) or "").split(","))))
    for number in numbers:
        if not re.fullmatch(r"\+?[0-9][0-9 ]{1,19}", number):
            raise SettingError(f"{name}: {number} is not a telephone number. Give digits, like 112 or 112, 144.")
    return numbers


def _read_text(env: Mapping[str, str], name: str, default: str, check: Callable[[str], str]) -> str:
    text = env.get(name) or default
    try:
        return check(text) if text else text
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from None


def _load_secret(env: Mapping[str, str], data: Path, *, is_local: bool) -> str:
    """Return the key that signs cookies. On loopback it is generated once and stored, readable only by its owner.

    :raise SettingError: the key is missing, too short or damaged, or the data folder can't be used.
    """
    given = env.get("PALPATE_SECRET")
    if given:
        if len(given) < 32:
            raise SettingError("PALPATE_SECRET: give at least 32 characters, for example from `openssl rand -hex 32`.")
        return given
    if not is_local:
        raise SettingError(
            "PALPATE_SECRET is missing. A server that other machines can reach needs one, from `openssl rand -hex 32`."
        )
    path = data / "secret"
    try:
        data.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        if not data.is_dir():
            raise SettingError(f"PALPATE_DATA={data} is a file: give a folder.") from None
    except OSError as error:
        raise SettingError(f"PALPATE_DATA={data}: {error.strerror}. Give a writable folder.") from None
    try:
        kept = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise SettingError(f"{path} can't be read: {error.strerror}.") from None
    if len(kept) < 32 or not kept.isascii():
        raise SettingError(f"{path} is damaged. Restore it from a backup; with a new one, no present password works.")
    return kept
