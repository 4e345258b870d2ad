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

from app.demo import answering
from app.domain.assignment import Counts
from app.domain.attempt import MarkedItem, Outcome, Purpose, State, outcome
from app.domain.content import Use
from app.domain.marking import Result, mark
from app.domain.question import Shown
from app.domain.release import When
from app.domain.response import Response
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
    QuestionRow,
    QuestionVersion,
    Role,
    Standing,
    User,
)
from app.services import catalogue
from app.services.attempts import assignment_scope

LEARNERS, COHORTS, WORKS = 1_000, 10, 20
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"
PASS_MARK = 80
WRITE_AT = 20_000
"""So many rows are written at a time."""

LOGGED = 10
"""Of one attempt in so many there is the log of answers, too: the longest table, which only the time that a question takes is read from."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to answer a question, with what it earns."""

    response: Response
    result: Result


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with one right and several wrong ways to answer it."""

    shown: Shown
    order: list[int]
    right: Choice
    wrong: tuple[Choice, ...]


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
        self.questions = self._questions()
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
        pool = self.rng.sample(self.questions, min(len(self.questions), max(questions, 3 * questions // 2)))
        for learner_id in learners:
            if self.rng.random() < 0.02:
                self.writer.add(
                    AssignmentException,
                    assignment_id=assignment_id,
                    learner_id=learner_id,
                    due_at=due_at + timedelta(days=7),
                    due_local=f"{due_at + timedelta(days=7):%Y-%m-%dT%H:%M}",
                )
            self._learner(assignment_id, module_id, due_at, learner_id, attempts, pool, questions)
            self.writer.flush_if_many()

    def _learner(
        self,
        assignment_id: int,
        module_id: int,
        due_at: datetime,
        learner_id: int,
        attempts: int,
        pool: list[Asked],
        questions: int,
    ) -> None:
        taken: list[tuple[int, Outcome, datetime]] = []
        at = due_at - timedelta(days=self.rng.randrange(1, 13), minutes=self.rng.randrange(1440))
        for number in range(1, attempts + 1):
            at += timedelta(hours=self.rng.randrange(2, 40))
            attempt_id = next(self.attempt_ids)
            total = self._attempt(attempt_id, assignment_id, module_id, learner_id, number, at, pool, questions)
            taken.append((attempt_id, total, at + timedelta(minutes=questions)))
        self.writer.add(Standing, **_standing(learner_id, assignment_id, module_id, taken))

    def _attempt(
        self,
        attempt_id: int,
        assignment_id: int,
        module_id: int,
        learner_id: int,
        number: int,
        at: datetime,
        pool: list[Asked],
        questions: int,
    ) -> Outcome:
        ability, add, rng = self.abilities[learner_id - 2], self.writer.add, self.rng
        submitted_at, marked = at + timedelta(minutes=questions), []
        for position, asked in enumerate(rng.sample(pool, questions), start=1):
            choice = asked.right if rng.random() < ability else rng.choice(asked.wrong)
            result, certainty = choice.result, rng.randrange(1, 4)
            marked.append(MarkedItem(result.points, result.max_points, result.is_right, asked.shown.is_critical))
            place = {"attempt_id": attempt_id, "position": position}
            seen = place | {"version_id": asked.shown.version_id}
            saved_at = at + timedelta(minutes=position)
            add(
                AttemptItem,
                **seen,
                option_order=asked.order,
                revision=1,
                response=choice.response,
                certainty=certainty,
                saved_at=saved_at,
            )
            add(
                Mark,
                **seen,
                learner_id=learner_id,
                objective_id=asked.shown.objective_id,
                points=result.points,
                max_points=result.max_points,
                is_right=result.is_right,
                certainty_points=certainty if result.is_right else (0, -2, -6)[certainty - 1],
                settled_at=submitted_at,
            )
            if attempt_id % LOGGED == 0:
                add(
                    Answer,
                    **place,
                    revision=1,
                    save_id="bench",
                    response=choice.response,
                    certainty=certainty,
                    arrived_at=saved_at,
                )
        total = outcome(marked, PASS_MARK)
        add(
            Attempt,
            id=attempt_id,
            learner_id=learner_id,
            scope=assignment_scope(assignment_id),
            number=number,
            purpose=Purpose.TEST,
            module_id=module_id,
            assignment_id=assignment_id,
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
        return total

    # -- what is asked ---------------------------------------------------------------------------------------------------

    def _questions(self) -> list[Asked]:
        """The test questions of the course; few are critical, or nobody of middling ability would ever pass."""
        ids = self.session.scalars(
            select(QuestionVersion.id)
            .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
            .where(QuestionRow.use == Use.TEST, QuestionVersion.superseded_at.is_(None))
            .order_by(QuestionVersion.id)
        ).all()
        shown, keys = catalogue.shown(self.session, ids), catalogue.keys(self.session, ids)
        kept = [one for at, one in enumerate(ids) if not shown[one].is_critical or at % 8 == 0]
        return [self._asked(shown[one], keys[one].key) for one in kept]

    def _asked(self, shown: Shown, key: Any) -> Asked:
        def choice(response: Response) -> Choice:
            return Choice(response, mark(shown.kind, key, response))

        order = list(range(len(shown.options)))
        self.rng.shuffle(order)
        wrong = tuple(choice(answering.wrong(shown, key, self.rng, Random(shown.version_id))) for _ in range(4))
        return Asked(shown, order, choice(answering.right(shown, key)), wrong)

    def _tell(self, marks: int) -> None:
        seconds = time.monotonic() - self.began
        print(f"\r  {marks:>9,} marks of {self.of_marks:,}, {seconds:.0f} s ", end="", file=self.out, flush=True)


def _account(number: int) -> dict[str, Any]:
    return {"password": "!", "active": True, "fs_uniquifier": f"bench-{number}", "created_at": NOW}


def _standing(
    learner_id: int, assignment_id: int, module_id: int, taken: list[tuple[int, Outcome, datetime]]
) -> dict[str, Any]:
    """As :func:`app.services.submission.submit` keeps it."""

    def percent(total: Outcome) -> float:
        return 100 * total.points / total.max_points

    best_id, best, _ = max(taken, key=lambda one: (one[1].is_passed, percent(one[1]), one[0]))
    latest_id, latest, latest_at = taken[-1]
    return {
        "learner_id": learner_id,
        "scope": assignment_scope(assignment_id),
        "purpose": Purpose.TEST,
        "module_id": module_id,
        "assignment_id": assignment_id,
        "attempts": len(taken),
        "best_attempt_id": best_id,
        "best_percent": percent(best),
        "latest_attempt_id": latest_id,
        "latest_percent": percent(latest),
        "latest_is_passed": latest.is_passed,
        "latest_at": latest_at,
        "passed_at": next((at for _, total, at in taken if total.is_passed), None),
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
