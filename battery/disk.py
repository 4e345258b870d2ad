"""R3: the disk becomes full while learners answer, and later has space again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol

from battery.findings import compare_with_database
from battery.learners import Ledger
from battery.load import run_learners
from battery.loop import run_in_thread
from battery.requirements import Report, Requirement
from bench.people import sign_in_learners
from bench.server import Server

LEARNERS = 100
FILLS = 3
FULL_SECONDS = 10
RECOVERY_SECONDS_MUST = 5
SIZE_MB = 32


class Disk(Protocol):
    """A disk that :meth:`fill` fills to the last byte and :meth:`free` empties again. ``name`` describes it."""

    name: str

    def fill(self) -> None: ...

    def free(self) -> None: ...


@dataclass
class SmallFilesystem:
    """A real file system of a few MB, filled with an unrelated file."""

    folder: Path
    name: str = f"a file system of {SIZE_MB} MB"

    def fill(self) -> None:
        with contextlib.suppress(OSError), (self.folder / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(b"\0" * 4096):
                pass

    def free(self) -> None:
        (self.folder / "ballast").unlink()


@dataclass
class LimitedFiles:
    """A file size limit for the server, which looks like a full quota to the program and needs no root rights."""

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
    """Put the data of a stopped server on a small file system, or limit its file sizes if mounting is not allowed."""
    server.data.mkdir(parents=True, exist_ok=True)
    if not _mount(server.data):
        yield LimitedFiles(server)
        return
    try:
        yield SmallFilesystem(server.data)
    finally:
        server.kill()
        # Lazily, because another process may still have the database open. Its content is not needed any more.
        subprocess.run(["umount", "--lazy", str(server.data)], check=True)


def _mount(folder: Path) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=700", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@dataclass
class FillRun:
    """The results of one run. ``recoveries`` are the seconds from freeing the space to the next acknowledged answer."""

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
    say: Report = lambda _line: None,
) -> FillRun:
    """Start the server, let learners take tests and fill the disk ``times`` times.

    The disk stays full for ``full_seconds`` after the first refusals.
    """
    server.start()
    cookies = sign_in_learners(server.settings, learners)
    return run_in_thread(_fill_under_load(server, disk, cookies, times, full_seconds, Random(seed), say))


async def _fill_under_load(
    server: Server, disk: Disk, cookies: list[str], times: int, full_seconds: float, rng: Random, say: Report
) -> FillRun:
    done = FillRun()
    async with run_learners(server, cookies, rng) as work:
        done.ledger = work.ledger
        for number in range(1, times + 1):
            await work.goes_on()
            disk.fill()
            await work.is_refused(len(cookies))
            await asyncio.sleep(full_seconds)
            acknowledged = len(work.ledger.saves)
            disk.free()
            done.recoveries.append(await work.measure_recovery())
            say(
                f"full {number}: {acknowledged} answers acknowledged so far, {work.ledger.refusals['503']} requests "
                f"refused; next answer saved {done.recoveries[-1]:.1f} s after space was freed"
            )
    return done


def run_full(server: Server, seed: int, say: Report) -> list[Requirement]:
    """R3: a full disk with 100 learners, three times for 10 s each."""
    with small_disk(server) as disk:
        say(f"The disk is {disk.name}.")
        done = fill_under_load(
            server, disk, learners=LEARNERS, times=FILLS, full_seconds=FULL_SECONDS, seed=seed, say=say
        )
        found = compare_with_database(server, done.ledger)
    say(f"{found}; {done.ledger.sent_again}")
    late = [f"{seconds:.1f} s" for seconds in done.recoveries if seconds > RECOVERY_SECONDS_MUST]
    return [*found.musts, Requirement(f"recoveries slower than {RECOVERY_SECONDS_MUST} s", late)]
