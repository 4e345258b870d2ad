"""Battery row R16: publishing a broken course says where it is broken, and leaves no trace in the database."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from app import create_app
from app.db import db
from tests.conftest import settings_for
from tests.support.course_folder import Folder

from .test_mutations import _break, _sound_course

BROKEN = 25


def _digest(file: Path) -> str:
    """Of all that is in the database."""
    with closing(sqlite3.connect(file)) as database:
        return hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()


def _broken_course(path: Path) -> Folder:
    """A sound course with a change in it, and then one fault that is always one: it comes last, after much that is right."""
    folder, chance = _sound_course(path), random.Random(path.name)
    _break(folder, chance)
    folder.write("2-later/module.yaml", "id: later\ntitle: [\n")
    return folder


def test_a_broken_course_leaves_no_trace_in_the_database(published: Path, tmp_path: Path) -> None:
    """Fails when what is sound is published although something else is not, and when a fault does not end the command with 1."""
    shutil.copy(published, tmp_path / "palpate.sqlite3")
    before = _digest(tmp_path / "palpate.sqlite3")
    for number in range(BROKEN):
        folder = _broken_course(tmp_path / f"course-{number}")
        app = create_app(settings_for(tmp_path, content=(folder.path,)))

        outcome = app.test_cli_runner().invoke(args=["content", "publish"])

        with app.app_context():
            db.engine.dispose()
        assert outcome.exit_code == 1
        assert isinstance(outcome.exception, SystemExit)
        assert re.search(r"module\.yaml:\d+", outcome.output), outcome.output
        assert "Nothing was published" in outcome.output
        assert _digest(tmp_path / "palpate.sqlite3") == before


def test_the_course_would_be_published_but_for_its_fault(published: Path, tmp_path: Path) -> None:
    """Shows that the test above can see a trace."""
    shutil.copy(published, tmp_path / "palpate.sqlite3")
    before = _digest(tmp_path / "palpate.sqlite3")
    app = create_app(settings_for(tmp_path, content=(_sound_course(tmp_path / "course").path,)))

    outcome = app.test_cli_runner().invoke(args=["content", "publish"])

    with app.app_context():
        db.engine.dispose()
    assert outcome.exit_code == 0, outcome.output
    assert _digest(tmp_path / "palpate.sqlite3") != before
