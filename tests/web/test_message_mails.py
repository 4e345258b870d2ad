"""The mails of messages: refused, sent again, sent once, and only with the rights at that time."""

from __future__ import annotations

from smtplib import SMTPAuthenticationError

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.notifications import NotificationKind
from app.models import Cohort, CohortTrainer, MailState, Message, MessageRecipient, Role
from app.services.cohorts import cohorts, message_mails, messages, trainers
from app.services.people import notifications
from app.web import message_delivery
from app.web.mail_connection import MailFailure
from app.web.smtp import EmailBackend
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.mailbox import Mailbox
from tests.support.message_cohort import ana, ben, cohort, path, send, smtp, trainer

__all__ = ["ana", "ben", "cohort", "smtp", "trainer"]


def test_a_refused_mail_is_seen_and_can_be_sent_again(
    app: Flask, session: Session, smtp: Mailbox, trainer: Person, cohort: Cohort, ana: Person
) -> None:
    """Fails when a failure is only logged, or when another try mails those who have it."""
    app.extensions["mailman"].port = 1
    send(trainer, cohort, ana)
    assert "1 e-mail failed" in trainer.client.get(path(cohort)).text
    assert "Try again" in trainer.client.get(path(cohort)).text
    assert "Please read module 2." in ana.client.get("/").text

    app.extensions["mailman"].port = smtp.port
    message_id = session.scalars(select(Message.id)).one()
    for _ in range(2):
        assert trainer.client.post(f"{path(cohort)}/{message_id}/retry").status_code == 303

    assert len(smtp.mails) == 1
    assert "1 e-mail sent" in trainer.client.get(path(cohort)).text


@pytest.mark.parametrize(
    ("reply", "is_retried"), [("550 No such user", False), ("451 Try again later", True)], ids=["for good", "for now"]
)
def test_a_final_refusal_is_tried_again_by_the_trainer_only(
    session: Session,
    smtp: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    trainer: Person,
    cohort: Cohort,
    ana: Person,
    clock: Clock,
    reply: str,
    is_retried: bool,
) -> None:
    """Fails when an address that does not exist is tried again each hour for three days."""

    async def refuse(*_: object) -> str:
        return reply

    with monkeypatch.context() as patched:
        patched.setattr(Mailbox, "handle_RCPT", refuse, raising=False)
        send(trainer, cohort, ana)
    page = trainer.client.get(path(cohort)).text

    assert "1 e-mail failed" in page
    assert ("refused the e-mail" in page) is not is_retried
    assert message_mails.retry_recent(session, clock.advance(hours=1)) == int(is_retried)
    session.rollback()
    message_id = session.scalars(select(Message.id)).one()
    assert trainer.client.post(f"{path(cohort)}/{message_id}/retry").status_code == 303
    assert len(smtp.mails) == 1


def test_a_mail_server_that_refuses_the_sign_in_refuses_no_mail_for_good(
    session: Session,
    smtp: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    trainer: Person,
    cohort: Cohort,
    ana: Person,
) -> None:
    """Fails when a wrong PALPATE_MAIL looks like wrong addresses of all learners."""

    def refuse(_: EmailBackend) -> bool:
        raise SMTPAuthenticationError(535, b"wrong password")

    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "open", refuse)
        send(trainer, cohort, ana)

    assert session.scalars(select(MessageRecipient.delivery)).all() == [MailState.FAILED]


def test_mails_that_wait_since_the_server_stopped_are_sent_by_the_command(
    app: Flask, session: Session, smtp: Mailbox, trainer: Person, cohort: Cohort, ana: Person, clock: Clock
) -> None:
    messages.send(session, trainer.user, cohort, [ana.learner.id], "Hello", clock(), is_mailed=True)
    session.commit()

    for _ in range(2):
        result = app.test_cli_runner().invoke(args=["messages", "send"])
        assert result.exit_code == 0

    assert len(smtp.mails) == 1


@pytest.mark.parametrize("change", ["trainer removed", "trainer demoted", "learner left", "learner closed", "off"])
def test_rights_and_wishes_are_checked_when_a_mail_is_sent(
    make: Factory, session: Session, trainer: Person, cohort: Cohort, ana: Person, clock: Clock, change: str
) -> None:
    other = make.trainer()
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=other.user.id))
    messages.send(session, trainer.user, cohort, [ana.learner.id], "Hello", clock(), is_mailed=True)
    session.commit()
    match change:
        case "trainer removed":
            trainers.remove(session, make.admin().user, cohort, trainer.user.id, clock())
        case "trainer demoted":
            trainer.user.role = Role.LEARNER
        case "learner left":
            cohorts.remove_member(session, trainer.user, cohort, ana.learner.id, clock())
        case "learner closed":
            ana.user.active = False
        case _:
            notifications.change_settings(session, ana.user, {NotificationKind.MESSAGES: False})
    session.commit()

    sent: list[message_mails.MessageMail] = []
    (key,) = message_mails.list_waiting(session)
    letter = message_mails.claim(session, key, clock())
    if letter:
        sent.append(letter)

    assert sent == []
    assert session.scalars(select(MessageRecipient.delivery)).all() == [MailState.NONE]
    assert message_mails.list_waiting(session) == []


def test_a_mail_is_sent_once_by_two_processes(
    app: Flask, session: Session, trainer: Person, cohort: Cohort, ana: Person, clock: Clock
) -> None:
    """The other process works while this one is sending."""
    messages.send(session, trainer.user, cohort, [ana.learner.id], "Hello", clock(), is_mailed=True)
    session.commit()
    sent: list[str] = []

    def post(letter: message_mails.MessageMail) -> MailFailure | None:
        sent.append(letter.email)
        message_delivery.deliver(session, post)
        return None

    with app.app_context():
        delivered = message_delivery.deliver(session, post)

    assert (sent, delivered.sent) == (["ana@example.org"], 1)


def test_an_interrupted_mail_is_sent_again_after_a_while(
    session: Session, trainer: Person, cohort: Cohort, ana: Person, clock: Clock
) -> None:
    """R28: by the trainer or by the server. It may have arrived, but may not be lost."""
    message = messages.send(session, trainer.user, cohort, [ana.learner.id], "Hello", clock(), is_mailed=True)
    session.commit()
    (key,) = message_mails.list_waiting(session)
    assert "Try again" not in trainer.client.get(path(cohort)).text, "it was only just sent"
    assert message_mails.claim(session, key, clock())
    session.commit()

    assert "Try again" not in trainer.client.get(path(cohort)).text
    assert message_mails.retry(session, message, clock()) == 0
    assert message_mails.retry_recent(session, clock()) == 0
    session.commit()
    clock.advance(minutes=11)
    assert "Try again" in trainer.client.get(path(cohort)).text
    assert message_mails.retry(session, message, clock()) == 1
    session.rollback()
    assert message_mails.retry_recent(session, clock()) == 1
