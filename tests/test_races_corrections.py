"""A question is corrected while its attempts are being handed in, on a database in a file and on PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, selectinload
from werkzeug.test import TestResponse

from app.db import db
from app.domain.attempt import compute_outcome
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.domain.sections import MarkedItem
from app.models import Attempt, Mark, MarkChange, ScopeResult
from app.services.course import catalogue
from app.services.marking import regrade_writer, submission
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt
from tests.support.at_once import at_once
from tests.support.factory import Factory
from tests.support.submissions import AnswerKey, copy_paper, submit_test
from tests.test_races import racing_app  # noqa: F401  the fixture

LEARNERS, ROUNDS = 8, 4

Task = Callable[[], TestResponse]


class Exam:
    """A class with the same paper in front of each, all of it right, and their trainer."""

    def __init__(self, app: Flask, clock: Clock, **terms: object) -> None:
        self.app, self.clock = app, clock
        with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            make = Factory(app, session, clock)
            self.trainer = make.trainer()
            self.learners = [make.person() for _ in range(LEARNERS)]
            self.spare = make.signed_in(self.trainer.user, self.trainer.learner)
            cohort = make.cohort(self.trainer, *self.learners)
            self.assignment = make.assignment(self.trainer, cohort, **terms)
            given = AnswerKey(session).all_right if not self.assignment.policy.checks_each else lambda *_: (None, None)
            first = submit_test(session, self.learners[0], self.assignment, clock.now, given)
            self.done = first.id
            self.versions = [item.version_id for item in first.items]

    def begin(self) -> list[int]:
        """An attempt of each but the first, ready to be handed in."""
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            hand = AnswerKey(session)
            first = session.get_one(Attempt, self.done)
            session.refresh(first, ["items"])
            found = []
            for learner in self.learners[1:]:
                attempt = start_attempt(session, learner, self.assignment, self.clock.now)
                copy_paper(session, attempt, first)
                for item in attempt.items:
                    item.response = None if self.assignment.policy.checks_each else hand.right(item)
                session.commit()
                found.append(attempt.id)
            return found

    def other_option(self) -> str:
        """An option of the first question that its key does not have."""
        with self.app.app_context(), Session(db.engine) as session:
            shown = catalogue.get_texts(session, self.versions)[self.versions[0]]
            key = catalogue.get_solutions(session, self.versions)[self.versions[0]].key
            return next(str(index) for index in range(len(shown.options)) if index not in key.correct)

    def correct(self, position: int, client: FlaskClient | None = None) -> Task:
        here = f"/teach/assignments/{self.assignment.id}/questions/{self.versions[position - 1]}/correct"
        form = {"remedy": "void", "reason": "Wrong.", "may_lower": "1", "seen": "99"}
        return lambda: (client or self.trainer.client).post(here, data=form)

    def submit(self, number: int, attempt_id: int) -> Task:
        return lambda: self.learners[number].client.post(f"/attempts/{attempt_id}/submit")

    def assert_nothing_is_marked_by_the_old_rule(self, *void: int) -> None:
        with self.app.app_context(), Session(db.engine) as session:
            attempts = session.scalars(select(Attempt).where(Attempt.points.is_not(None))).all()
            for attempt in attempts:
                marks = session.scalars(select(Mark).where(Mark.attempt_id == attempt.id)).all()
                assert {mark.position for mark in marks if mark.is_void} == set(void)
                items = [MarkedItem(one.points, one.max_points, one.is_right, is_critical=False) for one in marks]
                total = compute_outcome(items, attempt.pass_mark_percent)
                assert (attempt.points, attempt.max_points) == (total.points, total.max_points)
                assert attempt.max_points == len(self.versions) - len(void)
            for standing in session.scalars(select(ScopeResult)):
                mine = [attempt for attempt in attempts if attempt.learner_id == standing.learner_id]
                assert standing.attempts == len(mine)
                assert standing.best_percent == 100 * max(
                    (attempt.points or 0) / (attempt.max_points or 1) for attempt in mine
                )


def test_no_attempt_stays_marked_by_the_old_rule(racing_app: Flask, clock: Clock) -> None:  # noqa: F811
    """Fails on PostgreSQL when a correction does not wait for those who read the old rules, or they not for it."""
    exam = Exam(racing_app, clock)

    for position in range(1, ROUNDS + 1):
        tasks = [exam.submit(number, attempt_id) for number, attempt_id in enumerate(exam.begin(), start=1)]
        tasks.insert(len(tasks) // 2, exam.correct(position))
        replies = at_once(tasks)

        assert {reply.status_code for reply in replies} == {303}
        exam.assert_nothing_is_marked_by_the_old_rule(*range(1, position + 1))


def test_answers_that_are_checked_one_by_one_are_corrected_too(racing_app: Flask, clock: Clock) -> None:  # noqa: F811
    """Fails when a mark of an attempt under way stays, so that the total at its end is not that of its marks."""
    exam = Exam(
        racing_app, clock, policy=ReleasePolicy(correctness=ReleaseMoment.EACH_ANSWER, key=ReleaseMoment.EACH_ANSWER)
    )
    attempts = exam.begin()
    with racing_app.app_context(), Session(db.engine) as session:
        right = catalogue.get_solutions(session, exam.versions)[exam.versions[0]].key.correct
        begun = select(Attempt).where(Attempt.id.in_(attempts)).options(selectinload(Attempt.items))
        orders = {attempt.id: attempt.items[0].option_order for attempt in session.scalars(begun)}

    def answer(number: int, attempt_id: int) -> Task:
        places = [str(orders[attempt_id].index(index)) for index in right]
        return lambda: exam.learners[number].client.post(
            f"/attempts/{attempt_id}/1", data={"option": places, "revision": "0"}
        )

    tasks = [answer(number, attempt_id) for number, attempt_id in enumerate(attempts, start=1)]
    tasks.insert(len(tasks) // 2, exam.correct(1))
    replies = at_once(tasks)
    replies += at_once([exam.submit(number, attempt_id) for number, attempt_id in enumerate(attempts, start=1)])

    assert {reply.status_code for reply in replies} == {303}
    exam.assert_nothing_is_marked_by_the_old_rule(1)


def test_two_corrections_and_a_change_by_hand_at_one_moment(racing_app: Flask, clock: Clock) -> None:  # noqa: F811
    """Fails when one of them reads marks that the other is about to write."""
    exam = Exam(racing_app, clock)
    here = f"/teach/attempts/{exam.done}/5/mark"
    form = {"points": "0.5", "reason": "Half.", "may_lower": "1", "seen": "0"}

    replies = at_once(
        [exam.correct(1), exam.correct(2, exam.spare), exam.correct(2), lambda: exam.spare.post(here, data=form)]
    )

    assert sorted(reply.status_code for reply in replies) == [303, 303, 303, 422]
    exam.assert_nothing_is_marked_by_the_old_rule(1, 2)
    with racing_app.app_context(), Session(db.engine) as session:
        assert session.scalar(select(func.count(MarkChange.id))) == 3


def test_overdue_attempts_closed_while_a_question_is_corrected(racing_app: Flask, clock: Clock) -> None:  # noqa: F811
    """Fails when closing marks by rules that were read before, or the two wait for one another."""
    exam = Exam(racing_app, clock, time_limit_minutes=5)
    clock.advance(hours=1)
    for position in range(1, ROUNDS + 1):
        exam.begin()
        clock.advance(hours=1)

        def close() -> TestResponse:
            return exam.spare.get(f"/teach/cohorts/{exam.assignment.cohort_id}/gradebook")

        replies = at_once([exam.correct(position), close])
        with racing_app.app_context(), Session(db.engine) as session:
            submission.close_expired(session, clock.now)
            session.commit()

        assert sorted(reply.status_code for reply in replies) == [200, 303]
        exam.assert_nothing_is_marked_by_the_old_rule(*range(1, position + 1))


@pytest.mark.postgres
@pytest.mark.parametrize("racing_app", ["postgres"], indirect=True)
def test_a_result_counts_the_test_that_is_closed_at_this_moment(racing_app: Flask, clock: Clock) -> None:  # noqa: F811
    """Fails when a result is computed from attempts that were read before another transaction counted one more."""
    exam = Exam(racing_app, clock, time_limit_minutes=5)
    earlier = exam.begin()
    clock.advance(hours=1)
    with racing_app.app_context(), Session(db.engine) as session:
        submission.close_expired(session, clock.now)
        session.commit()
    exam.begin()
    clock.advance(hours=1)

    def recompute() -> None:
        with racing_app.app_context(), Session(db.engine) as session:
            regrade_writer.recompute_results(session, earlier)
            session.commit()

    with racing_app.app_context(), Session(db.engine) as closing, ThreadPoolExecutor(1) as thread:
        submission.close_expired(closing, clock.now)
        closing.flush()
        done = thread.submit(recompute)
        with db.engine.connect() as connection:
            while not connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                connection.rollback()
                time.sleep(0.01)
        closing.commit()
        done.result()

    exam.assert_nothing_is_marked_by_the_old_rule()


def test_changes_are_in_the_order_in_which_they_were_made(racing_app: Flask, clock: Clock) -> None:  # noqa: F811
    """Fails when two changes of one mark start from the same one."""
    exam = Exam(racing_app, clock)
    here = f"/teach/attempts/{exam.done}/5/mark"

    def change(points: str, client: FlaskClient) -> Task:
        form = {"points": points, "reason": "Why.", "may_lower": "1"}
        return lambda: client.post(here, data=form)

    at_once([change("0.25", exam.trainer.client), change("0.5", exam.spare)])

    with racing_app.app_context(), Session(db.engine) as session:
        changes = session.scalars(select(MarkChange).order_by(MarkChange.id)).all()
        assert len(changes) == 2
        assert all(before.new_points == after.old_points for before, after in pairwise(changes))
        assert session.get_one(Mark, (exam.done, 5)).points == changes[-1].new_points


def test_every_page_of_a_correction(racing_app: Flask, clock: Clock) -> None:  # noqa: F811
    """Fails when a statement is not understood by one of the databases."""
    exam = Exam(racing_app, clock)
    with racing_app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        make = Factory(racing_app, session, clock)
        make.made = 100
        admin = make.admin().client
    here = f"/admin/questions/{exam.versions[0]}/correct"
    accept = {"remedy": "accept", "option": exam.other_option()}

    statuses = [
        admin.get("/teach/questions").status_code,
        admin.get("/teach/questions?q=%25_needle").status_code,
        admin.get(here).status_code,
        admin.get(f"{here}/preview", query_string=accept).status_code,
        admin.post(here, data=accept | {"reason": "Both."}).status_code,
        admin.post(here, data={"remedy": "void", "reason": "Neither."}).status_code,
        admin.get(f"{here}/preview", query_string={"remedy": "withdraw", "correction": "2"}).status_code,
        admin.post(here, data={"remedy": "withdraw", "correction": "2", "reason": "No."}).status_code,
        exam.trainer.client.get(f"/teach/attempts/{exam.done}/1/mark").status_code,
        exam.learners[0].client.get(f"/attempts/{exam.done}/result").status_code,
        exam.learners[0].client.get("/progress").status_code,
    ]

    assert statuses == [200, 200, 200, 200, 303, 303, 200, 303, 200, 200, 200]
    exam.assert_nothing_is_marked_by_the_old_rule()
