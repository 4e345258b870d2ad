"""Extra time that somebody has everywhere: it reaches tests under way, and takes nothing back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Attempt, AuditEvent, Role
from app.services.assignments import extra_time
from tests.conftest import Clock
from tests.support.attempt_client import start, start_assigned
from tests.support.factory import Factory, Person


def _minutes(session: Session, attempt_id: int) -> float:
    attempt = session.get_one(Attempt, attempt_id, populate_existing=True)
    assert attempt.deadline_at
    return (attempt.deadline_at - attempt.started_at) / timedelta(minutes=1)


def _grant(session: Session, make: Factory, person: Person, percent: int, clock: Clock) -> None:
    extra_time.set_percent(session, make.person(Role.ADMIN).user, person.user, percent, clock.now)
    session.commit()


def test_it_reaches_the_modules_own_test_under_way(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    play = start(person.client, session, module="evidence")
    before = _minutes(session, play.attempt_id)

    _grant(session, make, person, 50, clock)

    assert _minutes(session, play.attempt_id) == 1.5 * before


@pytest.mark.parametrize(("here", "minutes"), [(0, 30), (25, 30), (100, 40)])
def test_in_an_assignment_the_larger_counts(
    make: Factory, session: Session, clock: Clock, here: int, minutes: int
) -> None:
    trainer, person = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, person), time_limit_minutes=20)
    if here:
        make.exception(trainer, assignment, person, extra_time_percent=here)
    play = start_assigned(person.client, session, assignment.id)

    _grant(session, make, person, 50, clock)

    assert _minutes(session, play.attempt_id) == minutes


def test_less_takes_nothing_from_whoever_is_at_it(make: Factory, session: Session, clock: Clock) -> None:
    """Fails when a deadline that was promised is shortened."""
    person = make.person()
    _grant(session, make, person, 100, clock)
    play = start(person.client, session, module="evidence")
    promised = _minutes(session, play.attempt_id)

    _grant(session, make, person, 0, clock)

    assert _minutes(session, play.attempt_id) == promised


def test_what_is_over_stays_over(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    play = start(person.client, session, module="evidence")
    before = _minutes(session, play.attempt_id)
    clock.advance(minutes=before, seconds=6)

    _grant(session, make, person, 400, clock)

    assert _minutes(session, play.attempt_id) == before


def test_it_is_noted_once_with_old_and_new(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    for percent in (25, 25):
        _grant(session, make, person, percent, clock)

    events = session.scalars(select(AuditEvent.details).where(AuditEvent.action == "user.extra_time")).all()
    assert events == [{"old": 0, "new": 25}]


@pytest.mark.parametrize("percent", ["-1", "401", "half", ""])
def test_a_page_refuses_what_is_no_such_number_and_keeps_it(make: Factory, percent: str) -> None:
    admin, person = make.person(Role.ADMIN), make.person()

    reply = admin.client.post(f"/admin/users/{person.user.id}/extra-time", data={"percent": percent})

    assert reply.status_code == 422
    assert f'value="{percent}"' in reply.text
