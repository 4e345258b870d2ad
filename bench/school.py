"""A school of a thousand learners and a million marks, made of rows as the server writes them, the same for the same seed.

Through the services this would take hours. What is written here is checked against them in ``tests/test_bench_school.py``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.domain.assignment import Counts
from app.domain.attempt import MarkedItem, Outcome, Purpose, State, outcome
from app.domain.release import When
from app.models import (
    Answer,
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Cohort,
    CohortTrainer,
    Learner,
    LessonProgress,
    LessonRow,
    Mark,
    Membership,
    ModuleRow,
    Role,
    Standing,
    User,
)
from app.services.taking.attempts import assignment_scope
from bench.answers import Asked, list_asked

LEARNERS, COHORTS, WORKS = 1_000, 10, 20
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"
PASS_MARK = 80
WRITE_AT = 20_000
"""So many rows are written at a time."""

LOGGED = 10
"""Of one attempt in so many there is the log of answers, too: the longest table, which only the time that a question takes is read from."""


@dataclass
class Writer:
    """Rows, written table by table in large steps, in the order of the tables so that each finds what it points at."""

    session: Session
    progress: Callable[[int], None]
    rows: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)
    marks: int = 0
    waiting: int = 0

    def add(self, table: Any, **values: Any) -> None:
        self.rows.setdefault(table, []).append(values)
        self.waiting += 1
        if table is Mark:
            self.marks += 1

    def flush(self) -> None:
        for table in _ORDER:
            if rows := self.rows.pop(table, []):
                self.session.connection().execute(insert(table), rows)
        assert not self.rows, f"in no order: {list(self.rows)}"
        self.waiting = 0
        self.progress(self.marks)

    def flush_if_many(self) -> None:
        if self.waiting >= WRITE_AT:
            self.flush()


_ORDER = (
    User,
    Learner,
    Cohort,
    CohortTrainer,
    Membership,
    LessonProgress,
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Answer,
    Mark,
    Standing,
)


@dataclass(frozen=True, slots=True)
class _Work:
    """One assignment, the pool its questions are drawn from, and how often it is taken."""

    assignment_id: int
    module_id: int
    due_at: datetime
    pool: list[Asked]
    attempts: int
    questions: int


@dataclass(frozen=True, slots=True)
class _Taken:
    """An attempt that was handed in."""

    attempt_id: int
    total: Outcome
    submitted_at: datetime

    @property
    def percent(self) -> float:
        return 100 * self.total.points / self.total.max_points


@dataclass(frozen=True, slots=True)
class Plan:
    """One cohort: whom it holds, and for each assignment how many attempts of how many questions."""

    title: str
    first_learner: int
    learners: int
    papers: tuple[tuple[int, int], ...]


def year() -> Plan:
    """Everybody in one cohort: a test of a hundred questions, and nineteen short ones; 200,000 marks."""
    return Plan("The whole year", 0, LEARNERS, ((1, 100), *[(1, 5)] * 14, *[(1, 6)] * 5))


def groups() -> tuple[Plan, ...]:
    """Ten cohorts, each with a tenth of the learners, and twenty tests that are taken twice; 800,000 marks."""
    size = LEARNERS // COHORTS
    return tuple(Plan(f"Group {number + 1}", number * size, size, ((2, 20),) * WORKS) for number in range(COHORTS))


class School:
    """Fill an empty database whose course is published. ``trainer_id`` teaches every cohort."""

    def __init__(self, session: Session, seed: int = 1, out: Any = sys.stderr) -> None:
        self.session, self.rng, self.out = session, Random(seed), out
        self.began = time.monotonic()
        self.attempt_ids, self.cohort_ids, self.assignment_ids = count(1), count(1), count(1)
        self.trainer_id = 1
        self.modules = list(session.scalars(select(ModuleRow.id).order_by(ModuleRow.position)))
        self.lessons = list(session.scalars(select(LessonRow.id).order_by(LessonRow.id)))
        self.questions = list_asked(session, self.rng)
        self.abilities = [min(0.98, max(0.3, self.rng.gauss(0.84, 0.12))) for _ in range(LEARNERS)]
        self.of_marks = 1
        self.writer = Writer(session, self._tell)

    def people(self) -> None:
        """The trainer, and everybody who learns."""
        add = self.writer.add
        add(User, id=1, email="trainer@example.org", name="Dr Bench", role=Role.TRAINER, **_account(1))
        add(Learner, id=1, user_id=1, time_zone=ZONE, created_at=NOW)
        for number in range(LEARNERS):
            name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number // len(_FIRST) % len(_LAST)]} {number}"
            add(
                User,
                id=number + 2,
                email=f"learner{number}@example.org",
                name=name,
                role=Role.LEARNER,
                **_account(number + 2),
            )
            add(Learner, id=number + 2, user_id=number + 2, time_zone=ZONE, created_at=NOW - timedelta(days=300))
            for lesson_id in self.rng.sample(self.lessons, len(self.lessons) // 2):
                at = NOW - timedelta(days=self.rng.randrange(200), minutes=self.rng.randrange(1440))
                add(
                    LessonProgress,
                    learner_id=number + 2,
                    lesson_id=lesson_id,
                    read_at=at,
                    done_at=at,
                    done_revision=1,
                )
        self.writer.flush()

    def fill(self, *plans: Plan) -> list[int]:
        """Add these cohorts with all that was done in them; return their ids."""
        self.of_marks = self.writer.marks + sum(
            plan.learners * attempts * questions for plan in plans for attempts, questions in plan.papers
        )
        return [self._cohort(plan) for plan in plans]

    def commit(self) -> None:
        self.writer.flush()
        self.session.commit()

    # -- one cohort ------------------------------------------------------------------------------------------------------

    def _cohort(self, plan: Plan) -> int:
        cohort_id = next(self.cohort_ids)
        learners = range(plan.first_learner + 2, plan.first_learner + 2 + plan.learners)
        began = NOW - timedelta(days=200)
        self.writer.add(
            Cohort,
            id=cohort_id,
            title=plan.title,
            time_zone=ZONE,
            join_code=f"BENCH{cohort_id:05}",
            join_expires_at=NOW,
            created_at=began,
        )
        self.writer.add(CohortTrainer, cohort_id=cohort_id, user_id=self.trainer_id)
        for learner_id in learners:
            self.writer.add(Membership, cohort_id=cohort_id, learner_id=learner_id, joined_at=began)
        for at, (attempts, questions) in enumerate(plan.papers):
            self._work(cohort_id, at, list(learners), attempts, questions)
        self.writer.flush()
        return cohort_id

    def _work(self, cohort_id: int, at: int, learners: list[int], attempts: int, questions: int) -> None:
        """One assignment a week, the last of them due in a week."""
        assignment_id, module_id = next(self.assignment_ids), self.modules[at % len(self.modules)]
        due_at = NOW + timedelta(days=7 * (at - WORKS + 2))
        self.writer.add(
            Assignment,
            id=assignment_id,
            cohort_id=cohort_id,
            module_id=module_id,
            title=f"Test {at + 1} of module {at % len(self.modules) + 1}",
            time_zone=ZONE,
            due_local=f"{due_at:%Y-%m-%dT%H:%M}",
            due_at=due_at,
            pass_mark_percent=PASS_MARK,
            counts=Counts.LATEST if at % 5 == 4 else Counts.BEST,
            asks_certainty=True,
            revision=1,
            created_at=due_at - timedelta(days=14),
            **{f"release_{what}": When.SUBMISSION for what in ("mark", "correctness", "key", "explanation")},
        )
        pool = self.rng.sample(self.questions, min(len(self.questions), 3 * questions // 2))
        work = _Work(assignment_id, module_id, due_at, pool, attempts, questions)
        for learner_id in learners:
            if self.rng.random() < 0.02:
                self._later(work, learner_id)
            self._learner(work, learner_id)
            self.writer.flush_if_many()

    def _later(self, work: _Work, learner_id: int) -> None:
        due_at = work.due_at + timedelta(days=7)
        self.writer.add(
            AssignmentException,
            assignment_id=work.assignment_id,
            learner_id=learner_id,
            due_at=due_at,
            due_local=f"{due_at:%Y-%m-%dT%H:%M}",
        )

    def _learner(self, work: _Work, learner_id: int) -> None:
        taken: list[_Taken] = []
        at = work.due_at - timedelta(days=self.rng.randrange(1, 13), minutes=self.rng.randrange(1440))
        for number in range(1, work.attempts + 1):
            at += timedelta(hours=self.rng.randrange(2, 40))
            taken.append(self._attempt(work, learner_id, number, at))
        self.writer.add(Standing, **_standing(learner_id, work, taken))

    def _attempt(self, work: _Work, learner_id: int, number: int, at: datetime) -> _Taken:
        attempt_id, submitted_at = next(self.attempt_ids), at + timedelta(minutes=work.questions)
        asked = self.rng.sample(work.pool, work.questions)
        marked = [
            self._question(attempt_id, position, one, learner_id, at, submitted_at)
            for position, one in enumerate(asked, start=1)
        ]
        total = outcome(marked, PASS_MARK)
        self.writer.add(
            Attempt,
            id=attempt_id,
            learner_id=learner_id,
            scope=assignment_scope(work.assignment_id),
            number=number,
            purpose=Purpose.TEST,
            module_id=work.module_id,
            assignment_id=work.assignment_id,
            seed=0,
            state=State.SUBMITTED,
            started_at=at,
            submitted_at=submitted_at,
            pass_mark_percent=PASS_MARK,
            asks_certainty=True,
            points=total.points,
            max_points=total.max_points,
            is_passed=total.is_passed,
            is_critical_missed=total.is_critical_missed,
        )
        return _Taken(attempt_id, total, submitted_at)

    def _question(
        self, attempt_id: int, position: int, asked: Asked, learner_id: int, at: datetime, submitted_at: datetime
    ) -> MarkedItem:
        """One question answered and marked: a minute each."""
        is_known = self.rng.random() < self.abilities[learner_id - 2]
        choice, certainty = asked.right if is_known else self.rng.choice(asked.wrong), self.rng.randrange(1, 4)
        result, saved_at = choice.result, at + timedelta(minutes=position)
        place = {"attempt_id": attempt_id, "position": position}
        answered = {"revision": 1, "response": choice.response, "certainty": certainty}
        self.writer.add(
            AttemptItem,
            **place,
            **answered,
            version_id=asked.shown.version_id,
            option_order=asked.order,
            saved_at=saved_at,
        )
        self.writer.add(
            Mark,
            **place,
            version_id=asked.shown.version_id,
            learner_id=learner_id,
            objective_id=asked.shown.objective_id,
            points=result.points,
            max_points=result.max_points,
            is_right=result.is_right,
            certainty_points=certainty if result.is_right else (0, -2, -6)[certainty - 1],
            settled_at=submitted_at,
        )
        if attempt_id % LOGGED == 0:
            self.writer.add(Answer, **place, **answered, save_id="bench", arrived_at=saved_at)
        return MarkedItem(result.points, result.max_points, result.is_right, asked.shown.is_critical)

    def _tell(self, marks: int) -> None:
        seconds = time.monotonic() - self.began
        print(f"\r  {marks:>9,} marks of {self.of_marks:,}, {seconds:.0f} s ", end="", file=self.out, flush=True)


def _account(number: int) -> dict[str, Any]:
    return {"password": "!", "active": True, "fs_uniquifier": f"bench-{number}", "created_at": NOW}


def _standing(learner_id: int, work: _Work, taken: list[_Taken]) -> dict[str, Any]:
    """As :func:`app.services.marking.submission.submit` keeps it."""
    best = max(taken, key=lambda one: (one.total.is_passed, one.percent, one.attempt_id))
    latest = taken[-1]
    return {
        "learner_id": learner_id,
        "scope": assignment_scope(work.assignment_id),
        "purpose": Purpose.TEST,
        "module_id": work.module_id,
        "assignment_id": work.assignment_id,
        "attempts": len(taken),
        "best_attempt_id": best.attempt_id,
        "best_percent": best.percent,
        "latest_attempt_id": latest.attempt_id,
        "latest_percent": latest.percent,
        "latest_is_passed": latest.total.is_passed,
        "latest_at": latest.submitted_at,
        "passed_at": next((one.submitted_at for one in taken if one.total.is_passed), None),
    }


_FIRST = (
    "Amara",
    "Ana-Maria",
    "Aoife",
    "Ayşe",
    "Chloé",
    "Dmytro",
    "Elif",
    "Fatoumata",
    "Hedvig",
    "Jiří",
    "Łucja",
    "Þórdís",
)
_LAST = (
    "Okafor",
    "Ștefănescu",
    "Ní Bhriain",
    "Öztürk",
    "Lefèvre",
    "Kovalenko",
    "Yıldız",
    "Diallo",
    "Åkerström",
    "Nováková",
)
