"""Notification settings, and mails that can be switched off with one click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.domain.notifications import NotificationKind
from app.models import Cohort
from app.services.people import notifications, users
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.mailbox import Mailbox, mail_server


@pytest.fixture
def smtp(app: Flask) -> Iterator[Mailbox]:
    with mail_server(app) as box:
        yield box


@pytest.fixture
def learner(make: Factory) -> Person:
    return make.person(email="ana@example.org")


@pytest.fixture
def cohort(make: Factory, learner: Person, clock: Clock) -> Cohort:
    """A cohort in which something is due tomorrow."""
    trainer = make.trainer()
    cohort = make.cohort(trainer, learner)
    make.assignment(trainer, cohort, due_at=clock() + timedelta(days=1))
    return cohort


def remind(app: Flask) -> None:
    assert app.test_cli_runner().invoke(args=["reminders", "send"]).exit_code == 0


def get_unsubscribe_path(smtp: Mailbox) -> str:
    header = smtp.mails[-1]["List-Unsubscribe"].strip()
    found = re.fullmatch(r"<http://localhost:8000(/unsubscribe/[\w.-]+)>", header)
    assert found, header
    return found[1]


def test_it_works(app: Flask, session: Session, smtp: Mailbox, learner: Person, cohort: Cohort) -> None:
    """Everything but the digest and reviews is on; what is switched off is not mailed."""
    page = learner.client.get("/account/notifications").text
    assert re.findall(r'value="(\w+)"\s+checked', page) == ["reminders", "messages", "replies"]
    assert 'value="digest"' not in page

    assert learner.client.post("/account/notifications", data={"mail": ["messages"]}).status_code == 303

    assert notifications.get_settings(session, learner.user) == {
        NotificationKind.REMINDERS: False,
        NotificationKind.MESSAGES: True,
        NotificationKind.REPLIES: False,
        NotificationKind.DIGEST: False,
        NotificationKind.REVIEWS: False,
    }
    remind(app)
    assert smtp.mails == []


def test_only_trainers_are_offered_the_digest(make: Factory, session: Session) -> None:
    trainer, learner = make.trainer(), make.person()
    for person in (trainer, learner):
        person.client.post("/account/notifications", data={"mail": ["digest"]})

    assert notifications.get_settings(session, trainer.user)[NotificationKind.DIGEST]
    assert not notifications.get_settings(session, learner.user)[NotificationKind.DIGEST]


def test_a_mail_program_unsubscribes_with_one_click(
    app: Flask, session: Session, client: FlaskClient, smtp: Mailbox, learner: Person, cohort: Cohort, clock: Clock
) -> None:
    """RFC 8058: a POST without cookies and without a CSRF token. Fails when the protection against forged forms refuses it."""
    app.config["WTF_CSRF_ENABLED"] = True
    remind(app)
    (mail,) = smtp.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    reply = client.post(get_unsubscribe_path(smtp), data={"List-Unsubscribe": "One-Click"})

    assert reply.status_code == 200
    settings = notifications.get_settings(session, learner.user)
    assert settings == {kind: kind is not NotificationKind.REMINDERS and kind.is_on_by_default for kind in settings}
    clock.advance(days=2)
    remind(app)
    assert len(smtp.mails) == 1


def test_opening_the_link_changes_nothing(
    app: Flask, session: Session, client: FlaskClient, smtp: Mailbox, learner: Person, cohort: Cohort
) -> None:
    """Virus scanners open links in mails."""
    remind(app)

    page = client.get(get_unsubscribe_path(smtp))

    assert "Reminders of due dates" in page.text
    assert notifications.get_settings(session, learner.user)[NotificationKind.REMINDERS]


def test_the_link_of_an_earlier_address_does_nothing(
    app: Flask, session: Session, client: FlaskClient, smtp: Mailbox, learner: Person, cohort: Cohort, clock: Clock
) -> None:
    """Whoever reads mail to the earlier address has no say in what is sent to the new one."""
    remind(app)
    path = get_unsubscribe_path(smtp)
    users.change_email(session, learner.user, learner.user, "new@example.org", clock())
    session.commit()

    assert client.post(path).status_code == 404
    assert client.post(f"{path}x").status_code == 404
    assert client.post("/unsubscribe/WzEsIngiLCJkaWdlc3QiXQ.forged").status_code == 404


@pytest.mark.parametrize("kind", list(NotificationKind))
def test_a_closed_account_is_not_mailed(session: Session, make: Factory, kind: NotificationKind) -> None:
    trainer = make.trainer()
    notifications.change_settings(session, trainer.user, dict.fromkeys(NotificationKind, True))
    assert notifications.wants_mail(session, trainer.user, kind)

    trainer.user.active = False

    assert not notifications.wants_mail(session, trainer.user, kind)


def test_every_mail_that_can_be_switched_off_says_where(app: Flask, smtp: Mailbox, cohort: Cohort) -> None:
    remind(app)

    assert "http://localhost:8000/account/notifications" in smtp.mails[0].get_content()
