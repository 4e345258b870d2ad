"""A submitted examination with two written answers, and who marks it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Assignment, AttemptItem
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.written_pool import (
    MODEL_CANARY,
    RUBRIC_CANARY,
    WHY_CANARY,
    assign_written,
    write_test,
)

CANARIES = (MODEL_CANARY, RUBRIC_CANARY, WHY_CANARY)
CHECKED_AT_ONCE = ReleasePolicy(correctness=ReleaseMoment.EACH_ANSWER)
TEXT = "Pneumothorax\n\nis <b>possible</b> & **dangerous**."


@dataclass(frozen=True, slots=True)
class Examination:
    """A submitted test with two written answers, and who marks it."""

    trainer: Person
    learner: Person
    assignment: Assignment
    items: list[AttemptItem]

    @property
    def overview(self) -> str:
        return f"/teach/assignments/{self.assignment.id}/marking"

    @property
    def result(self) -> str:
        return f"/attempts/{self.items[0].attempt_id}/result"

    def path(self, n: int = 0) -> str:
        item = self.items[n]
        return f"{self.overview}/{item.version_id}/{item.attempt_id}"

    def mark(self, n: int, by: Person | None = None, data: dict[str, str] | None = None) -> int:
        return (by or self.trainer).client.post(self.path(n), data=data or {"total": "6"}).status_code


def sit_examination(session: Session, make: Factory, clock: Clock) -> Examination:
    trainer, learner = make.trainer(), make.person(name="Ana Li")
    assignment = assign_written(make, trainer, learner)
    return Examination(trainer, learner, assignment, write_test(session, learner, assignment, clock(), TEXT))
