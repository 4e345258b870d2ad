"""Comparing the tables of a database with the models."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import app.models  # noqa: F401  registers the tables
from app.db import Base


def list_differences(connection: Connection) -> list[str]:
    """Return the differences; there are none if all migrations ran and nobody changed the tables by hand."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
    return [_describe(difference) for difference in compare_metadata(context, Base.metadata)]


def _describe(difference: object) -> str:
    """Put a difference of Alembic's into a few words: what to do, and to what."""
    if isinstance(difference, list):
        return _describe(difference[0])
    if not isinstance(difference, tuple):
        return str(difference)
    verb, *objects = difference
    names = [str(getattr(found, "name", found)) for found in objects if found is not None]
    return " ".join([str(verb).replace("_", " "), *names[:3]])
