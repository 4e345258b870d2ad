"""A learner reports a question; whoever is responsible sees it as it was asked and answered, and replies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import AuditEvent, QuestionReport, QuestionVersion, Role
from tests.conftest import Clock
from tests.factory import Make, Person
from tests.playing import Play, start, start_assigned

SAYS = "Two answers are right: the source names both."


@pytest.fixture
def assigned(make: Make, session: Session) -> tuple[Play, Person, Person]:
    """An assigned test under way, its trainer, and another one."""
    trainer, learner = make.trainer(name="Dr Ilse Brandt"), make.person(name="Nadia Petrović")
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    return start_assigned(learner.client, session, assignment.id), trainer, make.trainer()


def _report(play: Play, n: int = 1, says: str = SAYS) -> None:
    assert play.client.post(f"{play.path}/{n}/report", data={"says": says}).status_code == 303


def _path(session: Session) -> str:
    return f"/teach/reports/{session.scalars(select(QuestionReport.id)).one()}"


def test_a_report_reaches_the_trainer_and_the_reply_the_learner(
    assigned: tuple[Play, Person, Person], session: Session
) -> None:
    play, trainer, _ = assigned
    play.answer(1, play.at(1).wrong)
    _report(play)

    told = trainer.client.get("/teach").text
    listed = trainer.client.get("/teach/reports").text
    page = trainer.client.get(_path(session)).text
    replied = trainer.client.post(_path(session), data={"reply": "You are right. It is withdrawn."})
    play.submit()

    assert "1 reported question waits" in told
    assert SAYS in listed
    assert SAYS in page
    assert "Nadia Petrović reported a question" in page
    assert "Your answer" in page
    assert replied.status_code == 303
    assert "You are right. It is withdrawn." in play.result().text
    assert session.scalar(select(func.count()).where(AuditEvent.action == "question_report.reply")) == 1


def test_the_trainer_sees_the_version_that_was_shown(
    assigned: tuple[Play, Person, Person], session: Session, clock: Clock
) -> None:
    """Fails when the report is shown with the question as it is now."""
    play, trainer, _ = assigned
    _report(play)
    version = session.get_one(QuestionVersion, play.at(1).version_id)
    version.superseded_at = clock.now + timedelta(hours=1)
    session.commit()

    page = trainer.client.get(_path(session)).text

    assert f"version {version.number}; it was changed or withdrawn since" in page


def test_another_trainer_sees_nothing_of_it(assigned: tuple[Play, Person, Person], session: Session) -> None:
    """Threat 12."""
    play, _, stranger = assigned
    _report(play)

    assert SAYS not in stranger.client.get("/teach/reports").text
    assert "waits for a reply" not in stranger.client.get("/teach").text
    assert stranger.client.get(_path(session)).status_code == 404
    assert stranger.client.post(_path(session), data={"reply": "Mine."}).status_code == 404


def test_a_report_from_practice_goes_to_administrators_alone(make: Make, session: Session) -> None:
    trainer, learner, admin = make.trainer(), make.person(), make.person(Role.ADMIN)
    make.cohort(trainer, learner)
    _report(start(learner.client, session, "practice"))

    assert SAYS not in trainer.client.get("/teach/reports").text
    assert SAYS in admin.client.get("/teach/reports").text


def test_a_guest_may_report_too(client: FlaskClient, make: Make, session: Session) -> None:
    _report(start(client, session, "practice"))

    assert "a guest" in make.person(Role.ADMIN).client.get("/teach/reports").text


def test_said_again_it_takes_the_place_of_what_was_said_until_there_is_a_reply(
    assigned: tuple[Play, Person, Person], session: Session
) -> None:
    play, trainer, _ = assigned
    _report(play)
    _report(play, says="I mean the third option.")
    trainer.client.post(_path(session), data={"reply": "Seen."})

    _report(play, says="And another thing.")

    assert session.scalars(select(QuestionReport.says)).all() == ["I mean the third option."]
    assert "Seen." in play.client.get(f"{play.path}/1/report").text


def test_the_first_reply_stands(assigned: tuple[Play, Person, Person], session: Session) -> None:
    play, trainer, _ = assigned
    _report(play)
    for words in ("The first.", "The second."):
        trainer.client.post(_path(session), data={"reply": words})

    assert session.scalars(select(QuestionReport.reply)).all() == ["The first."]


@pytest.mark.parametrize("says", ["", "   ", "\r\n", "x" * 2001])
def test_what_says_nothing_or_too_much_is_refused_and_kept(
    assigned: tuple[Play, Person, Person], session: Session, says: str
) -> None:
    play, _, _ = assigned

    reply = play.client.post(f"{play.path}/1/report", data={"says": says})

    assert reply.status_code == 422
    assert session.scalar(select(func.count(QuestionReport.id))) == 0


def test_a_report_tells_nothing_of_the_key_while_the_test_goes_on(
    assigned: tuple[Play, Person, Person], plant: Callable[[], str]
) -> None:
    """Threat 1."""
    canary = plant()
    play, _, _ = assigned

    _report(play)

    assert canary not in play.client.get(f"{play.path}/1/report").text


def test_a_script_in_a_report_is_text(assigned: tuple[Play, Person, Person], session: Session) -> None:
    """Threat 19."""
    play, trainer, _ = assigned
    _report(play, says="<script>alert(1)</script>\n=1+1")

    for page in (trainer.client.get("/teach/reports").text, trainer.client.get(_path(session)).text):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
