"""A PostgreSQL server for faults: with a database for the role ``palpate``, which has no special rights."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bench import lifeline
from bench.server import find_free_port, list_tree

START_SECONDS = 60


class NoPostgres(Exception):
    """PostgreSQL's programs are missing, or a server did not start."""


def find_programs() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``: on PATH, or the newest one where Debian installs them."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def prepare_options(home: Path) -> dict[str, Any]:
    """Return the options of a process that works in ``home``.

    PostgreSQL refuses to run as root. If we are root, the process runs as nobody, and that user gets the folder.
    """
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C", "TZ": "UTC"}
    options: dict[str, Any] = {"cwd": home, "env": environ}
    if os.geteuid() == 0:
        shutil.chown(home, "nobody", "nogroup")
        options |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
    return options


@dataclass
class PostgresServer:
    """A server in the folder ``home``, on 127.0.0.1 alone, that syncs each commit to the disk."""

    home: Path
    programs: Path
    port: int = field(default_factory=find_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://palpate@127.0.0.1:{self.port}/palpate"

    @property
    def _options(self) -> dict[str, Any]:
        return prepare_options(self.home)

    def create(self) -> None:
        """Create and start the server, with an empty database."""
        initdb = [self.programs / "initdb", "-D", self.home / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run([str(part) for part in initdb], check=True, capture_output=True, **self._options)
        self.start()
        self.execute("CREATE ROLE palpate LOGIN")
        self.execute("CREATE DATABASE palpate OWNER palpate")

    def start(self) -> None:
        """Start the server and wait until it accepts connections.

        :raise NoPostgres: it did not start.
        """
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.home}
        command = [str(self.programs / "postgres"), "-D", str(self.home / "data")]
        command += [f"--{name}={value}" for name, value in options.items()]
        with (self.home / "log").open("ab") as log:
            self.process = lifeline.popen(
                command, end_with=signal.SIGQUIT, folder=self.home, stdout=log, stderr=log, **self._options
            )
        until = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise NoPostgres(f"PostgreSQL did not start: {(self.home / 'log').read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop the server at once, as a crash does: without a checkpoint, so that the next start has to recover."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(START_SECONDS)
        lifeline.release(self.process)

    def execute(self, statement: LiteralString) -> list[tuple[Any, ...]]:
        """Run a statement as the superuser."""
        url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []

    def list_backends(self) -> list[int]:
        """Return the process ids of Palpate's connections."""
        return [pid for (pid,) in self.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'palpate'")]

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to all processes of the server."""
        assert self.process is not None
        for pid in list_tree(self.process.pid):
            os.kill(pid, number)


@contextmanager
def run_server() -> Iterator[PostgresServer]:
    """Run a server in a temporary folder.

    :raise NoPostgres: its programs are missing, or it did not start.
    """
    programs = find_programs()
    if programs is None:
        raise NoPostgres("PostgreSQL's programs are not on this machine (Debian: apt install postgresql)")
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="palpate-postgres-")), programs)
    try:
        server.create()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        shutil.rmtree(server.home)
