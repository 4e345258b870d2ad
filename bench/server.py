"""Starts the real server in its own process tree, as ``flask serve`` does, and measures, stops or kills it."""

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
from bench import lifeline

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180
"""For a machine that does much else: usually a server with an empty database is ready after 5 seconds."""

TICKS = os.sysconf("SC_CLK_TCK")


class ServerError(Exception):
    """The server did not start. The message contains its last output."""


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Server:
    """``flask serve`` with an empty data folder on a free local port.

    ``extra`` are additional settings. ``command`` starts another WSGI server for comparison, after the same set-up;
    ``{port}`` is replaced in it. ``root`` is the source tree to run: a broken copy shows that a test can fail.
    """

    data: Path
    extra: dict[str, str] = field(default_factory=dict)
    command: str | None = None
    root: Path = ROOT
    port: int = field(default_factory=find_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """The server's environment, without settings from the environment of this process."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PALPATE_") and name not in ("HOST", "PORT", "DATABASE_URL", "REDIS_URL")
        }
        return kept | {"PORT": str(self.port), "PALPATE_DATA": str(self.data)} | self.extra

    @property
    def settings(self) -> Settings:
        return settings.load_settings(self.environ)

    @property
    def log(self) -> Path:
        return self.data.parent / "server.log"

    # -- starting and stopping -----------------------------------------------------------------------------------------------

    def start(self) -> float:
        """Start the server and return the seconds until it was ready.

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
            # In its own session, so that the whole tree can be killed at once and Ctrl-C does not reach it.
            self.process = lifeline.popen(command, cwd=self.root, env=self.environ, stdout=log, stderr=log)
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
        """Kill all processes of the tree at once with SIGKILL."""
        if self.process is not None:
            if self.pids():
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            lifeline.release(self.process)

    def stop(self) -> None:
        """Send SIGTERM, as a service manager does, and kill the server if it does not end in 20 s."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
                lifeline.release(self.process)
            except subprocess.TimeoutExpired:
                self.kill()

    # -- measuring -----------------------------------------------------------------------------------------------------------

    def pids(self) -> list[int]:
        """Return the process ids of the tree, parents first."""
        assert self.process is not None
        return list_tree(self.process.pid)

    def cpu_seconds(self) -> float:
        """Return the user and system time of the whole tree, including children that have ended."""
        stats = [_stat(Path(f"/proc/{pid}")) for pid in self.pids()]
        return sum(sum(int(ticks) for ticks in stat[11:15]) for stat in stats if stat) / TICKS

    def memory(self) -> list[Memory]:
        """Return the memory use of each worker, that is, each process without children."""
        pids = self.pids()
        parents = {int(stat[1]) for stat in (_stat(Path(f"/proc/{pid}")) for pid in pids) if stat}
        return [measure_memory(pid) for pid in pids if pid not in parents]


def list_tree(root: int) -> list[int]:
    """Return the ids of a process and of all that it started, parents first; none if it has ended."""
    parents = {int(path.name): _stat(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found = [root] if parents.get(root) else []
    for pid in found:
        found.extend(child for child, stat in parents.items() if stat and int(stat[1]) == pid)
    return found


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident and proportional set size in MB (10^6 bytes). The latter divides shared pages among their processes."""

    rss_mb: float
    pss_mb: float


def busy_seconds() -> float:
    """Return the busy time of all cores since this machine started."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / TICKS


def _stat(process: Path) -> list[str]:
    """Return the fields of ``/proc/<pid>/stat`` after the name (state, parent, …). There are none if it has ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def measure_memory(pid: int) -> Memory:
    """Return the memory use of one process."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = {name: int(value) for name, value in re.findall(r"^(Rss|Pss): +(\d+) kB", rollup, re.M)}
    return Memory(kilobytes["Rss"] * 1.024 / 1000, kilobytes["Pss"] * 1.024 / 1000)
