"""The weekly digest: for trainers who want it, once a week, if there is anything to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.chores.letters import write_digests
from app.domain.notifications import NotificationKind
from app.models import Assignment, Cohort, CohortTrainer, Digest, QuestionReport, Role
from app.services.cohorts import cohorts
from app.services.people import notifications
from app.services.reporting import digests
from app.services.reporting.digests import DigestMail
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.mailbox import Mailbox, mail_server
from tests.support.submissions import AnswerKey, submit_test


class Letterbox:
    """Takes the digests that are written."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app, self.session = app, session
        self.letters: list[DigestMail] = []

    def fill(self, store: Callable[[DigestMail], None] | None = None) -> int:
        """Write what is due now, in transactions of its own; return how many."""
        written = 0
        with self.app.app_context():
            for count in write_digests(self.session, store=store or self.letters.append):
                self.session.commit()
                written += count
            self.session.rollback()
        return written


@pytest.fixture
def box(app: Flask, session: Session) -> Letterbox:
    return Letterbox(app, session)


@pytest.fixture
def trainer(make: Factory, session: Session) -> Person:
    trainer = make.trainer(name="Tilda", email="tilda@example.org")
    notifications.change_settings(session, trainer.user, {NotificationKind.DIGEST: True})
    session.commit()
    return trainer


@pytest.fixture
def learner(make: Factory) -> Person:
    return make.person(name="Ana Li")


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner)


@pytest.fixture
def assignment(make: Factory, trainer: Person, cohort: Cohort, clock: Clock) -> Assignment:
    return make.assignment(trainer, cohort, title="Safety", due_at=clock() + timedelta(days=5))


@pytest.fixture
def smtp(app: Flask) -> Iterator[Mailbox]:
    with mail_server(app) as box:
        yield box


def test_it_says_what_happened_once_a_week(
    session: Session, clock: Clock, box: Letterbox, cohort: Cohort, assignment: Assignment, learner: Person
) -> None:
    attempt = submit_test(session, learner, assignment, clock(), AnswerKey(session).all_right)
    session.add(QuestionReport(attempt_id=attempt.id, position=1, says="Unclear", reported_at=clock()))
    session.commit()
    clock.advance(hours=1)

    first = box.fill()
    clock.advance(days=1)
    second = box.fill()

    (letter,) = box.letters
    (told,) = letter.cohorts
    assert (told.title, told.results, told.passed, told.reports, told.needing) == ("Year 2", 1, 1, 1, 0)
    assert [one.title for one in told.due] == ["Safety"]
    assert (letter.email, letter.week, first, second) == ("tilda@example.org", "2026-W48", 1, 0)


def test_the_next_digest_begins_where_the_last_one_ended(
    session: Session, clock: Clock, box: Letterbox, assignment: Assignment, learner: Person
) -> None:
    submit_test(session, learner, assignment, clock(), AnswerKey(session).all_wrong)
    clock.advance(hours=1)
    box.fill()
    submit_test(session, learner, assignment, clock.advance(days=1), AnswerKey(session).all_right)

    clock.advance(days=7)
    box.fill()

    assert [(letter.cohorts[0].results, letter.cohorts[0].passed) for letter in box.letters] == [(1, 0), (1, 1)]


def test_a_week_in_which_nothing_happened_sends_nothing(
    session: Session, clock: Clock, box: Letterbox, cohort: Cohort
) -> None:
    assert box.fill() == 0
    assert session.scalars(select(Digest)).all() == []


def test_each_reader_is_a_step(
    app: Flask, make: Factory, session: Session, trainer: Person, cohort: Cohort, assignment: Assignment
) -> None:
    """Fails when a server that stops must wait until all readers without news were looked at."""
    for _ in range(2):
        notifications.change_settings(session, make.trainer().user, {NotificationKind.DIGEST: True})
    session.commit()

    with app.app_context():
        steps = list(write_digests(session, store=lambda _letter: None))

    assert steps == [1, 0, 0]


def test_who_needs_attention_is_named(
    session: Session, clock: Clock, box: Letterbox, assignment: Assignment, learner: Person
) -> None:
    clock.advance(days=6)
    box.fill()

    assert (box.letters[0].cohorts[0].attention, box.letters[0].cohorts[0].needing) == (("Ana Li",), 1)


@pytest.mark.parametrize("change", ["off", "inactive", "role", "not taught", "archived"])
def test_who_has_no_right_or_wish_gets_none(
    session: Session,
    clock: Clock,
    box: Letterbox,
    trainer: Person,
    cohort: Cohort,
    assignment: Assignment,
    change: str,
) -> None:
    match change:
        case "off":
            notifications.change_settings(session, trainer.user, {NotificationKind.DIGEST: False})
        case "inactive":
            trainer.user.active = False
        case "role":
            trainer.user.role = Role.LEARNER
        case "not taught":
            session.delete(session.get_one(CohortTrainer, (cohort.id, trainer.user.id)))
        case _:
            cohorts.archive(session, trainer.user, cohort, clock())
    session.commit()

    assert box.fill() == 0


def test_a_digest_is_recorded_together_with_its_mail(session: Session, box: Letterbox, assignment: Assignment) -> None:
    """Fails when the record is committed before the mail is stored: a digest could be lost."""

    def fail(_letter: DigestMail) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        box.fill(store=fail)
    session.rollback()

    assert session.scalars(select(Digest)).all() == []
    assert box.fill() == 1


def test_a_run_beside_another_writes_nothing_twice(
    session: Session, clock: Clock, box: Letterbox, assignment: Assignment
) -> None:
    """The other run writes the digest after this one has built it."""
    (reader,) = digests.list_readers(session, clock())
    letter = digests.build_digest(session, reader, clock())
    box.fill()

    assert letter is not None
    assert not digests.note(session, letter, clock())


def test_it_is_not_written_before_monday_morning(
    session: Session, clock: Clock, box: Letterbox, trainer: Person, assignment: Assignment
) -> None:
    """In the time zone of the trainer. Fails when the week of a digest begins at midnight."""
    trainer.learner.time_zone = "Europe/Berlin"
    session.commit()
    box.fill()
    clock.now = datetime(2026, 11, 30, 4, 59, tzinfo=UTC)
    early = box.fill()
    clock.advance(minutes=2)

    assert (early, box.fill()) == (0, 1)


@pytest.mark.parametrize(
    ("moment", "zone", "week"),
    [
        (datetime(2026, 11, 29, 23, 30, tzinfo=UTC), "UTC", "2026-W48"),
        (datetime(2026, 11, 29, 23, 30, tzinfo=UTC), "Europe/Berlin", "2026-W49"),
        (datetime(2027, 1, 1, 12, 0, tzinfo=UTC), "UTC", "2026-W53"),
    ],
)
def test_a_week_is_that_of_the_trainers_calendar(moment: datetime, zone: str, week: str) -> None:
    assert digests.get_week(moment, zone) == week


def test_the_command_mails_it(app: Flask, smtp: Mailbox, assignment: Assignment) -> None:
    result = app.test_cli_runner().invoke(args=["digest", "send"])

    assert (result.output, result.exit_code) == ("1 written.\n", 0)
    (mail,) = smtp.mails
    assert (mail["To"], mail["Subject"]) == ("tilda@example.org", "Your cohorts this week")
    text = mail.get_content().replace("\r\n", "\n")
    assert "Year 2\nhttp://localhost:8000/teach/cohorts/" in text
    assert "- Due Sat 28 Nov, 10:00: Safety" in text
    assert "/unsubscribe/" in mail["List-Unsubscribe"]
