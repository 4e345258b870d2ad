"""A killed test run leaves no helper process behind: neither servers with their workers, nor PostgreSQL, nor a browser."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from battery.postgres import find_programs
from tests.browser.support import chromium

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or find_programs() is None or chromium.find_chromium() is None,
    reason="needs /proc, PostgreSQL and Chromium",
)

PATIENCE_SECONDS = 300
"""For a machine that does much else: usually everything is started after 5 seconds, and gone after one."""

SMALL_RUN = """
import os
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench.server import Server
from tests.browser.support import chromium
from tests.support.postgres import run_postgres

FOLDER = Path(os.environ["SMALL_RUN"])


def test_that_is_killed():
    (FOLDER / "server").mkdir()
    Server(FOLDER / "server" / "data").start()
    with run_postgres(), sync_playwright() as playwright:
        chromium.launch_chromium(playwright).new_page()
        (FOLDER / "ready").touch()
        time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user can enter: as root, PostgreSQL runs as nobody."""
    folder = Path(tempfile.mkdtemp(prefix="palpate-small-run-"))
    folder.chmod(0o755)
    yield folder
    for pid in _processes(folder):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)


@pytest.mark.parametrize("killed", ["the whole process group", "the controller of xdist alone"])
def test_a_killed_run_leaves_nothing_behind(killed: str, folder: Path) -> None:
    """Fails when a helper is started without :func:`bench.lifeline.popen`: a server in a session of its own outlives a killed group."""
    is_distributed = killed.startswith("the controller")
    run = _start(folder, *(["-n", "1"] if is_distributed else []))
    try:
        assert _is_soon(lambda: (folder / "ready").exists() or run.poll() is not None), "the small run did not start"
        assert run.poll() is None, (folder / "log").read_text()
        names = {_name(pid) for pid in _processes(folder)}

        if is_distributed:
            run.send_signal(signal.SIGKILL)
        else:
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()

        assert {"postgres", "granian"} <= names
        assert any(name.startswith("chrom") for name in names)
        assert _is_soon(lambda: not _processes(folder)), [_name(pid) for pid in _processes(folder)]
        assert not list(folder.glob("palpate-postgres-*"))
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()


def _start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a run of one test in a process group of its own, with every helper that tests use."""
    file = folder / "test_small_run.py"
    file.write_text(SMALL_RUN)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", *arguments]
    environ = os.environ | {"SMALL_RUN": str(folder), "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID", "PYTEST_ADDOPTS"):
        environ.pop(name, None)
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*command, str(file)], cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True
        )


def _processes(folder: Path) -> list[int]:
    """The processes that have to do with ``folder``: by command, environment or working directory."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
                text += os.fsencode(os.readlink(process / "cwd"))
            except OSError:  # it ended meanwhile, or has ended and waits for its parent
                continue
            if os.fsencode(folder) in text:
                found.append(int(process.name))
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _is_soon(is_done: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if is_done():
            return True
        time.sleep(0.05)
    return is_done()
