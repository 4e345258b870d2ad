"""Transcripts: the results of a learner's tests that are released, one line for each test.

A transcript is made to be handed over. That of a trainer therefore has no more than its learner may know; the gradebook
shows everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.assignment import GradingMethod
from app.domain.attempt import Purpose, percent
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    Cohort,
    ModuleRow,
    Publication,
    ScopeResult,
)
from app.services.assignments import assignment_sql
from app.services.assignments.availability import get_result, is_score_released
from app.services.attempts import certificates

HEADINGS = (
    "Test",
    "Module",
    "Submitted",
    "Score in per cent",
    "Result",
    "Attempts",
    "Content version",
    "Certificate",
)


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """The result that counts in one test.

    ``version`` is the publication of its content when the attempt began, ``certificate_code`` that of a valid
    certificate. ``module_title`` is that of the test itself if it has several modules. A pre-test (``is_pretest``) only
    measures what is known before learning, so it is not passed or failed.
    """

    attempt_id: int
    title: str
    module_title: str
    submitted_at: datetime
    percent: int
    is_passed: bool
    is_pretest: bool
    attempts: int
    version: int | None
    certificate_code: str | None


LinesByLearner = Mapping[int, tuple[TranscriptLine, ...]]


def list_lines(
    session: Session, learner_ids: Collection[int], now: datetime, cohort: Cohort | None = None
) -> LinesByLearner:
    """List the released results of learners, the earliest first; with ``cohort``, only those in its assignments."""
    codes = certificates.list_valid_codes(session, learner_ids)
    found = _RESULTS.where(ScopeResult.learner_id.in_(learner_ids))
    if cohort is not None:
        found = found.where(Assignment.cohort_id == cohort.id, Assignment.withdrawn_at.is_(None))
    lines: dict[int, list[TranscriptLine]] = defaultdict(list)
    for row in session.execute(found):
        result, assignment = row.ScopeResult, row.Assignment
        if assignment is not None and not is_score_released(assignment, result.attempts, now, row.AssignmentException):
            continue
        code = codes.get((result.learner_id, result.scope))
        lines[result.learner_id].append(_build_line(row, code))
    return {learner_id: tuple(sorted(its, key=lambda line: line.submitted_at)) for learner_id, its in lines.items()}


def _list_versions() -> Any:
    """Return the number of the publication that was live when the statement's ``Attempt`` began."""
    its = aliased(Publication)
    is_same = or_(
        its.library_id == ModuleRow.library_id, and_(its.library_id.is_(None), ModuleRow.library_id.is_(None))
    )
    return (
        select(func.max(its.id))
        .where(is_same, its.published_at <= Attempt.started_at)
        .correlate(Attempt, ModuleRow)
        .scalar_subquery()
        .label("version")
    )


_COUNTED_ID = case(
    (Assignment.counts == GradingMethod.LATEST, ScopeResult.latest_attempt_id), else_=ScopeResult.best_attempt_id
)
_RESULTS = (
    select(
        ScopeResult,
        Assignment,
        AssignmentException,
        ModuleRow.title.label("module_title"),
        Attempt.submitted_at,
        assignment_sql.is_pretest().label("is_pretest"),
        _list_versions(),
    )
    .outerjoin(Assignment, Assignment.id == ScopeResult.assignment_id)
    .join(Attempt, Attempt.id == _COUNTED_ID)
    .join(ModuleRow, ModuleRow.id == ScopeResult.module_id)
    .outerjoin(AssignmentException, assignment_sql.is_exception_of(ScopeResult))
    # An attempt that is open again, or being marked, has no result.
    .where(ScopeResult.purpose == Purpose.TEST, Attempt.points.is_not(None))
)


def _build_line(row: Any, code: str | None) -> TranscriptLine:
    result, assignment = row.ScopeResult, row.Assignment
    counted = get_result(assignment, result)
    return TranscriptLine(
        attempt_id=_get_counted_id(result, assignment),
        title=assignment.title if assignment else row.module_title,
        module_title=assignment.title if assignment and assignment.test_id is not None else row.module_title,
        submitted_at=row.submitted_at,
        percent=percent(counted.percent, 100),
        is_passed=counted.is_passed,
        is_pretest=bool(row.is_pretest),
        attempts=result.attempts,
        version=row.version,
        certificate_code=code,
    )


def _get_counted_id(result: ScopeResult, assignment: Assignment | None) -> int:
    is_latest = assignment is not None and assignment.counts is GradingMethod.LATEST
    return result.latest_attempt_id if is_latest else result.best_attempt_id


def list_cells(lines: Iterable[TranscriptLine]) -> Iterator[tuple[str, ...]]:
    """Yield the values under :data:`HEADINGS`; times are UTC."""
    for line in lines:
        outcome = "pre-test" if line.is_pretest else "passed" if line.is_passed else "not passed"
        yield (
            line.title,
            line.module_title,
            f"{line.submitted_at:%Y-%m-%d %H:%M}",
            str(line.percent),
            outcome,
            str(line.attempts),
            "" if line.version is None else str(line.version),
            line.certificate_code or "",
        )
