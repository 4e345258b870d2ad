"""Messages from trainers: who gets them, once, on Home and by mail, and who has read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.notifications import NotificationKind
from app.models import AuditEvent, Cohort, MailState, Message, MessageRecipient
from app.services.cohorts import cohorts
from app.services.people import notifications
from tests.conftest import Clock
from tests.support.attempt_client import get_hidden_field
from tests.support.factory import Factory, Person
from tests.support.mailbox import Mailbox
from tests.support.message_cohort import ana, ben, cohort, path, send, smtp, trainer

__all__ = ["ana", "ben", "cohort", "smtp", "trainer"]


def list_checked(page: str) -> set[int]:
    return {
        int(found[1]) for found in re.finditer(r'<input\s+type="checkbox"\s+name="to"\s+value="(\d+)"\s+checked', page)
    }


def test_it_works(
    session: Session, smtp: Mailbox, trainer: Person, cohort: Cohort, ana: Person, ben: Person, clock: Clock
) -> None:
    """A message to one learner: on their Home and by mail, to nobody else, until they have read it."""
    page = trainer.client.get(f"{path(cohort)}/new?to={ana.learner.id}").text
    assert list_checked(page) == {ana.learner.id}

    assert send(trainer, cohort, ana) == path(cohort)

    (mail,) = smtp.mails
    assert (mail["To"], mail["Subject"]) == ("ana@example.org", "Message from Tilda Trainer: Year 2")
    assert "Please read module 2." in mail.get_content()
    assert "http://localhost:8000/account/notifications" in mail.get_content()
    assert "Please read module 2." in ana.client.get("/").text
    assert "Please read module 2." not in ben.client.get("/").text
    assert "Read by 0 of 1" in trainer.client.get(path(cohort)).text

    message_id = session.scalars(select(Message.id)).one()
    clock.advance(hours=1)
    assert ana.client.post(f"/messages/{message_id}/read").status_code == 303

    assert "Please read module 2." not in ana.client.get("/").text
    assert "Please read module 2." in ana.client.get("/messages").text
    assert "Read by 1 of 1" in trainer.client.get(path(cohort)).text
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "message.send")).one()
    assert event.details == {"message": message_id, "learners": [ana.learner.id]}


def test_sending_a_form_twice_sends_one_message(
    session: Session, smtp: Mailbox, trainer: Person, cohort: Cohort, ana: Person
) -> None:
    form_id = get_hidden_field(trainer.client.get(f"{path(cohort)}/new").text, "form_id")

    for _ in range(2):
        send(trainer, cohort, ana, form_id=form_id)

    assert session.scalar(select(func.count()).select_from(Message)) == 1
    assert len(smtp.mails) == 1


def test_the_page_says_who_gets_mail_and_who_has_the_same_name(
    make: Factory, session: Session, trainer: Person, cohort: Cohort, ana: Person
) -> None:
    notifications.change_settings(session, ana.user, {NotificationKind.MESSAGES: False})
    namesake = make.person(name="ANA LI", email="other.ana@example.org")
    make.join(cohort, namesake)
    session.commit()

    page = trainer.client.get(f"{path(cohort)}/new").text

    assert "ana@example.org" in page
    assert "other.ana@example.org" in page
    assert "ben@example.org" not in page
    assert [" ".join(found.split()) for found in re.findall(r"home page (?:only|and e-mail)", page)].count(
        "home page only"
    ) == 1


def test_without_a_mail_server_everybody_sees_it_on_home(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, trainer: Person, cohort: Cohort, ana: Person
) -> None:
    monkeypatch.setattr("app.web.mail.is_delivering", lambda: False)

    send(trainer, cohort, ana)

    assert session.scalars(select(MessageRecipient.delivery)).all() == [MailState.NONE]
    assert "Please read module 2." in ana.client.get("/").text


def test_who_switched_it_off_gets_no_mail(
    session: Session, smtp: Mailbox, trainer: Person, cohort: Cohort, ana: Person, ben: Person
) -> None:
    notifications.change_settings(session, ana.user, {NotificationKind.MESSAGES: False})
    session.commit()

    send(trainer, cohort, ana, ben)

    assert [mail["To"] for mail in smtp.mails] == ["ben@example.org"]
    assert "Please read module 2." in ana.client.get("/").text


def test_who_left_does_not_get_it(
    session: Session, trainer: Person, cohort: Cohort, ana: Person, ben: Person, clock: Clock
) -> None:
    """Removed before sending, they are left out; removed after it, they no longer see it on Home."""
    send(trainer, cohort, ana, text="First")
    cohorts.remove_member(session, trainer.user, cohort, ana.learner.id, clock())
    session.commit()

    assert "First" not in ana.client.get("/").text
    send(trainer, cohort, ana, ben, text="Second")

    assert "Second" not in ana.client.get("/messages").text
    page = trainer.client.get(path(cohort)).text
    assert "1 learner has left the cohort in the meantime" in page


def test_a_message_to_nobody_keeps_its_text(trainer: Person, cohort: Cohort, make: Factory) -> None:
    stranger = make.person()
    for to in ([], [str(stranger.learner.id)], ["x", "-1", "9" * 30]):
        reply = trainer.client.post(f"{path(cohort)}/new", data={"to": to, "text": "A long text"})

        assert reply.status_code == 422
        assert "A long text" in reply.text
        assert "Choose at least one learner." in reply.text


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "x" * 4001])
def test_a_text_that_cannot_be_sent_is_refused(
    session: Session, trainer: Person, cohort: Cohort, ana: Person, text: str
) -> None:
    reply = trainer.client.post(f"{path(cohort)}/new", data={"to": str(ana.learner.id), "text": text})

    assert reply.status_code == 422
    assert list_checked(reply.text) == {ana.learner.id}
    assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_those_who_need_attention_are_chosen(
    make: Factory, session: Session, trainer: Person, cohort: Cohort, ana: Person, ben: Person, clock: Clock
) -> None:
    make.assignment(trainer, cohort, due_at=clock() + timedelta(hours=1))
    clock.advance(days=1)

    assert list_checked(trainer.client.get(f"{path(cohort)}/new?to=attention").text) == {
        ana.learner.id,
        ben.learner.id,
    }


def test_everybody_is_chosen_without_a_choice(trainer: Person, cohort: Cohort, ana: Person, ben: Person) -> None:
    assert list_checked(trainer.client.get(f"{path(cohort)}/new").text) == {ana.learner.id, ben.learner.id}


def test_markup_is_shown_as_text_and_addresses_are_links(trainer: Person, cohort: Cohort, ana: Person) -> None:
    text = "<script>alert(1)</script> see https://example.org/a?b=1&c=2. or javascript:alert(1)"
    send(trainer, cohort, ana, text=text)

    for page in (ana.client.get("/").text, ana.client.get("/messages").text, trainer.client.get(path(cohort)).text):
        assert "<script>alert(1)" not in page
        assert (
            '<a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">'
            "https://example.org/a?b=1&amp;c=2</a>." in page
        )
        assert 'href="javascript' not in page


def test_an_archived_cohort_is_not_written_to(
    session: Session, trainer: Person, cohort: Cohort, ana: Person, clock: Clock
) -> None:
    cohorts.archive(session, trainer.user, cohort, clock())
    session.commit()

    assert trainer.client.get(f"{path(cohort)}/new").status_code == 200
    reply = trainer.client.post(f"{path(cohort)}/new", data={"to": str(ana.learner.id), "text": "Hello"})
    assert reply.status_code == 409
    assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_trainer_can_send_so_many_messages_an_hour(app: Flask, trainer: Person, cohort: Cohort, ana: Person) -> None:
    """Forms with errors do not count."""
    app.config["RATELIMIT_ENABLED"] = True
    trainer.client.post(f"{path(cohort)}/new", data={"text": ""})
    form = {"to": str(ana.learner.id), "text": "Hello"}

    statuses = [trainer.client.post(f"{path(cohort)}/new", data=form).status_code for _ in range(31)]

    assert statuses == [303] * 30 + [429]


def test_home_runs_one_statement_more(
    statements: Callable[[], list[str]], trainer: Person, cohort: Cohort, ana: Person
) -> None:
    for number in range(7):
        send(trainer, cohort, ana, text=f"Message {number}")
    statements()

    page = ana.client.get("/").text

    assert len([text for text in statements() if "message_recipient" in text]) == 1
    assert [f"Message {number}" in page for number in range(7)] == [False, False, True, True, True, True, True]


def test_a_list_of_many_costs_no_more(
    make: Factory, session: Session, statements: Callable[[], list[str]], trainer: Person, cohort: Cohort, ana: Person
) -> None:
    send(trainer, cohort, ana)
    statements()
    trainer.client.get(path(cohort))
    ana.client.get("/messages")
    few = len(statements())
    for _ in range(5):
        make.join(cohort, make.person())
    session.commit()
    trainer.client.post(
        f"{path(cohort)}/new",
        data={"to": [str(one.learner_id) for one in cohorts.list_members(session, cohort)], "text": "All"},
    )
    send(trainer, cohort, ana)
    statements()

    trainer.client.get(path(cohort))
    ana.client.get("/messages")

    assert len(statements()) == few
