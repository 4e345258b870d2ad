"""Checks the addresses of other services, so that a wrong one stops the start with one line instead of a traceback.

Each function raises ValueError with a message that says what is allowed and repeats no password.
"""

from __future__ import annotations

import re
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from psycopg.conninfo import make_conninfo
from redis import ConnectionPool
from redis.exceptions import RedisError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_DATABASES = "give sqlite:///<file> or postgresql://user:password@host/database"
_HOSTS = re.compile(r"(postgresql\+psycopg://(?:[^/?#]*@)?)([^/?#@]+,[^/?#@]+)(/[^?#]*)?(?:\?([^#]*))?")
_ADDRESS = re.compile(r"[^\s<>@,;]+@[\w-]+(\.[\w-]+)*")


def parse_database_url(text: str) -> str:
    """Return the URL as SQLAlchemy takes it, with the driver named and several hosts as parameters."""
    text = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", text)
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError(f"{_DATABASES}.")
    if text in ("sqlite:///", "sqlite:///:memory:"):
        raise ValueError("a database in memory loses all data. Give sqlite:///<file>.")
    if text.startswith("sqlite:"):
        if "?" in text:
            raise ValueError("a file name has no parameters after a question mark. Give sqlite:///<file>.")
        if not get_sqlite_file(text).is_absolute():
            raise ValueError("give the whole path of the file, with four slashes: sqlite:////srv/palpate.sqlite3.")
        return text
    text = _name_hosts(text)
    try:
        url = make_url(text)
        _arguments, options = url.get_dialect()().create_connect_args(url)
        make_conninfo(**options)
    except psycopg.ProgrammingError as error:
        raise ValueError(f"{str(error).strip()}. Give parameters that libpq knows, like sslmode=verify-full.") from None
    except (ArgumentError, ValueError):
        raise ValueError(f"{_DATABASES}.") from None
    return text


def get_sqlite_file(url: str) -> Path:
    """Return the file that an SQLite URL names. As in every URL, ``%20`` stands for a blank."""
    return Path(make_url(url).database or "")


def _name_hosts(text: str) -> str:
    """Convert ``//user@a:1,b:2/name``, which libpq knows, into ``//user@/name?host=a:1&host=b:2``."""
    found = _HOSTS.fullmatch(text)
    if not found:
        return text
    start, hosts, name, query = found.groups()
    named = [f"host={quote(host if ':' in host else f'{host}:5432', safe=':')}" for host in hosts.split(",")]
    return f"{start}{name or '/'}?{'&'.join([*named, *([query] if query else [])])}"


def check_redis_url(text: str) -> str:
    said = "give redis://host:6379/0, redis://:password@host:6379/0 or rediss://… for TLS."
    if urlsplit(text).scheme not in ("redis", "rediss"):
        raise ValueError(said)
    try:
        ConnectionPool.from_url(text).make_connection()
    except (ValueError, TypeError, AttributeError, RedisError):
        raise ValueError(said) from None
    return text


def check_mail_url(text: str) -> str:
    if text in ("console", "file"):
        return text
    try:
        parts = urlsplit(text)
        is_sound = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is not a number
        is_sound = False
    if not is_sound or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("give console, file, smtp://user:password@host:587 or smtps://user:password@host:465.")
    return text


def check_sender(text: str) -> str:
    """Check an address, with or without a name."""
    _name, address = parseaddr(text)
    is_whole = text == address or text.endswith(f"<{address}>")
    if not (is_whole and text.isprintable() and _ADDRESS.fullmatch(address)):
        raise ValueError("give an address, like palpate@example.org or Palpate <palpate@example.org>.")
    return text
