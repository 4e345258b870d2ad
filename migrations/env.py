"""How Alembic runs here: on the app's own engine, in batch mode, and on SQLite with foreign keys off while tables are rebuilt."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection

import app.models  # noqa: F401  registers the tables
from app.db import Base, UTCDateTime

config = context.config
engine = current_app.extensions["migrate"].db.engine


def render_item(kind: str, value: object, autogen: object) -> str | bool:
    """Write our UTC column as what it is in the database."""
    if kind == "type" and isinstance(value, UTCDateTime):
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
        # A rebuilt table is dropped: with foreign keys on, that would delete its children by cascade. The pragma only works outside a transaction.
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            migrate(connection)
        finally:
            connection.rollback()
            driver.execute("PRAGMA foreign_keys=ON")
    else:
        migrate(connection)
