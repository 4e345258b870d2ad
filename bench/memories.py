"""What memory cards cost: the next question of a review, the progress page, and the forecast of a cohort.

The question is measured twice for the same learner: alone, and among all cards and answers of 1,000 learners. Limits
apply to CPU time, because nothing here waits for anything but the processor.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.domain import recall
from app.models import Cohort, Learner, Mark, MemoryCard, ObjectiveRow, User
from app.services.attempts import reviews
from app.services.people import sign_ins
from app.services.reporting import cohort_recall
from app.web.identity import hash_token
from bench.filled import prepare_database
from bench.people import session_cookie
from bench.reports import Limit, Measurement
from bench.school import LEARNERS, NOW, School, plan_whole_year
from bench.server import Server

OBJECTIVES = 64
"""How many objectives each learner has a card of."""

REVIEW_STATEMENTS_MUST = 5
REVIEW_GROWTH_MUST = 1.2
PROGRESS_STATEMENTS_MUST = 8
PROGRESS_MS_MUST = 60
FORECAST_MS_MUST = 300
TIMES = 15
FIRST_LEARNER = 2


class MemoryBench:
    """An app with the database of a school, of which the first learner is measured."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.server = Server(folder / "data")
        prepare_database(self.server)
        self.app: Flask = create_app(self.server.settings)
        self.app.extensions["clock"] = lambda: NOW
        self.random = Random(seed)
        self.statements = 0
        with self.app.app_context():
            self.engine = db.engine
            event.listen(self.engine, "before_cursor_execute", self._count)
            self.school = School(db.session, seed)
            self.school.people()
            self._add_cards(db.session, [FIRST_LEARNER])
            self.school.commit()
            self.cookie = self._sign_in(db.session)
            self.review_id = self._start_review(db.session)
            self.school.attempt_ids = count(self.review_id + 1)

    def _add_cards(self, session: Session, learners: list[int]) -> None:
        objectives = session.scalars(
            select(ObjectiveRow.id).where(ObjectiveRow.retired_at.is_(None)).order_by(ObjectiveRow.id).limit(OBJECTIVES)
        ).all()
        rows = []
        for learner_id in learners:
            for objective_id in objectives:
                days = self.random.randrange(1, 60)
                rows.append(
                    {
                        "learner_id": learner_id,
                        "objective_id": objective_id,
                        "stability": self.random.uniform(0.3, 90),
                        "difficulty": self.random.uniform(1, 10),
                        "reviewed_at": NOW - timedelta(days=days, minutes=self.random.randrange(1440)),
                        "is_urgent": False,
                        "due_at": NOW + timedelta(days=self.random.randrange(-9, 30)),
                    }
                )
        session.execute(insert(MemoryCard), rows)

    def _sign_in(self, session: Session) -> str:
        user, learner = session.get_one(User, FIRST_LEARNER), session.get_one(Learner, FIRST_LEARNER)
        sign_ins.start(session, hash_token("bench-memories"), learner, user, NOW)
        session.commit()
        return session_cookie(self.app, user, "bench-memories")

    def _start_review(self, session: Session) -> int:
        started = reviews.start_review(session, session.get_one(Learner, FIRST_LEARNER), 20, NOW)
        session.flush()  # its id is the address of the review
        number = started.id
        session.commit()
        return number

    def run(self) -> list[Limit]:
        alone = self._measure_review()
        print("The whole year:", file=sys.stderr)
        with self.app.app_context():
            [cohort_id] = self.school.fill(plan_whole_year())
            self.school.commit()
            self._add_cards(db.session, list(range(FIRST_LEARNER + 1, FIRST_LEARNER + LEARNERS)))
            db.session.commit()
            cards = db.session.scalar(select(func.count()).select_from(MemoryCard)) or 0
            marks = db.session.scalar(select(func.count()).select_from(Mark)) or 0
        print(file=sys.stderr)
        among, progress = self._measure_review(), self._measure("progress page", partial(self._get, "/progress"))
        forecast = self._measure("forecast of 1,000 learners x 64 objectives", partial(self._forecast, cohort_id))
        whole = self._measure("with who needs help most", partial(self._view, cohort_id))
        print(f"With {cards:,} cards and {marks:,} marks:")
        for seen in (alone, among, progress, forecast, whole):
            print(seen)
        return [
            Limit("SQL statements of the next question of a review", among.statements, REVIEW_STATEMENTS_MUST),
            Limit("the same, times the CPU time without the others", among.cpu_ms / alone.cpu_ms, REVIEW_GROWTH_MUST),
            Limit("SQL statements of /progress", progress.statements, PROGRESS_STATEMENTS_MUST),
            Limit("/progress, ms of CPU time", progress.cpu_ms, PROGRESS_MS_MUST),
            Limit("forecast of 1,000 learners x 64 objectives, ms of CPU time", forecast.cpu_ms, FORECAST_MS_MUST),
        ]

    def _measure_review(self) -> Measurement:
        return self._measure("next question of a review", partial(self._get, f"/attempts/{self.review_id}/1"))

    def _measure(self, name: str, act: Callable[[], None]) -> Measurement:
        act()  # compile templates and load questions
        taken, cpu = [], []
        for _ in range(TIMES):
            gc.collect()
            self.statements = 0
            began, worked = time.perf_counter(), time.process_time()
            act()
            taken.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - worked))
        return Measurement(name, statistics.median(taken), max(taken), min(cpu), self.statements)

    def _get(self, path: str) -> None:
        client = self.app.test_client()
        name, _, value = self.cookie.partition("=")
        client.set_cookie(name, value, domain="127.0.0.1")
        reply = client.get(path, base_url=f"http://127.0.0.1:{self.server.port}")
        assert reply.status_code == 200, f"{path}: {reply.status}"

    def _forecast(self, cohort_id: int) -> None:
        moment = recall.choose_moment(NOW.date() + timedelta(days=30), NOW, "Europe/Berlin")
        with Session(self.engine) as session:
            sums = cohort_recall.forecast(session, session.get_one(Cohort, cohort_id), moment)
        assert {one.learners for one in sums.values()} == {LEARNERS}

    def _view(self, cohort_id: int) -> None:
        moment = recall.choose_moment(None, NOW, "Europe/Berlin")
        with Session(self.engine) as session:
            found = cohort_recall.view_recall(session, session.get_one(Cohort, cohort_id), moment)
        assert found.in_need

    def _count(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().split(None, 1)[0].upper() in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            self.statements += 1


def run_memories(seed: int) -> list[Limit]:
    """Measure in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="palpate-memories-") as name:
        bench = MemoryBench(Path(name), seed)
        try:
            return bench.run()
        finally:
            bench.engine.dispose()
