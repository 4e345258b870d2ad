"""Checks that take time or leave the machine. The command ``doctor`` runs them besides those of the health page."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import urlopen

from sqlalchemy import Connection

from app.services.reporting.server_health import HealthCheck, HealthLevel, HealthState, HealthTopic
from app.services.storage.schema import list_differences
from app.settings import Settings

_REPLY_SECONDS = 10
_REPLY = b"ok\n"
"""What ``/healthz`` answers."""


def check_models(connection: Connection) -> HealthCheck:
    """Compare the tables of the database with the models."""
    differences = list_differences(connection)
    if differences:
        facts = {"difference": differences[0], "count": len(differences)}
        return HealthCheck(HealthTopic.MODELS, HealthState.MODELS_DIFFER, HealthLevel.FAIL, facts)
    return HealthCheck(HealthTopic.MODELS, HealthState.MODELS_MATCH)


def check_mail_server(connect: Callable[[], None]) -> HealthCheck:
    """Judge whether ``connect`` can connect and sign in to the mail server; it raises OSError if not."""
    try:
        connect()
    except OSError as error:
        facts = {"reason": describe_error(error)}
        return HealthCheck(HealthTopic.MAIL_SERVER, HealthState.MAIL_SERVER_REFUSES, HealthLevel.FAIL, facts)
    return HealthCheck(HealthTopic.MAIL_SERVER, HealthState.MAIL_SERVER_READY)


def describe_error(error: OSError) -> str:
    """Describe an error of a connection in one line."""
    said: str | bytes = error.strerror or str(error)  # the reply of a mail server comes as bytes
    text = str(said, errors="replace") if isinstance(said, bytes) else said
    return f"{type(error).__name__}: {text.partition(chr(10))[0]}".rstrip(".")


def check_site(settings: Settings) -> HealthCheck:
    """Ask the address that visitors use: is it this server, through DNS, TLS and all proxies?"""
    url = settings.base_url
    try:
        with urlopen(f"{url}/healthz", timeout=_REPLY_SECONDS) as reply:  # noqa: S310  http or https, see settings
            is_ours = reply.read(100) == _REPLY
            facts = {"url": url, "status": reply.status}
    except HTTPError as error:
        error.close()
        is_ours, facts = False, {"url": url, "status": error.code}
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        return HealthCheck(
            HealthTopic.SITE, HealthState.SITE_SILENT, HealthLevel.WARN, {"url": url, "reason": str(reason)}
        )
    if is_ours:
        return HealthCheck(HealthTopic.SITE, HealthState.SITE_ANSWERS, facts=facts)
    state = HealthState.SITE_REFUSES_HOST if facts["status"] == 400 else HealthState.SITE_DIFFERENT
    return HealthCheck(HealthTopic.SITE, state, HealthLevel.FAIL, facts)
