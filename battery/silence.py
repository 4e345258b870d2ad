"""Threat 35: connections that send nothing, half a head, or nothing after their first request."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from battery.loop import run_in_thread
from battery.requirements import Report, Requirement
from bench.browser import Browser
from bench.server import Server

CONNECTIONS = 1_100
"""How many of each kind are opened. Before there was a time limit, 1,024 stopped the server for good."""

MOST_SECONDS = 30
"""How long a silent connection may be kept. The server's limit is 10 s; a busy machine may need longer."""

KINDS = {
    "silent": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-More: ",
    "idle after a request": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}


@dataclass(frozen=True, slots=True)
class Silence:
    """What happened while connections were held. ``waits`` are the seconds that others waited for a page."""

    statuses: list[int]
    waits: list[float]
    left_open: int


@contextmanager
def more_open_files(wanted: int) -> Iterator[None]:
    """Allow this process to open ``wanted`` files more than usual.

    :raise ValueError: the machine does not allow it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + 256), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def hold_connections(server: Server, starts: Sequence[bytes]) -> Silence:
    """Open a connection for each of ``starts`` and send it, load pages meanwhile, and wait until all are closed."""
    with more_open_files(len(starts)), ExitStack() as held:
        sockets = [held.enter_context(socket.create_connection(("127.0.0.1", server.port), 10)) for _ in starts]
        for connection, start in zip(sockets, starts, strict=True):
            connection.sendall(start)
        pages = [run_in_thread(_load_page(server)) for _ in range(5)]
        until = time.monotonic() + MOST_SECONDS
        while (left := _list_open(sockets)) and time.monotonic() < until:
            time.sleep(0.5)
    return Silence([status for status, _ in pages], [seconds for _, seconds in pages], len(left))


async def _load_page(server: Server) -> tuple[int, float]:
    """Load a page on a new connection. Return its status (0 if there was no reply) and the seconds that it took."""
    browser, began = Browser(server.port, ""), time.monotonic()
    try:
        status = (await asyncio.wait_for(browser.get("/red-flags"), 10)).status
    except OSError:
        status = 0
    finally:
        await browser.close()
    return status, time.monotonic() - began


def _list_open(sockets: Sequence[socket.socket]) -> list[socket.socket]:
    return [one for one in sockets if not _is_closed(one)]


def _is_closed(connection: socket.socket) -> bool:
    """Read what there is, and return whether the server has closed the connection."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def run_full(server: Server, seed: int, say: Report) -> list[Requirement]:
    """Threat 35: 1,100 connections that send nothing, half a head, or nothing after a request."""
    server.extra["PALPATE_WORKERS"] = "1"  # so that one process holds all of them
    server.start()
    musts = []
    for kind, start in KINDS.items():
        seen = hold_connections(server, [start] * CONNECTIONS)
        say(f"{kind}: others waited {max(seen.waits):.2f} s at most; {seen.left_open} left open")
        refused = [f"status {status}" for status in seen.statuses if status != 200]
        musts.append(Requirement(f"{kind}: others are served", refused))
        left = [f"{seen.left_open} connections"] if seen.left_open else []
        musts.append(Requirement(f"{kind}: closed within {MOST_SECONDS} s", left))
    return musts
