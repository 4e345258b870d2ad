"""A PostgreSQL server for the run, where its programs are on the machine: ``initdb`` on PATH or in /usr/lib/postgresql/*/bin."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from flask_migrate import upgrade

from app import create_app
from app.db import db
from app.services.course.publisher import write_course
from battery.postgres import find_programs, prepare_options
from bench import lifeline
from bench.server import find_free_port
from tests.conftest import NOW, ROOT, settings_for
from tests.support.published_course import load_small_course

SKIP_REASON = "PostgreSQL's programs are not on this machine (Debian: apt install postgresql); its tests are skipped"
START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Postgres:
    port: int

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Create a database, perhaps as a copy of another; yield its URL for SQLAlchemy, and drop it afterwards."""
        try:
            yield self.create_for_sqlalchemy("of-a-test", template)
        finally:
            self.drop("of-a-test")

    def create(self, database: str, template: str = "template0") -> str:
        """Create a database, perhaps as a copy of another; return its URL for psycopg."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def create_for_sqlalchemy(self, database: str, template: str = "template0") -> str:
        """Create a database; return its URL for SQLAlchemy."""
        return _driver(self.create(database, template))

    def drop(self, database: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """Run a server in a temporary folder, on 127.0.0.1 alone."""
    folder = find_programs()
    if folder is None:
        pytest.skip(SKIP_REASON)
    home = Path(tempfile.mkdtemp(prefix="palpate-postgres-"))
    process_options = prepare_options(home)
    data, port = home / "data", find_free_port()
    initdb = [str(folder / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, **process_options)
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": home,
        "fsync": "off",
        "max_connections": 200,
    }
    command = [str(folder / "postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in options.items())]
    with (home / "log").open("wb") as log:
        # SIGQUIT ends it at once with all its processes, and frees its shared memory.
        process = lifeline.popen(
            command, end_with=signal.SIGQUIT, folder=home, stdout=log, stderr=log, **process_options
        )
    server = Postgres(port)
    try:
        _await_ready(server, process, home / "log")
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        lifeline.release(process)
        shutil.rmtree(home)


def _await_ready(server: Postgres, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        else:
            return


def publish_template(server: Postgres, folder: Path) -> str:
    """Publish the course of the tests in a database of its own, of which copies are made; return its name."""
    url = server.create("published")
    app = create_app(settings_for(folder, database_url=_driver(url)))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        write_course(db.session, load_small_course(), NOW)
        db.session.commit()
        db.session.close()
        db.engine.dispose()
    return "published"


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")
