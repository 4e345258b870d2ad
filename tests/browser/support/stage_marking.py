"""An examination with written answers on the stage: one marked, some waiting, one on which two markers differ, and one being written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState, Purpose
from app.domain.content import Level, Use
from app.domain.kinds import RubricCriterion
from app.domain.kinds.written import WrittenKey, write_limit
from app.domain.scope import build_assignment_scope
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Cohort,
    Learner,
    ModuleRow,
    ObjectiveRow,
    QuestionKey,
    QuestionRow,
    QuestionVersion,
    User,
)
from app.permissions import Viewer
from app.services.assignments import assignments
from app.services.assignments.assignments import Terms
from app.services.cohorts import cohorts
from app.services.marking import markings, submission
from app.services.marking.markings import GivenMarking, MarkingSettings
from app.services.people import sign_ins, users
from app.web.address_key import get_address_key
from tests.support.question_kinds import WRITTEN

STEM = "A runner has felt one tender strip in the calf for six weeks. Write what you would examine, and why."
KEY = WrittenKey(
    (
        RubricCriterion("Excludes a thrombosis before touching the calf", 2),
        RubricCriterion("Compares both sides", 1),
        RubricCriterion("Gives a reason for each step", 3),
    ),
    "I would ask about swelling, warmth and long journeys first, because a thrombosis must not be massaged. Then I "
    "would compare both calves, and feel across the fibres for a band.",
)
TEXT = (
    "First I would ask whether the calf is swollen or warm and whether she has been on a long flight, because a "
    "thrombosis must not be massaged.\n\nThen I would compare both calves. If one strip is harder and its pressure "
    "brings back the pain that she knows, a trigger point is likely."
)
NAMES = ("Mara Lindqvist", "Jonas Ebner", "Ximena Duarte", "Tove Aas")


class MarkingOnStage:
    """Fills the stage's database; ``ids`` and the learner who writes are for the scenes."""

    def __init__(self, session: Session, trainer: User, second: User, now: datetime) -> None:
        self.session, self.trainer, self.second, self.now = session, trainer, second, now
        self.ids: dict[str, int] = {}
        self.learners = [self._add_learner(name) for name in NAMES]
        self.module = session.scalars(select(ModuleRow).where(ModuleRow.slug == "evidence")).one()

    @property
    def writer(self) -> Viewer:
        return self._view(self.learners[0])

    @property
    def graded(self) -> Viewer:
        """The learner who has a mark, and no other test that could ask the same."""
        return self._view(self.learners[3])

    def _view(self, learner: Learner) -> Viewer:
        return Viewer(self.session.get_one(User, learner.user_id), learner)

    def fill(self) -> None:
        cohort = cohorts.create(self.session, self.trainer, "Physiotherapy, final year", "Europe/Berlin", self.now)
        for learner in self.learners:
            user = self.session.get_one(User, learner.user_id)
            cohorts.join(self.session, cohort, learner, self.now, address=user.email, key=get_address_key())
        version = self.ids["written"] = self._add_question()
        done, waiting, under_way = (
            assignments.create(
                self.session,
                self.trainer,
                cohort,
                self.module,
                Terms(title, self.now + timedelta(days=9), None, None, 60),
                self.now,
            )
            for title in ("Report: the calf", "Report: the examination", "Report: the plan")
        )
        self._add_walks(cohort, version)
        first = self._submit(done, self.learners[3], version)
        given = GivenMarking(4.5 / 6, (2, 1, 1.5), "Clear and safe. Say why you compare both sides, too.")
        self._mark(self.trainer, first, given)
        attempts = [self._submit(waiting, learner, version) for learner in self.learners[:3]]
        taught = assignments.get_for(self.session, Viewer(self.trainer), waiting.id, for_update=True)
        assert taught is not None
        settings = MarkingSettings(marks_anonymously=True, needs_second_marker=True, releases_unfinished=False)
        markings.change_settings(self.session, self.trainer, taught, settings, self.now)
        self._mark(self.trainer, attempts[1], GivenMarking(1 / 6, (1, 0, 0), "Where is the thrombosis?"))
        self._mark(self.second, attempts[1], GivenMarking(4 / 6, (2, 1, 1)))
        self._mark(self.trainer, attempts[2], GivenMarking(1.0))
        writing = self._start(under_way, self.learners[0], version)
        self.ids |= {
            "marking-cohort": cohort.id,
            "marking": waiting.id,
            "marked-test": done.id,
            "to-mark": attempts[0].id,
            "differing": attempts[1].id,
            "half-marked": attempts[2].id,
            "marked-answer": first.id,
            "writing": writing.id,
        }

    def _add_walks(self, cohort: Cohort, version: int) -> None:
        """Two assignments that no scene shows, so that a test may submit and mark their attempts.

        Each is written by another learner: an open test on the module would keep back the answers of the other.
        """
        _mara, jonas, ximena, _tove = self.learners
        for name, writer, other in (("walk", ximena, jonas), ("walk-plain", jonas, ximena)):
            terms = Terms(f"Report: {name}", self.now + timedelta(days=9), None, None, 60)
            work = assignments.create(self.session, self.trainer, cohort, self.module, terms, self.now)
            self._submit(work, other, version)
            self.ids |= {name: work.id, f"{name}-attempt": self._start(work, writer, version).id}

    @property
    def walkers(self) -> tuple[Viewer, Viewer]:
        """Who writes with JavaScript, and who without."""
        return self._view(self.learners[2]), self._view(self.learners[1])

    def _add_learner(self, name: str) -> Learner:
        email = f"{name.split()[0].lower()}@example.org"
        user = users.create(self.session, name=name, email=email, password_hash="!", now=self.now)
        return sign_ins.get_learner(self.session, user)

    def _add_question(self) -> int:
        # An objective of another module, so that no test draws the question by chance.
        objective = self.session.scalars(
            select(ObjectiveRow).where(ObjectiveRow.module_id != self.module.id).order_by(ObjectiveRow.id)
        ).first()
        assert objective is not None
        question = QuestionRow(
            slug="stage-report",
            module_id=self.module.id,
            objective_id=objective.id,
            use=Use.EXAM,
            level=Level.REASON,
        )
        self.session.add(question)
        self.session.flush()  # the version needs its id
        version = QuestionVersion(
            question_id=question.id,
            objective_id=objective.id,
            number=1,
            kind=WRITTEN.name,
            is_critical=False,
            is_order_fixed=False,
            stem=STEM,
            options=[],
            option_count=0,
            prompts=[write_limit(150)],
            digest="0" * 64,
            published_at=self.now,
        )
        self.session.add(version)
        self.session.flush()  # the key needs its id
        why = "A tender calf is a trigger point only after a thrombosis is excluded."
        self.session.add(QuestionKey(version_id=version.id, body=WRITTEN.dump_key(KEY), explanation=why, sources=[]))
        return version.id

    def _start(self, assignment: Assignment, learner: Learner, version_id: int) -> Attempt:
        attempt = Attempt(
            learner_id=learner.id,
            scope=build_assignment_scope(assignment.id),
            number=1,
            purpose=Purpose.TEST,
            module_id=assignment.module_id,
            assignment_id=assignment.id,
            seed=0,
            state=AttemptState.OPEN,
            started_at=self.now - timedelta(minutes=12),
            pass_mark_percent=assignment.pass_mark_percent,
            items=[AttemptItem(position=1, version_id=version_id, option_order=[], revision=0)],
        )
        self.session.add(attempt)
        self.session.flush()  # its id names its page
        return attempt

    def _submit(self, assignment: Assignment, learner: Learner, version_id: int) -> Attempt:
        attempt = self._start(assignment, learner, version_id)
        item = attempt.items[0]
        item.response, item.revision, item.saved_at = TEXT, 1, self.now
        self.session.flush()  # marking reads what was answered
        submission.submit(self.session, attempt, self.now)
        return attempt

    def _mark(self, marker: User, attempt: Attempt, given: GivenMarking) -> None:
        own: dict[str, Any] = {"for_update": True}
        answer = markings.get_for(
            self.session, Viewer(marker), attempt.assignment_id or 0, self.ids["written"], attempt.id, **own
        )
        assert answer is not None
        markings.give(self.session, marker, answer, given, self.now)
