"""People who hand an assignment in with chosen answers, one by one through the services, or as a crowd whose rows are written at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState
from app.domain.kinds import Response
from app.models import (
    AnswerRevision,
    Assignment,
    Attempt,
    AttemptItem,
    Cohort,
    Learner,
    Mark,
    Membership,
    ScopeResult,
    User,
)
from app.services.course import catalogue
from app.services.marking import submission
from tests.support import question_kinds
from tests.support.assigned_test import start_attempt
from tests.support.factory import Person

AnswerStrategy = Callable[[int, AttemptItem], tuple[Response | None, int | None]]
"""From the number of the learner and a question to a response and a certainty."""


class AnswerKey:
    """Answers questions rightly, or with the first wrong option."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def right(self, item: AttemptItem) -> Response:
        ids = [item.version_id]
        shown, explained = catalogue.get_texts(self.session, ids), catalogue.get_solutions(self.session, ids)
        return question_kinds.right(shown[item.version_id], explained[item.version_id].key)

    def wrong(self, item: AttemptItem) -> list[int]:
        ids = [item.version_id]
        kind = catalogue.get_texts(self.session, ids)[item.version_id].kind
        key = catalogue.get_solutions(self.session, ids)[item.version_id].key
        return [next(index for index in item.option_order if kind.credit(key, index) == 0)]

    def all_right(self, _number: int, item: AttemptItem) -> tuple[Response, int | None]:
        return self.right(item), 3

    def all_wrong(self, _number: int, item: AttemptItem) -> tuple[Response, int | None]:
        return self.wrong(item), 3

    def rising(self, number: int, item: AttemptItem) -> tuple[Response, int | None]:
        """The higher the number of the learner, the more of the paper is right, from its beginning."""
        return (self.right(item) if item.position <= number // 2 else self.wrong(item)), None


def submit_test(
    session: Session, person: Person, assignment: Assignment, now: datetime, answering: AnswerStrategy
) -> Attempt:
    """Take a test and hand it in: every answer is saved 20 seconds after the one before."""
    attempt = start_attempt(session, person, assignment, now)
    answer_and_submit(session, attempt, now, answering)
    return attempt


def answer_and_submit(session: Session, attempt: Attempt, now: datetime, answering: AnswerStrategy) -> None:
    """Answer an attempt under way and hand it in."""
    for item in attempt.items:
        item.response, item.certainty = answering(0, item)
        if item.response is not None:
            item.revision = 1
            session.add(
                AnswerRevision(
                    attempt_id=attempt.id,
                    position=item.position,
                    revision=1,
                    save_id="s1",
                    response=item.response,
                    certainty=item.certainty,
                    arrived_at=now + timedelta(seconds=20 * item.position),
                )
            )
    session.flush()  # marking reads what was answered
    assert submission.submit(session, attempt, now + timedelta(minutes=10))
    session.commit()
    session.refresh(attempt, ["state", "submitted_at", "points", "max_points"])


def copy_paper(session: Session, attempt: Attempt, of: Attempt) -> None:
    """Give an attempt under way the questions of another one, instead of those drawn for it."""
    for item, other in zip(attempt.items, of.items, strict=True):
        item.version_id, item.option_order = other.version_id, list(other.option_order)
    session.flush()  # so that it is marked by them


def join_with_the_same_paper(
    session: Session, of: Attempt, cohort: Cohort, count: int, answering: AnswerStrategy
) -> None:
    """Let ``count`` new members hand in the paper of an attempt, each with answers of their own."""
    keys = catalogue.get_solutions(session, [item.version_id for item in of.items])
    objectives = dict(session.execute(select(Mark.version_id, Mark.objective_id)).all())
    for number in range(count):
        learner = _member(session, cohort, number, of.started_at)
        given = [answering(number, item) for item in of.items]
        points = [
            float(list(keys[item.version_id].key.correct) == response)
            for item, (response, _) in zip(of.items, given, strict=True)
        ]
        attempt = _submitted(of, learner, sum(points))
        session.add(attempt)
        session.flush()  # the rows below name it by its id
        items, marks = _rows(attempt, of, given, points, objectives)
        session.execute(insert(AttemptItem), items)
        session.execute(insert(Mark), marks)
        session.add(_standing(attempt))
    session.commit()


def _member(session: Session, cohort: Cohort, number: int, now: datetime) -> Learner:
    name = f"crowd{cohort.id}-{number}"
    user = User(email=f"{name}@example.org", name=f"Crowd {number:03}", fs_uniquifier=name, created_at=now)
    learner = Learner(user=user, created_at=now)
    session.add(learner)
    session.flush()  # the membership names it by its id
    session.add(Membership(cohort_id=cohort.id, learner_id=learner.id, joined_at=now))
    return learner


def _submitted(of: Attempt, learner: Learner, points: float) -> Attempt:
    same = ("scope", "purpose", "module_id", "assignment_id", "seed", "started_at", "submitted_at", "pass_mark_percent")
    return Attempt(
        learner_id=learner.id,
        number=1,
        state=AttemptState.SUBMITTED,
        points=points,
        max_points=float(len(of.items)),
        is_passed=False,
        is_critical_missed=False,
        **{name: getattr(of, name) for name in same},
    )


def _rows(
    attempt: Attempt,
    of: Attempt,
    given: Sequence[tuple[Response | None, int | None]],
    points: Sequence[float],
    objectives: dict[int, int],
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    items, marks = [], []
    for item, (response, certainty), earned in zip(of.items, given, points, strict=True):
        place: dict[str, object] = {
            "attempt_id": attempt.id,
            "position": item.position,
            "version_id": item.version_id,
        }
        items.append(
            place | {"option_order": item.option_order, "response": response, "certainty": certainty, "revision": 1}
        )
        marks.append(
            place
            | {
                "learner_id": attempt.learner_id,
                "objective_id": objectives[item.version_id],
                "points": earned,
                "max_points": 1.0,
                "is_right": earned == 1,
                "certainty_points": 0,
                "marked_at": of.submitted_at,
            }
        )
    return items, marks


def _standing(attempt: Attempt) -> ScopeResult:
    percent = 100 * (attempt.points or 0) / (attempt.max_points or 1)
    return ScopeResult(
        learner_id=attempt.learner_id,
        scope=attempt.scope,
        purpose=attempt.purpose,
        module_id=attempt.module_id,
        assignment_id=attempt.assignment_id,
        attempts=1,
        best_attempt_id=attempt.id,
        best_percent=percent,
        latest_attempt_id=attempt.id,
        latest_percent=percent,
        latest_is_passed=bool(attempt.is_passed),
        latest_at=attempt.submitted_at,
    )
