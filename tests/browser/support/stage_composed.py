"""Composed tests on the stage: one that is assigned, taken and under way, one whose pools lack questions, and an empty one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.domain.composing import Draw, PlannedSection, Pool
from app.domain.content import Level, Use
from app.domain.sections import SectionRule
from app.models import Assignment, Attempt, Cohort, ComposedTest, QuestionRow, QuestionVersion, User
from app.permissions import Viewer
from app.services.assignments import assignments, availability, composed_tests
from app.services.assignments.assignments import Terms
from app.services.attempts import answering, attempts
from app.services.cohorts import cohorts
from app.services.marking import submission
from app.services.people import sign_ins, users
from app.web.address_key import get_address_key
from tests.browser.support.stage_learners import LearnersOnStage

PEOPLE = (
    ("sitting", "Sanne Vos"),
    ("examined", "Elio Marchetti"),
    ("forward", "Nadia Brandt"),
    ("forward-plain", "Olaf Meier"),
)


class ComposedOnStage(LearnersOnStage):
    """A trainer's tests, and two learners: ``sitting`` is at the third question, ``examined`` has finished."""

    def fill(self, trainer: User) -> None:
        final, long, empty = (
            self._compose(trainer, title, *sections)
            for title, sections in (
                ("Final examination", self._build_final()),
                ("Long list", self._build_long()),
                ("Draft", ()),
            )
        )
        cohort = cohorts.create(self.session, trainer, "Manual therapy, module 4", "Europe/Berlin", self.now)
        terms = Terms("Final examination", self.now + timedelta(days=9), None, 60, 60, test_id=final.id)
        work = assignments.create(self.session, trainer, cohort, self._module("safety"), terms, self.now)
        walk = self._assign_walk(trainer, cohort)
        for who, name in PEOPLE:
            user = users.create(self.session, name=name, email=f"{who}@example.org", password_hash="!", now=self.now)
            self.session.flush()  # the sign-in needs the id of the learner
            viewer = Viewer(user, sign_ins.get_learner(self.session, user))
            assert viewer.learner is not None
            cohorts.join(self.session, cohort, viewer.learner, self.now, address=user.email, key=get_address_key())
            self.stage.cookies[who] = self._cookie(viewer)
            if who in ("sitting", "examined"):
                self.stage.ids[who] = self._take(viewer, work, is_finished=who == "examined").id
            else:  # no scene shows these two, so that a test may walk through their papers
                self.stage.ids[who] = self._start(viewer, walk).id
        self.stage.ids |= {"composed": final.id, "composed-long": long.id, "composed-empty": empty.id}
        self.stage.ids |= {"composed-work": work.id, "composed-cohort": cohort.id}

    def _compose(self, trainer: User, title: str, *sections: PlannedSection) -> ComposedTest:
        made = composed_tests.create(self.session, trainer, title, self.now, shuffles=True, is_forward_only=True)
        composed_tests.save_sections(self.session, trainer, made, sections, self.now)
        return made

    def _pool(self, module: str, use: Use = Use.TEST) -> Pool:
        return Pool(self._module(module).id, use)

    def _build_final(self) -> tuple[PlannedSection, ...]:
        safety, points, evidence = (self._pool(name) for name in ("safety", "trigger-points", "evidence"))
        return (
            PlannedSection(SectionRule("Safety first", 80), (Draw(safety, 4),)),
            PlannedSection(
                SectionRule("Examining and treating", None, needs_critical_right=False),
                (Draw(points, 3, level=Level.APPLY), Draw(points, 2)),
            ),
            PlannedSection(SectionRule("What the evidence says", 50), (Draw(evidence, 3),)),
        )

    def _build_long(self) -> tuple[PlannedSection, ...]:
        return (PlannedSection(SectionRule("Everything on reasoning"), (Draw(self._pool("evidence"), 90),)),)

    def _assign_walk(self, trainer: User, cohort: Cohort) -> Assignment:
        """Three fixed single choices, so that nothing is left to chance."""
        pool = self._pool("evidence")
        singles = (
            select(QuestionRow.id)
            .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
            .where(QuestionRow.module_id == pool.module_id, QuestionRow.use == pool.use)
            .where(QuestionVersion.superseded_at.is_(None), QuestionVersion.kind == "single")
            .order_by(QuestionRow.id)
            .limit(3)
        )
        draws = tuple(Draw(pool, question_id=number) for number in self.session.scalars(singles))
        test = self._compose(trainer, "One way", PlannedSection(SectionRule("Evidence"), draws))
        terms = Terms("One way", None, None, None, 60, test_id=test.id)
        return assignments.create(self.session, trainer, cohort, self._module("evidence"), terms, self.now)

    def _start(self, viewer: Viewer, work: Assignment) -> Attempt:
        assert viewer.learner is not None
        granted = availability.get_available(self.session, viewer.learner, work.id, self.now)
        assert granted is not None
        attempt = attempts.start_assignment(self.session, viewer.learner, granted, granted.module, self.now)
        self.session.flush()  # its id names its page
        return attempt

    def _take(self, viewer: Viewer, work: Assignment, *, is_finished: bool) -> Attempt:
        attempt = self._start(viewer, work)
        loaded = self._loaded(viewer, attempt)
        for item in loaded.items if is_finished else loaded.items[:2]:
            self._record(loaded, item, is_right=item.position > 2)
            answering.go_on(loaded, item)
        if is_finished:
            submission.submit(self.session, loaded.attempt, self.now, loaded.items)
        return attempt
