"""A start publishes nothing where the files are as they were, and everything that changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask_migrate import upgrade
from sqlalchemy import select

from app import create_app
from app.cli.content import publish_if_changed
from app.content.fingerprint import compute_fingerprint
from app.db import db
from app.models import Publication, QuestionVersion
from tests.conftest import ROOT, settings_for
from tests.support.course_folder import Folder

QUESTIONS = "1-basics/questions/band.yaml"


def test_the_fingerprint_follows_every_file(folder: Folder) -> None:
    seen = [compute_fingerprint([folder.path])]

    folder.replace(QUESTIONS, "A narrow, hard strip", "A narrow, tight strip")
    seen.append(compute_fingerprint([folder.path]))
    folder.write("1-basics/questions/more.yaml", "[]")
    seen.append(compute_fingerprint([folder.path]))
    (folder.path / "1-basics/questions/more.yaml").rename(folder.path / "1-basics/questions/other.yaml")
    seen.append(compute_fingerprint([folder.path]))
    folder.remove("1-basics/questions/other.yaml")
    seen.append(compute_fingerprint([folder.path]))

    assert len(set(seen)) == 4
    assert seen[4] == seen[1]
    assert compute_fingerprint([folder.path]) == seen[4]


def test_a_second_start_publishes_only_what_changed(
    folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fails when a start publishes what is there already, or overlooks an edit."""
    app = create_app(settings_for(tmp_path, content=(folder.path,)))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        said = []
        for edit in (None, None, "A narrow, tight strip", None):
            if edit:
                folder.replace(QUESTIONS, "A narrow, hard strip", edit)
            publish_if_changed()
            said.append(capsys.readouterr().out.strip().splitlines()[-1:])
        texts = [version.options[0] for version in db.session.scalars(select(QuestionVersion))]
        files = db.session.scalars(select(Publication.files)).all()
        db.session.close()
        db.engine.dispose()

    assert said == [["Published."], [], ["Published."], []]
    assert "A narrow, tight strip" in texts
    assert len(set(files)) == len(files) == 2


def test_a_fault_in_changed_files_still_stops_the_start(folder: Folder, tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path, content=(folder.path,)))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        publish_if_changed()
        folder.replace(QUESTIONS, "kind: several", "kind: severally")
        with pytest.raises(SystemExit):
            publish_if_changed()
        db.session.close()
        db.engine.dispose()
