"""An installed copy: the wheel holds everything that the application reads, and works from any folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.server.version import VERSION
from bench.server import Server
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WHEEL = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command ``palpate`` in a folder laid out as ``pyproject.toml`` tells hatchling to."""
    home = tmp_path_factory.mktemp("installed")
    skipped = shutil.ignore_patterns("__pycache__")
    for package in WHEEL["packages"]:
        shutil.copytree(ROOT / package, home / "site" / package, ignore=skipped)
    for source, target in WHEEL["force-include"].items():
        place = home / "site" / target
        copy = shutil.copy if (ROOT / source).is_file() else shutil.copytree
        copy(ROOT / source, place)
    module, function = PROJECT["project"]["scripts"]["palpate"].split(":")
    command = home / "bin" / "palpate"
    command.parent.mkdir()
    command.write_text(f"from {module} import {function}\n{function}()\n")
    return command


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with modules that have the names of ours."""
    folder = tmp_path / "elsewhere"
    (folder / "app").mkdir(parents=True)
    for name in ("app/__init__.py", "wsgi.py"):
        (folder / name).write_text("raise RuntimeError('not this one')\n")
    return folder


def _environ(command: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PALPATE_")}
    return kept | {"PYTHONPATH": str(command.parent.parent / "site")}


def _run(command: Path, folder: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(command), *arguments],
        cwd=folder,
        env=_environ(command) | changes,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_it_finds_the_course_and_keeps_its_data_in_the_current_folder(installed: Path, elsewhere: Path) -> None:
    """Fails if the wheel lacks the questions, or writes beside its own modules."""
    done = _run(installed, elsewhere, "content", "check")

    assert (done.stdout, done.stderr) == ("No faults found.\n", "")
    assert [path.name for path in (elsewhere / "instance").iterdir()] == ["secret"]
    assert not (installed.parent.parent / "site" / "app" / "bundled" / "instance").exists()


def test_it_serves_pages_with_their_stylesheet(installed: Path, elsewhere: Path) -> None:
    """Fails if the wheel lacks templates, migrations or static files, or if the server imports modules of the current folder."""
    server = Server(elsewhere / "data", {"PYTHONPATH": _environ(installed)["PYTHONPATH"]}, root=elsewhere)
    server.start_with([sys.executable, str(installed), "serve"])
    try:
        home = f"http://127.0.0.1:{server.port}"
        page = urlopen(home, timeout=60).read().decode()
        sheet = re.search(r'href="(/static/[^"]+\.css[^"]*)"', page)

        assert "Trigger points" in page
        assert sheet is not None
        assert urlopen(home + sheet[1], timeout=60).status == 200
    finally:
        server.stop()


def test_a_wrong_setting_stops_it_with_one_line(installed: Path, elsewhere: Path) -> None:
    done = _run(installed, elsewhere, "serve", PORT="http")

    assert done.returncode == 2
    assert done.stderr.splitlines() == ["palpate: PORT=http: give a whole number from 1 to 65535."]


def test_the_package_and_the_pages_report_one_version(installed: Path, elsewhere: Path) -> None:
    """Fails if the version is written down a second time."""
    source = ROOT / PROJECT["tool"]["hatch"]["version"]["path"]

    assert "version" not in PROJECT["project"]
    assert re.search(r'^VERSION = "(.+)"$', source.read_text(), re.MULTILINE)[1] == VERSION  # type: ignore[index]
    assert _run(installed, elsewhere, "--version").stdout == f"palpate, version {VERSION}\n"
