"""Health probes for operators and load balancers."""

from __future__ import annotations

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db import db
from app.server import schema, storage

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Return 200 if the process is alive."""
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Return 200 if the database is reachable, fully migrated and can grow, else 503 with the reason.

    Without Redis the server still works, so the answer only says so.
    """
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    try:
        at = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
    except SQLAlchemyError:
        return "the database can't be reached, or was never migrated\n", 503, plain
    latest = schema.get_head(current_app.config["MIGRATIONS"])
    if at != {latest}:
        return f"migrations are at {', '.join(sorted(at)) or 'nothing'}, not at {latest}\n", 503, plain
    if storage.is_full(current_app.config["PALPATE"]):
        return "the disk of the database is full: nothing can be saved\n", 503, plain
    if not all(limiter.storage.check() for limiter in current_app.extensions["limiter"]):
        return "ok, but Redis can't be reached: each process counts rate limits for itself\n", 200, plain
    return "ok\n", 200, plain
