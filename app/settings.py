"""All settings, read once from the environment. A wrong or unknown one stops the start with one clear line."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


class SettingError(Exception):
    """A setting that can't be used; the message names it and says what is allowed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set, from the environment alone. The table in ``docs/operating.md`` is held to this class by a test."""

    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = "http://127.0.0.1:8000"
    secret: str = field(default="", repr=False)
    data: Path = ROOT / "instance"
    database_url: str = field(default="", repr=False)
    redis_url: str | None = field(default=None, repr=False)
    content: tuple[Path, ...] = (ROOT / "questions",)
    allow_http: bool = False
    registration: str = "open"
    mail: str = field(default="console", repr=False)
    mail_from: str = "palpate@localhost"
    trusted_proxies: int = 0
    workers: int = 2
    threads: int = 1

    @property
    def is_secure(self) -> bool:
        """Whether visitors reach us by TLS; decides cookie flags, HSTS and the links in mails."""
        return self.base_url.startswith("https://")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite:")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check all settings.

    :raise SettingError: an unknown ``PALPATE_…`` name, a value that can't be used, or production without a secret.
    """
    env = dict(os.environ if environ is None else environ)
    _refuse_unknown(env)
    host = env.get("HOST") or "127.0.0.1"
    port = _whole(env, "PORT", 8000, 1, 65535)
    base_url = _base_url(env.get("PALPATE_BASE_URL") or f"http://{_in_url(host)}:{port}")
    data = Path(env.get("PALPATE_DATA") or ROOT / "instance").resolve()
    allow_http = _yes(env, "PALPATE_ALLOW_HTTP")
    is_local = _is_loopback(urlsplit(base_url).hostname or "") and _is_loopback(host)
    if not is_local:
        _refuse_careless(env, base_url, allow_http=allow_http)
    return Settings(
        host=host,
        port=port,
        base_url=base_url,
        secret=_secret(env, data, is_local=is_local),
        data=data,
        database_url=_database_url(env.get("DATABASE_URL") or f"sqlite:///{data / 'palpate.sqlite3'}"),
        redis_url=env.get("REDIS_URL") or None,
        content=(ROOT / "questions", *_folders(env)),
        allow_http=allow_http,
        registration=_choice(env, "PALPATE_REGISTRATION", "open", ("open", "invite")),
        mail=_mail(env.get("PALPATE_MAIL") or "console"),
        mail_from=env.get("PALPATE_MAIL_FROM") or "palpate@localhost",
        trusted_proxies=_whole(env, "PALPATE_TRUSTED_PROXIES", 0, 0, 10),
        workers=_whole(env, "PALPATE_WORKERS", 2, 1, 64),
        threads=_whole(env, "PALPATE_THREADS", 1, 1, 64),
    )


NAMES = (
    "PALPATE_BASE_URL",
    "PALPATE_SECRET",
    "PALPATE_DATA",
    "PALPATE_CONTENT",
    "PALPATE_ALLOW_HTTP",
    "PALPATE_REGISTRATION",
    "PALPATE_MAIL",
    "PALPATE_MAIL_FROM",
    "PALPATE_TRUSTED_PROXIES",
    "PALPATE_WORKERS",
    "PALPATE_THREADS",
)
OTHER_NAMES = ("HOST", "PORT", "DATABASE_URL", "REDIS_URL")


def _refuse_unknown(env: Mapping[str, str]) -> None:
    unknown = sorted(name for name in env if name.startswith("PALPATE_") and name not in NAMES)
    if unknown:
        raise SettingError(f"{', '.join(unknown)}: no such setting. Known are {', '.join(NAMES)}.")


def _refuse_careless(env: Mapping[str, str], base_url: str, *, allow_http: bool) -> None:
    """What is convenient on one machine is dangerous or useless to others."""
    if not (base_url.startswith("https://") or allow_http):
        raise SettingError(
            f"PALPATE_BASE_URL={base_url} would send passwords in the clear to other machines. Put TLS in front and give an https:// "
            "address, or, for a closed classroom network, set PALPATE_ALLOW_HTTP=1."
        )
    if urlsplit(base_url).hostname in ("0.0.0.0", "::"):  # noqa: S104  refused, not bound to
        raise SettingError(
            f"PALPATE_BASE_URL={base_url} is no address that anybody can visit: give the one that other machines use, like http://192.168.1.20:8000."
        )
    if env.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no"):
        raise SettingError(
            "FLASK_DEBUG shows the inside of the server to visitors: unset it; beyond this machine only production mode starts."
        )


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise SettingError(f"{name}={text}: give a whole number from {low} to {high}.")
    return int(text)


def _yes(env: Mapping[str, str], name: str) -> bool:
    return _choice(env, name, "0", ("0", "1")) == "1"


def _choice(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name) or default
    if value not in allowed:
        raise SettingError(f"{name}={value}: give one of {', '.join(allowed)}.")
    return value


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_sound = parts.scheme in ("http", "https") and parts.netloc and parts.port != 0
        extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    except ValueError:  # brackets that don't close, a port that is no number
        is_sound, extra = False, None
    if not is_sound or extra or not parts.hostname:
        raise SettingError(f"PALPATE_BASE_URL={text}: give scheme and host alone, like https://learn.example.org.")
    if ":" in parts.hostname:
        raise SettingError(
            f"PALPATE_BASE_URL={text}: give a host name, like http://localhost:8000; replies go to known hosts only, by name."
        )
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _folders(env: Mapping[str, str]) -> tuple[Path, ...]:
    folders = tuple(Path(part) for part in (env.get("PALPATE_CONTENT") or "").split(os.pathsep) if part)
    for folder in folders:
        if not folder.is_dir():
            raise SettingError(f"PALPATE_CONTENT: {folder} is not a folder.")
    return folders


def _database_url(text: str) -> str:
    if text.startswith("postgres://"):
        text = "postgresql://" + text.removeprefix("postgres://")
    if text.startswith("postgresql://"):
        text = "postgresql+psycopg://" + text.removeprefix("postgresql://")
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingError("DATABASE_URL: give sqlite:///<file> or postgresql://user:password@host/database.")
    if text in ("sqlite:///", "sqlite:///:memory:"):
        raise SettingError("DATABASE_URL: a database in memory forgets everything; give sqlite:///<file>.")
    return text


def _mail(text: str) -> str:
    if text not in ("console", "file") and urlsplit(text).scheme not in ("smtp", "smtps"):
        raise SettingError(
            "PALPATE_MAIL: give console, file, smtp://user:password@host:587 or smtps://user:password@host:465."
        )
    return text


def _secret(env: Mapping[str, str], data: Path, *, is_local: bool) -> str:
    """The key that signs cookies: given, or on loopback generated once and kept, readable by its owner alone."""
    given = env.get("PALPATE_SECRET")
    if given:
        if len(given) < 32:
            raise SettingError("PALPATE_SECRET: give at least 32 characters, for example from `openssl rand -hex 32`.")
        return given
    if not is_local:
        raise SettingError(
            "PALPATE_SECRET is missing. Beyond this machine a secret must be given: `openssl rand -hex 32` makes one."
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
        raise SettingError(f"PALPATE_DATA={data}: {error.strerror}. Give a folder that can be written.") from None
    try:
        kept = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise SettingError(f"{path} can't be read: {error.strerror}.") from None
    if len(kept) < 32 or not kept.isascii():
        raise SettingError(f"{path} is damaged: remove it, and a new one is made; everybody signs in again.")
    return kept
