"""What the demo's trainer does: sets work, makes exceptions, invites, and afterwards corrects, marks by hand and replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.cast import CRITICAL, EXCEPTIONS, FIRST, INVITED, MID_COURSE, PRETEST_PASS_MARK, ZONE, Exempt, Work
from app.demo.student import Person, awake
from app.domain import wall_clock
from app.domain.assignment import Grant
from app.domain.content import Kind
from app.domain.correction import Remedy
from app.domain.marking import MAX_POINTS
from app.models import Assignment, Attempt, AttemptItem, Cohort, Mark, QuestionVersion, User
from app.permissions import Viewer
from app.services.assigned import assignments, grants
from app.services.assigned.assignments import Taught, Terms
from app.services.course import catalogue
from app.services.marking import corrections, marks
from app.services.marking.corrections import Decision
from app.services.taking import attempts
from app.services.teaching import cohorts, question_reports, rosters

CREDITED = "The lesson said it in other words until last week. Nobody shall lose a point by that."
MARKED = "You told me in class how you meant it, and that counts for something."
REPORTED = "Two of the answers seem right to me. Could the question say more exactly what is meant?"
REPLIED = "A fair point. The explanation says what tells them apart; I have asked the authors to let the question say it, too."
WAITING = "A book that we use says otherwise here. Which of the two is newer?"


EVENING = 18
"""What is due is due by six."""


@dataclass(frozen=True, slots=True)
class Class:
    """A cohort with its trainer and who is in it, by name."""

    trainer: User
    cohort: Cohort
    people: Mapping[str, Person]


class Trainer:
    def __init__(self, session: Session, of: Class, now: datetime) -> None:
        self.session, self.trainer, self.cohort, self.people, self.now = session, of.trainer, of.cohort, of.people, now
        self.works: dict[str, Assignment] = {}

    # -- setting work ----------------------------------------------------------------------------------------------------

    def set_works(self, works: Sequence[Work]) -> list[Assignment]:
        """Set them all; return those that learners meet."""
        for work in works:
            self.works[work.title] = self._set(work)
        return [self.works[work.title] for work in works if not work.is_a_slip]

    def _set(self, work: Work) -> Assignment:
        module = catalogue.get_module(self.session, work.module)
        assert module is not None, f"{work.module}: no such module is published"
        due_at = self._at(work.due_days, EVENING)
        set_at = self._at(work.due_days - work.set_days, 17)
        terms = Terms(
            work.title,
            due_at,
            work.attempts_allowed,
            work.time_limit_minutes,
            module.pass_mark_percent,
            work.policy,
            work.asks_certainty,
            opens_at=None if work.opens_days is None else self._at(work.opens_days, EVENING),
            lessons_first=work.lessons_first,
            lesson_ids=frozenset(self._lesson_id(module.id, slug) for slug in work.lessons),
            required_ids=frozenset({self.works[work.requires].id} if work.requires else ()),
        )
        create = assignments.create_with_pretest if work.has_pretest else assignments.create
        made = create(self.session, self.trainer, self.cohort, module, terms, set_at)
        if made.pretest_id is not None:
            before = self.session.get_one(Assignment, made.pretest_id)
            self.works[before.title] = before
            self._ease(before, set_at)
        if work.is_a_slip:
            assignments.withdraw(self.session, self.trainer, self._taught(made), set_at + timedelta(minutes=6))
        return made

    def _ease(self, pretest: Assignment, set_at: datetime) -> None:
        terms = assignments.terms_of(self.session, pretest)
        eased = replace(terms, pass_mark_percent=PRETEST_PASS_MARK)
        assignments.edit(self.session, self.trainer, self._taught(pretest), eased, set_at + timedelta(minutes=2))

    def _at(self, days: int, hour: int) -> datetime:
        """A full hour of a day from now, as clocks in the demo's zone show it."""
        day = wall_clock.local(self.now, ZONE).date() + timedelta(days=days)
        return wall_clock.moment(datetime.combine(day, time(hour)), ZONE)

    def _lesson_id(self, module_id: int, slug: str) -> int:
        lesson = catalogue.get_lesson(self.session, module_id, slug)
        assert lesson is not None, f"{slug}: no such lesson is published"
        return lesson.id

    def _taught(self, assignment: Assignment) -> Taught:
        taught = assignments.get_for(self.session, Viewer(self.trainer), assignment.id)
        assert taught is not None
        return taught

    # -- people ----------------------------------------------------------------------------------------------------------

    def make_exceptions(self, exempt: Sequence[Exempt] = EXCEPTIONS) -> None:
        for one in exempt:
            taught = self._taught(self.works[one.title])
            due_at = taught.assignment.due_at
            later = due_at + timedelta(days=one.later_days) if due_at and one.later_days else None
            grant = Grant(one.extra_time_percent, later, one.more_attempts, one.is_excused)
            learner = self.people[one.name].learner
            at = self._at(one.days, one.hour)
            grants.give(self.session, self.trainer, taught, [learner.id], grant, at, one.note)

    def invite_late_comers(self) -> None:
        at = self._at(-2, 15)
        roster = rosters.read_text(self.session, self.trainer, self.cohort, INVITED, at)
        rosters.accept(
            self.session, self.trainer, self.cohort, roster, at + timedelta(minutes=1), leaves_faulty_out=False
        )

    def remove(self, name: str) -> None:
        learner = self.people[name].learner
        cohorts.remove(self.session, self.trainer, self.cohort, learner.id, self._at(-24, 12))

    # -- afterwards ------------------------------------------------------------------------------------------------------

    def look_back(self) -> None:
        """Credit a question to all, change a mark, and answer one of two reports."""
        self._credit(self.works[FIRST])
        self._mark_by_hand(self.works[FIRST])
        self._replied(MID_COURSE, REPORTED, timedelta(hours=20))
        self._reported("Priya Subramaniam", WAITING)

    def _credit(self, work: Assignment) -> None:
        """The question that most people got wrong, of those that aren't about safety."""
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
        asked = corrections.get_for_assignment(self.session, self._taught(work), version_id)
        assert asked is not None
        at = self._at(-26, 10)
        corrections.apply(self.session, self.trainer, asked, Decision(Remedy.CREDIT), CREDITED, at)

    def _mark_by_hand(self, work: Assignment) -> None:
        at = self._at(-25, 16)
        attempt, item = self._gone_wrong(MID_COURSE, work)
        marked = marks.get_for(self.session, Viewer(self.trainer), attempt.id, item.position, at)
        assert marked is not None
        points = MAX_POINTS / 2 if marked.mark.points < MAX_POINTS / 2 else MAX_POINTS
        marks.change(self.session, self.trainer, marked, points, MARKED, at)

    def _reported(self, name: str, says: str) -> tuple[int, datetime]:
        """A report of what somebody got wrong in the test on safety; return its id, and when it was made."""
        attempt, item = self._gone_wrong(name, self.works[CRITICAL])
        loaded = attempts.get_for(self.session, self.people[name].viewer, attempt.id)
        assert loaded is not None
        assert attempt.submitted_at is not None
        at = attempt.submitted_at + timedelta(minutes=7)
        question_reports.report(self.session, loaded, item, says, at)
        made = question_reports.get_own(self.session, loaded, item.position)
        assert made is not None
        return made.id, at

    def _replied(self, name: str, says: str, after: timedelta) -> None:
        report_id, at = self._reported(name, says)
        reported = question_reports.get_for(self.session, Viewer(self.trainer), report_id)
        assert reported is not None
        question_reports.reply(self.session, self.trainer, reported, REPLIED, awake(at + after))

    def _gone_wrong(self, name: str, work: Assignment) -> tuple[Attempt, AttemptItem]:
        """Something that somebody answered and did not get the whole point for: with one answer to choose where there is such, early."""
        found = self.session.execute(
            select(Attempt, AttemptItem)
            .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
            .join(Mark, (Mark.attempt_id == Attempt.id) & (Mark.position == AttemptItem.position))
            .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
            .where(Attempt.assignment_id == work.id, Attempt.learner_id == self.people[name].learner.id)
            .where(Mark.points < MAX_POINTS, ~Mark.is_void, AttemptItem.response.is_not(None))
            .order_by(QuestionVersion.kind != Kind.SINGLE, Attempt.number, AttemptItem.position)
        )
        row = found.first()
        assert row is not None, f"{name} made no mistake in {work.title}"
        return row[0], row[1]
