"""R3: the disk is full while learners answer, and later has room again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol

from battery.findings import examine
from battery.learners import Ledger
from battery.load import at_work
from battery.loop import run
from battery.musts import Must, Say
from bench.people import signed_in
from bench.server import Server

LEARNERS = 100
TIMES = 3
FULL_SECONDS = 10
RECOVERY_SECONDS_MUST = 5
SIZE_MB = 32


class Disk(Protocol):
    """``name`` says what it is. :meth:`fill` leaves no room for another byte, :meth:`free` gives the room back."""

    name: str

    def fill(self) -> None: ...

    def free(self) -> None: ...


@dataclass
class SmallFilesystem:
    """A real filesystem of a few MB, filled up with a file that is nobody's."""

    folder: Path
    name: str = f"a filesystem of {SIZE_MB} MB"

    def fill(self) -> None:
        with contextlib.suppress(OSError), (self.folder / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(b"\0" * 4096):
                pass

    def free(self) -> None:
        (self.folder / "ballast").unlink()


@dataclass
class LimitedFiles:
    """No file of the server may grow, which needs no rights: what a quota does, seen from the program."""

    server: Server
    name: str = "a limit on the size of files"

    def fill(self) -> None:
        log = self.server.data / "palpate.sqlite3-wal"
        self._limit(log.stat().st_size if log.exists() else 0)

    def free(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, most: int) -> None:
        for pid in self.server.pids():
            _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))


@contextmanager
def small_disk(server: Server) -> Iterator[Disk]:
    """Put the data of a server that is not yet started on a small filesystem; where one may not mount, limit its files instead."""
    server.data.mkdir(parents=True, exist_ok=True)
    if not _mount(server.data):
        yield LimitedFiles(server)
        return
    try:
        yield SmallFilesystem(server.data)
    finally:
        server.kill()
        # Lazily: whoever looked at the database may not have closed it yet, and nobody needs what is on it.
        subprocess.run(["umount", "--lazy", str(server.data)], check=True)


def _mount(folder: Path) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=700", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@dataclass
class Fills:
    """A run: ``recoveries`` are the seconds from each return of the room until an answer was acknowledged."""

    ledger: Ledger = field(default_factory=Ledger)
    recoveries: list[float] = field(default_factory=list)


def fill_under_load(
    server: Server,
    disk: Disk,
    *,
    learners: int,
    times: int,
    full_seconds: float,
    seed: int,
    say: Say = lambda _line: None,
) -> Fills:
    """Start the server, let learners take tests, and fill the disk this often, each time for this long after the first refusals."""
    server.start()
    cookies = signed_in(server.settings, learners)
    return run(_fill_under_load(server, disk, cookies, times, full_seconds, Random(seed), say))


async def _fill_under_load(
    server: Server, disk: Disk, cookies: list[str], times: int, full_seconds: float, rng: Random, say: Say
) -> Fills:
    done = Fills()
    async with at_work(server, cookies, rng) as work:
        done.ledger = work.ledger
        for number in range(1, times + 1):
            await work.goes_on()
            disk.fill()
            await work.is_refused(len(cookies))
            await asyncio.sleep(full_seconds)
            acknowledged, began = len(work.ledger.saves), time.monotonic()
            disk.free()
            while len(work.ledger.saves) == acknowledged:
                await work.moment()
            done.recoveries.append(time.monotonic() - began)
            say(
                f"full {number}: {acknowledged} answers acknowledged so far, {work.ledger.refusals['503']} requests refused; "
                f"an answer is saved {done.recoveries[-1]:.1f} s after there is room"
            )
    return done


def in_full(server: Server, seed: int, say: Say) -> list[Must]:
    """R3: a full disk under 100 learners, three times, for 10 s each."""
    with small_disk(server) as disk:
        say(f"The disk is {disk.name}.")
        done = fill_under_load(
            server, disk, learners=LEARNERS, times=TIMES, full_seconds=FULL_SECONDS, seed=seed, say=say
        )
        found = examine(server, done.ledger)
    say(f"{found}; {done.ledger.sent_again}")
    late = [f"{seconds:.1f} s" for seconds in done.recoveries if seconds > RECOVERY_SECONDS_MUST]
    return [*found.musts, Must(f"recoveries beyond {RECOVERY_SECONDS_MUST} s", late)]
