"""Reminders: the right people are told, of what they can still do, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.chores.letters import write_reminders
from app.domain.assignment import AssignmentState, GradingMethod
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Assignment, AssignmentException, AssignmentRecipient, Cohort, QuestionRow, Reminder
from app.services.assignments import availability, reminders
from app.services.assignments.reminders import ReminderKind, ReminderMail
from app.services.cohorts import cohorts
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import AFTER_CLOSING, Factory, Person
from tests.support.mailbox import Mailbox, mail_server

SOON = timedelta(hours=30)


class Letterbox:
    """Takes the reminders that are written."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app, self.session = app, session
        self.letters: list[ReminderMail] = []

    def fill(self, soon: timedelta = timedelta(hours=48), store: Callable[[ReminderMail], None] | None = None) -> int:
        """Write what is due now, in transactions of its own; return how many."""
        written = 0
        with self.app.app_context():
            for count in write_reminders(self.session, soon, store=store or self.letters.append):
                self.session.commit()
                written += count
            self.session.rollback()
        return written


@pytest.fixture
def box(app: Flask, session: Session) -> Letterbox:
    return Letterbox(app, session)


@pytest.fixture
def learner(make: Factory) -> Person:
    return make.person(name="Ana O'Neill", email="ana@example.org")


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner)


@pytest.fixture
def assignment(make: Factory, trainer: Person, cohort: Cohort, clock: Clock) -> Assignment:
    return make.assignment(trainer, cohort, title="Safety", due_at=clock() + SOON)


def titles(session: Session, kind: ReminderKind, now: datetime) -> list[str]:
    return [item.title for letter in reminders.list_reminders(session, kind, now) for item in letter.items]


def test_everything_due_soon_comes_in_one_letter_once(
    make: Factory,
    session: Session,
    clock: Clock,
    box: Letterbox,
    trainer: Person,
    cohort: Cohort,
    assignment: Assignment,
) -> None:
    make.assignment(trainer, cohort, title="Evidence", due_at=clock() + timedelta(hours=3))
    make.assignment(trainer, cohort, title="Next month", due_at=clock() + timedelta(days=30))

    first, second = box.fill(), box.fill()

    (letter,) = box.letters
    assert (letter.name, letter.email, letter.kind) == ("Ana O'Neill", "ana@example.org", ReminderKind.DUE)
    assert [item.title for item in letter.items] == ["Evidence", "Safety"]
    assert (first, second) == (1, 0)


def test_a_reminder_is_recorded_together_with_its_mail(
    session: Session, box: Letterbox, assignment: Assignment
) -> None:
    """Fails when the record is committed before the mail is stored: a reminder could be lost."""

    def fail(_letter: ReminderMail) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        box.fill(store=fail)
    session.rollback()

    assert session.scalar(select(func.count()).select_from(Reminder)) == 0
    assert box.fill() == 1
    assert session.scalar(select(func.count()).select_from(Reminder)) == 1


def test_a_run_beside_another_writes_nothing_twice(
    session: Session, clock: Clock, box: Letterbox, assignment: Assignment
) -> None:
    """The other run writes the letter after this one has listed it."""
    (letter,) = reminders.list_reminders(session, ReminderKind.DUE, clock(), SOON)
    box.fill()

    assert not reminders.note(session, letter, clock())


@pytest.mark.parametrize("is_right", [True, False])
def test_who_has_passed_or_has_no_attempt_left_is_not_told(
    make: Factory, session: Session, clock: Clock, trainer: Person, cohort: Cohort, learner: Person, *, is_right: bool
) -> None:
    assignment = make.assignment(trainer, cohort, due_at=clock() + SOON, attempts_allowed=None if is_right else 1)
    take_test(session, learner, assignment, clock(), is_right=is_right)

    assert titles(session, ReminderKind.DUE, clock()) == []


def test_who_failed_and_may_try_again_is_told(
    session: Session, clock: Clock, learner: Person, assignment: Assignment
) -> None:
    take_test(session, learner, assignment, clock(), is_right=False)

    assert titles(session, ReminderKind.DUE, clock()) == ["Safety"]


@pytest.mark.parametrize("is_right", [True, False])
def test_no_reminder_tells_a_score_that_waits(
    make: Factory, session: Session, clock: Clock, trainer: Person, cohort: Cohort, learner: Person, *, is_right: bool
) -> None:
    """Fails when those who failed are reminded, and those who passed are not, before either may know it."""
    waits = ReleasePolicy(ReleaseMoment.CLOSING, ReleaseMoment.CLOSING, ReleaseMoment.CLOSING, ReleaseMoment.CLOSING)
    assignment = make.assignment(trainer, cohort, due_at=clock() + SOON, attempts_allowed=2, policy=waits)
    take_test(session, learner, assignment, clock(), is_right=is_right)

    assert titles(session, ReminderKind.DUE, clock()) == []


def test_who_passed_once_and_failed_since_is_told_where_the_latest_counts(
    make: Factory, session: Session, clock: Clock, trainer: Person, cohort: Cohort, learner: Person
) -> None:
    """Fails when a reminder and the learner's own list differ on what is to be done."""
    assignment = make.assignment(trainer, cohort, due_at=clock() + SOON, counts=GradingMethod.LATEST)
    take_test(session, learner, assignment, clock(), is_right=True)
    take_test(session, learner, assignment, clock(), is_right=False)

    assert titles(session, ReminderKind.DUE, clock()) == ["The test"]


def test_nobody_is_told_of_what_is_none_of_theirs_now(
    session: Session, clock: Clock, trainer: Person, learner: Person, cohort: Cohort, assignment: Assignment
) -> None:
    """Each state by itself. Fails when one of the conditions is left out."""

    def told() -> bool:
        return titles(session, ReminderKind.DUE, clock()) != []

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
    cohorts.remove_member(session, trainer.user, cohort, learner.learner.id, clock())
    session.flush()
    assert not told()


def test_an_exception_counts(session: Session, clock: Clock, learner: Person, assignment: Assignment) -> None:
    """Who is excused has nothing due, and who has a later date is told of that one."""
    granted = AssignmentException(assignment_id=assignment.id, learner_id=learner.learner.id, is_excused=True)
    session.add(granted)
    session.flush()
    assert titles(session, ReminderKind.DUE, clock()) == []

    granted.is_excused, granted.due_at = False, clock() + timedelta(days=9)
    session.flush()
    assert titles(session, ReminderKind.DUE, clock()) == []

    clock.advance(days=8)
    (letter,) = reminders.list_reminders(session, ReminderKind.DUE, clock())
    assert letter.items[0].due_at == granted.due_at


def test_what_is_overdue_is_told_once_and_only_while_it_can_be_done(
    make: Factory,
    session: Session,
    clock: Clock,
    box: Letterbox,
    trainer: Person,
    cohort: Cohort,
    assignment: Assignment,
) -> None:
    make.assignment(trainer, cohort, title="Closes", due_at=clock() + SOON, policy=AFTER_CLOSING)
    box.fill()

    clock.advance(days=2)
    box.fill()
    clock.advance(days=2)
    box.fill()

    assert [(letter.kind, [item.title for item in letter.items]) for letter in box.letters] == [
        (ReminderKind.DUE, ["Safety", "Closes"]),
        (ReminderKind.OVERDUE, ["Safety"]),
    ]


def test_a_server_that_was_off_for_weeks_sends_no_old_news(
    session: Session, clock: Clock, assignment: Assignment
) -> None:
    clock.advance(days=21)

    assert titles(session, ReminderKind.OVERDUE, clock()) == []


@pytest.fixture
def smtp(app: Flask) -> Iterator[Mailbox]:
    with mail_server(app) as box:
        yield box


def test_the_command_mails_it_by_a_real_mail_server(
    app: Flask, session: Session, smtp: Mailbox, assignment: Assignment
) -> None:
    assignment.title = "O'Neill & Sicherheit – näher"
    session.commit()

    result = app.test_cli_runner().invoke(args=["reminders", "send"])

    (mail,) = smtp.mails
    assert (result.output, result.exit_code) == ("1 written.\n", 0)
    assert (mail["To"], mail["Subject"]) == ("ana@example.org", "Due soon: O'Neill & Sicherheit – näher")
    assert "- O'Neill & Sicherheit – näher (" in mail.get_content()
    assert "Ana" not in mail.get_content()  # nobody has confirmed that the address is Ana's
    assert f"http://localhost:8000/assignments/{assignment.id}" in mail.get_content()
    assert "/modules/" not in mail.get_content()
    assert "Due: Tue 24 Nov, 16:00 (Berlin time)" in mail.get_content()


def test_the_command_says_what_failed_and_fails(app: Flask, smtp: Mailbox, assignment: Assignment) -> None:
    app.extensions["mailman"].port = 1

    result = app.test_cli_runner().invoke(args=["reminders", "send"])

    assert result.exit_code == 2
    assert "1 mail could not be sent (ConnectionRefusedError). The next run tries again." in result.output


# -- a date that moved, and who was not there ------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["terms", "exception"])
def test_a_moved_due_date_is_told_again_once(
    session: Session, clock: Clock, box: Letterbox, learner: Person, assignment: Assignment, by: str
) -> None:
    """Fails when "told once" is kept by assignment instead of by the date that was said."""
    box.fill()
    moved = clock() + timedelta(days=12)
    if by == "terms":
        assignment.due_at = moved
    else:
        session.add(AssignmentException(assignment_id=assignment.id, learner_id=learner.learner.id, due_at=moved))
    session.commit()

    for _ in range(2):
        box.fill(timedelta(hours=720))

    assert [letter.items[0].is_moved for letter in box.letters] == [False, True]
    assert box.letters[1].items[0].due_at == moved
    if by == "terms":
        assignment.due_at = clock() + SOON
        session.commit()
        box.fill()
        assert box.letters[2].items[0].is_moved  # back to the first date, but the latest letter said another


def test_an_overdue_date_that_moved_is_told_when_it_has_passed_again(
    session: Session, clock: Clock, box: Letterbox, assignment: Assignment
) -> None:
    clock.advance(days=2)
    box.fill()
    assignment.due_at = clock() + timedelta(days=3)
    session.commit()
    clock.advance(days=4)
    box.fill()

    assert [letter.kind for letter in box.letters] == [ReminderKind.OVERDUE, ReminderKind.OVERDUE]


@pytest.mark.parametrize("joined", [timedelta(days=-1), timedelta(0), timedelta(days=1)])
def test_who_joined_after_a_due_date_is_not_reminded_of_it(
    make: Factory, session: Session, clock: Clock, trainer: Person, joined: timedelta
) -> None:
    due_at = clock() - timedelta(days=2)
    cohort = make.cohort(trainer, make.person(), joined_ago=clock() - due_at - joined)
    make.assignment(trainer, cohort, due_at=due_at)

    assert bool(titles(session, ReminderKind.OVERDUE, clock())) == (joined < timedelta(0))


def test_what_left_the_course_is_not_reminded_of(
    session: Session, make: Factory, clock: Clock, assignment: Assignment
) -> None:
    assert titles(session, ReminderKind.DUE, clock())

    make.module().retired_at = clock()
    session.flush()

    assert not titles(session, ReminderKind.DUE, clock())
    make.module().retired_at = None
    session.execute(update(QuestionRow).values(retired_at=clock()))
    assert not titles(session, ReminderKind.DUE, clock())


def test_whose_time_ran_out_is_not_told_to_try_again_before_it_is_marked(
    make: Factory, session: Session, clock: Clock, trainer: Person, cohort: Cohort, learner: Person
) -> None:
    assignment = make.assignment(trainer, cohort, due_at=clock() + SOON, time_limit_minutes=10, attempts_allowed=3)
    start_attempt(session, learner, assignment, clock())
    clock.advance(minutes=11)

    assert titles(session, ReminderKind.DUE, clock()) == []
    (listed,) = availability.list_due(session, learner.learner, clock())
    assert listed.state is AssignmentState.SUBMITTED
    assert listed.can_start


@pytest.mark.parametrize(
    ("seconds", "kind"), [(-1, ReminderKind.DUE), (0, ReminderKind.DUE), (1, ReminderKind.OVERDUE)]
)
def test_at_the_second_of_the_due_date_the_list_and_the_reminders_agree(
    session: Session, clock: Clock, learner: Person, assignment: Assignment, seconds: int, kind: ReminderKind
) -> None:
    assert assignment.due_at is not None
    now = assignment.due_at + timedelta(seconds=seconds)

    (listed,) = availability.list_due(session, learner.learner, now)
    told = [one for one in ReminderKind if titles(session, one, now)]

    assert listed.is_overdue == (kind is ReminderKind.OVERDUE)
    assert told == [kind]
