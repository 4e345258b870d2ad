"""A class with a faulty question: all have the same paper, and what becomes of their marks is compared with a marking afresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.attempt import outcome
from app.domain.content import Key
from app.domain.correction import corrected
from app.domain.regrading import counted
from app.models import Assignment, Attempt, AttemptItem, Mark, Standing
from app.services.assigned import assignments
from app.services.course import catalogue
from app.services.marking import corrections, rulings
from app.services.marking.corrections import Asked, Decision, Done
from tests.conftest import Clock
from tests.crowd import Answering, Hand, copy_paper, hand_in
from tests.crowd import answer as answer_all
from tests.factory import Make, Person
from tests.taking import begin


@dataclass
class Class:
    """A trainer's cohort at one assignment, all with the same paper."""

    session: Session
    make: Make
    clock: Clock
    trainer: Person
    learners: list[Person]
    assignment: Assignment
    attempts: list[Attempt]

    def asked(self, position: int) -> Asked:
        return self.of_version(self.version(position))

    def of_version(self, version_id: int) -> Asked:
        taught = assignments.get_for(self.session, self.trainer.viewer, self.assignment.id)
        assert taught is not None
        found = corrections.get_for_assignment(self.session, taught, version_id)
        assert found is not None
        return found

    def everywhere(self, position: int) -> Asked:
        found = corrections.get_everywhere(self.session, self.version(position))
        assert found is not None
        return found

    def version(self, position: int) -> int:
        return self.attempts[0].items[position - 1].version_id

    def position(self, *, is_critical: bool) -> int:
        """The place of a question of this sort that is answered by choosing one option."""
        shown = catalogue.shown(self.session, [item.version_id for item in self.attempts[0].items])
        return next(
            item.position
            for item in self.attempts[0].items
            if shown[item.version_id].is_critical is is_critical and len(shown[item.version_id].options) > 2
        )

    def key(self, version_id: int) -> Key:
        return catalogue.keys(self.session, [version_id])[version_id].key

    def hand_in(self, learner: Person, answering: Answering) -> Attempt:
        """Another attempt at the same paper."""
        attempt = begin(self.session, learner, self.assignment, self.clock.advance(minutes=1))
        if self.attempts:
            copy_paper(self.session, attempt, self.attempts[0])
        answer_all(self.session, attempt, self.clock.now, answering)
        self.attempts.append(attempt)
        self.look_again(attempt)
        self.clock.advance(minutes=1)
        return attempt

    def do(self, asked: Asked, decision: Decision, **given: object) -> Done:
        actor = self.trainer.user if asked.taught else self.make.admin().user
        done = corrections.apply(
            self.session, actor, asked, decision, "A reason.", self.clock.advance(minutes=1), **given
        )
        self.session.commit()
        for attempt in self.attempts:
            self.look_again(attempt)
        return done

    def look_again(self, attempt: Attempt) -> None:
        """Read an attempt anew, past what the session keeps; its paper stays loaded."""
        self.session.refresh(attempt, ["points", "max_points", "is_passed", "is_critical_missed"])

    def mark(self, attempt: Attempt, position: int) -> Mark:
        return self.session.get_one(Mark, (attempt.id, position), populate_existing=True)

    def standing(self, learner: Person) -> Standing:
        found = select(Standing).where(Standing.learner_id == learner.learner.id)
        return self.session.scalars(found.execution_options(populate_existing=True)).one()

    def assert_totals_are_those_of_a_fresh_marking(self) -> None:
        """Every attempt marked once more from its answers and the corrections in force, in the plainest way."""
        for attempt in self.session.scalars(select(Attempt).where(Attempt.points.is_not(None))):
            self.look_again(attempt)
            items = self.session.scalars(select(AttemptItem).where(AttemptItem.attempt_id == attempt.id)).all()
            ids = [item.version_id for item in items]
            shown, keys = catalogue.shown(self.session, ids), catalogue.keys(self.session, ids)
            found = []
            for item in items:
                held = rulings.in_force(self.session, [item.version_id], attempt.assignment_id)[item.version_id]
                result = corrected(
                    shown[item.version_id].kind,
                    keys[item.version_id].key,
                    item.response,
                    item.certainty,
                    [rulings.ruling(one) for one in held],
                )
                mark = self.mark(attempt, item.position)
                assert (mark.points, mark.max_points, mark.is_right, mark.is_void, mark.certainty_points) == (
                    result.points,
                    result.max_points,
                    result.is_right,
                    result.is_void,
                    result.certainty_points,
                )
                found.append(counted(result, is_critical=shown[item.version_id].is_critical))
            total = outcome(found, attempt.pass_mark_percent)
            assert (attempt.points, attempt.max_points) == (total.points, total.max_points)
            assert (attempt.is_passed, attempt.is_critical_missed) == (total.is_passed, total.is_critical_missed)

    def assert_standings_are_those_of_the_attempts(self) -> None:
        """Each standing worked out once more, in the plainest way."""
        rows = self.session.scalars(select(Standing).execution_options(populate_existing=True)).all()
        assert len(rows) == len({attempt.learner_id for attempt in self.attempts})
        for row in rows:
            mine = [attempt for attempt in self.attempts if attempt.learner_id == row.learner_id]
            best = max(
                mine, key=lambda one: (one.is_passed, one.points / one.max_points if one.max_points else 0, one.number)
            )
            passed = [attempt.submitted_at for attempt in mine if attempt.is_passed]
            assert (row.attempts, row.best_attempt_id, row.latest_attempt_id) == (len(mine), best.id, mine[-1].id)
            assert row.best_percent == pytest.approx(100 * best.points / best.max_points if best.max_points else 0)
            assert (row.latest_is_passed, row.passed_at) == (mine[-1].is_passed, passed[0] if passed else None)


def year_of(make: Make, session: Session, clock: Clock) -> Class:
    """Three learners; the first has handed in a paper with everything right."""
    trainer = make.trainer()
    learners = [make.person(name=name) for name in ("Ann", "Ben", "Cem")]
    assignment = make.assignment(trainer, make.cohort(trainer, *learners), pass_mark_percent=90)
    found = Class(session, make, clock, trainer, learners, assignment, [])
    found.attempts.append(hand_in(session, learners[0], assignment, clock.now, Hand(session).all_right))
    return found


def wrong_at(hand: Hand, positions: Sequence[int]) -> Answering:
    def answering(_number: int, item: AttemptItem) -> tuple[object, int | None]:
        return (hand.wrong(item) if item.position in positions else hand.right(item)), 3

    return answering  # type: ignore[return-value]
