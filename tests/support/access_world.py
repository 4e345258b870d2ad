"""One of everybody with one object of each kind, and the requests that the access table sends."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from app.db import db
from app.domain.content import Use
from app.domain.notifications import NotificationKind
from app.models import (
    Certificate,
    CohortTrainer,
    CpdEntry,
    LearnerNote,
    LibraryRole,
    ModuleRow,
    ObjectiveRow,
    PictureRow,
    QuestionReport,
    QuestionRow,
    QuestionVersion,
    Role,
)
from app.services.attempts import reopening
from app.services.cohorts import cohorts, invitations, messages, rosters
from app.services.cohorts.invitations import Invitee
from app.services.libraries import people as library_people
from app.web import unsubscribing
from tests.conftest import Clock
from tests.support.attempt_client import get_hidden_field, start, start_assigned
from tests.support.composed import compose
from tests.support.factory import Factory
from tests.support.published_library import get_module, publish
from tests.support.submissions import AnswerKey, join_with_the_same_paper, submit_test
from tests.support.written_pool import add_written_pool, write_test

WHO = ("visitor", "guest", "learner", "other", "trainer", "trainer2", "admin")

NEW = {"name": "Somebody New", "password": "a good long password", "new_password": "a good long password"}
TERMS = {"module": "{module}", "title": ""}
HEAD = "1-first-module/module.yaml"
LESSON = "1-first-module/lessons/01-first-lesson.md"
BANK = "1-first-module/questions/first-objective.yaml"
ENTRY = {"title": "Course on shoulders", "done_on": "2026-11-02", "hours": "2", "kind": "formal"}
FORMS: dict[str, dict[str, str]] = {
    "/appearance": {"theme": "dark"},
    "/language": {"language": "de"},
    "/modules/safety/lessons/red-flags/checks/{check}": {"option": "0", "number": "1"},
    "/modules/safety/lessons/red-flags/checks/{tested}": {"option": "0", "number": "1"},
    "/modules/safety/attempts?practice": {"mode": "practice"},
    "/modules/safety/attempts?test": {"mode": "test"},
    "/notes/new?lesson": {"on": "lesson", "target": "red-flags", "body": "Ask"},
    "/notes/new?private": {"on": "lesson", "target": "{library}.first-lesson", "body": "Ask"},
    "/notes/new?question": {"on": "question", "target": "{check}", "body": "Ask"},
    "/notes/new?tested": {"on": "question", "target": "{tested}", "body": "Ask"},
    "/notes/bookmark?lesson": {"on": "lesson", "target": "red-flags"},
    "/notes/bookmark?question": {"on": "question", "target": "{check}"},
    "/notes/bookmark?removed": {"on": "lesson", "target": "none", "keep": "0"},
    "/notes/{note}": {"body": "Ask again"},
    "/attempts/{attempt}/1": {"option": "0", "revision": "0"},
    "/attempts/{done}/1": {"option": "0", "revision": "0"},
    "/attempts/{guests}/1": {"option": "0", "revision": "0"},
    "/login": {"email": "none@example.org", "password": "not a password"},
    "/logout": {"csrf_token": "{token}"},
    "/register": {"email": "no address"},
    "/reset": {"email": "none@example.org"},
    "/reset/{reset}": NEW,
    "/change": {"password": "not a password"} | {"new_password": NEW["new_password"]},
    "/account": {"name": "Another Name", "time_zone": "UTC"},
    "/account/time-zone": {"time_zone": "Asia/Tokyo"},
    "/account/email": {"email": "new@example.org", "password": "not a password"},
    "/account/sign-ins": {"password": "not a password", "end": "others"},
    "/account/delete": {"password": "not a password"},
    "/account/guest": {"keep": "1"},
    "/invitation/{invitation}": NEW | {"email": "new@example.org"},
    "/join": {"code": "{code}"},
    "/teach/cohorts": {"title": "Year 3", "time_zone": "UTC"},
    "/teach/cohorts/{cohort}/remove": {"learner": "{learner}"},
    "/teach/cohorts/{cohort}/readmit": {"learner": "{removed}"},
    "/teach/cohorts/{cohort}/roster": {"pasted": "Ada Byron;ada@example.org"},
    "/teach/cohorts/{cohort}/settings": {"title": "Year 4", "time_zone": "UTC"},
    "/teach/cohorts/{cohort}/copy": {"new_title": "Year 5"},
    "/teach/cohorts/{cohort}/trainers": {"email": "somebody@example.org"},
    "/teach/cohorts/{cohort}/trainers/remove": {"user": "{assistant}"},
    "/teach/tests/new": {"title": "Final"},
    "/teach/tests/{composed}/settings": {"title": "Final"},
    "/teach/tests/{composed}/sections/new": {"title": "Part 3", "revision": "2"},
    "/teach/tests/{composed}/sections/1": {"title": "Part 1", "revision": "2"},
    "/teach/cohorts/{cohort}/assignments/new": TERMS,
    "/teach/assignments/{assignment}/settings": TERMS | {"revision": "1"},
    "/teach/assignments/{assignment}/exceptions": {"learners": "{learner}", "extra_time_percent": "25"},
    "/teach/assignments/{granting}/exceptions/{learner}": {"extra_time_percent": "50"},
    "/modules/{library}.first-module/attempts?practice": {"mode": "practice"},
    "/modules/{library}.first-module/lessons/{library}.first-lesson/checks/{library}.first-practice-1": {
        "option": "0",
        "number": "1",
    },
    "/cpd/entries/new": ENTRY,
    "/cpd/entries/{entry}": ENTRY,
    "/cpd/tests/{handed}": {"reflection": "I ask about red flags."},
    "/review": {"size": "5"},
    "/review/plan": {"retention": "90", "daily_limit": "20"},
    "/review/pause": {"paused": "1"},
    "/attempts/{attempt}/1/undo": {"revision": "1"},
    "/attempts/{done}/1/undo": {"revision": "1"},
    "/attempts/{guests}/1/undo": {"revision": "1"},
    "/attempts/{attempt}/99/undo": {"revision": "1"},
    "/practice": {"objective": "{objective}"},
    "/practice?unknown": {"objective": "999999"},
    "/practice?private": {"objective": "{private_objective}"},
    "/attempts/{attempt}/1/report": {"says": "Two answers are right."},
    "/attempts/{done}/1/report": {"says": "Two answers are right."},
    "/attempts/{guests}/1/report": {"says": "Two answers are right."},
    "/teach/assignments/{set}/questions/{asked}/correct": {"remedy": "credit", "reason": "Two answers are right."},
    "/account/notifications": {"mail": "reminders"},
    "/teach/cohorts/{cohort}/messages/new": {"to": "{learner}", "text": "See me after class."},
    "/teach/attempts/{handed}/reopen": {"minutes": "10", "reason": "It ended by accident.", "seen": "{seen}"},
    "/teach/assignments/{set}/time": {"minutes": "10", "reason": "Fire alarm.", "attempts": "{handed}:{seen}"},
    "/teach/attempts/{handed}/1/mark": {"points": "0.5", "reason": "Half of it.", "may_lower": "1"},
    "/teach/assignments/{writing}/marking": {"needs_second_marker": "y"},
    "/teach/assignments/{writing}/marking/{written}/{to_mark}": {"total": "3"},
    "/admin/questions/{asked}/correct": {"remedy": "credit", "reason": "Two answers are right."},
    "/teach/reports/{report}": {"reply": "Thank you."},
    "/studio": {"name": "Another library"},
    "/studio/invitations": {"invitation": "999999", "answer": "accept"},
    "/studio/{library}/new": {"path": "2-new/module.yaml"},
    "/studio/{library}/modules/new": {"title": "Shoulder"},
    "/studio/{shared}/modules/new": {"title": "Shoulder"},
    "/studio/{library}/text": {"path": "course.yaml", "seen": "1", "text": "title: New"},
    "/studio/{library}/questions": {"path": BANK, "seen": "1", "act": "copy:1"},
    "/studio/{library}/questions/selection": {"path": BANK, "seen": "1", "act": "retire", "chosen": "1"},
    "/studio/{library}/question": {"path": BANK, "base": "1", "seen": "1", "n": "1", "q.stem": "Which one?"},
    "/studio/{library}/question/check": {"path": BANK, "base": "1", "seen": "1", "n": "1", "q.stem": "Which one?"},
    "/studio/{library}/source": {"base": "1", "seen": "1", "n": "1", "q.label": "Another label"},
    "/studio/{library}/source/check": {"base": "1", "seen": "1", "n": "1", "q.label": "Another label"},
    "/studio/{library}/lesson": {"path": LESSON, "base": "1", "seen": "1", "q.title": "Another title"},
    "/studio/{library}/lesson/check": {"path": LESSON, "base": "1", "seen": "1", "q.title": "Another title"},
    "/studio/{library}/lesson/new": {"title": "Another lesson", "form_id": "lesson"},
    "/studio/{library}/module": {"path": HEAD, "base": "1", "seen": "1", "q.title": "Another title"},
    "/studio/{library}/module/check": {"path": HEAD, "base": "1", "seen": "1", "q.title": "Another title"},
    "/studio/{library}/restore": {"path": "course.yaml", "seen": "1", "number": "1"},
    "/studio/{library}/remove": {"path": "course.yaml", "seen": "1"},
    "/studio/{library}/people": {"email": "somebody@example.org", "role": "reader"},
    "/studio/{library}/name": {"name": "Another name"},
    "/studio/{library}/people/role": {"user": "{assistant}", "role": "reader"},
    "/studio/{library}/people/remove": {"user": "{assistant}"},
    "/studio/{library}/people/withdraw": {"invitation": "{to_library}"},
    "/studio/{shared}/new": {"path": "2-new/module.yaml"},
    "/studio/{shared}/text": {"path": "course.yaml", "seen": "1", "text": "title: New"},
    "/studio/{shared}/questions": {"path": BANK, "seen": "1", "act": "copy:1"},
    "/studio/{shared}/questions/selection": {"path": BANK, "seen": "1", "act": "retire", "chosen": "1"},
    "/studio/{shared}/question": {"path": BANK, "base": "1", "seen": "1", "n": "1", "q.stem": "Which one?"},
    "/studio/{shared}/question/check": {"path": BANK, "base": "1", "seen": "1", "n": "1", "q.stem": "Which one?"},
    "/studio/{shared}/source": {"base": "1", "seen": "1", "n": "1", "q.label": "Another label"},
    "/studio/{shared}/source/check": {"base": "1", "seen": "1", "n": "1", "q.label": "Another label"},
    "/studio/{shared}/lesson": {"path": LESSON, "base": "1", "seen": "1", "q.title": "Another title"},
    "/studio/{shared}/lesson/check": {"path": LESSON, "base": "1", "seen": "1", "q.title": "Another title"},
    "/studio/{shared}/lesson/new": {"title": "Another lesson", "form_id": "lesson"},
    "/studio/{shared}/module": {"path": HEAD, "base": "1", "seen": "1", "q.title": "Another title"},
    "/studio/{shared}/module/check": {"path": HEAD, "base": "1", "seen": "1", "q.title": "Another title"},
    "/studio/{shared}/restore": {"path": "course.yaml", "seen": "1", "number": "1"},
    "/studio/{shared}/remove": {"path": "course.yaml", "seen": "1"},
    "/studio/{shared}/people": {"email": "somebody@example.org", "role": "reader"},
    "/studio/{shared}/name": {"name": "Another name"},
    "/studio/{shared}/people/role": {"user": "{assistant}", "role": "reader"},
    "/studio/{shared}/people/remove": {"user": "{assistant}"},
    "/studio/{shared}/people/withdraw": {"invitation": "{to_library}"},
    "/admin/users/{user}/email": {"email": "mistyped@example.org"},
    "/admin/users/{user}/extra-time": {"percent": "25"},
    "/admin/users/{user}/role": {"role": "trainer"},
    "/admin/users/{user}/erase": {"confirm": "{address}"},
    "/admin/invitations": {"role": "trainer"},
    "/teach/certificates/{certificate}": {"reason": "Somebody else sat the test."},
}

QUERIES: dict[str, dict[str, str]] = {
    "/notes/new?lesson": {"on": "lesson", "target": "red-flags"},
    "/notes/new?private": {"on": "lesson", "target": "{library}.first-lesson"},
    "/notes/new?question": {"on": "question", "target": "{check}"},
    "/notes/new?tested": {"on": "question", "target": "{tested}"},
    # An assignment of another trainer, asked for in one's own cohort.
    "/teach/cohorts/{cohort}/insight?theirs": {"assignment": "{theirs}"},
    "/studio/{library}/text": {"path": "course.yaml"},
    "/studio/{library}/figures": {"folder": "1-first-module"},
    "/studio/{library}/figures/new": {"folder": "1-first-module"},
    "/studio/{library}/source": {"n": "1"},
    "/studio/{library}/lesson": {"path": LESSON},
    "/studio/{library}/lesson/new": {"folder": "1-first-module"},
    "/studio/{library}/module": {"path": HEAD},
    "/studio/{library}/questions": {"path": BANK},
    "/studio/{library}/question": {"path": BANK, "n": "1"},
    "/studio/{library}/question/new": {"path": BANK, "kind": "single"},
    "/studio/{library}/file": {"path": "course.yaml"},
    "/studio/{library}/history": {"path": "course.yaml"},
    "/studio/{shared}/text": {"path": "course.yaml"},
    "/studio/{shared}/figures": {"folder": "1-first-module"},
    "/studio/{shared}/figures/new": {"folder": "1-first-module"},
    "/studio/{shared}/source": {"n": "1"},
    "/studio/{shared}/lesson": {"path": LESSON},
    "/studio/{shared}/lesson/new": {"folder": "1-first-module"},
    "/studio/{shared}/module": {"path": HEAD},
    "/studio/{shared}/questions": {"path": BANK},
    "/studio/{shared}/question": {"path": BANK, "n": "1"},
    "/studio/{shared}/question/new": {"path": BANK, "kind": "single"},
    "/studio/{shared}/file": {"path": "course.yaml"},
    "/studio/{shared}/history": {"path": "course.yaml"},
    "/teach/assignments/{assignment}/preview/1": {"seed": "1"},
    "/teach/cohorts/{cohort}/gradebook?attention": {"show": "attention", "sort": "{theirs}"},
    "/teach/assignments/{set}/questions/{asked}/correct/preview": {"remedy": "void"},
    "/admin/questions/{asked}/correct/preview": {"remedy": "void"},
}
"""What an address asks for: among them an assignment of another trainer, asked for in one's own cohort."""


@dataclass(frozen=True, slots=True)
class Row:
    method: str
    path: str
    cells: tuple[str, ...]

    @property
    def request(self) -> str:
        return f"{self.method} {self.path}"

    def __str__(self) -> str:
        return f"{self.request}: " + " ".join(f"{who}={cell}" for who, cell in zip(WHO, self.cells, strict=True))


@dataclass(frozen=True, slots=True)
class World:
    """One of everybody, and what the paths name."""

    app: Flask
    connection: Connection
    cookies: dict[str, str | None]
    names: dict[str, str]

    def cell(self, row: Row, who: str) -> str:
        """Send the row's request as somebody, note the status, and undo what it did."""
        client, form, names = self.browser(who), FORMS.get(row.path, {}), self.names
        # The library's sign-out can't do without the protection against cross-site posts.
        self.app.config["WTF_CSRF_ENABLED"] = "csrf_token" in form
        if "csrf_token" in form:
            names = names | {"token": get_hidden_field(client.get("/").text, "csrf_token")}
        path = row.path.partition("?")[0].format(**names)
        query = {name: value.format(**names) for name, value in QUERIES.get(row.path, {}).items()}
        data = {name: value.format(**names) for name, value in form.items()}
        with self.connection.begin_nested() as before:
            reply = client.open(
                path, method=row.method, query_string=query, data=data if row.method == "POST" else None
            )
            before.rollback()
        is_to_sign_in = reply.status_code in (302, 303) and reply.location.startswith("/login")
        return "in" if is_to_sign_in else str(reply.status_code)

    def browser(self, who: str) -> FlaskClient:
        client, cookie = self.app.test_client(), self.cookies[who]
        if cookie is not None:
            client.set_cookie("palpate", cookie)
        return client


@pytest.fixture
def world(app: Flask, connection: Connection, make: Factory, session: Session, clock: Clock) -> World:
    trainer, trainer2, admin = (
        make.person(role, with_password=True) for role in (Role.TRAINER, Role.TRAINER, Role.ADMIN)
    )
    learner, other = (make.person(with_password=True) for _ in range(2))
    visitor, guest = app.test_client(), app.test_client()
    cohort = make.cohort(trainer, learner)
    theirs_cohort = make.cohort(trainer2, other)
    theirs = make.assignment(trainer2, theirs_cohort)
    assignment = make.assignment(trainer, cohort)
    calendar = re.search(r"/calendar/([\w.-]+)\.ics", learner.client.get("/account").text)
    assert calendar
    granting = make.assignment(trainer, cohort, time_limit_minutes=20)
    make.exception(trainer, granting, learner, extra_time_percent=25)
    lesson = "/modules/safety/lessons/red-flags"
    check = re.search(rf'action="{lesson}/checks/([\w-]+)"', visitor.get(lesson).text)
    assert check
    learner.client.post(f"{lesson}/checks/{check[1]}", data={"option": "0", "number": "1"})
    checked = last_attempt(session)
    learner.client.post("/notes/new", data={"on": "lesson", "target": "red-flags", "body": "Mine"})
    note = session.scalars(select(LearnerNote.id)).one()
    done = start(learner.client, session)
    done.submit()
    guests = start(guest, session, "practice")
    guests.answer(2, *guests.at(2).right)
    invitation = invitations.create(session, admin.user, Role.LEARNER, clock.now)
    session.commit()
    link = re.search(r"/reset/([\w.-]+)", admin.client.post(f"/admin/users/{other.user.id}/reset-link").text)
    assert link
    attempt_id = start_assigned(learner.client, session, assignment.id).attempt_id
    learner.client.post(f"/attempts/{attempt_id}/2/report", data={"says": "Two answers are right."})
    report_id = session.scalars(select(QuestionReport.id)).one()
    learner.client.post(f"{done.path}/3/report", data={"says": "A word is unclear."})
    replied = session.scalars(select(QuestionReport.id).where(QuestionReport.position == 3)).one()
    admin.client.post(f"/teach/reports/{replied}", data={"reply": "It is now explained."})
    handed = submit_test(session, learner, make.assignment(trainer, cohort), clock.now, AnswerKey(session).all_right)
    join_with_the_same_paper(session, handed, cohort, 12, AnswerKey(session).rising)
    to_join = invitations.create_to_join(session, trainer.user, cohort, [Invitee("", "bo@example.org")], clock.now)
    waiting = invitations.get_by_token(session, to_join[0].token)
    assert waiting
    roster = rosters.read_text(session, trainer.user, cohort, "Ada Byron;ada@example.org", clock.now)
    their_roster = rosters.read_text(session, trainer2.user, theirs_cohort, "Ada Byron;ada@example.org", clock.now)
    removed, assistant = make.person(), make.trainer()
    make.join(cohort, removed)
    cohorts.remove_member(session, trainer.user, cohort, removed.learner.id, clock.now)
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=assistant.user.id))
    message, their_message = (
        messages.send(session, by.user, where, [to.learner.id], "Hello", clock.now, is_mailed=False)
        for by, where, to in ((trainer, cohort, learner), (trainer2, theirs_cohort, other))
    )
    assert learner.client.post(f"/attempts/{handed.id}/certificate").status_code == 303
    certificate = session.scalars(select(Certificate)).one()
    assert learner.client.post("/cpd/entries/new", data=ENTRY).status_code == 303
    entry_id = session.scalars(select(CpdEntry.id)).one()
    add_written_pool(session)
    writing = make.assignment(trainer, cohort, question_use=Use.EXAM)
    to_mark = write_test(session, learner, writing, clock.now)[0]
    reopenable = reopening.get_for(session, trainer.viewer, handed.id, clock.now)
    assert reopenable
    library, shared = (
        make.library(owner, "Library", (assistant, LibraryRole.EDITOR), *readers)
        for owner, readers in ((trainer, ()), (trainer2, ((trainer, LibraryRole.READER),)))
    )
    publish(session, trainer.user, library, clock.now)
    private = get_module(session, library)
    make.assignment(trainer, cohort, private.slug)
    picture = PictureRow(module_id=private.id, digest="0" * 64, media_type="image/png", body=b"")
    session.add(picture)
    library_people.invite(session, trainer.user, library, "bo@example.org", LibraryRole.EDITOR, clock.now)
    composed_test = compose(make, trainer)
    [to_library] = library_people.list_invitations(session, library)
    with app.test_request_context():
        unsubscribe = unsubscribing.make_link(other.user.id, other.user.email, NotificationKind.REMINDERS)
    session.commit()
    people = {"learner": learner, "other": other, "trainer": trainer, "trainer2": trainer2, "admin": admin}
    return World(
        app=app,
        connection=connection,
        cookies={"visitor": None, "guest": cookie_of(guest)}
        | {name: cookie_of(person.client) for name, person in people.items()},
        names={
            "assistant": str(assistant.user.id),
            "removed": str(removed.learner.id),
            "library": library.slug,
            "shared": shared.slug,
            "picture": picture.digest,
            "private": str(last_version(session, private)),
            "private_objective": str(last_objective(session, private)),
            "composed": str(composed_test.id),
            "to_library": str(to_library.id),
            "roster": str(roster.id),
            "their_roster": str(their_roster.id),
            "to_join": str(waiting.id),
            "asked": str(handed.items[0].version_id),
            "handed": str(handed.id),
            "certificate": str(certificate.id),
            "entry": str(entry_id),
            "verified": certificate.code,
            "set": str(handed.assignment_id),
            "assignment": str(assignment.id),
            "theirs": str(theirs.id),
            "attempt": str(attempt_id),
            "message": str(message.id),
            "their_message": str(their_message.id),
            "seen": reopenable.version,
            "unsubscribe": unsubscribe.rpartition("/")[2],
            "writing": str(writing.id),
            "written": str(to_mark.version_id),
            "to_mark": str(to_mark.attempt_id),
            "report": str(report_id),
            "note": str(note),
            "calendar": calendar[1],
            "check": check[1],
            "checked": str(checked),
            "code": cohort.join_code,
            "cohort": str(cohort.id),
            "done": str(done.attempt_id),
            "objective": str(session.scalars(select(ObjectiveRow.id).order_by(ObjectiveRow.id)).first()),
            "granting": str(granting.id),
            "guests": str(guests.attempt_id),
            "invitation": invitation.token,
            "invitation_id": str(invitation.invitation.id),
            "learner": str(learner.learner.id),
            "stranger": str(other.learner.id),
            "module": str(make.module().id),
            "reset": link[1],
            "tested": question_of_tests(session),
            "user": str(learner.user.id),
            "address": learner.user.email,
        },
    )


def last_attempt(session: Session) -> int:
    attempt = db.Model.metadata.tables["attempt"]
    return int(session.scalar(db.select(db.func.max(attempt.c.id))) or 0)


def last_version(session: Session, module: ModuleRow) -> int:
    """The id of a version of an exam question of a module."""
    its = select(func.max(QuestionVersion.id)).join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
    return session.scalars(its.where(QuestionRow.module_id == module.id, QuestionRow.use == Use.EXAM)).one()


def last_objective(session: Session, module: ModuleRow) -> int:
    return session.scalars(select(func.max(ObjectiveRow.id)).where(ObjectiveRow.module_id == module.id)).one()


def question_of_tests(session: Session) -> str:
    """The author's id of a question that tests alone may show."""
    question = db.Model.metadata.tables["question"]
    return str(session.scalar(db.select(question.c.slug).where(question.c.use == "test").limit(1)))


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("palpate")
    assert cookie
    return cookie.value
