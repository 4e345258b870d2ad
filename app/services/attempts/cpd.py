"""A learner's record of continuing professional development (CPD): passed tests, and entries of their own.

Passed tests are read from attempts whenever the record is shown, so that a correction or a withdrawn release is seen at
once. Each test counts once, with the first attempt that was passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.domain import spacing
from app.domain.attempt import AttemptState, Purpose
from app.domain.cpd import CpdKind, CpdLine, CpdRecord, Period, build_record
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    CpdEntry,
    CpdReflection,
    Learner,
    ModuleRow,
    ScopeResult,
)
from app.services.assignments import assignment_sql
from app.services.assignments.availability import is_score_released
from app.services.attempts import certificates, learning_time

MAX_TEXT_LENGTH = 5000
MAX_ENTRIES = 2000
"""How many entries one learner may have."""

KIND_WORDS = {
    CpdKind.WORK_BASED: "work-based learning",
    CpdKind.PROFESSIONAL: "professional activity",
    CpdKind.FORMAL: "formal education",
    CpdKind.SELF_DIRECTED: "self-directed learning",
    CpdKind.OTHER: "other",
}
"""The kinds in files, whose words are the same in every language of the interface."""


class TooManyEntries(Exception):
    """The learner has :data:`MAX_ENTRIES` entries."""


@dataclass(frozen=True, slots=True)
class EntryChange:
    """The values of the form."""

    done_on: date
    title: str
    minutes: int
    kind: CpdKind
    reflection: str
    evidence: str


def get_record(session: Session, learner: Learner, period: Period, now: datetime) -> CpdRecord:
    """Return the learner's record of a period."""
    entries = session.scalars(select(CpdEntry).where(CpdEntry.learner_id == learner.id))
    lines = [*map(_build_entry_line, entries), *list_tests(session, learner, now)]
    return build_record(lines, period)


def list_tests(session: Session, learner: Learner, now: datetime, attempt_id: int | None = None) -> list[CpdLine]:
    """List the tests whose pass the learner may know, or only the one with this attempt."""
    codes = certificates.list_valid_codes(session, [learner.id])
    found = (
        select(
            Attempt,
            Assignment,
            AssignmentException,
            ModuleRow.title,
            ScopeResult.attempts,
            CpdReflection.reflection,
            learning_time.reading_minutes(),
        )
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .join(ScopeResult, and_(ScopeResult.learner_id == Attempt.learner_id, ScopeResult.scope == Attempt.scope))
        .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
        .outerjoin(AssignmentException, assignment_sql.is_exception_of(Attempt))
        .outerjoin(CpdReflection, CpdReflection.attempt_id == Attempt.id)
        .where(Attempt.learner_id == learner.id, Attempt.purpose == Purpose.TEST, Attempt.is_passed.is_(True))
        .where(Attempt.state == AttemptState.SUBMITTED, ~assignment_sql.is_pretest())
        .order_by(Attempt.number)
    )
    lines: dict[str, CpdLine] = {}
    for attempt, assignment, exception, module_title, attempts, reflection, reading in session.execute(found):
        if attempt.scope in lines:
            continue
        if assignment is not None and not is_score_released(assignment, attempts, now, exception):
            continue
        assert attempt.submitted_at is not None
        lines[attempt.scope] = CpdLine(
            done_on=spacing.get_day(attempt.submitted_at, learner.time_zone),
            title=assignment.title if assignment else module_title,
            minutes=max(1, learning_time.measure_minutes(attempt, reading)),
            kind=CpdKind.FORMAL,
            reflection=reflection or "",
            evidence="",
            attempt_id=attempt.id,
            certificate_code=codes.get((learner.id, attempt.scope)),
        )
    return [line for line in lines.values() if attempt_id is None or line.attempt_id == attempt_id]


def _build_entry_line(entry: CpdEntry) -> CpdLine:
    return CpdLine(
        done_on=entry.done_on,
        title=entry.title,
        minutes=entry.minutes,
        kind=entry.kind,
        reflection=entry.reflection,
        evidence=entry.evidence,
        entry_id=entry.id,
    )


def get_test(session: Session, learner: Learner, attempt_id: int, now: datetime) -> CpdLine | None:
    """Return a passed test of the learner's record."""
    return next(iter(list_tests(session, learner, now, attempt_id)), None)


def reflect(session: Session, test: CpdLine, text: str) -> None:
    """Store what the learner writes about a passed test; an empty text removes it."""
    row = session.get(CpdReflection, test.attempt_id)
    if row is None and text:
        session.add(CpdReflection(attempt_id=test.attempt_id, reflection=text))
    elif row is not None and text:
        row.reflection = text
    elif row is not None:
        session.delete(row)


# -- own entries -------------------------------------------------------------------------------------------------------


def get_for(session: Session, learner: Learner, entry_id: int) -> CpdEntry | None:
    """Return an entry of the learner's own."""
    return session.scalar(select(CpdEntry).where(CpdEntry.id == entry_id, CpdEntry.learner_id == learner.id))


def add(session: Session, learner: Learner, wanted: EntryChange) -> CpdEntry:
    """Add an entry.

    :raise TooManyEntries: the learner has as many as are allowed.
    """
    ids = select(CpdEntry.id).where(CpdEntry.learner_id == learner.id).limit(MAX_ENTRIES)
    if len(session.scalars(ids).all()) >= MAX_ENTRIES:
        raise TooManyEntries
    entry = CpdEntry(learner_id=learner.id)
    change(entry, wanted)
    session.add(entry)
    return entry


def change(entry: CpdEntry, wanted: EntryChange) -> None:
    entry.done_on, entry.title, entry.minutes, entry.kind = wanted.done_on, wanted.title, wanted.minutes, wanted.kind
    entry.reflection, entry.evidence = wanted.reflection, wanted.evidence


def list_table(record: CpdRecord) -> Iterator[tuple[str, ...]]:
    """Yield the headings and lines of the record as a file."""
    yield ("Date", "Title", "Kind", "Hours", "Reflection", "Evidence", "Certificate")
    for line in record.lines:
        yield (
            line.done_on.isoformat(),
            line.title,
            KIND_WORDS[line.kind],
            f"{line.minutes / 60:.2f}",
            line.reflection,
            line.evidence,
            line.certificate_code or "",
        )
