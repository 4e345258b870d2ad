"""A cohort at a glance: the progress of each assignment, learners who need attention, and what is due next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.domain import attention, names
from app.domain.assignment import AssignmentState
from app.domain.attention import ReasonType
from app.domain.gradebook import GradebookCell, GradebookColumn
from app.models import Cohort
from app.services.marking import marking_queue
from app.services.reporting import gradebook
from app.services.reporting.gradebook import GradebookRow

SOON = timedelta(days=14)
"""Assignments due within this time are listed first."""

MAX_NAMED = 8
"""The number of learners needing attention that are shown at once; the next ones are folded."""

MAX_FOLDED = 42
"""The maximum number of folded learners; the gradebook shows all."""

MAX_ASSIGNMENTS = 8
"""If there are more assignments, those long past due are folded."""

MAX_PAST = 3
"""How many assignments past due are then still shown."""


@dataclass(frozen=True, slots=True)
class ProgressPart:
    kind: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class AssignmentProgress:
    """The progress of an assignment.

    ``of`` counts its learners without the excused, and is the sum of the counts before ``excused``. ``waiting`` are
    those who have not started and are not overdue, of whom ``joined_late`` and ``extended`` have no due date that
    counts, or a later one than the others.
    """

    column: GradebookColumn
    of: int
    passed: int
    not_passed: int
    under_way: int
    unmarked: int
    overdue: int
    waiting: int
    excused: int
    joined_late: int = 0
    extended: int = 0

    @property
    def waiting_in_time(self) -> int:
        """Those who have not started and have the common due date before them."""
        return self.waiting - self.joined_late - self.extended

    @property
    def taken(self) -> int:
        """How many have a result. It is all that matters in a pre-test, from which gain is measured."""
        return self.passed + self.not_passed

    @property
    def parts(self) -> tuple[ProgressPart, ...]:
        """The counts as parts of a bar of length 1000, without empty parts."""
        is_pretest = self.column.is_pretest
        counts = (
            ("taken", self.taken if is_pretest else 0),
            ("passed", 0 if is_pretest else self.passed),
            ("failed", 0 if is_pretest else self.not_passed),
            ("under-way", self.under_way + self.unmarked),
            ("overdue", self.overdue),
        )
        found, start = [], 0
        for kind, count in counts:
            end = start + count
            if count:
                left, right = 1000 * start // self.of, 1000 * end // self.of
                found.append(ProgressPart(kind, left, right - left))
            start = end
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many learners need attention for one reason, and how many because of a safety-critical question (None)."""

    why: ReasonType | None
    learners: int


@dataclass(frozen=True, slots=True)
class AnswersToMark:
    """How many answers in an assignment wait to be marked by people."""

    assignment_id: int
    title: str
    answers: int


@dataclass(frozen=True, slots=True)
class Overview:
    """``attention`` holds the most urgent of the learners who need attention, ``more_attention`` those after them.

    ``needing`` counts them all, and ``reasons`` how many of them have each reason. ``not_passed`` counts the learners
    who have submitted a test without a pass, and ``critical`` those of them who missed a safety-critical question; both
    may still have attempts and time.
    ``to_mark`` are the assignments with answers that people have to mark.
    ``members`` counts everybody in the cohort. ``closed_accounts`` of them are left out of all other figures.
    ``shared_names`` are the folded names that more than one member has. ``earlier`` is the part of ``progress`` that
    is folded because there are many assignments, ``recent`` the rest.
    """

    columns: tuple[GradebookColumn, ...]
    members: int
    closed_accounts: int
    shared_names: frozenset[str]
    progress: tuple[AssignmentProgress, ...]
    earlier: tuple[AssignmentProgress, ...]
    attention: tuple[GradebookRow, ...]
    more_attention: tuple[GradebookRow, ...]
    needing: int
    reasons: tuple[ReasonCount, ...]
    not_passed: int
    critical: int
    due_soon: tuple[AssignmentProgress, ...]
    withdrawn: int
    to_mark: tuple[AnswersToMark, ...] = ()

    @property
    def unlisted(self) -> int:
        """How many need attention but are only in the gradebook."""
        return self.needing - len(self.attention) - len(self.more_attention)

    @property
    def recent(self) -> tuple[AssignmentProgress, ...]:
        return tuple(one for one in self.progress if one not in self.earlier)


def get_overview(session: Session, cohort: Cohort, now: datetime) -> Overview:
    """Compute the overview from the gradebook's cells, so that the two always agree."""
    book, everybody = gradebook.all_members(session, cohort, now)
    rows = [row for row in everybody if not row.member.is_closed]
    failing = [row for row in rows if _list_failed(book.columns, row)]
    needing = sorted((row for row in rows if row.reasons), key=lambda row: attention.get_urgency(row.reasons))
    progress = tuple(build_progress(column, [row.cells[at] for row in rows]) for at, column in enumerate(book.columns))
    return Overview(
        columns=book.columns,
        members=len(everybody),
        closed_accounts=len(everybody) - len(rows),
        shared_names=names.find_shared_names(row.name for row in everybody),
        progress=progress,
        earlier=_list_earlier(progress, now),
        attention=tuple(needing[:MAX_NAMED]),
        more_attention=tuple(needing[MAX_NAMED : MAX_NAMED + MAX_FOLDED]),
        needing=len(needing),
        reasons=_count_reasons(needing),
        not_passed=len(failing),
        critical=sum(any(it.is_critical_missed for it in _list_failed(book.columns, row)) for row in failing),
        due_soon=tuple(
            one for one in progress if one.column.due_at is not None and now <= one.column.due_at <= now + SOON
        ),
        withdrawn=book.withdrawn,
        to_mark=_list_to_mark(session, cohort, book.columns, everybody),
    )


def _list_to_mark(
    session: Session, cohort: Cohort, columns: Sequence[GradebookColumn], rows: Sequence[GradebookRow]
) -> tuple[AnswersToMark, ...]:
    if not any(it.being_marked for row in rows for it in row.cells):
        return ()
    waiting = marking_queue.list_waiting(session, cohort)
    return tuple(
        AnswersToMark(column.assignment_id, column.title, waiting[column.assignment_id])
        for column in columns
        if column.assignment_id in waiting
    )


def _list_failed(columns: Sequence[GradebookColumn], row: GradebookRow) -> list[GradebookCell]:
    """Return the cells of tests that the learner submitted without a pass; a pre-test is only a starting point."""
    pairs = zip(columns, row.cells, strict=True)
    return [it for column, it in pairs if it.state is AssignmentState.NOT_PASSED and not column.is_pretest]


def _count_reasons(needing: Sequence[GradebookRow]) -> tuple[ReasonCount, ...]:
    """Count the learners with each reason, those with a missed safety-critical question first."""
    critical = sum(any(reason.critical for reason in row.reasons) for row in needing)
    counts = [ReasonCount(None, critical)]
    counts += [ReasonCount(why, sum(why in [it.why for it in row.reasons] for row in needing)) for why in ReasonType]
    return tuple(one for one in counts if one.learners)


def _list_earlier(progress: Sequence[AssignmentProgress], now: datetime) -> tuple[AssignmentProgress, ...]:
    """Return the assignments, of many, that are past due, but not the latest of them."""
    past = [one for one in progress if one.column.due_at is not None and one.column.due_at < now]
    past.sort(key=lambda one: one.column.due_at or now)
    return tuple(past[:-MAX_PAST]) if len(progress) > MAX_ASSIGNMENTS else ()


def list_needing_attention(session: Session, cohort: Cohort, now: datetime) -> set[int]:
    """Return the ids of all learners who need attention."""
    _book, rows = gradebook.all_members(session, cohort, now)
    return {row.member.learner_id for row in rows if row.reasons}


def build_progress(column: GradebookColumn, cells: Sequence[GradebookCell]) -> AssignmentProgress:
    """Count the states of the learners with these cells of the column."""
    concerned = [it for it in cells if it.state not in (AssignmentState.NOT_ASSIGNED, AssignmentState.EXCUSED)]
    under_way = sum(it.state is AssignmentState.UNDER_WAY for it in concerned)
    unmarked = sum(it.state is AssignmentState.SUBMITTED for it in concerned)
    overdue = sum(it.state is AssignmentState.NOT_STARTED and it.is_overdue for it in concerned)
    untouched = [it for it in concerned if it.state is AssignmentState.NOT_STARTED and not it.is_overdue]
    passed = sum(it.state is AssignmentState.PASSED for it in concerned)
    not_passed = sum(it.state is AssignmentState.NOT_PASSED for it in concerned)
    return AssignmentProgress(
        column=column,
        of=len(concerned),
        passed=passed,
        not_passed=not_passed,
        under_way=under_way,
        unmarked=unmarked,
        overdue=overdue,
        waiting=len(concerned) - passed - not_passed - under_way - unmarked - overdue,
        excused=sum(it.state is AssignmentState.EXCUSED for it in cells),
        joined_late=sum(it.was_due_before_joining for it in untouched),
        extended=sum(_has_later_date(column, it) for it in untouched),
    )


def _has_later_date(column: GradebookColumn, cell: GradebookCell) -> bool:
    if cell.was_due_before_joining or cell.due_at is None or column.due_at is None:
        return False
    return cell.due_at > column.due_at
