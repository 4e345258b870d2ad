"""The demo with what it takes to see every page: people signed in, attempts in every state, links that work and links that don't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import select

from app import create_app, demo, settings
from app.db import db
from app.demo import answering, cast
from app.domain.assignment import Counts, Grant
from app.domain.attempt import Purpose, State
from app.domain.content import Key, Kind
from app.domain.correction import Remedy
from app.domain.question import Shown
from app.identity import token_hash
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Cohort,
    Learner,
    MarkChange,
    ModuleRow,
    QuestionVersion,
    Role,
    User,
)
from app.permissions import Viewer
from app.services.assigned import assignments, grants
from app.services.assigned.assignments import Taught, Terms
from app.services.course import catalogue, lessons
from app.services.insights import insight
from app.services.insights.answered import Counting
from app.services.marking import corrections, marks, submission
from app.services.marking.corrections import Decision
from app.services.people import guests, invitations, sign_ins, users
from app.services.taking import attempts
from app.services.taking.attempts import Change, Loaded
from app.services.teaching import cohorts, question_reports, rosters, trainers
from tests import papers
from tests.browser import serving
from tests.browser.crowd import Crowd

SURNAMES = (
    "María del Carmen Fernández-Villaverde y Ruiz de la Torre",
    "Ng",
    "Maximilian-Alexander von Hohenstaufen-Wittelsbach",
    "นภัสสร วงศ์สุวรรณ",
    "Æðelþryð Sigurðardóttir",
)
"""Long names, a short one, and letters that the page's own font lacks."""

PEOPLE = {"learner": demo.MID_COURSE, "new": demo.NEW, "trainer": demo.TRAINER, "admin": demo.ADMIN}


@dataclass(slots=True)
class Stage:
    """``cookies`` sign a browser in as somebody; ``ids`` and ``links`` name what pages are about."""

    database: Path
    cookies: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


def set_up(folder: Path, port: int) -> Stage:
    """Fill the database in ``folder`` before the server starts on ``port``."""
    serving.flask(folder, port, "demo", "fill")
    app = create_app(settings.load(serving.environment(folder, port)))
    with app.app_context():
        stage = _Builder(app, db.session, datetime.now(UTC), Stage(folder / "palpate.sqlite3")).build()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return stage


class _Builder:
    def __init__(self, app: Flask, session: Any, now: datetime, stage: Stage) -> None:
        self.app, self.session, self.now, self.stage = app, session, now, stage

    def build(self) -> Stage:
        for who, name in PEOPLE.items():
            viewer = self._viewer(name)
            assert viewer.user is not None
            self.stage.cookies[who] = self._cookie(viewer)
            self.stage.ids[f"user-{who}"] = viewer.user.id
        idle = users.create(
            self.session,
            name="Ruth Okonkwo",
            email="ruth@example.org",
            password_hash="!",
            now=self.now,
            role=Role.TRAINER,
        )
        self.stage.cookies["idle"] = self._cookie(Viewer(idle, sign_ins.learner_of(self.session, idle)))
        self._guests()
        self._kinds()
        self._tests(self._viewer(demo.MID_COURSE))
        self._teaching()
        self._corrections()
        self._ways_in()
        return self.stage

    # -- people ----------------------------------------------------------------------------------------------------------

    def _viewer(self, name: str) -> Viewer:
        user = self.session.scalars(select(User).where(User.name == name)).one()
        return Viewer(user, sign_ins.learner_of(self.session, user))

    def _cookie(self, viewer: Viewer, **more: str) -> str:
        """The session cookie of a browser that is signed in as ``viewer``."""
        assert viewer.learner is not None
        token = f"stage-{len(self.stage.cookies)}"
        sign_ins.start(self.session, token_hash(token), viewer.learner, viewer.user, self.now)
        content = {"sign_in": token, **more}
        if viewer.user is not None:
            content |= {"_user_id": viewer.user.fs_uniquifier, "_fresh": "1"}
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return str(signer.dumps(content))

    def _guests(self) -> None:
        guest = Viewer(None, guests.create(self.session, self.now))
        self.stage.cookies["guest"] = self._cookie(guest)
        loaded = self._practice(guest, "referred-pain")
        self.stage.ids["practice"] = loaded.attempt.id
        self._answer(guest, "done-practice", self._practice(guest, "safety"))
        self._check(guest.learner)
        # Somebody signs in where a guest had been at work.
        left = guests.create(self.session, self.now)
        self.stage.cookies["left"] = self._cookie(Viewer(None, left))
        self._practice(Viewer(None, left), "evidence")
        returning = self._viewer("Yūki Tanaka")
        self.stage.cookies["returning"] = self._cookie(returning, guest=f"stage-{len(self.stage.cookies) - 1}")

    def _check(self, learner: Learner | None) -> None:
        """A lesson read halfway, with its first check answered wrongly."""
        assert learner is not None
        module = self._module("trigger-points")
        lesson = catalogue.get_lesson(self.session, module.id, "knots")
        assert lesson is not None
        check = next(part.check for part in lessons.view(self.session, learner, module, lesson).parts if part.check)
        candidate = catalogue.list_checks(self.session, [check.slug])[check.slug]
        shown, key = self._asked(candidate.version_id)
        order = [shown.options.index(option.text) for option in check.question.options]
        given = answering.given(shown, order, answering.wrong(shown, key, Random(0), Random(0)))
        lessons.answer_check(self.session, learner, lesson, candidate, given, check.number, self.now)
        lessons.keep_place(self.session, learner, lesson, lesson.body["sections"][1]["id"], self.now)

    # -- attempts --------------------------------------------------------------------------------------------------------

    def _module(self, slug: str) -> ModuleRow:
        module = catalogue.get_module(self.session, slug)
        assert module is not None
        return module

    def _practice(self, viewer: Viewer, module: str) -> Loaded:
        """Practice with the first question right, the second wrong, the third open."""
        assert viewer.learner is not None
        began = self.now - timedelta(minutes=9)
        attempt = attempts.start_practice(self.session, viewer.learner, self._module(module), began)
        loaded = self._loaded(viewer, attempt)
        for item, is_right in zip(loaded.items, (True, False), strict=False):
            self._record(loaded, item, is_right=is_right)
        return loaded

    def _answer(self, viewer: Viewer, name: str, loaded: Loaded) -> None:
        for item in loaded.items[2:]:
            self._record(loaded, item, is_right=item.position % 3 > 0)
        submission.submit(self.session, loaded.attempt, self.now)
        self.stage.ids[name] = loaded.attempt.id

    def _record(
        self,
        loaded: Loaded,
        item: AttemptItem,
        *,
        is_right: bool,
        is_flagged: bool | None = None,
        certainty: int | None = None,
    ) -> None:
        shown, key = self._asked(item.version_id)
        response = answering.right(shown, key) if is_right else answering.wrong(shown, key, Random(0), Random(0))
        change = Change(
            answering.given(shown, item.option_order, response),
            item.revision,
            certainty=certainty,
            is_flagged=is_flagged,
        )
        attempts.record_answer(self.session, loaded, item, change, self.now)

    def _asked(self, version_id: int) -> tuple[Shown, Key]:
        ids = [version_id]
        return catalogue.shown(self.session, ids)[version_id], catalogue.keys(self.session, ids)[version_id].key

    def _kinds(self) -> None:
        """Guests with one question of every kind: in practice, checked, in a test that asks for certainty, and handed in."""
        stages = (
            ("kinds", Purpose.PRACTICE),
            ("kinds-checked", Purpose.PRACTICE),
            ("kinds-test", Purpose.TEST),
            ("kinds-done", Purpose.TEST),
        )
        for name, purpose in stages:
            guest = Viewer(None, guests.create(self.session, self.now))
            self.stage.cookies[name] = self._cookie(guest)
            attempt = papers.of_every_kind(self.session, guest.learner, purpose, self.now)
            self.stage.ids[name] = attempt.id
            loaded = self._loaded(guest, attempt)
            for item in loaded.items if name in ("kinds-checked", "kinds-done") else ():
                self._record(loaded, item, is_right=item.position % 4 == 0, certainty=item.position % 3 + 1)
            if name == "kinds-done":
                self._report(loaded, 4, "report-replied")
                self._report(loaded, 7, "report")
                submission.submit(self.session, loaded.attempt, self.now)

    def _report(self, loaded: Loaded, n: int, name: str) -> None:
        says = "The picture shows the strip thicker in two places. I would have chosen both."
        question_reports.report(self.session, loaded, loaded.items[n - 1], says, self.now)
        found = question_reports.get_own(self.session, loaded, n)
        assert found is not None
        self.stage.ids[name] = found.id
        if name == "report-replied":
            admin = self._viewer(demo.ADMIN)
            reported = question_reports.get_for(self.session, admin, found.id)
            assert admin.user is not None
            assert reported is not None
            question_reports.reply(self.session, admin.user, reported, "Well seen. We have redrawn it.", self.now)

    def _loaded(self, viewer: Viewer, attempt: Attempt) -> Loaded:
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
        several = [item.position for item in timed.items if kinds[item.version_id] is Kind.SEVERAL]
        ids["several"] = several[0] if several else 1
        overdue = self.now - timedelta(minutes=25)
        closing = attempts.start_test(self.session, viewer.learner, self._module("referred-pain"), overdue)
        ids["closing"] = closing.id
        mine = select(Attempt.id).join(Assignment).where(Attempt.learner_id == viewer.learner.id).order_by(Attempt.id)
        ids["not-passed"], ids["passed"] = self.session.scalars(mine.where(Assignment.title == cast.FIRST))
        ids["unreleased"] = self.session.scalars(mine.where(Assignment.title == cast.MAPPED)).one()
        ids["critical"] = self.session.scalars(mine.where(Assignment.title == cast.CRITICAL)).one()
        ids["test"] = self.session.scalars(mine.where(Attempt.state == State.OPEN)).one()

    # -- teaching and ways in --------------------------------------------------------------------------------------------

    def _teaching(self) -> None:
        trainer = self._viewer(demo.TRAINER).user
        assert trainer is not None
        # The demo brings two: this year's, and last year's in the archive.
        cohort = self.session.scalars(select(Cohort).where(Cohort.archived_at.is_(None))).one()
        archived = self.session.scalars(select(Cohort).where(Cohort.archived_at.is_not(None))).one()
        empty = cohorts.create(self.session, trainer, "Manual therapy, evening course", "Europe/Berlin", self.now)
        over = cohorts.create(
            self.session, trainer, "Physiotherapy, year 3", "Europe/Berlin", self.now - timedelta(days=90)
        )
        for learner in self.session.scalars(select(Learner).where(Learner.user_id.is_not(None)).limit(3)):
            cohorts.join(self.session, over, learner, self.now - timedelta(days=80))
        self._people(trainer, empty)
        works = {work.title: work for work in assignments.list_for_cohort(self.session, cohort)}
        self.stage.ids |= {"cohort": cohort.id, "empty": empty.id, "over": over.id, "archived": archived.id}
        self.stage.ids |= {
            "work": works[cast.MAPPED].id,
            "later": next(work.id for work in works.values() if work.opens_at and work.opens_at > self.now),
            "withdrawn": next(work.id for work in works.values() if work.withdrawn_at),
        }
        self.stage.links |= {
            "join": f"/join/{empty.join_code}",
            "join-over": f"/join/{over.join_code}",
            "join-archived": f"/join/{archived.join_code}",
        }
        self._insight(trainer, works)
        crowd = Crowd(self.session, trainer, self._module("safety"), self.now)
        self.stage.ids |= crowd.fill()
        named = {"failing": "Tomás Ó Súilleabháin", "newcomer": "Li Wei"}
        self.stage.ids |= {name: self._learner_id(who) for name, who in named.items()}
        self._set_for_one(trainer)

    def _set_for_one(self, trainer: User) -> None:
        """A cohort in which somebody meets every state of what is set, and exceptions of every sort."""
        lina = self._viewer(demo.NEW).learner
        assert lina is not None
        cohort = cohorts.create(
            self.session, trainer, "Elective: needling and what it is worth", "Europe/Berlin", self.now
        )
        cohorts.join(self.session, cohort, lina, self.now)
        week = self.now + timedelta(days=7)

        def put(title: str, module: str, **given: Any) -> Assignment:
            terms = {"due_at": week, "attempts_allowed": 2, "time_limit_minutes": 20, "pass_mark_percent": 75} | given
            row = self._module(module)
            return assignments.create(self.session, trainer, cohort, row, Terms(title, **terms), self.now)

        first = put("Safety before you needle", "safety", asks_certainty=True)
        lessons_first = put("Treatment, after reading", "treatment", lessons_first=True, time_limit_minutes=None)
        waiting = put("Evidence for needling", "evidence", required_ids=frozenset({first.id}))
        excused = put("Trigger points, once more", "trigger-points", attempts_allowed=None)
        self._grant(trainer, excused, lina, Grant(is_excused=True))
        self._grant(
            trainer, first, lina, Grant(25, week + timedelta(days=2), 1), "Broke her wrist; agreed on the phone."
        )
        changed = put("Referred pain, the third look", "referred-pain", opens_at=week, due_at=week + timedelta(days=7))
        taught = self._taught(trainer, changed)
        terms = replace(assignments.terms_of(self.session, changed), attempts_allowed=3, counts=Counts.LATEST)
        assignments.edit(self.session, trainer, taught, terms, self.now)
        self.stage.ids |= {
            "first": first.id,
            "reading": lessons_first.id,
            "waits": waiting.id,
            "changed": changed.id,
            "lina": lina.id,
        }

    def _taught(self, trainer: User, assignment: Assignment) -> Taught:
        taught = assignments.get_for(self.session, Viewer(trainer), assignment.id)
        assert taught is not None
        return taught

    def _grant(
        self, trainer: User, assignment: Assignment, learner: Learner, grant: Grant, note: str | None = None
    ) -> None:
        grants.give(self.session, trainer, self._taught(trainer, assignment), [learner.id], grant, self.now, note)

    def _people(self, trainer: User, empty: Cohort) -> None:
        """A cohort of many with long names, some invited and removed; lists to look at."""
        large = cohorts.create(
            self.session, trainer, "Advanced musculoskeletal rehabilitation 2026", "Europe/Berlin", self.now
        )
        for number in range(70):
            learner = self._enrol(large, number)
            if number % 9 == 4:
                cohorts.remove(self.session, trainer, large, learner.id, self.now)
        named = [invitations.Invitee(f"{SURNAMES[n % 5]} {n}", f"waiting{n}@example.org") for n in range(8)]
        sent = invitations.create_to_join(self.session, trainer, large, [*named, self._long()], self.now)
        teaching = trainers.invite(self.session, trainer, large, "noor@example.org", self.now)
        faulty = "Name;E-Mail\nAda Byron;ada@example.org\nBo;\nCy;cy@\n;ada@example.org\n=1+1;dee@example.org"
        self.stage.ids |= {
            "large": large.id,
            "roster": rosters.read_text(self.session, trainer, empty, faulty, self.now).id,
            "roster-faulty": rosters.read_text(self.session, trainer, empty, "Bo\nCy;cy@", self.now).id,
        }
        self.stage.links |= {
            "invitation-to-join": f"/invitation/{sent[0].token}",
            "invitation-to-teach": f"/invitation/{teaching.token}",
        }

    def _enrol(self, cohort: Cohort, number: int) -> Learner:
        name = f"{SURNAMES[number % 5]} {number}"
        email = f"a.rather.long.address.number{number}@students.university-of-applied-sciences.example.org"
        user = users.create(self.session, name=name, email=email, password_hash="!", now=self.now)
        learner = sign_ins.learner_of(self.session, user)
        cohorts.join(self.session, cohort, learner, self.now - timedelta(days=number))
        return learner

    def _long(self) -> invitations.Invitee:
        return invitations.Invitee("Wolfeschlegelsteinhausenbergerdorff" * 2, f"{'long' * 12}@example.org")

    def _learner_id(self, name: str) -> int:
        learner = self._viewer(name).learner
        assert learner is not None
        return learner.id

    def _insight(self, trainer: User, works: Mapping[str, Assignment]) -> None:
        """A test that asked for certainty, one that didn't, with questions on the body map, and one with a test before it.

        Then the questions most and fewest had, and a test that nobody has handed in.
        """
        sure, mapped = works[cast.CRITICAL], works[cast.MAPPED]
        by_answers = sorted(
            insight.insight(self.session, sure, Counting.FIRST).items, key=lambda line: line.figures.answers
        )
        waiting = cohorts.create(self.session, trainer, "Physiotherapy, year 1", "Europe/Berlin", self.now)
        cohorts.join(self.session, waiting, self._viewer("Li Wei").learner, self.now)
        terms = Terms("Safety before you treat", None, None, None, 80)
        assignments.create(self.session, trainer, waiting, self._module("safety"), terms, self.now)
        self.stage.ids |= {
            "sure": sure.id,
            "mapped": mapped.id,
            "gained": works[cast.FIRST].id,
            "asked": by_answers[-1].version_id,
            "asked-few": by_answers[0].version_id,
            "waiting": waiting.id,
        }

    def _corrections(self) -> None:
        """Of the learner's test with the critical one missed: a question out of the score, one with another answer, and a mark changed by hand."""
        trainer, ids = self._viewer(demo.TRAINER), self.stage.ids
        attempt = self.session.get_one(Attempt, ids["critical"])
        taught = assignments.get_for(self.session, trainer, attempt.assignment_id)
        items = self.session.scalars(select(AttemptItem).where(AttemptItem.attempt_id == attempt.id)).all()
        assert taught is not None
        # The demo draws its papers and answers afresh each time: whatever was answered rightly will do, the less critical first.
        ones = sorted(items, key=lambda item: self._shown(item).is_critical)
        right = [item for item in ones if item.response == list(self._asked(item.version_id)[1].correct)]
        by_hand, void, accepted, *others = [item for item in right if self._shown(item).kind is Kind.SINGLE]
        remedies = ((void, Decision(Remedy.VOID)), (accepted, Decision(Remedy.ACCEPT, self._other(accepted))))
        for item, decision in remedies:
            asked = corrections.get_for_assignment(self.session, taught, item.version_id)
            why = "Two of the answers can be defended. We have told the authors, and it counts for nobody."
            corrections.apply(self.session, trainer.user, asked, decision, why, self.now)
        marked = marks.get_for(self.session, trainer, attempt.id, by_hand.position, self.now)
        marks.change(self.session, trainer.user, marked, 0.5, "You named the sign, but not what to do.", self.now)
        ids |= {
            # The one mark that the demo's trainer changed by hand is of another attempt.
            "attempt-changed": self.session.scalars(
                select(MarkChange.attempt_id).where(
                    MarkChange.correction_id.is_(None), MarkChange.attempt_id != attempt.id
                )
            ).one(),
            "set": attempt.assignment_id,
            "corrected": accepted.version_id,
            "marked": by_hand.position,
            "void": void.position,
            "fresh": (others or [by_hand])[0].version_id,
        }
        kinds = select(AttemptItem.version_id).where(AttemptItem.attempt_id == ids["kinds"])
        for n, version_id in enumerate(self.session.scalars(kinds.order_by(AttemptItem.position)), start=1):
            ids[f"kind-{n}"] = version_id

    def _shown(self, item: AttemptItem) -> Shown:
        return self._asked(item.version_id)[0]

    def _other(self, item: AttemptItem) -> Key:
        """An answer beside the key."""
        correct = self._asked(item.version_id)[1].correct
        return Key((next(index for index in item.option_order if index not in correct),))

    def _ways_in(self) -> None:
        admin = self._viewer(demo.ADMIN).user
        open_one = invitations.create(self.session, admin, Role.TRAINER, self.now, name="Noor de Jong")
        used = invitations.create(self.session, admin, Role.LEARNER, self.now)
        invitations.withdraw(self.session, admin, used.invitation, self.now)
        self.stage.links |= {
            "invitation": f"/invitation/{open_one.token}",
            "invitation-over": f"/invitation/{used.token}",
        }
        with self.app.test_request_context():
            token = generate_reset_password_token(self._viewer("Li Wei").user)
        self.stage.links["reset"] = f"/reset/{token}"
        gone = self._viewer("Bo Ek").user
        users.deactivate(self.session, admin, gone, self.now)
        self.stage.ids["user-gone"] = gone.id
