"""Leaving, removing and bringing back: nobody's membership or teaching ends without their knowledge, and all can be undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Cohort, CohortTrainer, LessonProgress, LessonRow
from app.services.cohorts import cohorts, invitations
from app.services.cohorts.invitations import Invitee
from app.services.people import notices
from app.services.people.notices import NoticeKind
from app.web.translation import use_language
from tests.conftest import Clock
from tests.support.assigned_test import take_test
from tests.support.factory import Factory, Person

Mails = Callable[[], str]


@pytest.fixture
def mails(app: Flask, tmp_path: Path) -> Iterator[Mails]:
    before = app.config["MAIL_FILE_PATH"]
    app.config["MAIL_FILE_PATH"] = app.extensions["mailman"].file_path = str(tmp_path)

    def sent() -> str:
        found = "\n".join(file.read_text() for file in tmp_path.iterdir())
        return found.replace("=\n", "").replace("=3D", "=")

    yield sent
    app.config["MAIL_FILE_PATH"] = app.extensions["mailman"].file_path = before


@pytest.fixture
def maker(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


@pytest.fixture
def learner(make: Factory) -> Person:
    return make.person(name="Bo Ek", email="bo@example.org")


@pytest.fixture
def cohort(make: Factory, maker: Person, learner: Person) -> Cohort:
    return make.cohort(maker, learner, title="Year 2")


@pytest.fixture
def colleague(make: Factory, session: Session, cohort: Cohort) -> Person:
    colleague = make.trainer(name="Dr Ada Byron", email="ada@example.org")
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=colleague.user.id))
    session.commit()
    return colleague


def _path(cohort: Cohort, more: str) -> str:
    return f"/teach/cohorts/{cohort.id}/{more}"


def _press(person: Person, page: str, label: str) -> str:
    """Send the form of a page that has a button with this label; return the page that follows."""
    (form,) = (form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if f"{label}</button>" in form)
    action = re.search(r'action="([^"]+)"', form)
    assert action
    hidden = {}
    for field in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', field), re.search(r'value="([^"]*)"', field)
        if name and value:
            hidden[name[1]] = value[1]
    return person.client.post(action[1], data=hidden, follow_redirects=True).text


# -- learners ----------------------------------------------------------------------------------------------------------


def test_a_learner_is_removed_after_a_question_and_brought_back_with_one_press(
    maker: Person, learner: Person, cohort: Cohort, session: Session, mails: Mails
) -> None:
    asked = maker.client.get(_path(cohort, f"members/{learner.learner.id}")).text
    sent = maker.client.post(_path(cohort, "remove"), data={"learner": learner.learner.id}, follow_redirects=True)
    told = learner.client.get("/").text

    assert f'value="{learner.learner.id}"' in asked
    assert "Bo Ek was removed from Year 2. Their work is kept." in sent.text
    assert "A trainer removed you from Year 2." in told
    assert "To: bo@example.org" in mails()

    after = _press(maker, sent.text, "Undo")

    session.expire_all()
    assert "Bo Ek is back in Year 2" in after
    assert cohorts.is_member(session, cohort, learner.learner)
    assert "You are back in Year 2" in learner.client.get("/").text


def test_a_notice_stays_until_it_is_confirmed(maker: Person, learner: Person, cohort: Cohort) -> None:
    maker.client.post(_path(cohort, "remove"), data={"learner": learner.learner.id})
    learner.client.get("/")

    assert "removed you from Year 2" in learner.client.get("/progress").text

    learner.client.post("/account/notices")

    assert "removed you from Year 2" not in learner.client.get("/progress").text


def test_notices_are_few_and_say_each_thing_once(make: Factory) -> None:
    user = make.person().user

    for number in range(30):
        notices.add(user, NoticeKind.REMOVED, make.now(), f"Cohort {number % 15}")

    assert [one["title"] for one in user.notices] == [f"Cohort {number}" for number in range(5, 15)]


def test_the_owner_of_an_account_is_told_in_their_language(
    app: Flask, maker: Person, learner: Person, cohort: Cohort, session: Session, mails: Mails
) -> None:
    """Fails when a mail is written in the language of the person whose request sends it."""
    learner.learner.language = "de"
    session.commit()
    with app.test_request_context(), use_language("de"):
        expected = _("If you think this is a mistake, ask the trainers of the cohort.")

    maker.client.post(_path(cohort, "remove"), data={"learner": learner.learner.id})

    assert expected in mails()


def test_work_is_there_again_after_leaving_and_joining_again(
    make: Factory, maker: Person, learner: Person, cohort: Cohort, session: Session
) -> None:
    assignment = make.assignment(maker, cohort, title="The safety test")
    take_test(session, learner, assignment, make.now(), is_right=True)
    gradebook = _path(cohort, "gradebook.csv")
    before = maker.client.get(gradebook).text

    left = learner.client.post(f"/account/cohorts/{cohort.id}/leave", follow_redirects=True).text
    gone = learner.client.get("/").text, learner.client.get(f"/assignments/{assignment.id}").status_code
    listed = maker.client.get(_path(cohort, "people"), query_string={"show": "removed"}).text
    _press(learner, left, "Join again")

    assert "The safety test" not in gone[0]
    assert gone[1] == 404
    assert "left Mon" in " ".join(listed.split())
    assert "Bring back" not in listed
    assert "The safety test" in learner.client.get("/progress").text
    assert maker.client.get(gradebook).text == before
    assert learner.user.notices == []


def test_a_learner_who_left_can_use_an_older_invitation(
    maker: Person, learner: Person, cohort: Cohort, session: Session, make: Factory, clock: Clock
) -> None:
    """Fails when leaving counts as a removal by a trainer."""
    invitee = [Invitee("", "bo@example.org", "4711", "Ek Bo")]
    (invitation,) = invitations.create_to_join(session, maker.user, cohort, invitee, make.now())
    session.commit()
    clock.advance(minutes=1)
    learner.client.post(f"/account/cohorts/{cohort.id}/leave")

    accepted = learner.client.post(f"/invitation/{invitation.token}")

    assert accepted.status_code == 303
    assert cohorts.is_member(session, cohort, learner.learner)


@pytest.mark.parametrize("way", ["left", "removed"])
def test_trainers_see_nothing_of_what_a_former_member_does_later(
    maker: Person, learner: Person, cohort: Cohort, session: Session, make: Factory, clock: Clock, way: str
) -> None:
    make.assignment(maker, cohort)
    first, second = session.scalars(
        select(LessonRow).where(LessonRow.module_id == make.module().id).order_by(LessonRow.position).limit(2)
    )

    def finish(lesson: LessonRow) -> None:
        done = LessonProgress(learner_id=learner.learner.id, lesson_id=lesson.id, read_at=clock.now, done_at=clock.now)
        session.add(done)
        session.commit()

    finish(first)
    if way == "left":
        learner.client.post(f"/account/cohorts/{cohort.id}/leave")
    else:
        maker.client.post(_path(cohort, "remove"), data={"learner": learner.learner.id})
    clock.advance(days=2)
    finish(second)

    record = maker.client.get(_path(cohort, f"learners/{learner.learner.id}")).text
    people = maker.client.get(_path(cohort, "people"), query_string={"show": "removed"}).text

    assert str(first.title) in record
    assert str(second.title) not in record
    assert "last seen Mon 23 Nov" in people


def test_learners_are_told_all_that_trainers_see(make: Factory, maker: Person, learner: Person, cohort: Cohort) -> None:
    """Fails when the statement is missing from one of the pages where people join."""
    newcomer, visitor = make.person().client, make.app.test_client()

    for client in (newcomer, visitor):
        told = " ".join(client.get(f"/join/{cohort.join_code}").text.split())
        for words in (
            "your name and e-mail address, when you joined, and the day you were last active",
            "when you finished each lesson of the modules assigned here, to the minute",
            "your answers and how you changed them, how certain you were, how long you took, and your result",
            "what you report about questions in these tests, and whether you have read their replies and messages",
            "They can’t see your practice, self-tests, or work in other cohorts.",
            "If you leave, they can still see what you did until then.",
        ):
            assert words in told


# -- trainers ----------------------------------------------------------------------------------------------------------


def _list_trainers(session: Session, cohort: Cohort) -> set[int]:
    return set(session.scalars(select(CohortTrainer.user_id).where(CohortTrainer.cohort_id == cohort.id)))


def test_a_trainer_is_removed_after_a_question_and_brought_back_with_one_press(
    maker: Person, colleague: Person, cohort: Cohort, session: Session, mails: Mails
) -> None:
    asked = maker.client.get(_path(cohort, f"trainers/{colleague.user.id}")).text
    sent = maker.client.post(
        _path(cohort, "trainers/remove"), data={"user": colleague.user.id}, follow_redirects=True
    ).text

    assert "Remove Dr Ada Byron as a trainer?" in asked
    assert "Dr Ada Byron no longer teaches Year 2." in sent
    assert "You were removed as a trainer of Year 2." in colleague.client.get("/").text
    assert "To: ada@example.org" in mails()
    assert _list_trainers(session, cohort) == {maker.user.id}

    after = maker.client.post(
        _path(cohort, "trainers/restore"), data={"user": colleague.user.id}, follow_redirects=True
    ).text

    assert 'name="user" value="' + str(colleague.user.id) in sent.replace("\n", " ")
    assert "Dr Ada Byron teaches Year 2 again." in after
    assert "You are a trainer of Year 2 again." in colleague.client.get("/").text
    assert _list_trainers(session, cohort) == {maker.user.id, colleague.user.id}


@pytest.mark.parametrize(("days", "is_restored"), [(6, True), (8, False)])
def test_a_removal_of_a_trainer_is_undone_within_a_week(
    maker: Person, colleague: Person, cohort: Cohort, clock: Clock, session: Session, *, days: int, is_restored: bool
) -> None:
    maker.client.post(_path(cohort, "trainers/remove"), data={"user": colleague.user.id})
    clock.now += timedelta(days=days)

    restored = maker.client.post(_path(cohort, "trainers/restore"), data={"user": colleague.user.id})

    assert restored.status_code == 303
    assert (colleague.user.id in _list_trainers(session, cohort)) is is_restored


def test_undoing_makes_nobody_a_trainer_who_was_none(
    make: Factory, maker: Person, colleague: Person, learner: Person, cohort: Cohort, session: Session
) -> None:
    """Fails when undoing a removal adds any account, one that lost the role, or is offered to the removed trainer."""
    stranger = make.trainer()
    maker.client.post(_path(cohort, "trainers/remove"), data={"user": colleague.user.id})

    sent = [
        maker.client.post(_path(cohort, "trainers/restore"), data={"user": stranger.user.id}),
        maker.client.post(_path(cohort, "trainers/restore"), data={"user": learner.user.id}),
        colleague.client.post(_path(cohort, "trainers/restore"), data={"user": colleague.user.id}),
    ]

    assert [reply.status_code for reply in sent] == [303, 303, 404]
    assert _list_trainers(session, cohort) == {maker.user.id}


def test_only_an_administrator_removes_the_trainer_who_created_the_cohort(
    make: Factory, maker: Person, colleague: Person, cohort: Cohort, session: Session
) -> None:
    """F18."""
    asked = colleague.client.get(_path(cohort, f"trainers/{maker.user.id}")).text
    refused = colleague.client.post(_path(cohort, "trainers/remove"), data={"user": maker.user.id})

    assert "Dr Ilse Brandt created this cohort. Only an administrator can remove them." in asked
    assert "trainers/remove" not in asked
    assert refused.status_code == 409
    assert "Only an administrator can remove the trainer who created this cohort." in refused.text
    assert maker.user.id in _list_trainers(session, cohort)
    assert maker.user.notices == []

    removed = make.admin().client.post(_path(cohort, "trainers/remove"), data={"user": maker.user.id})

    session.refresh(maker.user)
    assert removed.status_code == 303
    assert _list_trainers(session, cohort) == {colleague.user.id}
    assert [one["kind"] for one in maker.user.notices] == ["teaching_ended"]


def test_the_trainer_who_created_the_cohort_can_stop_teaching_it(
    maker: Person, colleague: Person, cohort: Cohort, session: Session
) -> None:
    maker.client.post(_path(cohort, "trainers/remove"), data={"user": maker.user.id})

    session.refresh(maker.user)
    assert _list_trainers(session, cohort) == {colleague.user.id}
    assert maker.user.notices == []
