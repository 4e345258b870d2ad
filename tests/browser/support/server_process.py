"""A real server process on a folder of its own: what ``make run`` starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench import lifeline

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 180
"""For a server on a machine that does much else; it usually answers after two."""


def build_environment(folder: Path, port: int, **settings: str) -> dict[str, str]:
    """What the server is started with: settings of this machine do not reach it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PALPATE_")}
    for name in ("DATABASE_URL", "REDIS_URL", "HOST"):
        kept.pop(name, None)
    chosen = {"PALPATE_DATA": str(folder), "PALPATE_MAIL": "file", "PORT": str(port)}
    if (translations := folder / "translations").is_dir():
        chosen["PALPATE_TRANSLATIONS"] = str(translations)
    return kept | chosen | settings


def run_flask(folder: Path, port: int, *arguments: str) -> str:
    """Run one of Palpate's commands on ``folder``; return what it prints."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=build_environment(folder, port), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the server and its workers: they are a process group of their own."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        lifeline.release(self.process)

    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")


def serve(folder: Path, port: int, **settings: str) -> Server:
    """Start the server with these settings and wait until it is ready."""
    with open(folder / "server.log", "wb") as log:
        process = lifeline.popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "serve"],
            cwd=ROOT,
            env=build_environment(folder, port, **settings),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", folder, process)
    until = time.monotonic() + PATIENCE_SECONDS
    while not _is_ready(server.url):
        if process.poll() is not None or time.monotonic() > until:
            server.stop()
            raise RuntimeError(f"the server did not start:\n{server.log()}")
        time.sleep(0.05)
    return server


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as reply:
            ready: bool = reply.status == 200
            return ready
    except (urllib.error.URLError, OSError):
        return False
