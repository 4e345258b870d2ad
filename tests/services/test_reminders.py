"""Reminders: the right people are told, of what they can still do, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.assignment import Counts
from app.domain.release import Policy, When
from app.models import Assignment, AssignmentException, AssignmentRecipient, Cohort, Reminder
from app.services.assigned import reminders
from app.services.assigned.reminders import Kind, Letter
from app.services.teaching import cohorts
from tests.conftest import Clock
from tests.factory import AFTER_CLOSING, Make, Person
from tests.mailbox import Mailbox, mail_server
from tests.taking import take

SOON = timedelta(hours=30)


class Letterbox:
    """Takes letters; ``is_broken`` refuses them, as a mail server does."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.is_broken = False

    def __call__(self, letter: Letter) -> None:
        if self.is_broken:
            raise ConnectionRefusedError
        self.letters.append(letter)


@pytest.fixture
def box() -> Letterbox:
    return Letterbox()


@pytest.fixture
def trainer(make: Make) -> Person:
    return make.trainer()


@pytest.fixture
def learner(make: Make) -> Person:
    return make.person(name="Ana O'Neill", email="ana@example.org")


@pytest.fixture
def cohort(make: Make, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner)


@pytest.fixture
def assignment(make: Make, trainer: Person, cohort: Cohort, clock: Clock) -> Assignment:
    return make.assignment(trainer, cohort, title="Safety", due_at=clock() + SOON)


def titles(session: Session, kind: Kind, now: datetime) -> list[str]:
    return [item.title for letter in reminders.list_letters(session, kind, now) for item in letter.items]


def test_everything_due_soon_comes_in_one_letter_once(
    make: Make, session: Session, clock: Clock, box: Letterbox, trainer: Person, cohort: Cohort, assignment: Assignment
) -> None:
    make.assignment(trainer, cohort, title="Evidence", due_at=clock() + timedelta(hours=3))
    make.assignment(trainer, cohort, title="Next month", due_at=clock() + timedelta(days=30))

    first, second = reminders.send(session, box, clock()), reminders.send(session, box, clock())

    (letter,) = box.letters
    assert (letter.name, letter.email, letter.kind) == ("Ana O'Neill", "ana@example.org", Kind.DUE)
    assert [item.title for item in letter.items] == ["Evidence", "Safety"]
    assert (first.letters, second.letters) == (1, 0)


def test_a_refused_letter_is_tried_again(
    session: Session, clock: Clock, box: Letterbox, assignment: Assignment
) -> None:
    """Fails when the note that it was sent stays though it was not."""
    box.is_broken = True
    failed = reminders.send(session, box, clock())
    box.is_broken = False
    sent = reminders.send(session, box, clock())

    assert (failed.letters, failed.failed, sent.letters, sent.failed) == (0, 1, 1, 0)
    assert session.scalar(select(func.count()).select_from(Reminder)) == 1


def test_a_run_beside_another_sends_nothing_twice(
    session: Session, clock: Clock, box: Letterbox, assignment: Assignment
) -> None:
    """The other run notes the letter while this one is at it. Fails when the note does not stop the sending."""

    def post(letter: Letter) -> None:
        box(letter)
        reminders.send(session, box, clock())

    reminders.send(session, post, clock())

    assert len(box.letters) == 1


@pytest.mark.parametrize("is_right", [True, False])
def test_who_has_passed_or_has_no_attempt_left_is_not_told(
    make: Make, session: Session, clock: Clock, trainer: Person, cohort: Cohort, learner: Person, *, is_right: bool
) -> None:
    assignment = make.assignment(trainer, cohort, due_at=clock() + SOON, attempts_allowed=None if is_right else 1)
    take(session, learner, assignment, clock(), is_right=is_right)

    assert titles(session, Kind.DUE, clock()) == []


def test_who_failed_and_may_try_again_is_told(
    session: Session, clock: Clock, learner: Person, assignment: Assignment
) -> None:
    take(session, learner, assignment, clock(), is_right=False)

    assert titles(session, Kind.DUE, clock()) == ["Safety"]


@pytest.mark.parametrize("is_right", [True, False])
def test_no_reminder_tells_a_score_that_waits(
    make: Make, session: Session, clock: Clock, trainer: Person, cohort: Cohort, learner: Person, *, is_right: bool
) -> None:
    """Fails when those who failed are reminded, and those who passed are not, before either may know it."""
    waits = Policy(When.CLOSING, When.CLOSING, When.CLOSING, When.CLOSING)
    assignment = make.assignment(trainer, cohort, due_at=clock() + SOON, attempts_allowed=2, policy=waits)
    take(session, learner, assignment, clock(), is_right=is_right)

    assert titles(session, Kind.DUE, clock()) == []


def test_who_passed_once_and_failed_since_is_told_where_the_latest_counts(
    make: Make, session: Session, clock: Clock, trainer: Person, cohort: Cohort, learner: Person
) -> None:
    """Fails when a reminder and the learner's own list differ on what is to be done."""
    assignment = make.assignment(trainer, cohort, due_at=clock() + SOON, counts=Counts.LATEST)
    take(session, learner, assignment, clock(), is_right=True)
    take(session, learner, assignment, clock(), is_right=False)

    assert titles(session, Kind.DUE, clock()) == ["The test"]


def test_nobody_is_told_of_what_is_none_of_theirs_now(
    session: Session, clock: Clock, trainer: Person, learner: Person, cohort: Cohort, assignment: Assignment
) -> None:
    """Each state by itself. Fails when one of the conditions is left out."""

    def told() -> bool:
        return titles(session, Kind.DUE, clock()) != []

    assert told()
    assignment.withdrawn_at = clock()
    session.flush()
    assert not told()
    assignment.withdrawn_at, assignment.opens_at = None, clock() + timedelta(hours=1)
    session.flush()
    assert not told()
    assignment.opens_at, cohort.archived_at = None, clock()
    session.flush()
    assert not told()
    cohort.archived_at, learner.user.active = None, False
    session.flush()
    assert not told()
    learner.user.active, assignment.is_for_all = True, False
    session.flush()
    assert not told()
    session.add(AssignmentRecipient(assignment_id=assignment.id, learner_id=learner.learner.id))
    session.flush()
    assert told()
    cohorts.remove(session, trainer.user, cohort, learner.learner.id, clock())
    session.flush()
    assert not told()


def test_an_exception_counts(session: Session, clock: Clock, learner: Person, assignment: Assignment) -> None:
    """Who is excused has nothing due, and who has a later date is told of that one."""
    granted = AssignmentException(assignment_id=assignment.id, learner_id=learner.learner.id, is_excused=True)
    session.add(granted)
    session.flush()
    assert titles(session, Kind.DUE, clock()) == []

    granted.is_excused, granted.due_at = False, clock() + timedelta(days=9)
    session.flush()
    assert titles(session, Kind.DUE, clock()) == []

    clock.advance(days=8)
    (letter,) = reminders.list_letters(session, Kind.DUE, clock())
    assert letter.items[0].due_at == granted.due_at


def test_what_is_overdue_is_told_once_and_only_while_it_can_be_done(
    make: Make, session: Session, clock: Clock, box: Letterbox, trainer: Person, cohort: Cohort, assignment: Assignment
) -> None:
    make.assignment(trainer, cohort, title="Closes", due_at=clock() + SOON, policy=AFTER_CLOSING)
    reminders.send(session, box, clock())

    clock.advance(days=2)
    reminders.send(session, box, clock())
    clock.advance(days=2)
    reminders.send(session, box, clock())

    assert [(letter.kind, [item.title for item in letter.items]) for letter in box.letters] == [
        (Kind.DUE, ["Safety", "Closes"]),
        (Kind.OVERDUE, ["Safety"]),
    ]


def test_a_server_that_was_off_for_weeks_sends_no_old_news(
    session: Session, clock: Clock, assignment: Assignment
) -> None:
    clock.advance(days=21)

    assert titles(session, Kind.OVERDUE, clock()) == []


@pytest.fixture
def smtp(app: Flask) -> Iterator[Mailbox]:
    with mail_server(app) as box:
        yield box


def test_the_command_mails_it_by_a_real_mail_server(
    app: Flask, session: Session, smtp: Mailbox, assignment: Assignment
) -> None:
    assignment.title = "Sicherheit – näher"
    session.commit()

    result = app.test_cli_runner().invoke(args=["reminders", "send"])

    (mail,) = smtp.mails
    assert (result.output, result.exit_code) == ("1 sent.\n", 0)
    assert (mail["To"], mail["Subject"]) == ("ana@example.org", "Due soon: Sicherheit – näher")
    assert "Hello Ana O'Neill," in mail.get_content()
    assert "http://localhost:8000/modules/safety" in mail.get_content()
    assert "Tue 24 Nov, 16:00, Europe/Berlin" in mail.get_content()


def test_the_command_says_what_failed_and_fails(app: Flask, smtp: Mailbox, assignment: Assignment) -> None:
    app.extensions["mailman"].port = 1

    result = app.test_cli_runner().invoke(args=["reminders", "send"])

    assert result.exit_code == 2
    assert "1 could not be sent" in result.output
