"""R14 and R25: backups while learners answer, each restored on an empty machine and compared with the ledger."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from sqlite3 import connect

from app.services.storage.backups import list_backups
from battery.findings import find_lost, find_torn, read_answers
from battery.learners import AcknowledgedSave, Ledger
from battery.load import RunningLoad, run_learners
from battery.loop import run_in_thread
from battery.requirements import Report, Requirement
from bench.people import sign_in_learners
from bench.server import Server

LEARNERS = 100
BACKUPS = 5


@dataclass(frozen=True, slots=True)
class TakenBackup:
    """A backup, and what had been acknowledged when it began. ``rate`` is the saves per second meanwhile."""

    file: Path
    seconds: float
    rate: float
    saves: list[AcknowledgedSave]
    attempts: set[int]
    submitted: set[int]


@dataclass
class Drill:
    """The results of one run. ``faults`` are what a restored backup lacks."""

    backups: list[TakenBackup] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    faults: list[str] = field(default_factory=list)
    restores: list[float] = field(default_factory=list)


def drill(server: Server, *, learners: int, backups: int, seed: int, say: Report = lambda _line: None) -> Drill:
    """Make backups under load, stop the server, restore each backup to a new data folder and compare it."""
    server.start()
    cookies = sign_in_learners(server.settings, learners)
    done = run_in_thread(_back_up_under_load(server, cookies, backups, Random(seed), say))
    for number, taken in enumerate(done.backups):
        _restore(server, taken, server.data.parent / f"restored-{number}", done)
    return done


async def _back_up_under_load(server: Server, cookies: list[str], backups: int, rng: Random, say: Report) -> Drill:
    done = Drill()
    async with run_learners(server, cookies, rng) as work:
        done.ledger = work.ledger
        for _ in range(backups):
            await work.goes_on()
            taken = await _back_up(server, work, server.data.parent / "backups")
            done.backups.append(taken)
            say(
                f"{taken.file.name}: {taken.seconds:.1f} s at {taken.rate:.0f} saves/s; "
                f"{len(taken.saves)} answers acknowledged before it"
            )
    return done


async def _back_up(server: Server, work: RunningLoad, folder: Path) -> TakenBackup:
    saves, attempts, submitted = list(work.ledger.saves), set(work.ledger.attempts), set(work.ledger.submitted)
    began = time.monotonic()
    command = asyncio.create_task(asyncio.to_thread(run_command, server, "backup", "--to", str(folder)))
    while not command.done():
        await work.moment()
    output, seconds = command.result(), time.monotonic() - began
    if output.returncode:
        raise RuntimeError(f"the backup failed: {output.stderr}")
    rate = (len(work.ledger.saves) - len(saves)) / seconds
    return TakenBackup(list_backups(folder)[-1], seconds, rate, saves, attempts, submitted)


def run_command(server: Server, *command: str, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of the server's commands, perhaps with another data folder."""
    environ = server.environ | ({"PALPATE_DATA": str(data)} if data else {})
    flask = [sys.executable, "-m", "flask", "--app", "wsgi", *command]
    return subprocess.run(flask, cwd=server.root, env=environ, check=False, capture_output=True, text=True)


def _restore(server: Server, taken: TakenBackup, data: Path, done: Drill) -> None:
    """Restore a backup as on an empty machine, and compare it with what was acknowledged before."""
    began = time.monotonic()
    restored = run_command(server, "restore", str(taken.file), data=data)
    if restored.returncode:
        done.faults.append(f"{taken.file.name} was not restored: {restored.stderr}")
        return
    done.restores.append(time.monotonic() - began)
    with closing(connect(data / "palpate.sqlite3")) as file:
        done.faults += [row[0] for row in file.execute("PRAGMA integrity_check") if row[0] != "ok"]
        done.faults += find_lost(read_answers(file), taken.saves) + find_torn(file)
        attempts = {number: state for number, state in file.execute("SELECT id, state FROM attempt")}
    done.faults += [f"attempt {number}" for number in taken.attempts - attempts.keys()]
    done.faults += [f"submission of {number}" for number in taken.submitted if attempts.get(number) != "submitted"]


def _serve(server: Server, data: Path) -> float:
    """Start a server on a restored folder; return the seconds until it was ready."""
    copy = Server(data, root=server.root)
    try:
        return copy.start()
    finally:
        copy.stop()


def find_accepted(server: Server, file: Path) -> list[str]:
    """Cut a backup off at several places; list those at which it still passed for one."""
    whole, accepted = file.read_bytes(), []
    for share in (0.1, 0.5, 0.99):
        file.write_bytes(whole[: int(len(whole) * share)])
        checked = run_command(server, "restore", "--check", str(file))
        if checked.returncode != 2 or checked.stderr.count("\n") != 1:
            accepted.append(f"cut to {share:.0%}: exit code {checked.returncode}: {checked.stderr}")
    file.write_bytes(whole)
    return accepted


def run_full(server: Server, seed: int, say: Report) -> list[Requirement]:
    """R14, R25: five backups under 100 learners, each restored on an empty machine."""
    done = drill(server, learners=LEARNERS, backups=BACKUPS, seed=seed, say=say)
    ready = _serve(server, server.data.parent / "restored-0")
    say(f"Restored in {max(done.restores, default=0):.1f} s at most, ready {ready:.1f} s after its start.")
    say(done.ledger.sent_again)
    return [
        Requirement("missing or damaged in a restored backup", done.faults),
        Requirement("truncated backups that were accepted", find_accepted(server, done.backups[-1].file)),
    ]
