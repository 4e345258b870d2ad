"""Threats 12 and 18: who gets what at every address, as one table. A new address is a new row here, or the suite fails.

Each cell is the status of a real request. ``in`` is a redirect to the sign-in page. The objects in braces belong to ``learner`` (who is in
the cohort of ``trainer``) unless they are the guest's. A stranger's object is 404, a page for another role 403.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app.db import db
from app.models import CohortTrainer, QuestionReport, Role
from app.services.people import invitations
from app.services.people.invitations import Invitee
from app.services.teaching import cohorts, rosters
from tests.conftest import Clock
from tests.crowd import Hand, hand_in, join_with_the_same_paper
from tests.factory import Make
from tests.playing import hidden, start, start_assigned

WHO = ("visitor", "guest", "learner", "other", "trainer", "trainer2", "admin")

TABLE = """
#                                                                   visitor guest learner other trainer trainer2 admin
# -- for everybody
GET  /                                                                  200   200   200   200   200   200   200
GET  /healthz                                                           200   200   200   200   200   200   200
GET  /readyz                                                            200   200   200   200   200   200   200
GET  /red-flags                                                         302   302   302   302   302   302   302
GET  /progress                                                          200   200   200   200   200   200   200
GET  /body-map                                                          200   200   200   200   200   200   200
GET  /fs-static/none                                                    404   404   404   404   404   404   404
POST /appearance                                                        303   303   303   303   303   303   303
GET  /modules/safety                                                    200   200   200   200   200   200   200
GET  /modules/none                                                      404   404   404   404   404   404   404
GET  /modules/safety/lessons/red-flags                                  200   200   200   200   200   200   200
GET  /modules/evidence/lessons/red-flags                                404   404   404   404   404   404   404
POST /modules/safety/lessons/red-flags/place                            204   204   204   204   204   204   204
POST /modules/safety/lessons/red-flags/done                             303   303   303   303   303   303   303
POST /modules/safety/lessons/red-flags/checks/{check}                   303   303   303   303   303   303   303
POST /modules/safety/lessons/red-flags/checks/{tested}                  404   404   404   404   404   404   404

# -- attempts: practice for everybody, tests for accounts, and nobody sees another's
POST /modules/safety/attempts?practice                                  303   303   303   303   303   303   303
POST /modules/safety/attempts?test                                       in    in   303   303   303   303   303
GET  /assignments/{assignment}                                           in    in   200   404   404   404   404
POST /assignments/{assignment}/attempts                                  in    in   303   404   404   404   404
GET  /attempts/{attempt}                                                404   404   302   404   404   404   404
GET  /attempts/{attempt}/1                                              404   404   200   404   404   404   404
GET  /attempts/{attempt}/99                                             404   404   404   404   404   404   404
POST /attempts/{attempt}/1                                              404   404   303   404   404   404   404
GET  /attempts/{attempt}/summary                                        404   404   200   404   404   404   404
GET  /attempts/{attempt}/time                                           404   404   200   404   404   404   404
GET  /attempts/{attempt}/1/report                                       404   404   200   404   404   404   404
POST /attempts/{attempt}/1/report                                       404   404   303   404   404   404   404
GET  /attempts/{attempt}/result                                         404   404   302   404   404   404   404
POST /attempts/{attempt}/submit                                         404   404   303   404   404   404   404
GET  /attempts/{done}                                                   404   404   302   404   404   404   404
GET  /attempts/{done}/1                                                 404   404   302   404   404   404   404
POST /attempts/{done}/1                                                 404   404   409   404   404   404   404
GET  /attempts/{done}/summary                                           404   404   302   404   404   404   404
GET  /attempts/{done}/time                                              404   404   200   404   404   404   404
GET  /attempts/{done}/1/report                                          404   404   200   404   404   404   404
POST /attempts/{done}/1/report                                          404   404   303   404   404   404   404
GET  /attempts/{done}/result                                            404   404   200   404   404   404   404
POST /attempts/{done}/submit                                            404   404   303   404   404   404   404
GET  /attempts/{guests}/1                                               404   200   404   404   404   404   404
POST /attempts/{guests}/1                                               404   303   404   404   404   404   404
GET  /attempts/{guests}/summary                                         404   200   404   404   404   404   404
GET  /attempts/{guests}/time                                            404   200   404   404   404   404   404
GET  /attempts/{guests}/1/report                                        404   200   404   404   404   404   404
POST /attempts/{guests}/1/report                                        404   303   404   404   404   404   404
POST /attempts/{guests}/submit                                          404   303   404   404   404   404   404
GET  /attempts/{checked}/1                                              404   404   404   404   404   404   404
GET  /attempts/{checked}/result                                         404   404   404   404   404   404   404

# -- accounts
GET  /login                                                             200   200   302   302   302   302   302
POST /login                                                             200   200   302   302   302   302   302
POST /logout                                                            302   302   302   302   302   302   302
GET  /register                                                          200   200   302   302   302   302   302
POST /register                                                          200   200   302   302   302   302   302
GET  /reset                                                             200   200   200   200   200   200   200
POST /reset                                                             200   200   200   200   200   200   200
GET  /reset/{reset}                                                     200   200   200   200   200   200   200
POST /reset/{reset}                                                      in    in    in    in    in    in    in
GET  /reset/none                                                        302   302   302   302   302   302   302
GET  /change                                                             in    in   200   200   200   200   200
POST /change                                                             in    in   200   200   200   200   200
GET  /account                                                            in    in   200   200   200   200   200
POST /account                                                            in    in   303   303   303   303   303
GET  /account/email                                                      in    in   200   200   200   200   200
POST /account/email                                                      in    in   422   422   422   422   422
POST /account/data                                                       in    in   200   200   200   200   200
GET  /account/delete                                                     in    in   200   200   200   200   200
POST /account/delete                                                     in    in   422   422   422   422   422
POST /account/guest                                                      in    in   303   303   303   303   303
GET  /invitation/{invitation}                                           200   200   200   200   200   200   200
POST /invitation/{invitation}                                           303   303   200   200   200   200   200
GET  /invitation/none                                                   404   404   404   404   404   404   404
GET  /calendar/{calendar}.ics                                           200   200   200   200   200   200   200
GET  /calendar/none.ics                                                 404   404   404   404   404   404   404
POST /calendar                                                           in    in   303   303   303   303   303
GET  /join                                                              200   200   200   200   200   200   200
POST /join                                                              303   303   303   303   303   303   303
GET  /join/{code}                                                       200   200   200   200   200   200   200
POST /join/{code}                                                        in    in   303   303   303   303   303
GET  /join/none                                                         404   404   404   404   404   404   404

# -- teaching: the cohort's trainer and administrators
GET  /teach                                                              in    in   403   403   200   200   200
GET  /teach/cohorts                                                      in    in   403   403   200   200   200
POST /teach/cohorts                                                      in    in   403   403   303   303   303
GET  /teach/cohorts/{cohort}                                             in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/gradebook                                   in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/gradebook.csv                               in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/gradebook?attention                         in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/learners/{learner}                          in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/learners/{stranger}                         in    in   403   403   404   404   404
GET  /teach/attempts/{attempt}                                           in    in   403   403   200   404   200
GET  /teach/attempts/{handed}                                            in    in   403   403   200   404   200
GET  /teach/attempts/{done}                                              in    in   403   403   404   404   404
GET  /teach/attempts/{guests}                                            in    in   403   403   404   404   404
GET  /teach/attempts/{checked}                                           in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/people                                      in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight                                     in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight?theirs                              in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/insight/scores.svg                          in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight/questions.csv                       in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight/gain.svg                            in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/insight/muscles.svg                         in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/insight/places.svg                          in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/insight/questions/{asked}                   in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/insight/questions/{asked}/curves.svg        in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/join-code                                   in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/remove                                      in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/readmit                                     in    in   403   403   303   404   303
GET  /teach/cohorts/{cohort}/join-screen                                 in    in   403   403   200   404   200
GET  /teach/cohorts/{cohort}/roster                                      in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/roster                                      in    in   403   403   303   404   303
GET  /teach/cohorts/{cohort}/roster/{roster}                             in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/roster/{roster}                             in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/roster/{roster}/discard                     in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/invitations/renew                           in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/invitations/{to_join}/renew                 in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/invitations/{to_join}/withdraw              in    in   403   403   303   404   303
GET  /teach/cohorts/{cohort}/settings                                    in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/settings                                    in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/archive                                     in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/restore                                     in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/copy                                        in    in   403   403   303   404   303
POST /teach/cohorts/{cohort}/trainers                                    in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/trainers/remove                             in    in   403   403   303   404   303
GET  /teach/cohorts/{cohort}/roster/{their_roster}                       in    in   403   403   404   404   404
POST /teach/cohorts/{cohort}/roster/{their_roster}/discard               in    in   403   403   404   404   404
POST /teach/cohorts/{cohort}/invitations/{invitation_id}/renew           in    in   403   403   404   404   404
POST /teach/cohorts/{cohort}/invitations/{invitation_id}/withdraw        in    in   403   403   404   404   404
GET  /teach/cohorts/{cohort}/assignments/new                             in    in   403   403   200   404   200
POST /teach/cohorts/{cohort}/assignments/new                             in    in   403   403   303   404   303
GET  /teach/assignments/{assignment}                                     in    in   403   403   200   404   200
POST /teach/assignments/{assignment}                                     in    in   403   403   303   404   303
POST /teach/assignments/{assignment}/withdraw                            in    in   403   403   303   404   303
POST /teach/assignments/{assignment}/set-again                           in    in   403   403   303   404   303
POST /teach/assignments/{assignment}/delete                              in    in   403   403   303   404   303
GET  /teach/assignments/{assignment}/preview                             in    in   403   403   200   404   200
GET  /teach/assignments/{assignment}/preview/1                           in    in   403   403   200   404   200
GET  /teach/assignments/{assignment}/exceptions                          in    in   403   403   200   404   200
POST /teach/assignments/{assignment}/exceptions                          in    in   403   403   303   404   303
GET  /teach/assignments/{assignment}/exceptions/{learner}                in    in   403   403   404   404   404
GET  /teach/assignments/{granting}/exceptions/{learner}                  in    in   403   403   200   404   200
POST /teach/assignments/{granting}/exceptions/{learner}                  in    in   403   403   303   404   303
POST /teach/assignments/{granting}/exceptions/{learner}/take-back        in    in   403   403   303   404   303
GET  /teach/assignments/{set}/questions/{asked}/correct                  in    in   403   403   200   404   200
POST /teach/assignments/{set}/questions/{asked}/correct                  in    in   403   403   303   404   303
GET  /teach/assignments/{set}/questions/{asked}/correct/preview          in    in   403   403   200   404   200
GET  /teach/assignments/{theirs}/questions/{asked}/correct?theirs        in    in   403   403   404   404   404
GET  /teach/attempts/{handed}/1/mark                                     in    in   403   403   200   404   200
POST /teach/attempts/{handed}/1/mark                                     in    in   403   403   303   404   303
GET  /teach/reports                                                      in    in   403   403   200   200   200
GET  /teach/reports/{report}                                             in    in   403   403   200   404   200
POST /teach/reports/{report}                                             in    in   403   403   303   404   303

# -- administration
GET  /admin                                                              in    in   403   403   403   403   302
GET  /admin/users                                                        in    in   403   403   403   403   200
GET  /admin/users/{user}                                                 in    in   403   403   403   403   200
POST /admin/users/{user}/role                                            in    in   403   403   403   403   303
POST /admin/users/{user}/extra-time                                      in    in   403   403   403   403   303
POST /admin/users/{user}/deactivate                                      in    in   403   403   403   403   303
POST /admin/users/{user}/reactivate                                      in    in   403   403   403   403   303
POST /admin/users/{user}/reset-link                                      in    in   403   403   403   403   200
POST /admin/users/{user}/export                                          in    in   403   403   403   403   200
GET  /admin/users/{user}/erase                                           in    in   403   403   403   403   200
POST /admin/users/{user}/erase                                           in    in   403   403   403   403   303
GET  /admin/invitations                                                  in    in   403   403   403   403   200
POST /admin/invitations                                                  in    in   403   403   403   403   200
POST /admin/invitations/{invitation_id}/withdraw                         in    in   403   403   403   403   303
GET  /admin/audit                                                        in    in   403   403   403   403   200
GET  /admin/content                                                      in    in   403   403   403   403   200
GET  /admin/content/check                                                in    in   403   403   403   403   200
POST /admin/content/publish                                              in    in   403   403   403   403   409
GET  /admin/health                                                       in    in   403   403   403   403   200
GET  /admin/audit.csv                                                    in    in   403   403   403   403   200
GET  /admin/questions                                                    in    in   403   403   403   403   200
GET  /admin/questions/{asked}/correct                                    in    in   403   403   403   403   200
POST /admin/questions/{asked}/correct                                    in    in   403   403   403   403   303
GET  /admin/questions/{asked}/correct/preview                            in    in   403   403   403   403   200
"""

NEW = {"name": "Somebody New", "password": "a good long password", "new_password": "a good long password"}
TERMS = {"module": "{module}", "title": ""}
FORMS: dict[str, dict[str, str]] = {
    "/appearance": {"theme": "dark"},
    "/modules/safety/lessons/red-flags/checks/{check}": {"option": "0", "number": "1"},
    "/modules/safety/lessons/red-flags/checks/{tested}": {"option": "0", "number": "1"},
    "/modules/safety/attempts?practice": {"mode": "practice"},
    "/modules/safety/attempts?test": {"mode": "test"},
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
    "/account/email": {"email": "new@example.org", "password": "not a password"},
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
    "/teach/cohorts/{cohort}/assignments/new": TERMS,
    "/teach/assignments/{assignment}": TERMS | {"revision": "1"},
    "/teach/assignments/{assignment}/exceptions": {"learners": "{learner}", "extra_time_percent": "25"},
    "/teach/assignments/{granting}/exceptions/{learner}": {"extra_time_percent": "50"},
    "/attempts/{attempt}/1/report": {"says": "Two answers are right."},
    "/attempts/{done}/1/report": {"says": "Two answers are right."},
    "/attempts/{guests}/1/report": {"says": "Two answers are right."},
    "/teach/assignments/{set}/questions/{asked}/correct": {"remedy": "credit", "reason": "Two answers are right."},
    "/teach/attempts/{handed}/1/mark": {"points": "0.5", "reason": "Half of it.", "may_lower": "1"},
    "/admin/questions/{asked}/correct": {"remedy": "credit", "reason": "Two answers are right."},
    "/teach/reports/{report}": {"reply": "Thank you."},
    "/admin/users/{user}/extra-time": {"percent": "25"},
    "/admin/users/{user}/role": {"role": "trainer"},
    "/admin/users/{user}/erase": {"confirm": "{address}"},
    "/admin/invitations": {"role": "trainer"},
}

QUERIES: dict[str, dict[str, str]] = {
    # An assignment of another trainer, asked for in one's own cohort.
    "/teach/cohorts/{cohort}/insight?theirs": {"assignment": "{theirs}"},
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


def rows() -> Iterator[Row]:
    for line in TABLE.splitlines():
        if line and not line.startswith("#"):
            method, path, *cells = line.split()
            assert len(cells) == len(WHO), line
            yield Row(method, path, tuple(cells))


ROWS = list(rows())


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
            names = names | {"token": hidden(client.get("/").text, "csrf_token")}
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
def world(app: Flask, connection: Connection, make: Make, session: Session, clock: Clock) -> World:
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
    make.grant(trainer, granting, learner, extra_time_percent=25)
    lesson = "/modules/safety/lessons/red-flags"
    check = re.search(rf'action="{lesson}/checks/([\w-]+)"', visitor.get(lesson).text)
    assert check
    learner.client.post(f"{lesson}/checks/{check[1]}", data={"option": "0", "number": "1"})
    checked = last_attempt(session)
    done = start(learner.client, session)
    done.submit()
    guests = start(guest, session, "practice")
    invitation = invitations.create(session, admin.user, Role.LEARNER, clock.now)
    session.commit()
    link = re.search(r"/reset/([\w.-]+)", admin.client.post(f"/admin/users/{other.user.id}/reset-link").text)
    assert link
    attempt_id = start_assigned(learner.client, session, assignment.id).attempt_id
    learner.client.post(f"/attempts/{attempt_id}/2/report", data={"says": "Two answers are right."})
    report_id = session.scalars(select(QuestionReport.id)).one()
    handed = hand_in(session, learner, make.assignment(trainer, cohort), clock.now, Hand(session).all_right)
    join_with_the_same_paper(session, handed, cohort, 12, Hand(session).rising)
    to_join = invitations.create_to_join(session, trainer.user, cohort, [Invitee("", "bo@example.org")], clock.now)
    waiting = invitations.get_by_token(session, to_join[0].token)
    assert waiting
    roster = rosters.read_text(session, trainer.user, cohort, "Ada Byron;ada@example.org", clock.now)
    their_roster = rosters.read_text(session, trainer2.user, theirs_cohort, "Ada Byron;ada@example.org", clock.now)
    removed, assistant = make.person(), make.trainer()
    cohorts.join(session, cohort, removed.learner, clock.now)
    cohorts.remove(session, trainer.user, cohort, removed.learner.id, clock.now)
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=assistant.user.id))
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
            "roster": str(roster.id),
            "their_roster": str(their_roster.id),
            "to_join": str(waiting.id),
            "asked": str(handed.items[0].version_id),
            "handed": str(handed.id),
            "set": str(handed.assignment_id),
            "assignment": str(assignment.id),
            "theirs": str(theirs.id),
            "attempt": str(attempt_id),
            "report": str(report_id),
            "calendar": calendar[1],
            "check": check[1],
            "checked": str(checked),
            "code": cohort.join_code,
            "cohort": str(cohort.id),
            "done": str(done.attempt_id),
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


def question_of_tests(session: Session) -> str:
    """The author's id of a question that tests alone may show."""
    question = db.Model.metadata.tables["question"]
    return str(session.scalar(db.select(question.c.slug).where(question.c.use == "test").limit(1)))


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("palpate")
    assert cookie
    return cookie.value


def test_everybody_gets_what_the_table_says(world: World, statements: Callable[[], list[str]]) -> None:
    """Threat 12. Fails when a view lacks its decorator, or loads an object by its id alone."""
    found = [Row(row.method, row.path, tuple(world.cell(row, who) for who in WHO)) for row in ROWS]

    assert [str(row) for row in found] == [str(row) for row in ROWS]


def test_no_get_writes(world: World, statements: Callable[[], list[str]]) -> None:
    """Threat 18. Fails when a visitor becomes a guest by looking, or a page notes that it was seen."""
    statements()

    for row in ROWS:
        for who in WHO if row.method == "GET" else ():
            world.cell(row, who)

    assert not [statement for statement in statements() if not statement.startswith("SELECT")]


def test_every_address_is_in_the_table(app: Flask) -> None:
    """Fails when somebody adds a view and not its row."""
    adapter = app.url_map.bind("localhost")
    tested = set()
    for row in ROWS:
        path = re.sub(r"\{\w+\}", "1", row.path.partition("?")[0])
        rule, _ = adapter.match(path, method=row.method, return_rule=True)
        tested.add((rule.rule, row.method))

    there = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }

    assert there - tested == set()
    assert tested - there == set()


def test_each_row_stands_once() -> None:
    assert len({row.request for row in ROWS}) == len(ROWS)


def test_only_reports_of_marks_write_on_a_get_and_only_what_is_overdue(
    world: World, make: Make, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Threat 18. Fails when another GET closes attempts, or a report writes anything else."""
    start(make.person().client, session)
    clock.advance(hours=5)
    writing: dict[str, set[str]] = {}

    for row in ROWS:
        for who in WHO if row.method == "GET" else ():
            statements()
            world.cell(row, who)
            tables = {
                table
                for text in statements()
                for table in re.findall(r"^(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)", text)
            }
            if tables:
                writing.setdefault(row.request, set()).update(tables)

    closing = {"attempt", "mark", "standing"}
    assert writing == {
        "GET /teach/cohorts/{cohort}": closing,
        "GET /teach/cohorts/{cohort}/gradebook": closing,
        "GET /teach/cohorts/{cohort}/gradebook?attention": closing,
        "GET /teach/cohorts/{cohort}/learners/{learner}": closing,
        "GET /teach/attempts/{attempt}": closing,
        "GET /teach/attempts/{handed}": closing,
        "GET /teach/cohorts/{cohort}/gradebook.csv": closing,
        "GET /teach/cohorts/{cohort}/insight": closing,
        "GET /teach/cohorts/{cohort}/insight?theirs": closing,
        "GET /teach/cohorts/{cohort}/insight/scores.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/questions.csv": closing,
        "GET /teach/cohorts/{cohort}/insight/gain.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/muscles.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/places.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/questions/{asked}": closing,
        "GET /teach/cohorts/{cohort}/insight/questions/{asked}/curves.svg": closing,
    }
