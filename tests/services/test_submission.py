"""Settling: each mark once, the total, where a learner stands, and closing what is overdue in bounded steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Attempt, AttemptItem, Mark, ScopeResult
from app.services.attempts import attempts
from app.services.marking.submission import close_expired, has_expired
from tests.conftest import NOW, Clock
from tests.support.attempt_client import AttemptClient, start
from tests.support.factory import Factory


def standing(session: Session) -> ScopeResult:
    return session.scalars(select(ScopeResult).execution_options(populate_existing=True)).one()


def safe_wrong(play: AttemptClient, count: int) -> list[int]:
    """Numbers of that many questions which are not safety-critical, and of which a wrong answer earns nothing at all."""
    whole = ("single", "several", "truefalse")
    found = [one.n for one in play.questions() if not one.is_critical and one.kind.name in whole][:count]
    assert len(found) == count
    return found


def take(make: Factory, session: Session, client: object, wrong: int, module: str = "trigger-points") -> int:
    play = start(client, session, "test", module)  # type: ignore[arg-type]
    play.answer_all(wrong=safe_wrong(play, wrong))
    play.submit()
    return play.attempt_id


def test_the_best_and_the_latest_attempt_are_kept_apart(make: Factory, session: Session, clock: Clock) -> None:
    client = make.person().client
    first = take(make, session, client, wrong=3)
    clock.advance(hours=1)
    best = take(make, session, client, wrong=1)
    clock.advance(hours=1)
    latest = take(make, session, client, wrong=4)

    found = standing(session)

    asked = session.scalar(select(func.count()).select_from(AttemptItem).where(AttemptItem.attempt_id == best))
    assert asked
    assert found.attempts == 3
    assert (found.best_attempt_id, round(found.best_percent)) == (best, round(100 * (asked - 1) / asked))
    assert (found.latest_attempt_id, round(found.latest_percent)) == (latest, round(100 * (asked - 4) / asked))
    assert found.passed_at == NOW + timedelta(hours=1)
    assert first not in (found.best_attempt_id, found.latest_attempt_id)


def _drawn(client: FlaskClient, session: Session, wanted: Callable[[AttemptClient], list[int]]) -> AttemptClient:
    """An attempt whose paper has what is wanted; those drawn before it are handed in blank."""
    for _ in range(40):
        play = start(client, session)
        if wanted(play):
            return play
        play.submit()
    raise AssertionError("no such paper was drawn")


def test_a_pass_beats_a_higher_score_that_missed_a_critical_question(
    make: Factory, session: Session, clock: Clock
) -> None:
    """Fails when the best attempt is the one with the most points whatever the safety gate said."""
    client = make.person().client
    unsafe = _drawn(client, session, lambda play: [one.n for one in play.questions() if one.is_critical])
    unsafe.answer_all(wrong=[next(one.n for one in unsafe.questions() if one.is_critical)])
    unsafe.submit()
    safe = _drawn(client, session, lambda play: [one.n for one in play.questions() if not one.is_critical][1:])
    safe.answer_all(wrong=[one.n for one in safe.questions() if not one.is_critical][:2])
    safe.submit()

    found = standing(session)

    assert found.best_attempt_id == safe.attempt_id
    assert round(found.best_percent) == 80
    assert found.passed_at is not None


def test_practice_leaves_no_standing_and_no_pass(make: Factory, session: Session) -> None:
    play = start(make.person().client, session, "practice")
    play.answer_all()
    play.submit()

    attempt = session.get(Attempt, play.attempt_id, populate_existing=True)

    assert attempt
    assert attempt.is_passed is None
    assert session.scalars(select(ScopeResult)).all() == []


def test_practice_marks_are_written_at_check_and_the_rest_at_the_end(
    make: Factory, session: Session, clock: Clock
) -> None:
    play = start(make.person().client, session, "practice")
    play.answer(1, *play.at(1).right)
    clock.advance(minutes=1)
    play.answer(2, play.at(2).wrong)
    clock.advance(minutes=1)
    play.submit()

    marks = session.execute(select(Mark.position, Mark.points, Mark.marked_at).order_by(Mark.position)).all()

    ends = NOW + timedelta(minutes=2)
    assert [tuple(mark) for mark in marks] == [
        (1, 1, NOW),
        (2, 0, NOW + timedelta(minutes=1)),
        *[(n, 0, ends) for n in range(3, 11)],
    ]


@pytest.mark.parametrize(("certainty", "right", "wrong"), [("1", 1, 0), ("2", 2, -2), ("3", 3, -6), ("", 1, 0)])
def test_certainty_is_marked_beside_the_points(
    certainty: str, right: int, wrong: int, make: Factory, session: Session
) -> None:
    play = start(make.person().client, session)
    play.answer(1, *play.at(1).right, certainty=certainty)
    play.answer(2, play.at(2).wrong, certainty=certainty)
    play.submit()

    marks = session.execute(select(Mark.points, Mark.certainty_points).order_by(Mark.position)).all()

    assert [tuple(mark) for mark in marks[:3]] == [(1, right), (0, wrong), (0, 0)]


def test_overdue_attempts_are_closed_a_batch_at_a_time_the_oldest_first(
    make: Factory, session: Session, clock: Clock
) -> None:
    """Fails when one step closes without bound: a report would wait for all of it."""
    begun = []
    for _ in range(5):
        begun.append(attempts.start_test(session, make.person().learner, make.module(), clock.now).id)
        clock.advance(seconds=1)
    session.commit()
    clock.advance(hours=1)

    first = close_expired(session, clock.now, limit=2)
    session.commit()
    closed_first = set(session.scalars(select(Attempt.id).where(Attempt.submitted_at.is_not(None))))
    rest = [close_expired(session, clock.now, limit=2) for _ in range(3)]
    session.commit()

    assert (first, rest) == (2, [2, 1, 0])
    assert closed_first == set(begun[:2])
    assert not has_expired(session, clock.now)


def test_has_expired_tells_only_what_can_be_closed(make: Factory, session: Session, clock: Clock) -> None:
    attempts.start_test(session, make.person().learner, make.module(), clock.now)
    session.commit()

    told = [
        has_expired(session, clock.now),
        has_expired(session, clock.advance(minutes=15, seconds=20)),
        has_expired(session, clock.advance(seconds=1)),
    ]

    assert told == [False, False, True]
