"""Time limits: kept by the server's clock, on arrival; overdue attempts are closed without losing what came in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.release import ReleasePolicy
from app.models import AnswerRevision, Attempt, Mark, ScopeResult
from tests.conftest import NOW, Clock
from tests.support.attempt_client import JSON, AttemptClient, start, start_assigned
from tests.support.factory import AFTER_CLOSING, AFTER_LAST_ATTEMPT, AFTER_SUBMISSION, Factory


@pytest.fixture
def exam(make: Factory, session: Session) -> AttemptClient:
    """A module's own test, 15 minutes long."""
    return start(make.person().client, session)


def stored(session: Session) -> Attempt:
    return session.scalars(select(Attempt).execution_options(populate_existing=True)).one()


def is_open(session: Session) -> bool:
    return stored(session).submitted_at is None


@pytest.mark.parametrize(
    ("seconds", "status"), [(-60, 303), (0, 303), (5, 303), (5.001, 409), (19, 409), (21, 409), (86400, 409)]
)
def test_an_answer_counts_when_it_arrives_within_five_seconds(
    exam: AttemptClient, clock: Clock, seconds: float, status: int
) -> None:
    """Threat 8. Fails when the grace is missing, longer, or given by the page."""
    clock.advance(minutes=15, seconds=seconds)

    reply = exam.answer(1, 0)

    assert reply.status_code == status
    assert exam.log() == (1 if status == 303 else 0)


def test_an_answer_that_arrived_in_time_counts_however_long_it_waited(
    exam: AttemptClient, clock: Clock, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threat 8. Fails when the time is read after the lock was waited for."""
    from app.services.attempts import attempts

    clock.advance(minutes=15, seconds=4)
    load = attempts.get_for

    def slow(*args: object, **kwargs: object) -> object:
        clock.advance(seconds=9)
        return load(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(attempts, "get_for", slow)

    assert exam.answer(1, 0).status_code == 303
    assert session.scalars(select(AnswerRevision.arrived_at)).one() == NOW + timedelta(minutes=15, seconds=4)


@pytest.mark.parametrize("page", ["1", "summary", ""])
def test_pages_of_an_attempt_whose_time_is_up_lead_to_its_result(exam: AttemptClient, clock: Clock, page: str) -> None:
    clock.advance(minutes=15, seconds=6)

    reply = exam.client.get(f"{exam.path}/{page}".rstrip("/"), follow_redirects=True)

    assert "Time is up" in reply.text
    assert reply.headers["Refresh"] == "5"


def test_time_up_is_told_before_the_marks_are_there_and_without_them(
    exam: AttemptClient, clock: Clock, session: Session
) -> None:
    """Fails when a result is made up before all answers that came in time can have been stored."""
    exam.answer_all()
    clock.advance(minutes=15, seconds=10)

    page = exam.result()

    assert "Time is up" in page.text
    assert "Passed" not in page.text
    assert is_open(session)


@pytest.mark.parametrize("seconds", [6, 20])
def test_nothing_is_closed_while_an_answer_may_be_on_its_way(
    exam: AttemptClient, app: object, clock: Clock, session: Session, seconds: int
) -> None:
    """Fails when closing does not wait longer than a lock can be waited for."""
    clock.advance(minutes=15, seconds=seconds)

    exam.submit()
    app.test_cli_runner().invoke(args=["attempts", "close-expired"])  # type: ignore[attr-defined]

    assert is_open(session)


CLOSERS: dict[str, Callable[[AttemptClient], object]] = {
    "submit": lambda play: play.submit(),
    "start": lambda play: play.client.post("/modules/safety/attempts", data={"mode": "test"}),
    "command": lambda play: play.client.application.test_cli_runner().invoke(args=["attempts", "close-expired"]),
}


@pytest.mark.parametrize("closer", CLOSERS)
def test_an_overdue_attempt_is_closed_as_of_its_deadline(
    exam: AttemptClient, clock: Clock, session: Session, closer: str
) -> None:
    """Fails when the marks are missing, or when whoever comes late is noted as late."""
    exam.answer_all(wrong=[10])
    clock.advance(minutes=15, seconds=21)

    CLOSERS[closer](exam)

    closed = session.scalars(
        select(Attempt).where(Attempt.id == exam.attempt_id).execution_options(populate_existing=True)
    ).one()
    standing = session.scalars(select(ScopeResult)).one()
    assert closed.submitted_at == closed.deadline_at == NOW + timedelta(minutes=15)
    assert (closed.points, closed.max_points) == (9, 10)
    assert (standing.attempts, standing.latest_at) == (1, closed.deadline_at)
    assert len(session.scalars(select(Mark)).all()) == 10
    assert "9 of 10 correct" in exam.result().text


def test_the_command_closes_everything_that_is_overdue_and_nothing_else(
    make: Factory, session: Session, clock: Clock
) -> None:
    overdue = [start(make.person().client, session) for _ in range(3)]
    for play in overdue:
        play.answer(1, *play.at(1).right)
    clock.advance(minutes=10)
    under_way = start(make.person().client, session)
    without_limit = start(make.app.test_client(), session, "practice")
    clock.advance(minutes=6)
    runner = make.app.test_cli_runner()

    first, second = (runner.invoke(args=["attempts", "close-expired"]).output for _ in range(2))

    still_open = set(session.scalars(select(Attempt.id).where(Attempt.submitted_at.is_(None))))
    assert (first, second) == ("3 closed.\n", "0 closed.\n")
    assert still_open == {under_way.attempt_id, without_limit.attempt_id}


def test_a_new_attempt_follows_one_whose_time_is_up(exam: AttemptClient, clock: Clock, session: Session) -> None:
    clock.advance(minutes=16)

    again = start(exam.client, session)

    assert again.attempt_id != exam.attempt_id
    assert session.scalars(select(Attempt.number).order_by(Attempt.id)).all() == [1, 2]


def test_within_the_wait_a_start_leads_to_the_attempt_that_is_being_closed(
    exam: AttemptClient, clock: Clock, session: Session
) -> None:
    clock.advance(minutes=15, seconds=10)

    again = start(exam.client, session)

    assert again.attempt_id == exam.attempt_id
    assert "Time is up" in again.client.get(f"{again.path}/1", follow_redirects=True).text


@pytest.mark.parametrize(
    ("own", "here", "minutes"), [(0, 0, 20), (25, 0, 25), (0, 50, 30), (25, 50, 30), (100, 50, 40)]
)
def test_extra_time_is_the_larger_of_both(
    make: Factory, session: Session, clock: Clock, own: int, here: int, minutes: int
) -> None:
    trainer, learner = make.trainer(), make.person(extra_time_percent=own)
    assignment = make.assignment(trainer, make.cohort(trainer, learner), time_limit_minutes=20)
    if here:
        make.exception(trainer, assignment, learner, extra_time_percent=here)

    start_assigned(learner.client, session, assignment.id)

    assert stored(session).deadline_at == NOW + timedelta(minutes=minutes)


def test_extra_time_reaches_the_modules_own_test(make: Factory, session: Session) -> None:
    start(make.person(extra_time_percent=100).client, session)

    assert stored(session).deadline_at == NOW + timedelta(minutes=30)


def test_a_closing_test_ends_with_its_due_date_for_everybody(make: Factory, session: Session, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person(extra_time_percent=100)
    due = NOW + timedelta(minutes=10)
    assignment = make.assignment(
        trainer, make.cohort(trainer, learner), time_limit_minutes=20, due_at=due, policy=AFTER_CLOSING
    )
    play = start_assigned(learner.client, session, assignment.id)

    assert stored(session).deadline_at == due
    clock.advance(minutes=10, seconds=6)
    assert play.answer(1, 0, headers=JSON).json == {"error": "AttemptClosed"}


@pytest.mark.parametrize(
    ("policy", "status"),
    [(AFTER_CLOSING, 409), (AFTER_SUBMISSION, 303), (AFTER_LAST_ATTEMPT, 303)],
)
def test_after_the_due_date_only_a_closing_test_refuses_to_start(
    make: Factory, session: Session, clock: Clock, policy: ReleasePolicy, status: int
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(
        trainer, make.cohort(trainer, learner), due_at=NOW + timedelta(hours=1), attempts_allowed=2, policy=policy
    )
    clock.advance(hours=2)

    assert learner.client.post(f"/assignments/{assignment.id}/attempts").status_code == status


def test_no_more_attempts_than_allowed(make: Factory, session: Session) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), attempts_allowed=2)
    for _ in range(2):
        start_assigned(learner.client, session, assignment.id).submit()

    reply = learner.client.post(f"/assignments/{assignment.id}/attempts")

    assert reply.status_code == 409
    assert "No attempts left" in reply.text


def test_the_page_counts_down_from_the_servers_clock(exam: AttemptClient, clock: Clock) -> None:
    clock.advance(minutes=3)

    assert 'data-seconds-left="720"' in exam.page(1).text
    assert 'data-seconds-left="720"' in exam.summary().text
