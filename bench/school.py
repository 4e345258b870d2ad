"""A school of 1,000 learners and a million marks, generated from a seed.

Rows are inserted directly, because the services would take hours. ``tests/test_bench_school.py`` compares the rows
with those that the services write.
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

from app.domain.assignment import GradingMethod
from app.domain.attempt import AttemptOutcome, AttemptState, Purpose, compute_outcome
from app.domain.release import ReleaseMoment
from app.domain.scope import build_assignment_scope
from app.domain.sections import MarkedItem
from app.models import (
    AnswerRevision,
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
    ScopeResult,
    User,
)
from bench.answers import BenchQuestion, list_bench_questions

LEARNERS, COHORTS, WORKS = 1_000, 10, 20
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"
PASS_MARK = 80
ROWS_PER_WRITE = 20_000
"""The number of rows per batch of inserts."""

LOGGED_ONE_IN = 10
"""One in this many attempts has an answer log, the longest table. Only response times are read from it."""


@dataclass
class RowWriter:
    """Inserts rows in large batches, ordered by table so that foreign keys are satisfied."""

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
        assert not self.rows, f"tables missing from _ORDER: {list(self.rows)}"
        self.waiting = 0
        self.progress(self.marks)

    def flush_if_many(self) -> None:
        if self.waiting >= ROWS_PER_WRITE:
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
    AnswerRevision,
    Mark,
    ScopeResult,
)


@dataclass(frozen=True, slots=True)
class _AssignmentPlan:
    """One assignment, its pool of questions, and the number of attempts per learner."""

    assignment_id: int
    module_id: int
    due_at: datetime
    pool: list[BenchQuestion]
    attempts: int
    questions: int


@dataclass(frozen=True, slots=True)
class _SubmittedAttempt:
    """A submitted attempt."""

    attempt_id: int
    total: AttemptOutcome
    submitted_at: datetime

    @property
    def percent(self) -> float:
        return 100 * self.total.points / self.total.max_points


@dataclass(frozen=True, slots=True)
class CohortPlan:
    """One cohort: its learners and, for each assignment, the numbers of attempts and of questions."""

    title: str
    first_learner: int
    learners: int
    papers: tuple[tuple[int, int], ...]


def plan_whole_year() -> CohortPlan:
    """Plan one cohort of all learners, with a test of 100 questions and 19 short ones: 200,000 marks."""
    return CohortPlan("The whole year", 0, LEARNERS, ((1, 100), *[(1, 5)] * 14, *[(1, 6)] * 5))


def plan_groups() -> tuple[CohortPlan, ...]:
    """Plan ten cohorts, each with a tenth of the learners and 20 tests taken twice: 800,000 marks."""
    size = LEARNERS // COHORTS
    return tuple(
        CohortPlan(f"Group {number + 1}", number * size, size, ((2, 20),) * WORKS) for number in range(COHORTS)
    )


class School:
    """Fills an empty database with a published course. ``trainer_id`` teaches every cohort."""

    def __init__(self, session: Session, seed: int = 1, out: Any = sys.stderr) -> None:
        self.session, self.rng, self.out = session, Random(seed), out
        self.began = time.monotonic()
        self.attempt_ids, self.cohort_ids, self.assignment_ids = count(1), count(1), count(1)
        self.trainer_id = 1
        self.modules = list(session.scalars(select(ModuleRow.id).order_by(ModuleRow.position)))
        self.lessons = list(session.scalars(select(LessonRow.id).order_by(LessonRow.id)))
        self.questions = list_bench_questions(session, self.rng)
        self.abilities = [min(0.98, max(0.3, self.rng.gauss(0.84, 0.12))) for _ in range(LEARNERS)]
        self.of_marks = 1
        self.writer = RowWriter(session, self._tell)

    def people(self) -> None:
        """Add the trainer and all learners."""
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

    def fill(self, *plans: CohortPlan) -> list[int]:
        """Add these cohorts with all their attempts. Return their ids."""
        self.of_marks = self.writer.marks + sum(
            plan.learners * attempts * questions for plan in plans for attempts, questions in plan.papers
        )
        return [self._cohort(plan) for plan in plans]

    def commit(self) -> None:
        self.writer.flush()
        self.session.commit()

    # -- one cohort ------------------------------------------------------------------------------------------------------

    def _cohort(self, plan: CohortPlan) -> int:
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
        """Add an assignment with its attempts. There is one per week; the last is due next week."""
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
            counts=GradingMethod.LATEST if at % 5 == 4 else GradingMethod.BEST,
            asks_certainty=True,
            revision=1,
            created_at=due_at - timedelta(days=14),
            **{f"release_{what}": ReleaseMoment.SUBMISSION for what in ("mark", "correctness", "key", "explanation")},
        )
        pool = self.rng.sample(self.questions, min(len(self.questions), 3 * questions // 2))
        work = _AssignmentPlan(assignment_id, module_id, due_at, pool, attempts, questions)
        for learner_id in learners:
            if self.rng.random() < 0.02:
                self._later(work, learner_id)
            self._learner(work, learner_id)
            self.writer.flush_if_many()

    def _later(self, work: _AssignmentPlan, learner_id: int) -> None:
        due_at = work.due_at + timedelta(days=7)
        self.writer.add(
            AssignmentException,
            assignment_id=work.assignment_id,
            learner_id=learner_id,
            due_at=due_at,
            due_local=f"{due_at:%Y-%m-%dT%H:%M}",
        )

    def _learner(self, work: _AssignmentPlan, learner_id: int) -> None:
        taken: list[_SubmittedAttempt] = []
        early = timedelta(days=2 * max(0, work.attempts - 2))  # so that many attempts end before the due date, too
        at = work.due_at - early - timedelta(days=self.rng.randrange(1, 13), minutes=self.rng.randrange(1440))
        for number in range(1, work.attempts + 1):
            at += timedelta(hours=self.rng.randrange(2, 40))
            taken.append(self._attempt(work, learner_id, number, at))
        self.writer.add(ScopeResult, **_scope_result(learner_id, work, taken))

    def _attempt(self, work: _AssignmentPlan, learner_id: int, number: int, at: datetime) -> _SubmittedAttempt:
        attempt_id, submitted_at = next(self.attempt_ids), at + timedelta(minutes=work.questions)
        asked = self.rng.sample(work.pool, work.questions)
        marked = [
            self._question(attempt_id, position, one, learner_id, at, submitted_at)
            for position, one in enumerate(asked, start=1)
        ]
        total = compute_outcome(marked, PASS_MARK)
        self.writer.add(
            Attempt,
            id=attempt_id,
            learner_id=learner_id,
            scope=build_assignment_scope(work.assignment_id),
            number=number,
            purpose=Purpose.TEST,
            module_id=work.module_id,
            assignment_id=work.assignment_id,
            seed=0,
            state=AttemptState.SUBMITTED,
            started_at=at,
            submitted_at=submitted_at,
            pass_mark_percent=PASS_MARK,
            asks_certainty=True,
            points=total.points,
            max_points=total.max_points,
            is_passed=total.is_passed,
            is_critical_missed=total.is_critical_missed,
        )
        return _SubmittedAttempt(attempt_id, total, submitted_at)

    def _question(
        self,
        attempt_id: int,
        position: int,
        asked: BenchQuestion,
        learner_id: int,
        at: datetime,
        submitted_at: datetime,
    ) -> MarkedItem:
        """Add one answered and marked question. Each takes a minute."""
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
            marked_at=submitted_at,
        )
        if attempt_id % LOGGED_ONE_IN == 0:
            self.writer.add(AnswerRevision, **place, **answered, save_id="bench", arrived_at=saved_at)
        return MarkedItem(result.points, result.max_points, result.is_right, asked.shown.is_critical)

    def _tell(self, marks: int) -> None:
        seconds = time.monotonic() - self.began
        print(f"\r  {marks:>9,} marks of {self.of_marks:,}, {seconds:.0f} s ", end="", file=self.out, flush=True)


def _account(number: int) -> dict[str, Any]:
    return {"password": "!", "active": True, "fs_uniquifier": f"bench-{number}", "created_at": NOW}


def _scope_result(learner_id: int, work: _AssignmentPlan, taken: list[_SubmittedAttempt]) -> dict[str, Any]:
    """Return the values that :func:`app.services.marking.submission.submit` would store."""
    best = max(taken, key=lambda one: (one.total.is_passed, one.percent, one.attempt_id))
    latest = taken[-1]
    return {
        "learner_id": learner_id,
        "scope": build_assignment_scope(work.assignment_id),
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
