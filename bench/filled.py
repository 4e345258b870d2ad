"""SQLite databases with one or more million marks: the school of :mod:`bench.school`, copied within the database."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection, connect

from app import create_app
from app.db import db
from app.domain.scope import build_assignment_scope
from bench.school import School, plan_groups, plan_whole_year
from bench.server import ROOT, Server

_FAST = ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-500000", "locking_mode=EXCLUSIVE")
"""For a file that nobody else has open, and that is built again if this process dies."""

_SCOPE = f"'{build_assignment_scope(0).removesuffix('0')}'"
_LEARNER, _ATTEMPT, _ASSIGNMENT, _COHORT = "learner", "attempt", "assignment", "cohort"

_COPIED: dict[str, dict[str, str]] = {
    "user": {"id": _LEARNER, "email": "text", "fs_uniquifier": "text"},
    "learner": {"id": _LEARNER, "user_id": _LEARNER},
    "cohort": {"id": _COHORT, "join_code": "text"},
    "cohort_trainer": {"cohort_id": _COHORT},
    "membership": {"cohort_id": _COHORT, "learner_id": _LEARNER},
    "lesson_progress": {"learner_id": _LEARNER},
    "assignment": {"id": _ASSIGNMENT, "cohort_id": _COHORT},
    "assignment_exception": {"assignment_id": _ASSIGNMENT, "learner_id": _LEARNER},
    "attempt": {"id": _ATTEMPT, "learner_id": _LEARNER, "assignment_id": _ASSIGNMENT, "scope": "scope"},
    "attempt_item": {"attempt_id": _ATTEMPT},
    "mark": {"attempt_id": _ATTEMPT, "learner_id": _LEARNER},
    "scope_result": {
        "learner_id": _LEARNER,
        "scope": "scope",
        "assignment_id": _ASSIGNMENT,
        "best_attempt_id": _ATTEMPT,
        "latest_attempt_id": _ATTEMPT,
    },
}
"""The tables of the school in the order of their references, and what each column with an id, or a unique text, holds."""

_FIRST_LEARNER = 2
"""The trainer has the account and the learner 1, and teaches the copies as well."""


def fill_database(folder: Path, millions: int, seed: int = 1) -> Server:
    """Return a server whose database has that many million marks, and build it if ``folder`` does not have it yet."""
    server = Server(folder / "data")
    done = folder / f"{millions}-million-marks"
    if done.exists():
        return server
    prepare_database(server)
    app = create_app(server.settings)
    with app.app_context():
        school = School(db.session, seed)
        school.people()
        school.fill(*plan_groups(), plan_whole_year())
        school.commit()
        db.session.close()
        db.engine.dispose()
    with closing(connect(server.settings.sqlite_file, isolation_level=None)) as database:
        for pragma in _FAST:
            database.execute(f"PRAGMA {pragma}")
        multiply(database, millions)
        database.execute("PRAGMA locking_mode=NORMAL")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("ANALYZE")
    done.touch()
    return server


def multiply(database: Connection, times: int) -> None:
    """Add copies of the school until there are ``times`` of it, each with its own people, cohorts and attempts."""
    sizes = {
        _LEARNER: _get_highest(database, "learner") - _FIRST_LEARNER + 1,
        **{table: _get_highest(database, table) for table in (_ATTEMPT, _ASSIGNMENT, _COHORT)},
    }
    for number in range(1, times):
        database.execute("BEGIN")
        for table, columns in _COPIED.items():
            _copy_rows(database, table, columns, sizes, number)
        database.execute("COMMIT")
        print(f"\r  {number + 1} million marks ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def _copy_rows(database: Connection, table: str, columns: dict[str, str], sizes: dict[str, int], number: int) -> None:
    """Add the copy with this ``number`` of the rows of the first school."""
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    copied = [_build_value(name, columns.get(name, ""), sizes, number) for name in names]
    owner = next(name for name, kind in columns.items() if kind in sizes)
    last = sizes[columns[owner]] + (_FIRST_LEARNER - 1 if columns[owner] == _LEARNER else 0)
    first = _FIRST_LEARNER if columns[owner] == _LEARNER else 1
    quoted = ", ".join(f'"{name}"' for name in names)
    database.execute(
        f'INSERT INTO "{table}" ({quoted}) SELECT {", ".join(copied)} FROM "{table}" WHERE "{owner}" BETWEEN ? AND ?',
        (first, last),
    )


def _build_value(name: str, kind: str, sizes: dict[str, int], number: int) -> str:
    """Return the SQL expression of a column's value in a copy."""
    if kind == "text":
        return f"'{number}-' || \"{name}\""
    if kind == "scope":
        return f"{_SCOPE} || (assignment_id + {sizes[_ASSIGNMENT] * number})"
    return f'"{name}" + {sizes[kind] * number}' if kind else f'"{name}"'


def _get_highest(database: Connection, table: str) -> int:
    highest: int = database.execute(f"SELECT max(id) FROM {table}").fetchone()[0]
    return highest


def prepare_database(server: Server) -> None:
    """Migrate the server's database and publish the course."""
    for step in (["db", "upgrade"], ["content", "publish"]):
        flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
        subprocess.run([*flask, *step], cwd=ROOT, env=server.environ, check=True, capture_output=True)
