"""An assignment for one learner: whether they can start it, and how they see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.assignment import AssignmentState, LearnerTerms
from app.domain.attempt import (
    AssignmentClosed,
    AssignmentNotOpen,
    AssignmentWithdrawn,
    AttemptError,
    CohortArchived,
    LearnerExcused,
    LessonsUnfinished,
    ModuleRetired,
    NoAttemptsLeft,
    NoQuestions,
    PrerequisitesUnmet,
    TimeAllowed,
)
from app.domain.release import ReleasePolicy
from app.models import Assignment, Cohort, ModuleRow

SOON = timedelta(hours=48)
"""How long before the due date an assignment moves to the top of Home, and the first reminder is sent by default."""


@dataclass(frozen=True, slots=True)
class UnreadLesson:
    """A lesson that must be finished before the test."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class AvailableAssignment:
    """An assignment for a learner, with their terms and what must be done before they can start.

    ``chosen`` are the slugs of its lessons, empty for all of the module. ``first`` are the titles of assignments that
    must come before it; ``after``, of those that measure gain from it.
    """

    assignment: Assignment
    module: ModuleRow
    cohort: Cohort
    learner_terms: LearnerTerms
    chosen: frozenset[str]
    first: tuple[str, ...]
    to_read: tuple[UnreadLesson, ...]
    after: tuple[str, ...]

    def find_hindrance(self, now: datetime, *, used: int, questions: int) -> AttemptError | None:
        """Return why no attempt can start at ``now``, or None.

        This is the only rule: lists offer what it allows, and starting asks it again. ``used`` is the number of
        attempts started before, and ``questions`` the number that a paper would have.
        """
        return self._find_closed(now, used, questions) or self._find_unmet(now)

    def _find_closed(self, now: datetime, used: int, questions: int) -> AttemptError | None:
        """Return a hindrance that the learner can't remove."""
        allowed, closes = self.learner_terms.attempts_allowed, self.learner_terms.closes_at
        reasons: tuple[tuple[bool, type[AttemptError]], ...] = (
            (self.assignment.withdrawn_at is not None, AssignmentWithdrawn),
            (self.cohort.archived_at is not None, CohortArchived),
            (self.module.retired_at is not None and self.assignment.test_id is None, ModuleRetired),
            (self.learner_terms.is_excused, LearnerExcused),
            (questions == 0, NoQuestions),
            (allowed is not None and used >= allowed, NoAttemptsLeft),
            (closes is not None and now > closes, AssignmentClosed),
        )
        return next((reason() for is_met, reason in reasons if is_met), None)

    def _find_unmet(self, now: datetime) -> AttemptError | None:
        opens = self.learner_terms.opens_at
        if opens is not None and now < opens:
            return AssignmentNotOpen(opens)
        if self.first:
            return PrerequisitesUnmet(self.first)
        return LessonsUnfinished([lesson.title for lesson in self.to_read]) if self.to_read else None


STATES: dict[type[AttemptError], AssignmentState] = {
    AssignmentWithdrawn: AssignmentState.NOT_OFFERED,
    CohortArchived: AssignmentState.NOT_OFFERED,
    ModuleRetired: AssignmentState.NOT_OFFERED,
    NoQuestions: AssignmentState.NOT_OFFERED,
    LearnerExcused: AssignmentState.EXCUSED,
    NoAttemptsLeft: AssignmentState.CLOSED,
    AssignmentClosed: AssignmentState.CLOSED,
    AssignmentNotOpen: AssignmentState.NOT_OPEN,
    PrerequisitesUnmet: AssignmentState.WAITING,
    LessonsUnfinished: AssignmentState.LESSONS,
}
"""The state of an assignment that nothing was submitted in and that can't be started, by the reason."""

DONE_STATES = frozenset({AssignmentState.PASSED, AssignmentState.EXCUSED})
OVER_STATES = frozenset({AssignmentState.SUBMITTED, AssignmentState.CLOSED, AssignmentState.NOT_OFFERED})


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """One assignment as its learner sees it, with the learner's own times and limits.

    ``attempts_used`` includes the open attempt. ``percent`` and ``is_critical_missed`` are those of the attempt that
    counts, None until a score is released; ``counted_attempt_id`` is that attempt. ``unmarked_attempt_id`` is one that
    ended by its deadline and is not marked yet, or the latest that people still mark (``is_being_marked``).
    ``is_overdue`` means due but not done. ``hindrance`` is the reason why
    no attempt can start now. ``time`` is what an attempt started now, or at the opening, would have.
    """

    assignment_id: int
    module_id: int
    title: str
    module_slug: str
    module_title: str
    cohort_title: str
    time_zone: str
    set_by: str | None
    opens_at: datetime | None
    due_at: datetime | None
    closes_at: datetime | None
    over_at: datetime | None
    attempts_allowed: int | None
    attempts_used: int
    questions: int
    time: TimeAllowed
    pass_mark_percent: int
    asks_certainty: bool
    lessons_first: bool
    is_latest_counted: bool
    policy: ReleasePolicy
    state: AssignmentState
    is_overdue: bool
    was_due_before_joining: bool
    first: tuple[str, ...]
    to_read: tuple[UnreadLesson, ...]
    after: tuple[str, ...]
    hindrance: AttemptError | None = None
    open_attempt_id: int | None = None
    open_until: datetime | None = None
    unmarked_attempt_id: int | None = None
    counted_attempt_id: int | None = None
    percent: int | None = None
    is_critical_missed: bool | None = None
    is_being_marked: bool = False
    test_id: int | None = None
    """The composed test that it asks instead of the module's; ``module_title`` then says little."""

    @property
    def can_start(self) -> bool:
        """Whether a new attempt can start now, including one to improve a passed test."""
        return self.open_attempt_id is None and self.hindrance is None

    @property
    def is_to_do(self) -> bool:
        """Whether the learner still has to submit or pass it, now or later."""
        return self.state not in DONE_STATES and self.state not in OVER_STATES

    @property
    def is_safety_missed(self) -> bool:
        """Whether only a missed safety-critical question keeps the learner from having passed."""
        is_enough = self.percent is not None and self.percent >= self.pass_mark_percent
        return is_enough and self.state is not AssignmentState.PASSED and bool(self.is_critical_missed)

    @property
    def is_open(self) -> bool:
        """Whether its opening, if it has one, is over."""
        return self.state is not AssignmentState.NOT_OPEN

    @property
    def is_pretest(self) -> bool:
        """Whether it only measures what is known before learning, so that nobody passes or fails it."""
        return bool(self.after)

    @property
    def is_next(self) -> bool:
        """Whether taking it is the next useful step on its module: it can start, or it is running."""
        return self.is_to_do and (self.open_attempt_id is not None or self.can_start)

    def is_due_soon(self, now: datetime) -> bool:
        return self.is_to_do and self.due_at is not None and now <= self.due_at <= now + SOON

    @property
    def next_number(self) -> int:
        """The number of the attempt that would start now."""
        return self.attempts_used + 1
