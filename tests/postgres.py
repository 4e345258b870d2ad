"""A PostgreSQL server for the run, where its programs are on the machine: ``initdb`` on PATH or in /usr/lib/postgresql/*/bin."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from flask_migrate import upgrade

from app import create_app
from app.content.publisher import publish
from app.db import db
from bench.server import free_port
from tests.conftest import NOW, ROOT, settings_for
from tests.course import steady

HOW = "PostgreSQL's programs are not on this machine (Debian: apt install postgresql); its tests are skipped"
START_SECONDS = 30


def programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``; the newest where there are several."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@dataclass(frozen=True, slots=True)
class Postgres:
    port: int

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0") -> str:
        """Create a database, perhaps as a copy of another; return its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server in a temporary folder, on 127.0.0.1 alone; as another user where we are root, whom PostgreSQL refuses."""
    folder = programs()
    if folder is None:
        pytest.skip(HOW)
    home = Path(tempfile.mkdtemp(prefix="palpate-postgres-"))
    as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    if as_user:
        shutil.chown(home, "nobody", "nogroup")
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C", "TZ": "UTC"}
    data, port = home / "data", free_port()
    initdb = [str(folder / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, cwd=home, env=environ, check=True, capture_output=True, **as_user)
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": home,
        "fsync": "off",
        "max_connections": 200,
    }
    command = [str(folder / "postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in options.items())]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environ, stdout=log, stderr=log, **as_user)
    server = Postgres(port)
    try:
        _await_ready(server, process, home / "log")
        yield server
    finally:
        process.terminate()
        process.wait(20)
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


@pytest.fixture(scope="session")
def _postgres_published(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with the course published, of which copies are made."""
    url = postgres.create("published")
    app = create_app(settings_for(tmp_path_factory.mktemp("postgres"), database_url=_driver(url)))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        publish(db.session, steady(), NOW)
        db.session.commit()
        db.session.close()
        db.engine.dispose()
    return "published"


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def postgres_url(postgres: Postgres, _postgres_published: str) -> Iterator[str]:
    """The URL, for SQLAlchemy, of a database of the test's own with the course published."""
    yield _driver(postgres.create("of-a-test", _postgres_published))
    postgres.drop("of-a-test")


@pytest.fixture
def empty_postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL, for SQLAlchemy, of an empty database of the test's own."""
    yield _driver(postgres.create("of-a-test"))
    postgres.drop("of-a-test")
