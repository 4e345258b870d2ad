"""A cohort of three hundred with long names, in every state: what a gradebook must still be good to use with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from sqlalchemy import insert

from app.domain.assignment import GradingMethod
from app.domain.attempt import AttemptState, Purpose
from app.models import (
    Assignment,
    AssignmentException,
    AssignmentRecipient,
    Attempt,
    Learner,
    Membership,
    ModuleRow,
    ScopeResult,
    User,
)
from app.services.assignments import assignments
from app.services.assignments.assignments import Terms
from app.services.cohorts import cohorts

FIRST = (
    "Maximiliane Theodora",
    "Venkatanarasimharajuvaripeta",
    "Bo",
    "María José",
    "Oluwaseun",
    "Þórdís",
    "Nguyễn Thị",
    "Kateřina",
    "Ó",
    "Anne-Sophie Charlotte",
)
LAST = (
    "Freifrau von Oldenburg-Steinhausen",
    "Lakshminarayanan Subrahmanyan",
    "Ås",
    "Fernández de la Vega y Castellanos",
    "Adebayo-Williams",
    "Guðmundsdóttir",
    "Minh Anh",
    "Nováková-Dvořáková",
    "Súilleabháin",
    "Wolfeschlegelsteinhausenbergerdorff",
)
TITLES = (
    "Trigger points: what is known, and what is only believed",
    "Safety",
    "Referred pain, and how to tell it from pain of the root of a nerve",
    "Treatment and self-care",
    "Evidence",
)
LEARNERS, WORKS = 300, 20


@dataclass
class LargeCohort:
    session: Any
    trainer: User
    module: ModuleRow
    now: datetime

    def fill(self) -> dict[str, int]:
        """Make the cohort; return the ids that scenes name."""
        began = self.now - timedelta(days=120)
        cohort = cohorts.create(
            self.session, self.trainer, "All of the second year, winter term", "Europe/Berlin", began
        )
        learners = [self._learner(number, cohort.id, began) for number in range(LEARNERS)]
        works = [self._work(cohort, number) for number in range(WORKS)]
        for at, work in enumerate(works):
            self._outcomes(work, at, learners)
        cohorts.remove_member(self.session, self.trainer, cohort, learners[7], self.now)
        return {"many": cohort.id, "removed": learners[7]}

    def _learner(self, number: int, cohort_id: int, began: datetime) -> int:
        first, last = list(product(FIRST, LAST))[number % 100]
        user = User(
            name=f"{first} {last}{' ' + 'I' * (number // 100) if number > 99 else ''}",
            email=f"a-rather-long-address-of-learner-number-{number}@students.university-of-somewhere.example.org",
            fs_uniquifier=f"crowd-{number}",
            created_at=began,
        )
        learner = Learner(user=user, created_at=began)
        self.session.add(learner)
        self.session.flush()  # the membership names it by its id
        self.session.add(Membership(cohort_id=cohort_id, learner_id=learner.id, joined_at=began))
        return learner.id

    def _work(self, cohort: Any, number: int) -> Assignment:
        due_at = self.now + timedelta(days=7 * (number - 16), hours=3)
        title = f"{TITLES[number % len(TITLES)]}{f', part {1 + number // len(TITLES)}'}"
        terms = Terms(title, due_at if number % 7 != 6 else None, 3, None, 80)
        work = assignments.create(self.session, self.trainer, cohort, self.module, terms, due_at - timedelta(days=14))
        work.opens_at = due_at - timedelta(days=14)
        work.counts = GradingMethod.LATEST if number == 3 else GradingMethod.BEST
        work.withdrawn_at = self.now if number == 5 else None
        work.is_for_all = number != 8
        self.session.flush()  # what follows names it by its id
        return work

    def _outcomes(self, work: Assignment, at: int, learners: list[int]) -> None:
        """Most have passed what is due; the others stand in every other way."""
        rng = Random(at)
        opened = work.opens_at or self.now
        if opened > self.now:
            return
        for learner_id in learners:
            lot = rng.random()
            if at == 8 and lot < 0.7:
                self.session.add(AssignmentRecipient(assignment_id=work.id, learner_id=learner_id))
            if lot < 0.02:
                self.session.add(AssignmentException(assignment_id=work.id, learner_id=learner_id, is_excused=True))
            elif lot < 0.1 or (work.due_at and work.due_at > self.now and lot < 0.6):
                continue
            else:
                self._handed_in(work, learner_id, rng, opened)

    def _handed_in(self, work: Assignment, learner_id: int, rng: Random, opened: datetime) -> None:
        is_passed, attempts = rng.random() < 0.85, rng.choice((1, 1, 2, 3))
        points = rng.randrange(80, 101) if is_passed else rng.randrange(20, 95)
        submitted_at = min(opened + timedelta(days=rng.choice((1, 5, 9, 13, 17))), self.now)
        of_both: dict[str, Any] = {
            "learner_id": learner_id,
            "scope": f"test:assignment:{work.id}",
            "purpose": Purpose.TEST,
            "module_id": work.module_id,
            "assignment_id": work.id,
        }
        attempt = Attempt(
            **of_both,
            number=1,
            seed=0,
            state=AttemptState.SUBMITTED,
            started_at=submitted_at - timedelta(minutes=20),
            submitted_at=submitted_at,
            pass_mark_percent=80,
            points=points / 10,
            max_points=10,
            is_passed=is_passed,
            is_critical_missed=not is_passed and points >= 80,
        )
        self.session.add(attempt)
        self.session.flush()  # the standing names it by its id
        self.session.execute(
            insert(ScopeResult).values(
                **of_both,
                attempts=attempts,
                best_attempt_id=attempt.id,
                best_percent=points,
                latest_attempt_id=attempt.id,
                latest_percent=points,
                latest_is_passed=is_passed,
                latest_at=submitted_at,
                passed_at=submitted_at if is_passed else None,
            )
        )
