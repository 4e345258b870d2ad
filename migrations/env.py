"""Alembic's environment: the app's engine in batch mode, with SQLite's foreign keys off while tables are rebuilt."""

from __future__ import annotations

from typing import Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection

import app.models  # noqa: F401  registers the tables
from app.db import Base, UtcDateTimeType

config = context.config
engine = config.attributes.get("engine") or current_app.extensions["migrate"].db.engine


def render_item(kind: str, value: object, autogen: object) -> str | Literal[False]:
    """Render our UTC column as its database type."""
    if kind == "type" and isinstance(value, UtcDateTimeType):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


with engine.connect() as connection:
    if engine.dialect.name == "sqlite":
        # Rebuilding drops the table, which would delete its children by cascade if foreign keys were on. The pragma
        # only works outside a transaction.
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            migrate(connection)
        finally:
            connection.rollback()
            driver.execute("PRAGMA foreign_keys=ON")
    else:
        migrate(connection)
