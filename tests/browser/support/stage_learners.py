"""Half of the stage: people signed in, guests, and what learners have done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import select

from app.demo import cast
from app.domain.attempt import AttemptState, Purpose
from app.domain.certificate import format_certificate_code
from app.domain.cpd import CpdKind
from app.domain.paper import PaperItem
from app.domain.question import QuestionText
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Learner,
    ModuleRow,
    QuestionVersion,
    User,
)
from app.permissions import Viewer
from app.services.attempts import answering, attempts, certificates, cpd, guests, lessons
from app.services.attempts.answering import AnswerChange
from app.services.attempts.attempts import OwnAttempt
from app.services.attempts.cpd import EntryChange
from app.services.course import catalogue
from app.services.course.lesson_texts import get_lesson_text
from app.services.marking import submission
from app.services.people import addresses, sign_ins, users
from app.services.reporting import question_reports
from app.web import confirmation
from app.web.identity import hash_token
from tests.support import chosen_attempts
from tests.support.question_kinds import SEVERAL, SINGLE, TRUE_FALSE, right, wrong


@dataclass(slots=True)
class Stage:
    """``cookies`` sign a browser in as somebody; ``ids`` and ``links`` name what pages are about."""

    database: Path
    cookies: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


class LearnersOnStage:
    """Fills the database with what learners do; :mod:`tests.browser.support.stage` adds teaching."""

    def __init__(self, app: Flask, session: Any, now: datetime, stage: Stage) -> None:
        self.app, self.session, self.now, self.stage = app, session, now, stage

    def _sign_in_elsewhere(self, viewer: Viewer) -> None:
        assert viewer.learner is not None
        for browser, system in (("Firefox", "Windows"), ("Safari", "iPhone")):
            origin = sign_ins.Origin(browser, system, "192.0.2.0/24")
            sign_ins.start(self.session, hash_token(browser), viewer.learner, viewer.user, self.now, origin)

    def _unconfirmed(self) -> None:
        """A new account and one that changes its address, both without a confirmation."""
        for who, name in (("unconfirmed", "Uma Lind"), ("changing", "Chidi Obi")):
            email = f"{who}@example.org"
            user = users.create(self.session, name=name, email=email, password_hash="!", now=self.now)
            self.session.flush()  # the sign-in needs the id of the learner
            if who == "unconfirmed":
                addresses.require_confirmation(user, self.now)
            else:
                addresses.request_change(self.session, user, user, "chidi.obi@example.org", self.now)
            self.stage.cookies[who] = self._cookie(Viewer(user, sign_ins.get_learner(self.session, user)))
        with self.app.test_request_context():
            self.stage.links["confirm"] = urlsplit(confirmation.make_link(user)).path

    # -- people ----------------------------------------------------------------------------------------------------------

    def _viewer(self, name: str) -> Viewer:
        user = self.session.scalars(select(User).where(User.name == name)).one()
        return Viewer(user, sign_ins.get_learner(self.session, user))

    def _user(self, name: str) -> User:
        found: User = self.session.scalars(select(User).where(User.name == name)).one()
        return found

    def _learner(self, name: str) -> Learner:
        found: Learner = self.session.scalars(select(Learner).where(Learner.user_id == self._user(name).id)).one()
        return found

    def _cookie(self, viewer: Viewer, **more: str) -> str:
        """The session cookie of a browser that is signed in as ``viewer``."""
        assert viewer.learner is not None
        token = f"stage-{len(self.stage.cookies)}"
        sign_ins.start(self.session, hash_token(token), viewer.learner, viewer.user, self.now)
        content = {"sign_in": token, **more}
        if viewer.user is not None:
            content |= {"_user_id": viewer.user.fs_uniquifier, "_fresh": "1"}
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return str(signer.dumps(content))

    def _guests(self) -> None:
        guest = Viewer(None, guests.create_guest(self.session, self.now))
        self.stage.cookies["guest"] = self._cookie(guest)
        loaded = self._practice(guest, "referred-pain")
        self.stage.ids["practice"] = loaded.attempt.id
        self._answer(guest, "done-practice", self._practice(guest, "safety"))
        self._check(guest.learner)
        # Somebody signs in where a guest had been at work.
        left = guests.create_guest(self.session, self.now)
        self.stage.cookies["left"] = self._cookie(Viewer(None, left))
        self._practice(Viewer(None, left), "evidence")
        returning = self._viewer("Yūki Tanaka")
        self.stage.cookies["returning"] = self._cookie(returning, guest=f"stage-{len(self.stage.cookies) - 1}")

    def _check(self, learner: Learner | None) -> None:
        """A lesson read halfway, with its first check answered wrongly."""
        assert learner is not None
        module = self._module("trigger-points")
        lesson = catalogue.get_lesson(self.session, module.id, "knots")
        text = get_lesson_text(self.session, module.slug, "knots")
        assert lesson is not None
        assert text is not None
        check = next(part.check for part in lessons.view_lesson(self.session, learner, text).parts if part.check)
        candidate = text.checks[check.slug]
        shown, key = self._asked(candidate.version_id)
        order = lessons.order_of(lesson, candidate, check.number)
        fields = shown.kind.fill(shown, order, wrong(shown, key))
        lessons.answer_check(self.session, learner, lesson, candidate, fields, check.number, self.now)
        lessons.save_reading_position(self.session, learner, lesson, lesson.body["sections"][1]["id"], self.now)

    # -- attempts --------------------------------------------------------------------------------------------------------

    def _module(self, slug: str) -> ModuleRow:
        module = catalogue.get_module(self.session, slug)
        assert module is not None
        return module

    def _practice(self, viewer: Viewer, module: str) -> OwnAttempt:
        """Practice with the first question right, the second wrong, the third open."""
        assert viewer.learner is not None
        began = self.now - timedelta(minutes=9)
        attempt = attempts.start_practice(self.session, viewer.learner, self._module(module), began)
        loaded = self._loaded(viewer, attempt)
        for item, is_right in zip(loaded.items, (True, False), strict=False):
            self._record(loaded, item, is_right=is_right)
        return loaded

    def _answer(self, viewer: Viewer, name: str, loaded: OwnAttempt) -> None:
        for item in loaded.items[2:]:
            self._record(loaded, item, is_right=item.position % 3 > 0)
        submission.submit(self.session, loaded.attempt, self.now)
        self.stage.ids[name] = loaded.attempt.id

    def _record(
        self,
        loaded: OwnAttempt,
        item: PaperItem,
        *,
        is_right: bool,
        is_flagged: bool | None = None,
        certainty: int | None = None,
    ) -> None:
        shown, key = self._asked(item.version_id)
        response = right(shown, key) if is_right else wrong(shown, key)
        change = AnswerChange(
            fields=shown.kind.fill(shown, item.option_order, response),
            revision=item.revision,
            certainty=certainty,
            is_flagged=is_flagged,
        )
        answering.record_answer(self.session, loaded, item, change, self.now)

    def _asked(self, version_id: int) -> tuple[QuestionText, Any]:
        ids = [version_id]
        return catalogue.get_texts(self.session, ids)[version_id], catalogue.get_solutions(self.session, ids)[
            version_id
        ].key

    def _kinds(self) -> None:
        """Guests with one question of every kind: in practice, checked, in a test that asks for certainty, and handed in."""
        stages = (
            ("kinds", Purpose.PRACTICE),
            ("kinds-checked", Purpose.PRACTICE),
            ("kinds-test", Purpose.TEST),
            ("kinds-done", Purpose.TEST),
        )
        for name, purpose in stages:
            learner = guests.create_guest(self.session, self.now)
            guest = Viewer(None, learner)
            self.stage.cookies[name] = self._cookie(guest)
            attempt = chosen_attempts.start_with_every_kind(
                self.session, learner, purpose, self.now, counted_on=chosen_attempts.COUNTED_ON_IN_REAL_COURSE
            )
            self.stage.ids[name] = attempt.id
            loaded = self._loaded(guest, attempt)
            for item in loaded.items if name in ("kinds-checked", "kinds-done") else ():
                self._record(loaded, item, is_right=item.position % 4 == 0, certainty=item.position % 3 + 1)
            if name == "kinds-done":
                self._report(loaded, 4, "report-replied")
                self._report(loaded, 7, "report")
                submission.submit(self.session, loaded.attempt, self.now)

    def _report(self, loaded: OwnAttempt, n: int, name: str) -> None:
        says = "The picture shows the strip thicker in two places. I would have chosen both."
        question_reports.save_report(self.session, loaded, n, says, self.now)
        found = question_reports.get_own(self.session, loaded, n)
        assert found is not None
        self.stage.ids[name] = found.id
        if name == "report-replied":
            admin = self._viewer(cast.ADMIN)
            reported = question_reports.get_for(self.session, admin, found.id)
            assert admin.user is not None
            assert reported is not None
            question_reports.reply_to_report(
                self.session, admin.user, reported, "Good catch. We have redrawn it.", self.now
            )

    def _loaded(self, viewer: Viewer, attempt: Attempt) -> OwnAttempt:
        loaded = attempts.get_for(self.session, viewer, attempt.id)
        assert loaded is not None
        return loaded

    def _tests(self, viewer: Viewer) -> None:
        """Of the learner in mid-course: tests under way, with and without a clock, and every kind of result."""
        assert viewer.learner is not None
        timed = self._loaded(
            viewer, attempts.start_test(self.session, viewer.learner, self._module("evidence"), self.now)
        )
        for item in timed.items[:5]:
            self._record(timed, item, is_right=True, is_flagged=item.position == 2)
        ids = self.stage.ids
        ids["timed"] = timed.attempt.id
        kinds = dict(self.session.execute(select(QuestionVersion.id, QuestionVersion.kind)).all())
        several = [item.position for item in timed.items if kinds[item.version_id] == SEVERAL.name]
        ids["several"] = several[0] if several else 1
        overdue = self.now - timedelta(minutes=25)
        closing = attempts.start_test(self.session, viewer.learner, self._module("referred-pain"), overdue)
        ids["closing"] = closing.id
        mine = select(Attempt.id).join(Assignment).where(Attempt.learner_id == viewer.learner.id).order_by(Attempt.id)
        ids["not-passed"], ids["passed"] = self.session.scalars(mine.where(Assignment.title == cast.FIRST))
        ids["unreleased"] = self.session.scalars(mine.where(Assignment.title == cast.MAPPED)).one()
        ids["critical"] = self.session.scalars(mine.where(Assignment.title == cast.CRITICAL)).one()
        ids["test"] = self.session.scalars(mine.where(Attempt.state == AttemptState.OPEN)).one()
        # Papers are drawn at random, so a question answered by choosing may be at any place.
        names = [kind.name for kind in (SINGLE, SEVERAL, TRUE_FALSE)]
        choosing = (
            select(AttemptItem.position)
            .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
            .where(AttemptItem.attempt_id == ids["test"], QuestionVersion.kind.in_(names))
            .order_by(AttemptItem.position)
        )
        ids["choosing"] = self.session.scalars(choosing.limit(1)).one()
        self._certificate(viewer)

    def _certificate(self, viewer: Viewer) -> None:
        """The certificate of the learner's test that was passed."""
        loaded = attempts.get_for(self.session, viewer, self.stage.ids["passed"], for_update=True)
        assert loaded is not None
        issued = certificates.issue(self.session, viewer, loaded, self.now)
        self.session.flush()  # its page needs the id
        self.stage.ids["certificate"] = issued.id
        self.stage.links["verify"] = f"/verify/{format_certificate_code(issued.code)}"
        self._cpd_record(viewer)

    def _cpd_record(self, viewer: Viewer) -> None:
        """Own entries beside the passed test, which has a reflection."""
        assert viewer.learner is not None
        today = self.now.date()
        article = EntryChange(
            done_on=today - timedelta(days=3),
            title="Article: dry needling of the upper trapezius",
            minutes=45,
            kind=CpdKind.SELF_DIRECTED,
            reflection="The effect is small, and short. I tell patients so before they decide.",
            evidence="https://doi.org/10.1000/182",
        )
        course = EntryChange(
            done_on=today - timedelta(days=20),
            title="Course on the shoulder, two days",
            minutes=930,
            kind=CpdKind.FORMAL,
            reflection="",
            evidence="Confirmation of attendance in my folder",
        )
        cpd.add(self.session, viewer.learner, article)
        entry = cpd.add(self.session, viewer.learner, course)
        self.session.flush()  # its page needs the id
        self.stage.ids["cpd-entry"] = entry.id
        # Answers are drawn at random, so any attempt at the test may be the first that is passed.
        test = cpd.list_tests(self.session, viewer.learner, self.now)[0]
        assert test.attempt_id is not None
        self.stage.ids["cpd-test"] = test.attempt_id
        cpd.reflect(self.session, test, "I ask about red flags before I touch anybody.")
