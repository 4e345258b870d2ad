"""Faults R1, R2, R3, R4, R7, R11, R14 and R25 on the real server in a process of its own: what was acknowledged is there, once, on the disk."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from random import Random
from sqlite3 import connect

import pytest

from battery.disk import fill_under_load, small_disk
from battery.drill import drill
from battery.findings import compare_with_database
from battery.kills import kill_under_load
from battery.locking import write_lock
from battery.loop import run_in_thread
from battery.races import race
from battery.starts import start_together
from battery.tracing import NoTracing, syncs_before_replies
from bench.attempt import answer
from bench.browser import Browser, Reply
from bench.people import sign_in_learners
from bench.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "data")


def test_a_killed_server_loses_nothing_and_doubles_nothing(server: Server) -> None:
    """R1 with two kills and 20 learners; in full: ``make battery``.

    Fails when an answer is acknowledged before its commit, and when a save that is sent again is stored again (tried: without the
    comparison with what is stored, and without the constraints on save id and revision).
    """
    run = kill_under_load(server, learners=20, kills=2, seed=1)

    found = compare_with_database(server, run.ledger)

    assert (found.lost, found.doubled, found.torn, found.integrity) == ([], [], [], "ok")
    assert len(run.restarts) == 2
    assert found.acknowledged > 60


def test_every_answer_is_on_the_disk_before_it_is_acknowledged(server: Server) -> None:
    """R2. Fails with synchronous=NORMAL, which syncs nothing before a reply (and yet survives a killed process, R1)."""
    try:
        syncs = syncs_before_replies(server, attempts=1)
    except NoTracing as reason:
        pytest.skip(f"no strace: {reason}")

    assert len(syncs) >= 12  # start, ten answers, submit
    assert min(syncs) >= 1


class _Lock:
    """Learners with a question before them, and a database file that somebody else locks."""

    def __init__(self, server: Server, learners: int) -> None:
        self.server = server
        server.start()
        self.browsers = [Browser(server.port, cookie) for cookie in sign_in_learners(server.settings, learners)]
        self.file = server.settings.data / "palpate.sqlite3"

    async def question(self, browser: Browser) -> tuple[str, list[tuple[str, str]]]:
        """Start a test; return the first question's path and the form with an answer."""
        token = (await browser.get("/modules/safety")).field("csrf_token")
        path = (await browser.post("/modules/safety/attempts", [("mode", "test"), ("csrf_token", token)])).location
        return path, answer(await browser.get(path), Random(1))

    async def answers_while_locked(self, seconds: float) -> list[Reply]:
        questions = [await self.question(browser) for browser in self.browsers]
        with write_lock(self.file):
            sent = [
                asyncio.create_task(browser.post(path, form))
                for browser, (path, form) in zip(self.browsers, questions, strict=True)
            ]
            await asyncio.sleep(seconds)
        replies = [await reply for reply in sent]
        await self.close()
        return replies

    async def answer_refused_then_sent_again(self) -> tuple[Reply, Reply]:
        [browser] = self.browsers
        path, form = await self.question(browser)
        with write_lock(self.file):
            refused = await browser.post(path, form)
        saved = await browser.post(path, form)
        await self.close()
        return refused, saved

    async def close(self) -> None:
        for browser in self.browsers:
            await browser.close()

    def count_answers(self) -> int:
        with connect(self.file) as file:
            count: int = file.execute("SELECT count(*) FROM answer_revision").fetchone()[0]
        return count


def test_answers_wait_for_a_database_that_is_locked_for_three_seconds(server: Server) -> None:
    """R4. Fails when a transaction does not wait for the lock (busy_timeout 0), or reads before it asks for it (BEGIN DEFERRED)."""
    lock = _Lock(server, learners=8)
    try:
        replies = run_in_thread(lock.answers_while_locked(3))
    finally:
        server.stop()

    assert [reply.status for reply in replies] == [303] * 8
    assert lock.count_answers() == 8


def test_a_database_that_stays_locked_is_said_and_the_same_answer_can_be_sent_again(server: Server) -> None:
    """R4. Fails when a locked database is a 500, a false "saved", or hides when to try again."""
    lock = _Lock(server, learners=1)
    try:
        refused, saved = run_in_thread(lock.answer_refused_then_sent_again())
    finally:
        server.stop()

    assert refused.status == 503
    assert int(refused.headers["retry-after"]) > 0
    assert "Send again" in refused.text
    assert saved.status == 303
    assert lock.count_answers() == 1


def test_a_killed_worker_is_replaced(server: Server) -> None:
    """Fails when the server does not start workers again that died (``--respawn-failed-workers``)."""
    server.extra["PALPATE_WORKERS"] = "1"  # so that no other one answers
    server.start()
    try:
        [worker] = [pid for pid in server.pids() if pid != server.pids()[0]]
        status = run_in_thread(_status_after_kill(server, worker))
    finally:
        server.stop()

    assert status == 200


async def _status_after_kill(server: Server, worker: int) -> int:
    os.kill(worker, signal.SIGKILL)
    browser = Browser(server.port, "")
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            return (await browser.get("/readyz")).status
        except OSError:
            await asyncio.sleep(0.1)
        finally:
            await browser.close()
    return 0


def test_a_full_disk_is_said_and_nothing_acknowledged_is_lost(server: Server) -> None:
    """R3 with ten learners, on a real filesystem where one may mount, else with files that may not grow; in full: ``python -m battery disk``.

    Fails when a full disk is a 500 or a false "saved", when the refusal does not say when to try again (the learners take nothing else),
    and when the server does not find by itself that there is room again.
    """
    with small_disk(server) as disk:
        done = fill_under_load(server, disk, learners=10, times=1, full_seconds=1, seed=1)
        found = compare_with_database(server, done.ledger)

    assert done.ledger.refusals["503"] >= 10
    assert (found.lost, found.doubled, found.torn, found.integrity) == ([], [], [], "ok")
    assert len(done.recoveries) == 1


def test_everybody_who_presses_start_twice_has_one_attempt(server: Server) -> None:
    """R7 with 40 learners within half a second; in full, and with its times: ``python -m battery starts``.

    Fails when a start does not ask for the write lock before it looks (BEGIN DEFERRED), and when it does not go on with the open attempt.
    """
    done = start_together(server, learners=40, within_seconds=0.5, seed=1)

    assert dict(done.statuses) == {"303": 80}
    assert done.attempts == 40
    assert {len(places) for places in done.places} == {1}


def test_submissions_and_saves_at_one_moment_end_as_they_were_acknowledged(server: Server) -> None:
    """R11 on the real server, 20 times; in full: ``python -m battery races``. In threads, and on PostgreSQL: ``test_races.py``.

    Fails when a submission marks what it read before it was alone with the attempt, and when a save after it is stored or acknowledged.
    """
    done = race(server, rounds=20, seed=1)

    assert len(done.rounds) == 20
    assert done.faults == []


def test_a_backup_under_load_holds_what_was_acknowledged_before_it(server: Server) -> None:
    """R14 and R25 with eight learners and one backup; in full: ``python -m battery backups``.

    Fails when the backup is a plain copy of the file without its log.
    """
    done = drill(server, learners=8, backups=1, seed=1)

    assert done.faults == []
    assert len(done.backups[0].saves) >= 8
    assert len(done.restores) == 1
