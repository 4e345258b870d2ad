"""The real server in a process tree of its own, as ``flask serve`` starts it: started, measured, stopped, killed."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from app import settings
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")


class ServerError(Exception):
    """The server did not start; the message ends with what it printed."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Server:
    """``flask serve`` on an empty data folder and a free port of this machine.

    ``extra`` are further settings. ``command`` is another WSGI server to compare with, started after the same set-up, in which
    ``{port}`` is filled in. ``root`` is the tree whose code runs: a broken copy of it shows that a test can fail.
    """

    data: Path
    extra: dict[str, str] = field(default_factory=dict)
    command: str | None = None
    root: Path = ROOT
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """The settings that the server gets: none of those of whoever started us."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PALPATE_") and name not in ("HOST", "PORT", "DATABASE_URL", "REDIS_URL")
        }
        return kept | {"PORT": str(self.port), "PALPATE_DATA": str(self.data)} | self.extra

    @property
    def settings(self) -> Settings:
        return settings.load(self.environ)

    @property
    def log(self) -> Path:
        return self.data.parent / "server.log"

    # -- starting and stopping -----------------------------------------------------------------------------------------------

    def start(self) -> float:
        """Start, and return after how many seconds the server is ready.

        :raise ServerError: it ended, or was not ready in time.
        """
        flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
        if self.command is None:
            return self.start_with([*flask, "serve"])
        for step in (["db", "upgrade"], ["content", "publish"]):
            subprocess.run([*flask, *step], cwd=self.root, env=self.environ, check=True, capture_output=True)
        return self.start_with(shlex.split(self.command.format(port=self.port)))

    def start_with(self, command: list[str]) -> float:
        began = time.monotonic()
        with self.log.open("ab") as log:
            # A session of its own: the whole tree can be killed at once, and a Ctrl-C is ours alone.
            self.process = subprocess.Popen(
                command, cwd=self.root, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() - began > START_SECONDS:
                self.kill()
                raise ServerError(f"the server did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)
        return time.monotonic() - began

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as reply:
                return bool(reply.status == 200)
        except HTTPError as refusal:
            refusal.close()
            return False
        except OSError:
            return False

    def kill(self) -> None:
        """``kill -9`` for every process of the tree, at one moment."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL) if self.pids() else None
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C or a service manager does."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    # -- measuring -----------------------------------------------------------------------------------------------------------

    def pids(self) -> list[int]:
        """The processes of the tree, the first one first."""
        assert self.process is not None
        parents = {int(path.name): _stat(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
        found = [self.process.pid] if parents.get(self.process.pid) else []
        for pid in found:
            found.extend(child for child, stat in parents.items() if stat and int(stat[1]) == pid)
        return found

    def cpu_seconds(self) -> float:
        """User and system time that the whole tree has used so far, that of its children which ended included."""
        stats = [_stat(Path(f"/proc/{pid}")) for pid in self.pids()]
        return sum(sum(int(ticks) for ticks in stat[11:15]) for stat in stats if stat) / TICKS

    def memory(self) -> list[Memory]:
        """What each worker holds now: the processes that have no children."""
        pids = self.pids()
        parents = {int(stat[1]) for stat in (_stat(Path(f"/proc/{pid}")) for pid in pids) if stat}
        return [_memory(pid) for pid in pids if pid not in parents]


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident and proportional (shared pages divided among those who share them), in MB of 10^6 bytes."""

    rss_mb: float
    pss_mb: float


def busy_seconds() -> float:
    """For how long all cores of this machine together have been busy since it started."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / TICKS


def _stat(process: Path) -> list[str]:
    """The fields of ``/proc/<pid>/stat`` after the name (which may hold blanks): state, parent, …; empty when it is gone."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _memory(pid: int) -> Memory:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = {name: int(value) for name, value in re.findall(r"^(Rss|Pss): +(\d+) kB", rollup, re.M)}
    return Memory(kilobytes["Rss"] * 1.024 / 1000, kilobytes["Pss"] * 1.024 / 1000)
