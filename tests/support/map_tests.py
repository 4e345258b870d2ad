"""A test with questions on the body map, handed in by three learners."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.models import Assignment, Attempt
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt
from tests.support.factory import Factory, Person
from tests.support.submissions import AnswerKey, answer_and_submit, copy_paper


def take_map_tests(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock, trainer: Person | None = None
) -> Assignment:
    """Three learners with the same paper; two of them take the first wrong region each time."""
    trainer, crowd = trainer or make.trainer(), [make.person() for _ in range(3)]
    assignment = make.assignment(trainer, make.cohort(trainer, *crowd), "referred-pain")
    first: Attempt | None = None
    for at, person in enumerate(crowd):
        attempt = start_attempt(session, person, assignment, clock.now)
        if first is None:
            first = attempt
        else:
            copy_paper(session, attempt, first)
        answer_and_submit(session, attempt, clock.now, hand.all_wrong if at else hand.all_right)
    return assignment
