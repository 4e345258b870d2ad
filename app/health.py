"""For operators and load balancers: is the process up, and can it serve?"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database is reachable and its migrations are at head; else 503 with the reason."""
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    try:
        at = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
    except SQLAlchemyError:
        return "the database can't be reached, or was never migrated\n", 503, plain
    latest = head(current_app.config["MIGRATIONS"])
    if at != {latest}:
        return f"migrations are at {', '.join(sorted(at)) or 'nothing'}, not at {latest}\n", 503, plain
    return "ok\n", 200, plain


@lru_cache(maxsize=4)
def head(folder: Path) -> str | None:
    config = Config()
    config.set_main_option("script_location", str(folder))
    return ScriptDirectory.from_config(config).get_current_head()
