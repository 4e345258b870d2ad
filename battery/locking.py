"""R4: somebody else holds the database's write lock (a backup, an administrator's tool)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_lock(file: Path) -> Iterator[None]:
    """Hold the write lock of an SQLite file, as another program would."""
    other = sqlite3.connect(file, isolation_level=None, timeout=30)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()
