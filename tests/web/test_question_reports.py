"""A learner reports a question; whoever is responsible sees it as it was asked and answered, and replies."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Membership, QuestionReport, QuestionVersion, Role, User
from app.services.reporting import report_replies
from tests.conftest import Clock
from tests.support.attempt_client import AttemptClient, start, start_assigned
from tests.support.factory import Factory, Person
from tests.support.reported_question import SAYS, assigned, report

__all__ = ["assigned"]


def _path(session: Session) -> str:
    return f"/teach/reports/{session.scalars(select(QuestionReport.id)).one()}"


def test_a_report_reaches_the_trainer_and_the_reply_the_learner(
    assigned: tuple[AttemptClient, Person, Person], session: Session
) -> None:
    play, trainer, _ = assigned
    play.answer(1, play.at(1).wrong)
    report(play)

    told = trainer.client.get("/teach").text
    listed = trainer.client.get("/teach/reports").text
    page = trainer.client.get(_path(session)).text
    replied = trainer.client.post(_path(session), data={"reply": "You are right. It is withdrawn."})
    play.submit()

    assert "1 reported question is waiting for a reply" in told
    assert SAYS in listed
    assert SAYS in page
    assert "Nadia Petrović reported a question" in page
    assert "<bdi>Nadia Petrović</bdi>" in page, "the answer is named as the learner's, not the reader's"
    assert "Your answer" not in page
    assert replied.status_code == 303
    assert "You are right. It is withdrawn." in play.result().text
    assert session.scalar(select(func.count()).where(AuditEvent.action == "question_report.reply")) == 1


def test_the_trainer_sees_the_version_that_was_shown(
    assigned: tuple[AttemptClient, Person, Person], session: Session, clock: Clock
) -> None:
    """Fails when the report is shown with the question as it is now."""
    play, trainer, _ = assigned
    report(play)
    version = session.get_one(QuestionVersion, play.at(1).version_id)
    version.superseded_at = clock.now + timedelta(hours=1)
    session.commit()

    page = trainer.client.get(_path(session)).text

    assert f"version {version.number}" in page
    assert "Changed or withdrawn since" in page


def test_another_trainer_sees_nothing_of_it(assigned: tuple[AttemptClient, Person, Person], session: Session) -> None:
    """Threat 12."""
    play, _, stranger = assigned
    report(play)

    assert SAYS not in stranger.client.get("/teach/reports").text
    assert "waiting for a reply" not in stranger.client.get("/teach").text
    assert stranger.client.get(_path(session)).status_code == 404
    assert stranger.client.post(_path(session), data={"reply": "Mine."}).status_code == 404


def test_a_report_from_practice_goes_to_administrators_alone(make: Factory, session: Session) -> None:
    trainer, learner, admin = make.trainer(), make.person(), make.person(Role.ADMIN)
    make.cohort(trainer, learner)
    report(start(learner.client, session, "practice"))

    assert SAYS not in trainer.client.get("/teach/reports").text
    assert SAYS in admin.client.get("/teach/reports").text


def test_a_guest_may_report_too(client: FlaskClient, make: Factory, session: Session) -> None:
    report(start(client, session, "practice"))

    assert "Guest, " in make.person(Role.ADMIN).client.get("/teach/reports").text


def test_said_again_it_takes_the_place_of_what_was_said_until_there_is_a_reply(
    assigned: tuple[AttemptClient, Person, Person], session: Session
) -> None:
    play, trainer, _ = assigned
    report(play)
    report(play, says="I mean the third option.")
    trainer.client.post(_path(session), data={"reply": "Seen."})

    late = play.client.post(f"{play.path}/1/report", data={"says": "And another thing."})

    assert session.scalars(select(QuestionReport.says)).all() == ["I mean the third option."]
    assert late.status_code == 409, "it was not sent, and the page must not say that it was"
    assert "And another thing." in late.text
    assert "Seen." not in late.text, "a reply may name the right answer"
    play.submit()
    assert "Seen." in play.client.get(f"{play.path}/1/report").text


def test_the_first_reply_stands(assigned: tuple[AttemptClient, Person, Person], session: Session) -> None:
    play, trainer, _ = assigned
    report(play)
    for words in ("The first.", "The second."):
        trainer.client.post(_path(session), data={"reply": words})

    assert session.scalars(select(QuestionReport.reply)).all() == ["The first."]


@pytest.mark.parametrize("says", ["", "   ", "\r\n", "x" * 2001])
def test_what_says_nothing_or_too_much_is_refused_and_kept(
    assigned: tuple[AttemptClient, Person, Person], session: Session, says: str
) -> None:
    play, _, _ = assigned

    reply = play.client.post(f"{play.path}/1/report", data={"says": says})

    assert reply.status_code == 422
    assert session.scalar(select(func.count(QuestionReport.id))) == 0


def test_a_report_tells_nothing_of_the_key_while_the_test_goes_on(
    assigned: tuple[AttemptClient, Person, Person], plant: Callable[[], str]
) -> None:
    """Threat 1."""
    canary = plant()
    play, _, _ = assigned

    report(play)

    assert canary not in play.client.get(f"{play.path}/1/report").text


def test_a_script_in_a_report_is_text(assigned: tuple[AttemptClient, Person, Person], session: Session) -> None:
    """Threat 19."""
    play, trainer, _ = assigned
    report(play, says="<script>alert(1)</script>\n=1+1")

    for page in (trainer.client.get("/teach/reports").text, trainer.client.get(_path(session)).text):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


# -- confirmation and reply -------------------------------------------------------------------------------------------


def test_a_report_is_confirmed_in_the_opened_question_of_the_result(make: Factory, session: Session) -> None:
    """Fails when the page comes back with the question closed, or does not say that it is reported."""
    play = start(make.person().client, session, "practice")
    play.answer_all()
    play.submit()

    sent = play.client.post(f"{play.path}/2/report", data={"says": SAYS})
    page = play.client.get(sent.location).text

    assert sent.location.endswith("#report-2")
    item = page[page.index('id="answer-2"') : page.index('id="answer-3"')]
    assert "<details open" in " ".join(item.split())
    assert 'id="report-2"' in item
    assert "Reported. You will see the reply here." in item
    assert SAYS in item
    assert "You reported this question" not in page.replace(item, "")


@pytest.mark.parametrize("purpose", ["practice", "test"])
def test_a_report_is_confirmed_on_the_question_while_the_attempt_goes_on(
    purpose: str, make: Factory, session: Session
) -> None:
    play = start(make.person().client, session, purpose)

    sent = play.client.post(f"{play.path}/1/report", data={"says": SAYS})
    page = play.client.get(sent.location).text

    assert sent.location.endswith(f"{play.path}/1#report-1")
    assert "Reported. You will see the reply here." in page
    assert "You reported this question" not in play.page(2).text


def test_the_report_page_of_a_running_test_keeps_the_clock_and_the_options(make: Factory, session: Session) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), time_limit_minutes=20)
    play = start_assigned(learner.client, session, assignment.id)
    play.answer(1, play.at(1).wrong)

    page = play.client.get(f"{play.path}/1/report").text

    assert "data-seconds-left" in page
    assert "test-bar__leave" in page
    asked = " ".join(page[page.index('class="reported-question"') :].split())
    assert "disabled" in asked
    assert asked.count("checked") == 1, "the answer as given, which can't be changed here"
    assert 'class="top"' not in page


def _home(person: Person) -> str:
    return person.client.get("/").text


def test_a_reply_is_on_home_until_it_is_read(
    assigned: tuple[AttemptClient, Person, Person], make: Factory, session: Session
) -> None:
    play, trainer, _ = assigned
    learner = make.person()
    report(play)
    before = play.client.get("/").text
    trainer.client.post(_path(session), data={"reply": "You are right."})
    during = play.client.get("/").text + play.page(1).text
    play.submit()

    told = play.client.get("/").text
    looked = play.client.get("/").text
    opened = play.client.post(f"{play.path}/1/reply")
    read = play.client.get(opened.location).text
    again = play.client.post(f"{play.path}/1/reply")

    assert "reply to your report" not in before
    assert "reply to your report" not in during
    assert "You are right." not in during, "a reply may name the right answer"
    assert "1 reply to your report" in told
    assert "1 reply to your report" in looked, "only opening it makes it read"
    assert "reply to your report" not in _home(learner), "nobody else is told"
    assert "You are right." in read
    assert "Mark as read" not in read
    assert "reply to your report" not in play.client.get("/").text
    assert again.status_code == 303
    assert "Read</span>" in trainer.client.get(_path(session)).text


def test_two_replies_are_told_as_two(assigned: tuple[AttemptClient, Person, Person], session: Session) -> None:
    play, trainer, _ = assigned
    for n in (1, 2, 3):
        report(play, n)
    for report_id in session.scalars(select(QuestionReport.id).order_by(QuestionReport.id).limit(2)).all():
        trainer.client.post(f"/teach/reports/{report_id}", data={"reply": "Seen."})
    play.submit()

    assert "2 replies to your reports" in play.client.get("/").text


def test_home_offers_no_reply_that_cannot_be_opened(
    assigned: tuple[AttemptClient, Person, Person], session: Session, clock: Clock
) -> None:
    """The list and the action ask the same rule: a removed learner has no access to an open attempt."""
    play, trainer, _ = assigned
    report(play)
    trainer.client.post(_path(session), data={"reply": "Seen."})
    membership = session.scalars(select(Membership)).one()

    membership.removed_at = clock.now
    session.commit()

    assert "reply to your report" not in play.client.get("/").text
    assert play.client.post(f"{play.path}/1/reply").status_code == 404


# -- who is to be told ------------------------------------------------------------------------------------------------


def test_the_reporter_is_to_be_told_of_a_reply_once_there_is_one(
    assigned: tuple[AttemptClient, Person, Person], session: Session
) -> None:
    play, trainer, _ = assigned
    report(play)
    report_id = session.scalars(select(QuestionReport.id)).one()
    before = report_replies.get_recipient(session, report_id)
    trainer.client.post(_path(session), data={"reply": "Seen."})
    play.submit()

    found = report_replies.get_recipient(session, report_id)

    assert before is None
    assert found
    assert (found.user.name, found.n, found.reply, found.says) == ("Nadia Petrović", 1, "Seen.", SAYS)


@pytest.mark.parametrize("change", ["read", "deactivated", "removed"])
def test_nobody_is_told_who_knows_or_cannot_look(
    change: str, assigned: tuple[AttemptClient, Person, Person], session: Session, clock: Clock
) -> None:
    play, trainer, _ = assigned
    report(play)
    report_id = session.scalars(select(QuestionReport.id)).one()
    trainer.client.post(_path(session), data={"reply": "Seen."})
    if change != "removed":
        play.submit()
    if change == "read":
        play.client.post(f"{play.path}/1/reply")
    elif change == "deactivated":
        session.scalars(select(User).where(User.name == "Nadia Petrović")).one().active = False
    else:
        session.scalars(select(Membership)).one().removed_at = clock.now
    session.commit()

    assert report_replies.get_recipient(session, report_id) is None


def test_a_guest_has_no_address(client: FlaskClient, make: Factory, session: Session) -> None:
    report(start(client, session, "practice"))
    make.person(Role.ADMIN).client.post(_path(session), data={"reply": "Seen."})

    assert report_replies.get_recipient(session, session.scalars(select(QuestionReport.id)).one()) is None
    assert "1 reply to your report" in client.get("/").text


# -- a person's own data ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["waiting", "replied", "read"])
def test_a_report_in_any_state_is_exported_and_its_text_is_erased(
    state: str, assigned: tuple[AttemptClient, Person, Person], make: Factory, session: Session
) -> None:
    play, trainer, _ = assigned
    report(play)
    if state != "waiting":
        trainer.client.post(_path(session), data={"reply": "Dear Nadia, you are right."})
    if state == "read":
        play.client.post(f"{play.path}/1/reply")
    play.submit()
    admin = make.admin(with_password=True)
    user = session.scalars(select(User).where(User.name == "Nadia Petrović")).one()

    export = admin.client.post(f"/admin/users/{user.id}/export").data
    with zipfile.ZipFile(io.BytesIO(export)) as file:
        everything = file.read("everything.json").decode()
    erased = admin.client.post(f"/admin/users/{user.id}/erase", data={"confirm": user.email})
    session.expire_all()
    left = session.scalars(select(QuestionReport)).one()

    assert SAYS in everything
    assert ("Dear Nadia" in everything) == (state != "waiting")
    assert erased.status_code == 303
    assert SAYS not in left.says
    assert "Nadia" not in (left.reply or "")
    assert report_replies.get_recipient(session, left.id) is None
    assert SAYS not in trainer.client.get("/teach/reports").text
