"""R2: the database is synced to disk before each acknowledgement, as seen in the server's system calls (strace)."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from random import Random

from battery.learners import Learner, Ledger
from battery.loop import run_in_thread
from bench import lifeline
from bench.browser import Browser
from bench.people import sign_in_learners
from bench.server import Server

ATTACH_SECONDS = 20

_CALL = re.compile(r"^(?P<thread>\d+) +(?:<\.\.\. )?(?P<name>fsync|fdatasync|write|writev|sendto|sendmsg)(?P<rest>.*)$")


class NoTracing(Exception):
    """strace is missing or may not trace other processes here."""


def syncs_before_replies(server: Server, attempts: int) -> list[int]:
    """Let one learner take tests, and count the database syncs before each acknowledged POST since the previous reply.

    Each count must be at least 1. Requests that save nothing are left out.

    :raise NoTracing: system calls can't be traced here.
    """
    if shutil.which("strace") is None:
        raise NoTracing("strace is not installed")
    server.start()
    [cookie] = sign_in_learners(server.settings, 1)
    traced = server.data.parent / "strace"
    targets = [argument for pid in server.pids() for argument in ("--attach", str(pid))]
    calls = "trace=fsync,fdatasync,write,writev,sendto,sendmsg"
    with (server.data.parent / "strace.log").open("wb") as log:
        tracer = lifeline.popen(
            ["strace", "-f", "-y", "-s", "24", "-e", calls, "-o", str(traced), *targets], stderr=log
        )
    try:
        _await_attached(tracer, server)
        moves = run_in_thread(_take(server, cookie, attempts))
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(10)
        lifeline.release(tracer)
        server.stop()
    counts = _count(traced.read_text(errors="replace").splitlines())
    for _ in range(min(moves, counts.count(0))):
        counts.remove(0)
    return counts


def _await_attached(tracer: subprocess.Popen[bytes], server: Server) -> None:
    said = server.data.parent / "strace.log"
    began = time.monotonic()
    while any(f"TracerPid:\t{tracer.pid}" not in Path(f"/proc/{pid}/status").read_text() for pid in server.pids()):
        if tracer.poll() is not None or time.monotonic() - began > ATTACH_SECONDS:
            raise NoTracing(said.read_text(errors="replace").strip() or "strace did not attach")
        time.sleep(0.02)


async def _take(server: Server, cookie: str, attempts: int) -> int:
    """Take tests, and return how many requests saved nothing."""
    enough, ledger = asyncio.Event(), Ledger()
    # An answer that is sent again is acknowledged without another sync.
    learner = Learner(Browser(server.port, cookie), "safety", ledger, enough, Random(1), lost=0)
    learning = asyncio.create_task(learner.learn())
    while len(ledger.submitted) < attempts and not learning.done():
        await asyncio.sleep(0.02)
    enough.set()
    await learning
    return ledger.moves


def _count(lines: list[str]) -> list[int]:
    """Count the syncs of the write-ahead log before each reply to a POST.

    A single learner waits for each reply, so the order of the calls is sufficient.
    """
    syncs, counts, under_way = 0, [], set()
    for line in lines:
        call = _CALL.match(line)
        if call is None:
            continue
        thread, rest = call["thread"], call["rest"]
        if call["name"] in ("fsync", "fdatasync"):
            if "unfinished" in rest:
                under_way |= {thread} if "-wal>" in rest else set()
            elif rest.rstrip().endswith("= 0") and ("-wal>" in rest or thread in under_way):
                under_way.discard(thread)
                syncs += 1
        elif "HTTP/1.1 " in rest:
            if "HTTP/1.1 303" in rest:
                counts.append(syncs)
            syncs = 0
    return counts
