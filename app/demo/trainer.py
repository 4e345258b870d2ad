"""The demo's trainer: sets assignments, makes exceptions, invites, corrects, marks by hand and replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.cast import (
    CRITICAL,
    EXCEPTIONS,
    FIRST,
    INVITED_ROSTER,
    MID_COURSE,
    PRETEST_PASS_MARK,
    ZONE,
    DemoAssignment,
    DemoException,
)
from app.demo.student import DemoLearner, skip_night
from app.domain import wall_clock
from app.domain.assignment import ExceptionTerms
from app.domain.correction import Remedy
from app.domain.kinds import KINDS
from app.domain.marking import MAX_POINTS
from app.models import Assignment, Attempt, AttemptItem, Cohort, Mark, QuestionVersion, User
from app.permissions import Viewer
from app.services.assignments import assignments, exceptions
from app.services.assignments.assignments import TaughtAssignment, Terms
from app.services.attempts import attempts
from app.services.cohorts import cohorts, rosters
from app.services.course import catalogue
from app.services.marking import corrections, marks, regrading
from app.services.marking.corrections import CorrectionDecision
from app.services.reporting import question_reports

CREDIT_REASON = "The lesson said it in other words until last week. Nobody shall lose a point by that."
MARK_REASON = "You told me in class how you meant it, and that counts for something."
REPORT_TEXT = "Two of the answers seem right to me. Could the question say more exactly what is meant?"
REPLY_TEXT = "A fair point. The explanation says what tells them apart; I have asked the authors to let the question say it, too."
OPEN_REPORT_TEXT = "A book that we use says otherwise here. Which of the two is newer?"


_ONE_CHOSEN = [kind.name for kind in KINDS if kind.takes_one_option]

EVENING = 18
"""The hour at which assignments open and are due."""


@dataclass(frozen=True, slots=True)
class DemoCohort:
    """A cohort with its trainer and its learners by name."""

    trainer: User
    cohort: Cohort
    people: Mapping[str, DemoLearner]


class Trainer:
    def __init__(self, session: Session, of: DemoCohort, now: datetime) -> None:
        self.session, self.trainer, self.cohort, self.people, self.now = session, of.trainer, of.cohort, of.people, now
        self.works: dict[str, Assignment] = {}

    # -- setting work --------------------------------------------------------------------------------------------------

    def set_works(self, works: Sequence[DemoAssignment]) -> list[Assignment]:
        """Set all assignments; return those that are not withdrawn."""
        for work in works:
            self.works[work.title] = self._set(work)
        return [self.works[work.title] for work in works if not work.is_a_slip]

    def _set(self, work: DemoAssignment) -> Assignment:
        module = catalogue.get_module(self.session, work.module)
        assert module is not None, f"{work.module}: no such module is published"
        due_at = self._time_at(work.due_days, EVENING)
        set_at = self._time_at(work.due_days - work.set_days, 17)
        terms = Terms(
            work.title,
            due_at,
            work.attempts_allowed,
            work.time_limit_minutes,
            module.pass_mark_percent,
            work.policy,
            work.asks_certainty,
            opens_at=None if work.opens_days is None else self._time_at(work.opens_days, EVENING),
            lessons_first=work.lessons_first,
            lesson_ids=frozenset(self._get_lesson_id(module.id, slug) for slug in work.lessons),
            required_ids=frozenset({self.works[work.requires].id} if work.requires else ()),
        )
        create = assignments.create_with_pretest if work.has_pretest else assignments.create
        made = create(self.session, self.trainer, self.cohort, module, terms, set_at)
        if made.pretest_id is not None:
            before = self.session.get_one(Assignment, made.pretest_id)
            self.works[before.title] = before
            self._lower_pass_mark(before, set_at)
        if work.is_a_slip:
            assignments.withdraw(self.session, self.trainer, self._get_taught(made), set_at + timedelta(minutes=6))
        return made

    def _lower_pass_mark(self, pretest: Assignment, set_at: datetime) -> None:
        terms = assignments.get_terms(self.session, pretest)
        eased = replace(terms, pass_mark_percent=PRETEST_PASS_MARK)
        assignments.edit(self.session, self.trainer, self._get_taught(pretest), eased, set_at + timedelta(minutes=2))

    def _time_at(self, days: int, hour: int) -> datetime:
        """Return a full hour in the demo's time zone, ``days`` from now."""
        day = wall_clock.to_local(self.now, ZONE).date() + timedelta(days=days)
        return wall_clock.to_utc(datetime.combine(day, time(hour)), ZONE)

    def _get_lesson_id(self, module_id: int, slug: str) -> int:
        lesson = catalogue.get_lesson(self.session, module_id, slug)
        assert lesson is not None, f"{slug}: no such lesson is published"
        return lesson.id

    def _get_taught(self, assignment: Assignment) -> TaughtAssignment:
        taught = assignments.get_for(self.session, Viewer(self.trainer), assignment.id)
        assert taught is not None
        return taught

    # -- people --------------------------------------------------------------------------------------------------------

    def make_exceptions(self, exempt: Sequence[DemoException] = EXCEPTIONS) -> None:
        for one in exempt:
            taught = self._get_taught(self.works[one.title])
            due_at = taught.assignment.due_at
            later = due_at + timedelta(days=one.later_days) if due_at and one.later_days else None
            grant = ExceptionTerms(one.extra_time_percent, later, one.more_attempts, one.is_excused)
            learner = self.people[one.name].learner
            at = self._time_at(one.days, one.hour)
            exceptions.create(self.session, self.trainer, taught, [learner.id], grant, at, one.note)

    def invite_late_comers(self) -> None:
        at = self._time_at(-2, 15)
        roster = rosters.read_text(self.session, self.trainer, self.cohort, INVITED_ROSTER, at)
        rosters.accept(
            self.session, self.trainer, self.cohort, roster, at + timedelta(minutes=1), leaves_faulty_out=False
        )

    def remove(self, name: str) -> None:
        learner = self.people[name].learner
        cohorts.remove_member(self.session, self.trainer, self.cohort, learner.id, self._time_at(-24, 12))

    # -- afterwards ----------------------------------------------------------------------------------------------------

    def look_back(self) -> None:
        """Credit a question to everybody, change a mark, and reply to one of two reports."""
        self._credit(self.works[FIRST])
        self._mark_by_hand(self.works[FIRST])
        self._report_and_reply(MID_COURSE, REPORT_TEXT, timedelta(hours=20))
        self._report("Priya Subramaniam", OPEN_REPORT_TEXT)

    def _credit(self, work: Assignment) -> None:
        """Credit the question that most learners got wrong and that is not safety-critical."""
        wrong = Counter(
            self.session.scalars(
                select(Mark.version_id)
                .join(Attempt, Attempt.id == Mark.attempt_id)
                .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
                .where(Attempt.assignment_id == work.id, Mark.points == 0, ~QuestionVersion.is_critical)
                .order_by(Mark.version_id)
            )
        )
        version_id = wrong.most_common(1)[0][0]
        asked = corrections.get_for_assignment(self.session, self._get_taught(work), version_id)
        assert asked is not None
        at = self._time_at(-26, 10)
        decision = CorrectionDecision(Remedy.CREDIT)
        made = corrections.apply(self.session, self.trainer, asked, decision, CREDIT_REASON, at)
        regrading.run_all_steps(self.session, made.correction_id, at)

    def _mark_by_hand(self, work: Assignment) -> None:
        at = self._time_at(-25, 16)
        attempt, item = self._find_mistake(MID_COURSE, work)
        marked = marks.get_for(self.session, Viewer(self.trainer), attempt.id, item.position, at)
        assert marked is not None
        points = MAX_POINTS / 2 if marked.mark.points < MAX_POINTS / 2 else MAX_POINTS
        marks.change_mark(self.session, self.trainer, marked, points, MARK_REASON, at)

    def _report(self, name: str, says: str) -> tuple[int, datetime]:
        """Report a question that a learner got wrong in the safety test; return the report's id and time."""
        attempt, item = self._find_mistake(name, self.works[CRITICAL])
        reporter = next(one for one in self.people.values() if one.learner.id == attempt.learner_id)
        loaded = attempts.get_for(self.session, reporter.viewer, attempt.id)
        assert loaded is not None
        assert attempt.submitted_at is not None
        at = min(attempt.submitted_at + timedelta(minutes=7), self.now)
        question_reports.save_report(self.session, loaded, item.position, says, at)
        made = question_reports.get_own(self.session, loaded, item.position)
        assert made is not None
        return made.id, at

    def _report_and_reply(self, name: str, says: str, after: timedelta) -> None:
        report_id, at = self._report(name, says)
        reported = question_reports.get_for(self.session, Viewer(self.trainer), report_id)
        assert reported is not None
        replied_at = min(skip_night(at + after), self.now)
        question_reports.reply_to_report(self.session, self.trainer, reported, REPLY_TEXT, replied_at)

    def _find_mistake(self, name: str, work: Assignment) -> tuple[Attempt, AttemptItem]:
        """Find an answer that did not earn the whole point, preferably by this learner and a single choice.

        Which questions a learner gets is drawn at the start, so one may have made no mistake.
        """
        found = self.session.execute(
            select(Attempt, AttemptItem)
            .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
            .join(Mark, (Mark.attempt_id == Attempt.id) & (Mark.position == AttemptItem.position))
            .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
            .where(Attempt.assignment_id == work.id, Attempt.submitted_at.is_not(None))
            .where(Attempt.learner_id.in_([one.learner.id for one in self.people.values()]))
            .where(Mark.points < MAX_POINTS, ~Mark.is_void, AttemptItem.response.is_not(None))
            .order_by(
                Attempt.learner_id != self.people[name].learner.id,
                QuestionVersion.kind.not_in(_ONE_CHOSEN),
                Attempt.number,
                Attempt.id,
                AttemptItem.position,
            )
        )
        row = found.first()
        assert row is not None, f"nobody made a mistake in {work.title}"
        return row[0], row[1]
