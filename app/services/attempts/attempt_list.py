"""The list of a learner's submitted tests, practice and reviews, with the scores that are released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, bindparam, func, select
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose, percent
from app.domain.paging import Paged, paginate
from app.domain.scope import REVIEW
from app.models import Assignment, AssignmentException, Attempt, Learner, ModuleRow, ScopeResult
from app.services.assignments import assignment_sql
from app.services.assignments.availability import is_score_released

RECENT_ATTEMPTS = 20
"""The number of attempts on a page, and of scores in the chart."""


class AttemptFilter(StrEnum):
    """Which attempts are listed. Checks in lessons never are."""

    TESTS = "tests"
    PRACTICE = "practice"
    REVIEWS = "reviews"


@dataclass(frozen=True, slots=True)
class AttemptScore:
    """A submitted attempt. ``percent`` and ``is_passed`` are None until its score is released.

    ``is_pretest`` means that it only measures what is known before learning.
    """

    attempt_id: int
    purpose: Purpose
    is_review: bool
    module_title: str
    number: int
    submitted_at: datetime
    percent: int | None
    is_passed: bool | None
    is_pretest: bool
    is_being_marked: bool


_CONDITIONS: Mapping[AttemptFilter, ColumnElement[bool]] = {
    AttemptFilter.TESTS: Attempt.purpose == Purpose.TEST,
    AttemptFilter.PRACTICE: and_(Attempt.purpose == Purpose.PRACTICE, Attempt.scope != REVIEW),
    AttemptFilter.REVIEWS: and_(Attempt.purpose == Purpose.PRACTICE, Attempt.scope == REVIEW),
}
# Built once, because building these statements takes longer than running them.
_IS_SUBMITTED = and_(Attempt.learner_id == bindparam("learner_id"), Attempt.submitted_at.is_not(None))
COUNTS = {
    kind: select(func.count(Attempt.id)).where(_IS_SUBMITTED, condition).scalar_subquery()
    for kind, condition in _CONDITIONS.items()
}
"""The number of a learner's attempts of each kind, by subqueries with the parameter ``learner_id``."""
_ATTEMPTS = (
    select(Attempt, ModuleRow.title, Assignment, ScopeResult, AssignmentException, assignment_sql.is_pretest())
    .join(ModuleRow, ModuleRow.id == Attempt.module_id)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .outerjoin(ScopeResult, and_(ScopeResult.learner_id == Attempt.learner_id, ScopeResult.scope == Attempt.scope))
    .outerjoin(AssignmentException, assignment_sql.is_exception_of(Attempt))
    .where(_IS_SUBMITTED)
    .order_by(Attempt.submitted_at.desc(), Attempt.id.desc())
)
_LISTS = {kind: _ATTEMPTS.where(condition) for kind, condition in _CONDITIONS.items()}
_ALL = _ATTEMPTS.where(Attempt.purpose != Purpose.CHECK)


def list_attempts(
    session: Session,
    learner: Learner,
    now: datetime,
    counts: Mapping[AttemptFilter, int],
    *,
    number: int = 1,
    kind: AttemptFilter | None = None,
    per_page: int = RECENT_ATTEMPTS,
) -> Paged[AttemptScore]:
    """Return one page of a learner's submitted attempts of a kind, or of all kinds, the latest first."""

    def fetch(offset: int, limit: int) -> list[AttemptScore]:
        found = (_LISTS[kind] if kind else _ALL).limit(limit).offset(offset)
        return [
            _build_score(
                attempt,
                assignment.title if assignment else title,
                is_released=attempt.points is not None
                and (
                    assignment is None
                    or result is None
                    or is_score_released(assignment, result.attempts, now, exception)
                ),
                is_pretest=is_pretest,
            )
            for attempt, title, assignment, result, exception, is_pretest in session.execute(
                found, {"learner_id": learner.id}
            )
        ]

    return paginate(counts[kind] if kind else sum(counts.values()), number, fetch, per_page=per_page)


def _build_score(attempt: Attempt, title: str, *, is_released: bool, is_pretest: bool) -> AttemptScore:
    return AttemptScore(
        attempt_id=attempt.id,
        purpose=attempt.purpose,
        is_review=attempt.scope == REVIEW,
        module_title=title,
        number=attempt.number,
        submitted_at=attempt.submitted_at or attempt.started_at,
        percent=percent(attempt.points or 0, attempt.max_points or 0) if is_released else None,
        is_passed=attempt.is_passed if is_released else None,
        is_pretest=is_pretest,
        is_being_marked=attempt.points is None,
    )
