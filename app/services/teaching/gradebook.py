"""The gradebook of a cohort: who is asked for, in which order, and what each has done of what was set.

Everything here starts from the members and the assignments of one cohort, so that nothing grows with the data of others. A page takes seven
statements whatever its size; ordering by a column or by attention, and filters, read the cells of all members, the order of names does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.domain import attention
from app.domain.attention import Reason
from app.domain.gradebook import Cell, CellState, Column, Show, is_shown
from app.domain.names import folded, is_meant
from app.models import Assignment, Cohort, Learner, Membership, Standing, User
from app.services.teaching import activity as activities
from app.services.teaching.cells import cells, list_columns

PER_PAGE = 50

NAME, ATTENTION = "name", "attention"
"""Orders of learners; any other is the id of an assignment, whose scores they stand by."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. ``sort`` is :data:`NAME`, :data:`ATTENTION` or an assignment's id; ``only`` keeps a state to one assignment."""

    words: str = ""
    show: Show = Show.ALL
    only: int | None = None
    sort: str = NAME
    is_descending: bool = False
    page: int = 1
    with_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is, or was, in the cohort. Of who was erased there is no name and no address, and the results stay."""

    learner_id: int
    name: str
    email: str
    joined_at: datetime
    removed_at: datetime | None

    @property
    def is_erased(self) -> bool:
        return not self.email


@dataclass(frozen=True, slots=True)
class Row:
    """A learner; ``cells`` are in the order of the columns."""

    member: Member
    cells: tuple[Cell, ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def name(self) -> str:
        return self.member.name


@dataclass(frozen=True, slots=True)
class Book:
    """Who was found, in order. ``withdrawn`` counts the assignments that are left out; ``members`` all that are in the cohort now.

    ``rows`` are those that had to be read already to find the others.
    """

    cohort: Cohort
    asked: Asked
    columns: tuple[Column, ...]
    withdrawn: int
    members: int
    found: tuple[Member, ...]
    rows: Mapping[int, Row] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a book. ``first`` and ``last`` count learners from 1; 0 and 0 where there are none."""

    book: Book
    rows: tuple[Row, ...]
    number: int
    pages: int

    @property
    def first(self) -> int:
        return (self.number - 1) * PER_PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


def page(session: Session, cohort: Cohort, asked: Asked, now: datetime) -> Page:
    """The page that is asked for, or the last one where there are fewer."""
    book = find(session, cohort, asked, now)
    pages = max(1, -(-len(book.found) // PER_PAGE))
    number = min(max(1, asked.page), pages)
    members = book.found[(number - 1) * PER_PAGE : number * PER_PAGE]
    return Page(book, read(session, book, members, now), number, pages)


def everybody(session: Session, cohort: Cohort, now: datetime) -> tuple[Book, tuple[Row, ...]]:
    """All current members with all their cells, by name: for a summary."""
    book = find(session, cohort, Asked(), now)
    return book, read(session, book, book.found, now)


def find(session: Session, cohort: Cohort, asked: Asked, now: datetime) -> Book:
    """Who is asked for, in the order that is asked for."""
    columns = list_columns(session, cohort)
    shown = tuple(column for column in columns if asked.with_withdrawn or not column.is_withdrawn)
    everyone = list_members(session, cohort)
    is_removed = asked.show is Show.REMOVED
    wanted = folded(asked.words)
    members = tuple(
        member
        for member in everyone
        if (member.removed_at is not None) is is_removed and is_meant(wanted, member.name, member.email)
    )
    book = Book(
        cohort=cohort,
        asked=asked,
        columns=shown,
        withdrawn=sum(column.is_withdrawn for column in columns),
        members=sum(member.removed_at is None for member in everyone),
        found=members[::-1] if asked.sort == NAME and asked.is_descending else members,
    )
    return _sifted(session, book, now)


def _sifted(session: Session, book: Book, now: datetime) -> Book:
    """The book without those who are filtered out, in the order of a column or of attention: whatever takes cells to know."""
    asked = book.asked
    if asked.sort == NAME and not asked.show.is_state and asked.show is not Show.ATTENTION:
        return book
    rows = [row for row in read(session, book, book.found, now) if _is_asked_for(row, book)]
    if asked.sort == ATTENTION:
        rows.sort(key=lambda row: attention.weight(row.reasons), reverse=asked.is_descending)
    elif asked.sort != NAME:
        at = next((at for at, column in enumerate(book.columns) if str(column.assignment_id) == asked.sort), None)
        if at is not None:
            rows.sort(key=lambda row: _by_score(row.cells[at], is_descending=asked.is_descending))
    found = tuple(row.member for row in rows)
    return Book(
        book.cohort,
        asked,
        book.columns,
        book.withdrawn,
        book.members,
        found,
        {row.member.learner_id: row for row in rows},
    )


def _is_asked_for(row: Row, book: Book) -> bool:
    show, only = book.asked.show, book.asked.only
    if show is Show.ATTENTION:
        return bool(row.reasons)
    if not show.is_state:
        return True
    cells = zip(book.columns, row.cells, strict=True)
    return any(is_shown(show, it) for column, it in cells if only in (None, column.assignment_id))


def _by_score(it: Cell, *, is_descending: bool) -> tuple[int, int]:
    """Those with a score first, whichever way round; then those who are at it, those who wait, and those whom it doesn't concern."""
    if it.percent is not None:
        return 0, -it.percent if is_descending else it.percent
    rest = (CellState.UNDER_WAY, CellState.NOT_STARTED, CellState.NOT_OPEN, CellState.EXCUSED, CellState.NOT_FOR_THEM)
    return 1 + rest.index(it.state), 0


def read(session: Session, book: Book, members: Sequence[Member], now: datetime) -> tuple[Row, ...]:
    """The rows of these learners, in their order: at most five statements, none for those that were read before."""
    if all(member.learner_id in book.rows for member in members):
        return tuple(book.rows[member.learner_id] for member in members)
    ids = [member.learner_id for member in members]
    places = cells(session, book.columns, ids, now)
    is_over = book.cohort.archived_at is not None or book.asked.show is Show.REMOVED
    live = [column for column in book.columns if not column.is_withdrawn]
    seen = activities.read(session, live, ids, now) if live and not is_over else None
    found = []
    for member in members:
        its = tuple(places[member.learner_id, column.assignment_id] for column in book.columns)
        why: tuple[Reason, ...] = ()
        if seen is not None and not member.is_erased:
            minded = [_LEFT_OUT if column.is_withdrawn else it for column, it in zip(book.columns, its, strict=True)]
            activity = seen.activity(member.learner_id, member.joined_at)
            why = attention.reasons(minded, activity, seen.stuck.get(member.learner_id, ()), now)
        found.append(Row(member, its, why))
    return tuple(found)


ERASED = "Erased account"

_LEFT_OUT = Cell(CellState.NOT_FOR_THEM)

BATCH = 100
"""How many learners are read at a time for a file."""


def stream(session: Session, book: Book, now: datetime) -> Iterator[Row]:
    """All rows of a book, read in batches."""
    for start in range(0, len(book.found), BATCH):
        yield from read(session, book, book.found[start : start + BATCH], now)


def list_members(session: Session, cohort: Cohort) -> list[Member]:
    """Who is, or was, in the cohort, by name as people look for it: Ø stands by O. Last those who were erased and have results here.

    Without these, the figures of the cohort would change with an erasure.
    """
    has_results = (
        exists()
        .where(Standing.learner_id == Learner.id, Standing.assignment_id == Assignment.id)
        .where(Assignment.cohort_id == cohort.id)
    )
    rows = session.execute(
        select(Learner.id, User.name, User.email, Membership.joined_at, Membership.removed_at)
        .outerjoin(User, User.id == Learner.user_id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id, or_(User.id.is_not(None), has_results))
    )
    members = (
        Member(number, name or ERASED, email or "", joined, removed) for number, name, email, joined, removed in rows
    )
    return sorted(members, key=lambda member: (member.is_erased, folded(member.name), member.learner_id))
