"""A migrated SQLite file with a course published, kept between runs under ``.pytest_cache``.

Migrating and publishing takes seconds, and most changes touch neither. The file is named after everything that it is made from, so it is
never stale: the course's files, the code that reads and publishes them, the models, the migrations, and the versions of the libraries.
``tests/test_published_course.py`` fails if the publisher imports code that is not part of that name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.content import Course

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "tests" / "course"
CODE = (
    "app/content",
    "app/db.py",
    "app/domain",
    "app/metrics.py",
    "app/models",
    "app/permissions.py",
    "app/service_urls.py",
    "app/services/course",
    "app/setting_files.py",
    "app/settings.py",
    "migrations",
)
"""Where the code is that decides what a published database holds."""

LIBRARIES = (
    "alembic",
    "flask-sqlalchemy",
    "markdown-it-py",
    "mdit-py-plugins",
    "nh3",
    "pydantic",
    "pyyaml",
    "sqlalchemy",
)
KEPT_FILES = 4
"""How many databases stay in the cache: going back and forth between two branches publishes nothing."""


def fingerprint(*sources: Path) -> str:
    """A digest of the code that publishes, and of every file in or at ``sources``."""
    digest = hashlib.sha256(sys.version.encode())
    for name in LIBRARIES:
        digest.update(f"{name} {version(name)}\0".encode())
    for source in (*(ROOT / name for name in CODE), *sources):
        for path in _files(source):
            digest.update(f"{path}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _files(source: Path) -> Sequence[Path]:
    if source.is_file():
        return [source]
    return sorted(path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def copy_cached(name: str, cache: Path, to: Path, build: Callable[[Path], None]) -> Path:
    """Copy the file ``name`` from ``cache`` to ``to``; ``build`` makes it at a given path if it is not there.

    Several processes may ask at once: one builds while the others wait. The file appears under its name when it is complete.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "lock"):
        kept = cache / name
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                build(Path(folder) / name)
                os.replace(Path(folder) / name, kept)
        os.utime(kept)  # the most recently used files stay
        shutil.copyfile(kept, to)
        for old in sorted(cache.glob("*.sqlite3"), key=lambda path: -path.stat().st_mtime)[KEPT_FILES:]:
            old.unlink()
    return to


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed, also if the process is killed
        yield


def copy_published(course: str, cache: Path, to: Path, now: datetime) -> Path:
    """Put a database with a course published at ``to``: the course of the tests (``tests``), or the real one (``load_steady_course``)."""
    sources = {"tests": (COURSE,), "steady": (ROOT / "questions", ROOT / "tests" / "support" / "steady_course.py")}
    name = f"{course}-{now:%Y%m%dT%H%M%S}-{fingerprint(*sources[course], Path(__file__))}.sqlite3"
    return copy_cached(name, cache, to, lambda path: _publish(course, path, now))


def _publish(course: str, path: Path, now: datetime) -> None:
    from flask_migrate import upgrade

    from app import create_app
    from app.db import db
    from app.services.course.publisher import write_course
    from tests.conftest import settings_for

    app = create_app(settings_for(path.parent, database_url=f"sqlite:///{path}"))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        write_course(db.session, load_published(course), now)
        db.session.commit()
        db.session.close()
        db.engine.dispose()


def load_published(course: str) -> Course:
    """Read the course of the tests, or the real one made steady."""
    if course == "steady":
        from tests.support.steady_course import load_steady_course

        return load_steady_course()
    return load_small_course()


@lru_cache(maxsize=1)
def load_small_course() -> Course:
    """The course of ``tests/course``."""
    from app.content.loader import load_course

    loaded = load_course([COURSE])
    assert loaded.course is not None, "\n".join(map(str, loaded.faults))
    return loaded.course
