"""The command ``serve``, which prepares the database and the course and then becomes the server."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
from pathlib import Path
from time import sleep

import click
from flask.cli import with_appcontext

from app.cli.context import fail, get_settings
from app.cli.metrics_folder import make_metrics_folder
from app.cli.preparing import prepare
from app.clock import now
from app.db import db
from app.server import storage
from app.services.cohorts import invitations
from app.services.people import users
from app.settings import ROOT, SettingError, Settings

_CONNECTION_BUFFER_BYTES = 32 * 1024
"""Size of Granian's buffer per connection, which must hold the head of a request.

With the default of 408 kB, clients that send endless heads could fill the memory.
"""

_CONNECTIONS = 4096
"""How many connections a process holds, silent ones included. Granian's default is 1024 for all processes together."""

_OTHER_FILES = 256
"""How many files a process may open besides its connections: database, content, logs."""

_HEAD_MILLISECONDS = 10_000
"""How long a connection may be silent, and how long the head of a request may take, before it is closed.

It holds for HTTP/1 only (``--http 1``): while Granian may still expect HTTP/2, a silent connection has no time limit.
"""

_READY_SECONDS, _POLL_SECONDS = 120, 0.1
"""How long, and how often, the command looks whether the server answers, before it prints the address."""

_REPLACEMENT_SECONDS = 10
"""How long a new process may take to start, after SIGHUP, before the old one is stopped. Usually it takes 2 seconds."""

# By default, glibc raises its mmap threshold whenever a large block is freed, and then keeps all smaller blocks.
_ALLOCATION = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "2"}


@click.command("serve")
@with_appcontext
def serve() -> None:
    """Update the database, publish the course, print the address and start the server."""
    settings = get_settings()
    try:
        address = _find_free_address(settings.host, settings.port)
    except SettingError as error:
        fail(str(error))
    if emptied := storage.explain_emptied(settings):
        fail(emptied)
    prepare(settings)
    lines = [f"\n  Palpate is running at {settings.base_url}"]
    if not users.has_admin(db.session):
        issued = invitations.create_first(db.session, now())
        db.session.commit()
        lines.append(
            f"  Create the first administrator here (works once): {settings.base_url}/invitation/{issued.token}"
        )
    lines.append("  Press Ctrl-C to stop.\n")
    db.session.close()
    db.engine.dispose()
    sys.stdout.flush()
    _announce_when_ready(address, settings.port, "\n".join(lines))
    _become_server(settings, address)


def _find_free_address(host: str, port: int) -> str:
    """Return the numeric address to listen on.

    Granian sets SO_REUSEPORT, so a second server would silently share the port and receive some of the requests.

    :raise SettingError: this machine has no such address, or the port is in use.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SettingError(
            f"HOST={host}: use an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them."
        ) from None
    family, kind, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen()
        except OSError as error:
            raise SettingError(
                f"HOST={host} PORT={port}: {error.strerror}. Choose another PORT, or stop the program that uses it."
            ) from None
    return str(address[0])


def _announce_when_ready(address: str, port: int, text: str) -> None:
    """Print ``text`` once the port answers, from a process of its own, because this one becomes the server."""
    server = os.getpid()
    child = os.fork()
    if child:
        os.waitpid(child, 0)  # it ends at once; the announcer is its child, so nobody has to wait for it
        return
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104  compared, not bound
    for _attempt in range(int(_READY_SECONDS / _POLL_SECONDS)):
        try:
            socket.create_connection((target, port), timeout=1).close()
        except OSError:
            sleep(_POLL_SECONDS)
        else:
            os.write(1, f"{text}\n".encode())
            break
        if not _is_running(server):
            break
    os._exit(0)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def _become_server(settings: Settings, address: str) -> None:
    """Replace this process with the server, so that signals reach it directly.

    The absolute target and ``--working-dir`` (which only extends the import path) prevent modules in the current
    folder from shadowing ours.
    """
    command = [
        str(Path(sys.executable).parent / "granian"),
        *("--interface", "rsgi", "--no-ws", "--host", address, "--port", str(settings.port)),
        *("--workers", str(settings.workers), "--http1-buffer-size", str(_CONNECTION_BUFFER_BYTES)),
        *("--http", "1", "--http1-header-read-timeout", str(_HEAD_MILLISECONDS)),
        *("--backlog", str(_CONNECTIONS), "--backpressure", str(_raise_connections())),
        *("--respawn-failed-workers", "--workers-kill-timeout", "10"),
        *("--respawn-interval", str(_REPLACEMENT_SECONDS)),
        *("--no-access-log", "--log-level", "error", "--working-dir", str(ROOT), f"{ROOT / 'wsgi.py'}:gateway"),
    ]
    environ = {name: value for name, value in os.environ.items() if name != "FLASK_RUN_FROM_CLI"}
    folder = make_metrics_folder()
    if folder:
        environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))
    os.execve(command[0], command, _ALLOCATION | environ)  # noqa: S606


def _raise_connections() -> int:
    """Raise the limit on open files as far as it is needed and allowed; return how many connections fit into it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + _OTHER_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(128, allowed - _OTHER_FILES)
