"""Benchmark of trainers' reports among a million marks: gradebook pages, the CSV file and the question analysis.

Everything is measured twice, first with only the measured cohorts in the database and then with all cohorts, to show
whether unrelated data slows the reports down.
"""

from __future__ import annotations

import gc
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.models import Assignment, Learner, Mark, User
from app.services.people import sign_ins
from app.services.reporting.analysis import insight
from app.services.reporting.analysis.responses import AttemptChoice
from app.web.identity import hash_token
from bench.filled import prepare_database
from bench.people import session_cookie
from bench.school import NOW, School, plan_groups, plan_whole_year
from bench.server import Server, busy_seconds

STATEMENTS_MUST = 10
PAGE_MS_MUST = 80
FILE_MS_MUST = 200
ANALYSIS_MS_MUST = 300
TIMES = 9
TOKEN = "bench-trainer"


@dataclass(frozen=True, slots=True)
class Limit:
    """A measured value and its limit."""

    name: str
    got: float
    most: float

    @property
    def is_met(self) -> bool:
        return self.got <= self.most

    def __str__(self) -> str:
        return f"{'met   ' if self.is_met else 'MISSED'} {self.name}: {self.got:.3g}, at most {self.most:g}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """Repeated measurements of one request or report: median, maximum and lowest CPU time in ms, SQL statements."""

    name: str
    median_ms: float
    worst_ms: float
    cpu_ms: float
    statements: int
    bytes: int = 0

    def __str__(self) -> str:
        size = f"{self.bytes // 1000:>7} kB" if self.bytes else " " * 10
        cpu = f"{self.cpu_ms:>8.1f}" if self.cpu_ms else " " * 8
        return f"  {self.name:<46}{self.median_ms:>8.1f}{self.worst_ms:>8.1f}{cpu}{self.statements or '':>6}{size}"


class Bench:
    """An app with a database in ``folder``, and its measurements."""

    def __init__(self, folder: Path) -> None:
        self.server = Server(folder / "data")
        prepare_database(self.server)
        self.app: Flask = create_app(self.server.settings)
        self.app.extensions["clock"] = lambda: NOW
        self.musts: list[Limit] = []
        self.statements = 0

    def run(self, seed: int) -> list[Limit]:
        """Fill the database and measure, first with one group and the whole year, then with all cohorts."""
        # No app context around the measurements: requests would reuse objects loaded in it and seem cheaper.
        first, *others = plan_groups()
        print("One group and the whole year:", file=sys.stderr)
        with self.app.app_context():
            self.engine = db.engine
            event.listen(self.engine, "before_cursor_execute", self._count)
            school = School(db.session, seed)
            school.people()
            group, whole = school.fill(first, plan_whole_year())
            school.commit()
            self.cookie = self._sign_in(db.session)
        self._tidy()
        alone = self._measure(group, whole)
        print("\nThe other nine groups:", file=sys.stderr)
        with self.app.app_context():
            school.fill(*others)
            school.commit()
            marks = db.session.scalar(select(func.count()).select_from(Mark)) or 0
        print(file=sys.stderr)
        self._tidy()
        among = self._measure(group, whole)
        self._print(alone, "only the measured cohorts")
        self._print(among, f"nine other cohorts, {marks:,} marks in total")
        self._judge(alone, among)
        return self.musts

    def _tidy(self) -> None:
        """Empty the write-ahead log. On a real server, these rows would have been written over weeks."""
        self.engine.dispose()
        with sqlite3.connect(self.server.data / "palpate.sqlite3") as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def _sign_in(self, session: Session) -> str:
        user, learner = session.get_one(User, 1), session.get_one(Learner, 1)
        sign_ins.start(session, hash_token(TOKEN), learner, user, NOW)
        session.commit()
        return session_cookie(self.app, user, TOKEN)

    # -- measuring -------------------------------------------------------------------------------------------------------

    def _measure(self, group: int, whole: int) -> dict[str, Measurement]:
        found = {}
        for cohort_id, size, column in ((group, "100", 3), (whole, "1,000", 25)):
            pages = {
                f"gradebook, 50 of {size} learners x 20": "/gradebook",
                f"gradebook of {size}, sorted by a column": f"/gradebook?sort={column}",
                f"gradebook of {size}, who needs attention": "/gradebook?show=attention&sort=attention",
                f"overview of {size}": "",
                f"a learner of {size}": "/learners/12",
            }
            for name, page in pages.items():
                path = f"/teach/cohorts/{cohort_id}{page}"
                found[path] = self._repeat(name, partial(self._get, path))
        found["csv"] = self._file(f"/teach/cohorts/{whole}/gradebook.csv")
        found["analysis"] = self._analysis(whole)
        return found

    def _repeat(self, name: str, act: Callable[[], int]) -> Measurement:
        act()  # compile templates and load questions
        taken, cpu, size = [], [], 0
        for _ in range(TIMES):
            gc.collect()
            self.statements = 0
            began, worked = time.perf_counter(), time.process_time()
            size = act()
            taken.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - worked))
        return Measurement(name, statistics.median(taken), max(taken), min(cpu), self.statements, size)

    def _get(self, path: str) -> int:
        client = self.app.test_client()
        name, _, value = self.cookie.partition("=")
        client.set_cookie(name, value, domain="127.0.0.1")
        reply = client.get(path, base_url=f"http://127.0.0.1:{self.server.port}")
        assert reply.status_code == 200, f"{path}: {reply.status}"
        return len(reply.data)

    def _analysis(self, whole: int) -> Measurement:
        """Measure the analysis of the test of 100 questions taken by 1,000 learners."""
        test = select(Assignment).where(Assignment.cohort_id == whole).order_by(Assignment.id).limit(1)

        def analyse() -> int:
            with Session(self.engine) as session:
                assignment = session.scalars(test).one()
                self.statements = 0
                insight.analyse(session, assignment, AttemptChoice.FIRST)
            return 0

        return self._repeat("question analysis of 100,000 marks", analyse)

    def _file(self, path: str) -> Measurement:
        """Measure the times to the first and the last byte of the body on the real server."""
        self.server.start()
        try:
            self._download(path)
            loads = [self._download(path) for _ in range(5)]
        finally:
            self.server.stop()
        firsts, lasts, sizes = zip(*loads, strict=True)
        self.throughput = sizes[-1] / 1000 / statistics.median(lasts) * 1000
        self.lasts = statistics.median(lasts)
        return Measurement(
            "CSV of 1,000 learners x 20: first byte", statistics.median(firsts), max(firsts), 0, 0, sizes[-1]
        )

    def _download(self, path: str) -> tuple[float, float, int]:
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\nCookie: {self.cookie}\r\nConnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as connection:
            began, first, size = time.perf_counter(), 0.0, 0
            connection.sendall(request.encode())
            reply = b""
            while part := connection.recv(1 << 16):
                reply += part
                if not first and b"Learner," in reply:
                    first = time.perf_counter() - began
                size += len(part)
            last = time.perf_counter() - began
        assert reply.startswith(b"HTTP/1.1 200"), reply[:200]
        return 1000 * first, 1000 * last, size

    def _count(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().split(None, 1)[0].upper() in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            self.statements += 1

    # -- reporting -------------------------------------------------------------------------------------------------------

    def _print(self, found: dict[str, Measurement], data: str) -> None:
        print(f"\nWith {data}:")
        print(f"  {'':<46}{'median':>8}{'worst':>8}{'CPU':>8}{'SQL':>6}{'size':>10}")
        for seen in found.values():
            print(seen)

    def _judge(self, alone: dict[str, Measurement], among: dict[str, Measurement]) -> None:
        print(f"\nThe CSV file takes {self.lasts:.0f} ms in total: {self.throughput / 1000:.1f} MB/s.\n")
        page, *_ = among.values()
        self.musts += [
            Limit("SQL statements of a gradebook page", page.statements, STATEMENTS_MUST),
            Limit("gradebook page of 50 x 20, ms", page.median_ms, PAGE_MS_MUST),
            Limit("CSV of 1,000 x 20 starts after, ms", among["csv"].median_ms, FILE_MS_MUST),
            Limit("question analysis of 100,000 marks, ms", among["analysis"].median_ms, ANALYSIS_MS_MUST),
        ]
        print("Time with the other cohorts in per cent of the time without them (CPU time if measured):")
        for key, seen in among.items():
            before, after = (alone[key].cpu_ms, seen.cpu_ms) if seen.cpu_ms else (alone[key].median_ms, seen.median_ms)
            print(f"  {seen.name:<46}{100 * after / before:>8.0f}")
        print()


def run_reports(seed: int, folder: Path | None = None) -> list[Limit]:
    """Measure in a temporary folder, or in ``folder``, which keeps the database."""
    with tempfile.TemporaryDirectory(prefix="palpate-reports-") as name:
        bench = Bench(folder or Path(name))
        busy, began = busy_seconds(), time.monotonic()
        cpu = time.process_time()
        musts = bench.run(seed)
        wall = time.monotonic() - began
        elsewhere = max(0.0, busy_seconds() - busy - (time.process_time() - cpu)) / wall
        print(f"{elsewhere:.1f} cores were busy with other work.")
        bench.engine.dispose()
    return musts
