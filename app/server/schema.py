"""The version of the database's tables, compared with the one that this program knows."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError


@lru_cache(maxsize=4)
def get_head(folder: Path) -> str | None:
    """Return the newest migration in ``folder``."""
    return _open(folder).get_current_head()


@lru_cache(maxsize=4)
def list_known(folder: Path) -> frozenset[str]:
    """Return all migrations in ``folder``."""
    return frozenset(script.revision for script in _open(folder).walk_revisions())


def _open(folder: Path) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(folder))
    return ScriptDirectory.from_config(config)


def needs_migration(engine: Engine, folder: Path) -> bool:
    """Whether tables of an earlier version have to be migrated; an empty database has none."""
    versions = _read_versions(engine)
    return bool(versions) and versions != {get_head(folder)}


def explain_newer(engine: Engine, folder: Path) -> str | None:
    """Return a sentence if a newer version of the program has migrated the database, else None.

    A database that is empty, missing or unavailable does not count as newer.
    """
    unknown = sorted(_read_versions(engine) - list_known(folder))
    if not unknown:
        return None
    return (
        f"the database is of a newer version of Palpate: its tables are at {', '.join(unknown)}, and this version knows "
        f"them up to {get_head(folder)}. Install the newer version, or restore a backup from before the update."
    )


def _read_versions(engine: Engine) -> set[str]:
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():
        return set()  # connecting would create the file
    try:
        # Not through the engine's transactions: on SQLite, they would wait for the write lock.
        raw = engine.raw_connection()
    except DBAPIError:
        return set()
    try:
        cursor = raw.cursor()
        cursor.execute("SELECT version_num FROM alembic_version")
        return {version for (version,) in cursor.fetchall()}
    except engine.dialect.loaded_dbapi.Error:
        return set()
    finally:
        raw.close()
