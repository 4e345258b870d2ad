"""A class with a faulty question: all have the same paper, and what becomes of their marks is compared with a marking afresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.attempt import compute_outcome
from app.domain.correction import mark_corrected
from app.domain.regrading import to_marked_item
from app.models import Assignment, Attempt, AttemptItem, Mark, ScopeResult
from app.services.assignments import assignments
from app.services.course import catalogue
from app.services.marking import active_corrections, corrections, regrading
from app.services.marking.corrections import CorrectionDecision, QuestionUnderCorrection
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt
from tests.support.factory import Factory, Person
from tests.support.submissions import AnswerKey, AnswerStrategy, copy_paper, submit_test
from tests.support.submissions import answer_and_submit as answer_all


@dataclass(frozen=True, slots=True)
class CorrectionOutcome:
    """How many marks a correction changed, and how many attempts kept theirs to protect a pass."""

    changed: int
    kept: int


@dataclass
class CorrectionClass:
    """A trainer's cohort at one assignment, all with the same paper."""

    session: Session
    make: Factory
    clock: Clock
    trainer: Person
    learners: list[Person]
    assignment: Assignment
    attempts: list[Attempt]

    def asked(self, position: int) -> QuestionUnderCorrection:
        return self.of_version(self.version(position))

    def of_version(self, version_id: int) -> QuestionUnderCorrection:
        taught = assignments.get_for(self.session, self.trainer.viewer, self.assignment.id)
        assert taught is not None
        found = corrections.get_for_assignment(self.session, taught, version_id)
        assert found is not None
        return found

    def everywhere(self, position: int) -> QuestionUnderCorrection:
        found = corrections.get_everywhere(self.session, self.version(position))
        assert found is not None
        return found

    def version(self, position: int) -> int:
        return self.attempts[0].items[position - 1].version_id

    def position(self, *, is_critical: bool) -> int:
        """The place of a question of this sort that is answered by choosing one option."""
        shown = catalogue.get_texts(self.session, [item.version_id for item in self.attempts[0].items])
        return next(
            item.position
            for item in self.attempts[0].items
            if shown[item.version_id].is_critical is is_critical and len(shown[item.version_id].options) > 2
        )

    def key(self, version_id: int) -> Any:
        return catalogue.get_solutions(self.session, [version_id])[version_id].key

    def hand_in(self, learner: Person, answering: AnswerStrategy) -> Attempt:
        """Another attempt at the same paper."""
        attempt = start_attempt(self.session, learner, self.assignment, self.clock.advance(minutes=1))
        if self.attempts:
            copy_paper(self.session, attempt, self.attempts[0])
        answer_all(self.session, attempt, self.clock.now, answering)
        self.attempts.append(attempt)
        self.look_again(attempt)
        self.clock.advance(minutes=1)
        return attempt

    def do(self, asked: QuestionUnderCorrection, decision: CorrectionDecision, **given: Any) -> CorrectionOutcome:
        actor = self.trainer.user if asked.taught else self.make.admin().user
        made = corrections.apply(
            self.session, actor, asked, decision, "A reason.", self.clock.advance(minutes=1), **given
        )
        self.session.commit()
        while (done := regrading.run_step(self.session, made.correction_id, self.clock.now)).finished_at is None:
            self.session.commit()
        self.session.commit()
        for attempt in self.attempts:
            self.look_again(attempt)
        return CorrectionOutcome(done.changed, done.kept)

    def look_again(self, attempt: Attempt) -> None:
        """Read an attempt anew, past what the session keeps; its paper stays loaded."""
        self.session.refresh(attempt, ["points", "max_points", "is_passed", "is_critical_missed"])

    def mark(self, attempt: Attempt, position: int) -> Mark:
        return self.session.get_one(Mark, (attempt.id, position), populate_existing=True)

    def standing(self, learner: Person) -> ScopeResult:
        found = select(ScopeResult).where(ScopeResult.learner_id == learner.learner.id)
        return self.session.scalars(found.execution_options(populate_existing=True)).one()

    def assert_totals_are_those_of_a_fresh_marking(self) -> None:
        """Every attempt marked once more from its answers and the corrections in force, in the plainest way."""
        for attempt in self.session.scalars(select(Attempt).where(Attempt.points.is_not(None))):
            self.look_again(attempt)
            items = self.session.scalars(select(AttemptItem).where(AttemptItem.attempt_id == attempt.id)).all()
            ids = [item.version_id for item in items]
            shown, keys = catalogue.get_texts(self.session, ids), catalogue.get_solutions(self.session, ids)
            found = []
            for item in items:
                held = active_corrections.list_in_force(self.session, [item.version_id], attempt.assignment_id)[
                    item.version_id
                ]
                result = mark_corrected(
                    shown[item.version_id].kind,
                    keys[item.version_id].key,
                    item.response,
                    item.certainty,
                    [active_corrections.to_active(shown[item.version_id].kind, one) for one in held],
                )
                mark = self.mark(attempt, item.position)
                assert (mark.points, mark.max_points, mark.is_right, mark.is_void, mark.certainty_points) == (
                    result.points,
                    result.max_points,
                    result.is_right,
                    result.is_void,
                    result.certainty_points,
                )
                found.append(to_marked_item(result, is_critical=shown[item.version_id].is_critical))
            total = compute_outcome(found, attempt.pass_mark_percent)
            assert (attempt.points, attempt.max_points) == (total.points, total.max_points)
            assert (attempt.is_passed, attempt.is_critical_missed) == (total.is_passed, total.is_critical_missed)

    def assert_standings_are_those_of_the_attempts(self) -> None:
        """Each standing worked out once more, in the plainest way."""
        rows = self.session.scalars(select(ScopeResult).execution_options(populate_existing=True)).all()
        assert len(rows) == len({attempt.learner_id for attempt in self.attempts})
        for row in rows:
            mine = [attempt for attempt in self.attempts if attempt.learner_id == row.learner_id]
            best = max(mine, key=lambda one: (one.is_passed, _share(one), one.number))
            passed = [attempt.submitted_at for attempt in mine if attempt.is_passed]
            assert (row.attempts, row.best_attempt_id, row.latest_attempt_id) == (len(mine), best.id, mine[-1].id)
            assert row.best_percent == pytest.approx(100 * _share(best))
            assert (row.latest_is_passed, row.passed_at) == (mine[-1].is_passed, passed[0] if passed else None)


def _share(attempt: Attempt) -> float:
    return (attempt.points or 0) / attempt.max_points if attempt.max_points else 0


def make_correction_class(make: Factory, session: Session, clock: Clock) -> CorrectionClass:
    """Three learners; the first has handed in a paper with everything right."""
    trainer = make.trainer()
    learners = [make.person(name=name) for name in ("Ann", "Ben", "Cem")]
    assignment = make.assignment(trainer, make.cohort(trainer, *learners), pass_mark_percent=90)
    found = CorrectionClass(session, make, clock, trainer, learners, assignment, [])
    found.attempts.append(submit_test(session, learners[0], assignment, clock.now, AnswerKey(session).all_right))
    return found


def answer_wrong_at(hand: AnswerKey, positions: Sequence[int]) -> AnswerStrategy:
    def answering(_number: int, item: AttemptItem) -> tuple[object, int | None]:
        return (hand.wrong(item) if item.position in positions else hand.right(item)), 3

    return answering  # type: ignore[return-value]
