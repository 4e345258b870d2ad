"""Attempts: loading and starting. Repeated requests have no effect."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, load_only

from app.db import lock_rows
from app.domain.assignment import LearnerTerms, resolve_terms
from app.domain.attempt import (
    AttemptError,
    AttemptState,
    NoQuestions,
    Purpose,
    compute_deadline,
    resolve_state,
)
from app.domain.paper import PaperItem, Slot
from app.domain.scope import build_assignment_scope, build_module_test_scope, build_practice_scope
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Cohort,
    Correction,
    Learner,
    Membership,
    ModuleRow,
    QuestionReport,
)
from app.permissions import Viewer
from app.services.assignments.assignment_sql import is_exception_of
from app.services.assignments.availability import get_content
from app.services.assignments.learner_assignments import AvailableAssignment
from app.services.attempts.start_terms import StartTerms, build_attempt
from app.services.course import compositions, selection
from app.services.course.selection import PaperContent
from app.services.marking import paper_items, submission

_SEED_BITS = 31


@dataclass(frozen=True, slots=True)
class OwnAttempt:
    """An attempt that its viewer may see, with its items, module and assignment. Having one proves access.

    ``exception`` is the learner's exception in the assignment. It can delay what is released.
    """

    attempt: Attempt
    module: ModuleRow
    assignment: Assignment | None
    exception: AssignmentException | None
    items: list[PaperItem] = field(default_factory=list)
    """The questions of the paper in order. Empty if the attempt was loaded for something else."""
    cohort_title: str | None = None
    corrected: frozenset[int] = frozenset()
    """The positions of questions that were ever corrected. Corrections need no lookup for the others."""
    reported: frozenset[int] = frozenset()
    """The positions of questions that the learner has reported."""

    @property
    def learner_terms(self) -> LearnerTerms | None:
        """The learner's current terms in the assignment; None for practice and the module's own test."""
        if self.assignment is None:
            return None
        return resolve_terms(self.assignment.base_terms, self.exception.terms if self.exception else None)

    @property
    def attempts_allowed(self) -> int | None:
        """The current limit. A trainer may have changed it since this attempt started."""
        terms = self.learner_terms
        return terms.attempts_allowed if terms else self.attempt.attempts_allowed

    def item(self, position: int) -> PaperItem | None:
        return self.items[position - 1] if 1 <= position <= len(self.items) else None


# -- loading -----------------------------------------------------------------------------------------------------------

# Built once, because building this statement takes longer than running it.
IS_MEMBER = exists().where(
    Membership.cohort_id == Assignment.cohort_id,
    Membership.learner_id == Attempt.learner_id,
    Membership.removed_at.is_(None),
)
# Learners removed from the cohort keep their results but lose access to open attempts.
IS_ACCESSIBLE = or_(Attempt.assignment_id.is_(None), Attempt.state == AttemptState.SUBMITTED, IS_MEMBER)
"""The condition that an attempt's learner may see it. It needs ``Attempt`` with ``Assignment`` outer-joined."""
_IS_CORRECTED = exists().where(Correction.version_id == AttemptItem.version_id).correlate(AttemptItem)
_IS_REPORTED = (
    exists()
    .where(QuestionReport.attempt_id == AttemptItem.attempt_id, QuestionReport.position == AttemptItem.position)
    .correlate(AttemptItem)
)
_OWN = (
    select(
        Attempt,
        ModuleRow,
        Assignment,
        AssignmentException,
        Cohort.title,
    )
    .join(ModuleRow, ModuleRow.id == Attempt.module_id)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .outerjoin(Cohort, Cohort.id == Assignment.cohort_id)
    .outerjoin(AssignmentException, is_exception_of(Attempt))
    .where(
        Attempt.id == bindparam("attempt_id"),
        Attempt.learner_id == bindparam("learner_id"),
        Attempt.purpose != Purpose.CHECK,
        IS_ACCESSIBLE,
    )
    .options(
        load_only(ModuleRow.slug, ModuleRow.title, ModuleRow.practice_questions, ModuleRow.library_id, raiseload=True)
    )
)
# Serializes all POSTs to one attempt; on SQLite the write lock already does. Objects loaded before the wait are
# refreshed, so that a waiting request sees what was stored meanwhile. The items are read after the wait.
_OWN_FOR_UPDATE = lock_rows(_OWN, Attempt).execution_options(populate_existing=True)
# In a statement of their own: joined to the first one, each of its 60 columns would be read again for every question.
_OWN_ITEMS = (
    select(*paper_items.COLUMNS, _IS_CORRECTED, _IS_REPORTED)
    .where(AttemptItem.attempt_id == bindparam("attempt_id"))
    .order_by(AttemptItem.position)
)


def get_for(session: Session, viewer: Viewer, attempt_id: int, *, for_update: bool = False) -> OwnAttempt | None:
    """Return the viewer's own attempt with its items, or None. Lesson checks have no pages and are excluded."""
    if viewer.learner is None:
        return None
    found = session.execute(
        _OWN_FOR_UPDATE if for_update else _OWN, {"attempt_id": attempt_id, "learner_id": viewer.learner.id}
    ).one_or_none()
    if found is None:
        return None
    attempt, module, assignment, exception, cohort_title = found
    items, corrected, reported = [], [], []
    for *columns, is_corrected, is_reported in session.execute(_OWN_ITEMS, {"attempt_id": attempt_id}):
        item = PaperItem(*columns)
        items.append(item)
        if is_corrected:
            corrected.append(item.position)
        if is_reported:
            reported.append(item.position)
    return OwnAttempt(
        attempt, module, assignment, exception, items, cohort_title, frozenset(corrected), frozenset(reported)
    )


def is_open(attempt: Attempt, now: datetime) -> bool:
    return resolve_state(attempt.state, attempt.deadline_at, now) is AttemptState.OPEN


# -- starting ----------------------------------------------------------------------------------------------------------


def start_practice(
    session: Session, learner: Learner, module: ModuleRow, now: datetime, missed_in: OwnAttempt | None = None
) -> Attempt:
    """Start practice, or continue the open one.

    ``missed_in`` is an attempt whose mistakes to practise. That is a practice of its own, so one of the whole module
    that is open does not take its place.
    """
    missed = missed_in.attempt if missed_in else None
    scope = build_practice_scope(module.id, missed.id if missed else None)
    return start_drawn(
        session, learner, scope, module, lambda seed: selection.select_practice(session, module, seed, missed), now
    )


def start_drawn(
    session: Session,
    learner: Learner,
    scope: str,
    module: ModuleRow,
    draw: Callable[[int], tuple[Slot, ...]],
    now: datetime,
    *,
    always_asks_certainty: bool = False,
) -> Attempt:
    """Start practice of the questions that ``draw`` returns for a seed, or continue the open one of this scope.

    Whether it asks for certainty is a setting of the module, unless it always does.
    """
    terms = StartTerms(
        scope,
        Purpose.PRACTICE,
        module.id,
        module.pass_mark_percent,
        asks_certainty=always_asks_certainty or module.asks_certainty,
        checks_each=True,
    )
    return _start(session, learner, terms, draw, now)


def start_test(session: Session, learner: Learner, module: ModuleRow, now: datetime) -> Attempt:
    """Start the module's own test, or continue the open one."""
    ends = compute_deadline(now, module.test_minutes, learner.extra_time_percent)
    terms = StartTerms(
        build_module_test_scope(module.id),
        Purpose.TEST,
        module.id,
        module.pass_mark_percent,
        deadline_at=ends,
        asks_certainty=module.asks_certainty,
    )
    return _start(session, learner, terms, lambda seed: selection.select_test(session, PaperContent(module), seed), now)


def start_assignment(
    session: Session, learner: Learner, granted: AvailableAssignment, module: ModuleRow, now: datetime
) -> Attempt:
    """Start an assigned test under the learner's terms, or continue the open attempt.

    :raise AttemptError: no attempt is open, and none can start (see :meth:`AvailableAssignment.find_hindrance`).
    """
    assignment, own = granted.assignment, granted.learner_terms
    composition = None if assignment.test_id is None else compositions.load_one(session, assignment.test_id)
    terms = StartTerms(
        build_assignment_scope(assignment.id),
        Purpose.TEST,
        module.id,
        own.pass_mark_percent,
        assignment.id,
        own.attempts_allowed,
        compute_deadline(now, own.time_limit_minutes, own.extra_time_percent, own.closes_at),
        assignment.asks_certainty,
        assignment.policy.checks_each,
        composition.rules if composition else (),
        is_forward_only=composition is not None and composition.is_forward_only,
    )
    content = get_content(assignment, module, granted.chosen)

    def find_hindrance(used: int, questions: int) -> AttemptError | None:
        return granted.find_hindrance(now, used=used, questions=questions)

    return _start(
        session,
        learner,
        terms,
        lambda seed: (
            selection.select_composed(session, composition, seed)
            if composition
            else selection.select_test(session, content, seed)
        ),
        now,
        find_hindrance,
    )


def _require_questions(_used: int, questions: int) -> AttemptError | None:
    return None if questions else NoQuestions()


def _start(
    session: Session,
    learner: Learner,
    terms: StartTerms,
    paper: Callable[[int], tuple[Slot, ...]],
    now: datetime,
    find_hindrance: Callable[[int, int], AttemptError | None] = _require_questions,
) -> Attempt:
    """Start or continue an attempt. Constraints guarantee one open attempt per learner and scope, and unique numbers.

    ``find_hindrance`` takes the number of attempts used and of questions drawn.
    """
    latest = _get_latest(session, learner, terms.scope)
    if (
        latest is not None
        and latest.state is AttemptState.OPEN
        and not submission.close_if_overdue(session, latest, now)
    ):
        return latest
    used = latest.number if latest else 0
    seed = secrets.randbits(_SEED_BITS)
    slots = paper(seed)
    hindrance = find_hindrance(used, len(slots))
    if hindrance is not None:
        raise hindrance
    attempt = build_attempt(learner, terms, used + 1, seed, slots, now)
    try:
        with session.begin_nested():
            session.add(attempt)
    except IntegrityError:
        # A concurrent request (another tab or device) started the attempt first.
        concurrent = _get_latest(session, learner, terms.scope)
        if concurrent is None:
            raise
        return concurrent
    return attempt


_LATEST = (
    select(Attempt)
    .where(Attempt.learner_id == bindparam("learner_id"), Attempt.scope == bindparam("scope"))
    .order_by(Attempt.number.desc())
    .limit(1)
)


def _get_latest(session: Session, learner: Learner, scope: str) -> Attempt | None:
    return session.scalar(_LATEST, {"learner_id": learner.id, "scope": scope})


def get_open(session: Session, learner: Learner, scope: str) -> Attempt | None:
    """Return the learner's open practice of this scope, or None."""
    latest = _get_latest(session, learner, scope)
    return latest if latest is not None and latest.state is AttemptState.OPEN else None
