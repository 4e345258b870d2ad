"""The gradebook of a cohort: search and sort its members and load their results in its assignments.

All queries start from the members and assignments of one cohort, so their cost does not grow with other cohorts.
Sorting by a score or by attention, and filtering, read the cells of all members. Otherwise only those on the page are
read, and in small cohorts all of them for the averages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.domain import attention, totals
from app.domain.assignment import AssignmentState
from app.domain.attention import AttentionReason
from app.domain.gradebook import (
    GradebookCell,
    GradebookColumn,
    GradebookFilter,
    is_match,
)
from app.domain.names import fold_name, has_all_words
from app.domain.paging import Paged, paginate
from app.domain.totals import Total
from app.models import Cohort
from app.services.reporting import activity as activities
from app.services.reporting.gradebook_cells import list_columns, load_cells
from app.services.reporting.gradebook_members import GradebookMember, list_members

MAX_ON_PAGE, MIN_ON_PAGE, CELLS_ON_PAGE = 50, 20, 1_000
"""A page shows up to :data:`MAX_ON_PAGE` learners, fewer if there are many assignments, but always 20."""

MAX_AVERAGED_CELLS = 2_000
"""Cohorts with more cells show averages only if these are asked for, or if all cells have been read anyway."""

NAME, GIVEN_NAME, NUMBER, TOTAL, ATTENTION = "name", "given", "number", "total", "attention"
"""Sort orders: by family name, by the name as written, and so on. Any other value of ``sort`` is an assignment's id."""

CHEAP_ORDERS = (NAME, GIVEN_NAME, NUMBER)
"""Orders for which no cells have to be read."""


@dataclass(frozen=True, slots=True)
class GradebookQuery:
    """The search that a URL describes.

    ``sort`` is one of the orders above or an assignment's id. ``only`` is the id of the assignment that ``show``
    applies to (None: any). ``hidden`` are the columns not to show: ids of assignments, :data:`NUMBER` or :data:`TOTAL`.
    """

    words: str = ""
    show: GradebookFilter = GradebookFilter.ALL
    only: int | None = None
    sort: str = NAME
    is_descending: bool = False
    page: int = 1
    with_withdrawn: bool = False
    with_averages: bool = False
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GradebookRow:
    """A learner with their cells, in the order of the columns."""

    member: GradebookMember
    cells: tuple[GradebookCell, ...]
    total: Total
    reasons: tuple[AttentionReason, ...] = ()

    @property
    def name(self) -> str:
        return self.member.name


@dataclass(frozen=True, slots=True)
class Averages:
    """The means over the learners found, in per cent: of each column and of the totals. None where nothing counts."""

    columns: tuple[float | None, ...]
    total: float | None


@dataclass(frozen=True, slots=True)
class Gradebook:
    """The members that a query found, in order.

    ``columns`` are all assignments, of which ``shown`` are the positions of those to show. ``withdrawn`` counts the
    withdrawn assignments and ``members`` the current members. ``rows`` holds, by learner, the rows that the search
    already had to load. ``has_numbers`` says whether any member has a student number.
    """

    cohort: Cohort
    asked: GradebookQuery
    columns: tuple[GradebookColumn, ...]
    withdrawn: int
    members: int
    found: tuple[GradebookMember, ...]
    has_numbers: bool = False
    rows: Mapping[int, GradebookRow] = field(default_factory=dict)

    @property
    def shown(self) -> tuple[int, ...]:
        hidden = self.asked.hidden
        return tuple(at for at, column in enumerate(self.columns) if str(column.assignment_id) not in hidden)

    @property
    def shows_numbers(self) -> bool:
        return self.has_numbers and NUMBER not in self.asked.hidden

    @property
    def shows_totals(self) -> bool:
        return TOTAL not in self.asked.hidden


def get_page(
    session: Session, cohort: Cohort, asked: GradebookQuery, now: datetime
) -> tuple[Gradebook, Paged[GradebookRow]]:
    """Return the requested page, or the last one if there are fewer."""
    book = search(session, cohort, asked, now)
    if asked.with_averages or len(book.found) * len(book.columns) <= MAX_AVERAGED_CELLS:
        book = _load_all(session, book, now)

    def fetch(offset: int, limit: int) -> tuple[GradebookRow, ...]:
        return load_rows(session, book, book.found[offset : offset + limit], now)

    per_page = min(MAX_ON_PAGE, max(MIN_ON_PAGE, CELLS_ON_PAGE // max(1, len(book.shown))))
    return book, paginate(len(book.found), asked.page, fetch, per_page=per_page)


def compute_averages(book: Gradebook) -> Averages | None:
    """Return the averages of a gradebook whose cells have all been read, or None."""
    rows = [book.rows[member.learner_id] for member in book.found if member.learner_id in book.rows]
    if not rows or len(rows) < len(book.found):
        return None
    return Averages(
        tuple(
            totals.compute_mean(
                row.cells[at].score if totals.is_scored(column, row.cells[at]) else None for row in rows
            )
            for at, column in enumerate(book.columns)
        ),
        totals.compute_mean(row.total.score for row in rows),
    )


def all_members(session: Session, cohort: Cohort, now: datetime) -> tuple[Gradebook, tuple[GradebookRow, ...]]:
    """Return all current members with all their cells, by name."""
    book = search(session, cohort, GradebookQuery(), now)
    return book, load_rows(session, book, book.found, now)


def search(session: Session, cohort: Cohort, asked: GradebookQuery, now: datetime) -> Gradebook:
    """Find the members that match a query, in its order."""
    columns = list_columns(session, cohort)
    shown = tuple(column for column in columns if asked.with_withdrawn or not column.is_withdrawn)
    everyone = list_members(session, cohort)
    is_removed = asked.show is GradebookFilter.REMOVED
    wanted = fold_name(asked.words)
    members = [
        member
        for member in everyone
        if (member.removed_at is not None) is is_removed
        and has_all_words(wanted, member.name, member.email, member.student_number)
    ]
    book = Gradebook(
        cohort=cohort,
        asked=asked,
        columns=shown,
        withdrawn=sum(column.is_withdrawn for column in columns),
        members=sum(member.removed_at is None for member in everyone),
        found=tuple(_sort_members(members, asked)),
        has_numbers=any(member.student_number for member in everyone),
    )
    return _filtered(session, book, now)


def _sort_members(members: list[GradebookMember], asked: GradebookQuery) -> list[GradebookMember]:
    """Sort by family name, or in another order that depends on members alone. Erased members come last."""
    if asked.sort == NUMBER:
        members.sort(key=lambda member: member.number_key, reverse=asked.is_descending)
        members.sort(key=lambda member: not member.student_number)
    elif asked.sort == GIVEN_NAME:
        members.sort(key=lambda member: fold_name(member.name), reverse=asked.is_descending)
    elif asked.sort == NAME and asked.is_descending:
        members.reverse()
    members.sort(key=lambda member: member.is_erased)
    return members


def _load_all(session: Session, book: Gradebook, now: datetime) -> Gradebook:
    """Read the cells of all members found."""
    rows = load_rows(session, book, book.found, now)
    return replace(book, rows={row.member.learner_id: row for row in rows})


def _filtered(session: Session, book: Gradebook, now: datetime) -> Gradebook:
    """Apply the filters and sort orders that depend on cells."""
    asked = book.asked
    if asked.sort in CHEAP_ORDERS and not asked.show.is_state and asked.show is not GradebookFilter.ATTENTION:
        return book
    rows = [row for row in load_rows(session, book, book.found, now) if _is_match(row, book)]
    if asked.sort == ATTENTION:
        rows.sort(key=lambda row: attention.get_urgency(row.reasons), reverse=asked.is_descending)
    elif asked.sort == TOTAL:
        rows.sort(key=lambda row: _get_total_key(row.total, is_descending=asked.is_descending))
    elif asked.sort not in CHEAP_ORDERS:
        at = next((at for at, column in enumerate(book.columns) if str(column.assignment_id) == asked.sort), None)
        if at is not None:
            rows.sort(key=lambda row: _get_score_key(row.cells[at], is_descending=asked.is_descending))
    found = tuple(row.member for row in rows)
    return replace(book, found=found, rows={row.member.learner_id: row for row in rows})


def _get_total_key(total: Total, *, is_descending: bool) -> tuple[bool, float]:
    """Sort learners without a total last in both directions."""
    shown = total.percent or 0
    return total.percent is None, -shown if is_descending else shown


def _is_match(row: GradebookRow, book: Gradebook) -> bool:
    show, only = book.asked.show, book.asked.only
    if show is GradebookFilter.ATTENTION:
        return bool(row.reasons)
    if not show.is_state:
        return True
    pairs = zip(book.columns, row.cells, strict=True)
    return any(is_match(show, cell) for column, cell in pairs if only in (None, column.assignment_id))


def _get_score_key(cell: GradebookCell, *, is_descending: bool) -> tuple[int, int]:
    """Sort cells with a score first in both directions, then the others by state."""
    if cell.percent is not None:
        return 0, -cell.percent if is_descending else cell.percent
    rest = (
        AssignmentState.SUBMITTED,
        AssignmentState.UNDER_WAY,
        AssignmentState.NOT_STARTED,
        AssignmentState.NOT_OPEN,
        AssignmentState.EXCUSED,
        AssignmentState.NOT_ASSIGNED,
    )
    return 1 + rest.index(cell.state), 0


def load_rows(
    session: Session, book: Gradebook, members: Sequence[GradebookMember], now: datetime
) -> tuple[GradebookRow, ...]:
    """Return the rows of these members, in their order. Rows that the search loaded are not read again."""
    if all(member.learner_id in book.rows for member in members):
        return tuple(book.rows[member.learner_id] for member in members)
    ids = [member.learner_id for member in members]
    places = load_cells(session, book.columns, members, now)
    is_over = book.cohort.archived_at is not None or book.asked.show is GradebookFilter.REMOVED
    live = [column for column in book.columns if not column.is_withdrawn]
    seen = activities.load_activity(session, live, ids, now) if live and not is_over else None
    found = []
    for member in members:
        cells = tuple(places[member.learner_id, column.assignment_id] for column in book.columns)
        why: tuple[AttentionReason, ...] = ()
        if seen is not None and not (member.is_erased or member.is_closed):
            assigned_cells = [
                _NOT_ASSIGNED if column.is_withdrawn or (column.is_pretest and cell.is_handed_in) else cell
                for column, cell in zip(book.columns, cells, strict=True)
            ]
            activity = seen.activity(member.learner_id, member.joined_at)
            why = attention.find_reasons(assigned_cells, activity, seen.stuck.get(member.learner_id, ()), now)
        total = totals.compute_total(book.columns, cells, book.cohort.drop_lowest)
        found.append(GradebookRow(member, cells, total, why))
    return tuple(found)


_NOT_ASSIGNED = GradebookCell(AssignmentState.NOT_ASSIGNED)

BATCH_SIZE = 100
"""The number of learners that a file export reads at a time."""


def stream_rows(session: Session, book: Gradebook, now: datetime) -> Iterator[GradebookRow]:
    """Yield all rows of a gradebook, read in batches."""
    for start in range(0, len(book.found), BATCH_SIZE):
        yield from load_rows(session, book, book.found[start : start + BATCH_SIZE], now)
