"""The demo with what it takes to see every page: people signed in, attempts in every state, links that work and links that don't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import select

from app import create_app, settings
from app.db import db
from app.demo import cast
from app.domain.assignment import ExceptionTerms, GradingMethod
from app.domain.attempt import AttemptState
from app.domain.correction import Remedy
from app.domain.kinds.choice import ChoiceKey
from app.domain.notifications import NotificationKind
from app.domain.question import QuestionText
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Cohort,
    Learner,
    LibraryPerson,
    LibraryRole,
    MarkChange,
    Role,
    User,
)
from app.permissions import Viewer
from app.services.assignments import assignments, exceptions
from app.services.assignments.assignments import TaughtAssignment, Terms
from app.services.cohorts import cohorts, invitations, messages, rosters, trainers
from app.services.course import publishing
from app.services.libraries import documents, libraries, publication, starter
from app.services.libraries import people as library_people
from app.services.marking import corrections, marks, regrading
from app.services.marking.corrections import CorrectionDecision
from app.services.people import sign_ins, users
from app.services.reporting.analysis import insight
from app.services.reporting.analysis.responses import AttemptChoice
from app.web import unsubscribing
from app.web.address_key import get_address_key
from tests.browser.support import server_process
from tests.browser.support.large_cohort import LargeCohort
from tests.browser.support.stage_composed import ComposedOnStage
from tests.browser.support.stage_learners import LearnersOnStage, Stage
from tests.browser.support.stage_marking import MarkingOnStage
from tests.browser.support.stage_notes import NotesOnStage
from tests.browser.support.stage_reviewers import ReviewersOnStage
from tests.support.question_kinds import SINGLE, right

SURNAMES = (
    "María del Carmen Fernández-Villaverde y Ruiz de la Torre",
    "Ng",
    "Maximilian-Alexander von Hohenstaufen-Wittelsbach",
    "นภัสสร วงศ์สุวรรณ",
    "Æðelþryð Sigurðardóttir",
)
"""Long names, a short one, and letters that the page's own font lacks."""

PEOPLE = {"learner": cast.MID_COURSE, "new": cast.NEW, "trainer": cast.TRAINER, "admin": cast.ADMIN}


def fill_stage(folder: Path, port: int) -> Stage:
    """Fill the database in ``folder`` before the server starts on ``port``."""
    server_process.run_flask(folder, port, "demo", "fill")
    app = create_app(settings.load_settings(server_process.build_environment(folder, port)))
    with app.app_context():
        stage = _StageBuilder(app, db.session, datetime.now(UTC), Stage(folder / "palpate.sqlite3")).build()
        db.session.commit()
        db.session.close()
        db.engine.dispose()
    return stage


class _StageBuilder(LearnersOnStage):
    def build(self) -> Stage:
        for who, name in PEOPLE.items():
            viewer = self._viewer(name)
            assert viewer.user is not None
            self.stage.cookies[who] = self._cookie(viewer)
            self.stage.ids[f"user-{who}"] = viewer.user.id
        self._sign_in_elsewhere(self._viewer(cast.TRAINER))
        self._unconfirmed()
        idle = self._add_trainer("idle", "Ruth Okonkwo")
        self._add_trainer("author", "Bea Lindqvist")
        self._guests()
        self._kinds()
        self._tests(self._viewer(cast.MID_COURSE))
        ReviewersOnStage(self.app, self.session, self.now, self.stage).fill()
        NotesOnStage(self.app, self.session, self.now, self.stage).fill()
        self._teaching()
        self._studio(idle)
        self._marking()
        self._corrections()
        ComposedOnStage(self.app, self.session, self.now, self.stage).fill(self._user(cast.TRAINER))
        self._ways_in()
        return self.stage

    def _add_trainer(self, who: str, name: str) -> User:
        """A trainer without cohorts."""
        added = users.create(
            self.session,
            name=name,
            email=f"{name.split()[0].lower()}@example.org",
            password_hash="!",
            now=self.now,
            role=Role.TRAINER,
        )
        self.stage.cookies[who] = self._cookie(Viewer(added, sign_ins.get_learner(self.session, added)))
        return added

    def _teaching(self) -> None:
        trainer = self._viewer(cast.TRAINER).user
        assert trainer is not None
        # The demo brings two: this year's, and last year's in the archive.
        cohort = self.session.scalars(select(Cohort).where(Cohort.archived_at.is_(None))).one()
        archived = self.session.scalars(select(Cohort).where(Cohort.archived_at.is_not(None))).one()
        empty = cohorts.create(self.session, trainer, "Manual therapy, evening course", "Europe/Berlin", self.now)
        over = cohorts.create(
            self.session, trainer, "Physiotherapy, year 3", "Europe/Berlin", self.now - timedelta(days=90)
        )
        for learner in self.session.scalars(select(Learner).where(Learner.user_id.is_not(None)).limit(3)):
            self._join(over, learner, self.now - timedelta(days=80))
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
        crowd = LargeCohort(self.session, trainer, self._module("safety"), self.now)
        self.stage.ids |= crowd.fill()
        named = {"failing": "Tomás Ó Súilleabháin", "newcomer": "Li Wei"}
        self.stage.ids |= {name: self._learner_id(who) for name, who in named.items()}
        self._set_for_one(trainer)
        self._messages(trainer, cohort)

    def _marking(self) -> None:
        written = MarkingOnStage(self.session, self._user(cast.TRAINER), self._user(cast.ADMIN), self.now)
        written.fill()
        self.stage.ids |= written.ids
        people = zip(("walker", "walker-plain"), written.walkers, strict=True)
        for who, viewer in (("writer", written.writer), ("graded", written.graded), *people):
            self.stage.cookies[who] = self._cookie(viewer)

    def _studio(self, reader: User) -> None:
        """A sound library that another trainer reads, and one with faults, a history and a removed document."""
        trainer = self._user(cast.TRAINER)
        sound, faulty = (
            libraries.create(self.session, trainer, name, self.now) for name in ("Year two", "Shoulder course")
        )
        for library in (sound, faulty):
            bodies = starter.list_documents(library.name)
            documents.upload(self.session, trainer, library, bodies, self.now, removes_others=False)
        library_people.invite(self.session, trainer, sound, "kim@example.org", LibraryRole.EDITOR, self.now)
        library_people.invite(self.session, trainer, faulty, reader.email, LibraryRole.EDITOR, self.now)
        self.session.add(LibraryPerson(library_id=sound.id, user_id=reader.id, role=LibraryRole.READER))
        text = b"title: Shoulder course\nmodules: [shoulder, first-module]\nred_flag: first-lesson\n"
        documents.save(self.session, trainer, faulty, "course.yaml", text, self.now, seen=1)
        documents.remove(self.session, trainer, faulty, "sources.yaml", self.now, seen=1)
        self._published_library()

    def _published_library(self) -> None:
        """A library of an administrator that is published."""
        admin = self._user(cast.ADMIN)
        library = libraries.create(self.session, admin, "Taping", self.now)
        documents.upload(
            self.session, admin, library, starter.list_documents(library.name), self.now, removes_others=False
        )
        files = publication.check(self.session, library).files
        prepared = publication.prepare(self.session, library, self.now, files=files)
        publishing.publish(self.session, admin, prepared, self.now)
        self.stage.ids["library"] = library.id

    def _messages(self, trainer: User, cohort: Cohort) -> None:
        everybody = [one.learner_id for one in messages.list_possible_recipients(self.session, cohort)]
        text = "Room 3 instead of room 5 tomorrow.\nThe plan: https://example.org/a/plan?week=48"
        sent = messages.send(self.session, trainer, cohort, everybody, text, self.now, is_mailed=False)
        # Home is shown as it mostly is: without a new message.
        for name in (cast.MID_COURSE, cast.NEW):
            messages.mark_read(self.session, self._learner(name), sent.id, self.now)
        reader = self._user(cast.MID_COURSE)
        with self.app.test_request_context():
            link = unsubscribing.make_link(reader.id, reader.email, NotificationKind.REMINDERS)
        self.stage.links["unsubscribe"] = link[link.index("/unsubscribe") :]

    def _set_for_one(self, trainer: User) -> None:
        """A cohort in which somebody meets every state of what is set, and exceptions of every sort."""
        lina = self._viewer(cast.NEW).learner
        assert lina is not None
        cohort = cohorts.create(
            self.session, trainer, "Elective: needling and what it is worth", "Europe/Berlin", self.now
        )
        self._join(cohort, lina, self.now)
        week = self.now + timedelta(days=7)

        def put(title: str, module: str, **given: Any) -> Assignment:
            terms: dict[str, Any] = {
                "due_at": week,
                "attempts_allowed": 2,
                "time_limit_minutes": 20,
                "pass_mark_percent": 75,
            } | given
            row = self._module(module)
            return assignments.create(self.session, trainer, cohort, row, Terms(title, **terms), self.now)

        first = put("Safety before you needle", "safety", asks_certainty=True)
        lessons_first = put("Treatment, after reading", "treatment", lessons_first=True, time_limit_minutes=None)
        waiting = put("Evidence for needling", "evidence", required_ids=frozenset({first.id}))
        excused = put("Trigger points, once more", "trigger-points", attempts_allowed=None)
        self._grant(trainer, excused, lina, ExceptionTerms(is_excused=True))
        self._grant(
            trainer,
            first,
            lina,
            ExceptionTerms(25, week + timedelta(days=2), 1),
            "Broke her wrist; agreed on the phone.",
        )
        changed = put("Referred pain, the third look", "referred-pain", opens_at=week, due_at=week + timedelta(days=7))
        taught = self._taught(trainer, changed)
        terms = replace(assignments.get_terms(self.session, changed), attempts_allowed=3, counts=GradingMethod.LATEST)
        assignments.edit(self.session, trainer, taught, terms, self.now)
        self.stage.ids |= {
            "first": first.id,
            "reading": lessons_first.id,
            "waits": waiting.id,
            "changed": changed.id,
            "lina": lina.id,
        }

    def _taught(self, trainer: User, assignment: Assignment) -> TaughtAssignment:
        taught = assignments.get_for(self.session, Viewer(trainer), assignment.id)
        assert taught is not None
        return taught

    def _grant(
        self, trainer: User, assignment: Assignment, learner: Learner, grant: ExceptionTerms, note: str | None = None
    ) -> None:
        exceptions.create(self.session, trainer, self._taught(trainer, assignment), [learner.id], grant, self.now, note)

    def _people(self, trainer: User, empty: Cohort) -> None:
        """A cohort of many with long names, some invited and removed; lists to look at."""
        large = cohorts.create(
            self.session, trainer, "Advanced musculoskeletal rehabilitation 2026", "Europe/Berlin", self.now
        )
        for number in range(70):
            learner = self._enrol(large, number)
            if number % 9 == 4:
                cohorts.remove_member(self.session, trainer, large, learner.id, self.now)
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
        learner = sign_ins.get_learner(self.session, user)
        self._join(cohort, learner, self.now - timedelta(days=number))
        return learner

    def _join(self, cohort: Cohort, learner: Learner, at: datetime) -> None:
        user = self.session.get_one(User, learner.user_id)
        cohorts.join(self.session, cohort, learner, at, address=user.email, key=get_address_key())

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
            insight.analyse(self.session, sure, AttemptChoice.FIRST).items, key=lambda line: line.figures.answers
        )
        waiting = cohorts.create(self.session, trainer, "Physiotherapy, year 1", "Europe/Berlin", self.now)
        self._join(waiting, self._learner("Li Wei"), self.now)
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
        trainer, ids = self._viewer(cast.TRAINER), self.stage.ids
        attempt = self.session.get_one(Attempt, ids["critical"])
        taught = assignments.get_for(self.session, trainer, attempt.assignment_id)
        items = self.session.scalars(select(AttemptItem).where(AttemptItem.attempt_id == attempt.id)).all()
        assert taught is not None
        assert trainer.user is not None
        # The demo draws its papers and answers afresh each time: whatever was answered rightly will do, the less critical first.
        ones = sorted(items, key=lambda item: self._shown(item).is_critical)
        looked_at = {ids["asked"], ids["asked-few"]}  # a question out of the score has no page in insight
        single = [item for item in ones if self._shown(item).kind is SINGLE and item.version_id not in looked_at]
        by_hand, void, accepted, *others = [
            item for item in single if item.response == right(*self._asked(item.version_id))
        ]
        remedies = (
            (void, CorrectionDecision(Remedy.VOID)),
            (accepted, CorrectionDecision(Remedy.ACCEPT, self._other(accepted))),
        )
        for item, decision in remedies:
            asked = corrections.get_for_assignment(self.session, taught, item.version_id)
            why = "Two of the answers can be defended. We have told the authors, and it counts for nobody."
            assert asked is not None
            made = corrections.apply(self.session, trainer.user, asked, decision, why, self.now)
            regrading.run_all_steps(self.session, made.correction_id, self.now)
        marked = marks.get_for(self.session, trainer, attempt.id, by_hand.position, self.now)
        assert marked is not None
        marks.change_mark(self.session, trainer.user, marked, 0.5, "You named the sign, but not what to do.", self.now)
        ids |= {
            # The one mark that the demo's trainer changed by hand is of another attempt.
            "attempt-changed": self.session.scalars(
                select(MarkChange.attempt_id).where(
                    MarkChange.correction_id.is_(None), MarkChange.attempt_id != attempt.id
                )
            ).one(),
            # Nothing else looks at this one, so a test may reopen it. The newest of all is its learner's latest.
            "classmates": self.session.scalars(
                select(Attempt.id)
                .where(
                    Attempt.assignment_id == attempt.assignment_id,
                    Attempt.state == AttemptState.SUBMITTED,
                    Attempt.id.not_in(select(MarkChange.attempt_id)),
                    Attempt.id.not_in([*ids.values()]),
                )
                .order_by(Attempt.id.desc())
            ).first(),
            "set": attempt.assignment_id,
            "corrected": accepted.version_id,
            "marked": by_hand.position,
            "void": void.position,
            "fresh": (others or [by_hand])[0].version_id,
        }
        kinds = select(AttemptItem.version_id).where(AttemptItem.attempt_id == ids["kinds"])
        for n, version_id in enumerate(self.session.scalars(kinds.order_by(AttemptItem.position)), start=1):
            ids[f"kind-{n}"] = version_id

    def _shown(self, item: AttemptItem) -> QuestionText:
        return self._asked(item.version_id)[0]

    def _other(self, item: AttemptItem) -> ChoiceKey:
        """An answer beside the key."""
        correct = self._asked(item.version_id)[1].correct
        return ChoiceKey((next(index for index in item.option_order if index not in correct),))

    def _ways_in(self) -> None:
        admin = self._user(cast.ADMIN)
        open_one = invitations.create(self.session, admin, Role.TRAINER, self.now, name="Noor de Jong")
        used = invitations.create(self.session, admin, Role.LEARNER, self.now)
        invitations.withdraw(self.session, admin, used.invitation, self.now)
        self.stage.links |= {
            "invitation": f"/invitation/{open_one.token}",
            "invitation-over": f"/invitation/{used.token}",
        }
        with self.app.test_request_context():
            token = generate_reset_password_token(self._user("Li Wei"))  # type: ignore[no-untyped-call]
        self.stage.links["reset"] = f"/reset/{token}"
        gone = self._user("Bo Ek")
        users.deactivate(self.session, admin, gone, self.now)
        self.stage.ids["user-gone"] = gone.id
