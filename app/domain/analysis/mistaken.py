"""What was taken for what: for each thing that was asked for, how often each thing was pointed at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MOST_ROWS = 24
MOST_COLUMNS = 14
"""More can't be read on one page; what was pointed at less often is counted together."""

OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: what it asked for, how many answered it, how many rightly, and which wrong things were pointed at how often."""

    name: str
    answered: int
    right: int
    wrong: Mapping[str, int]
    offered: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """How many pointed at ``name``; None where it could not be pointed at. ``share`` is per cent of those who answered the row's questions."""

    name: str
    count: int | None
    share: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    answered: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows by how often they were mistaken; a column for each thing that was pointed at, or is in the rows itself."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def answered(self) -> int:
        return sum(row.answered for row in self.rows)

    @property
    def mistaken(self) -> int:
        return sum(cell.count or 0 for row in self.rows for cell in row.cells if not cell.is_right)


def matrix(questions: Iterable[Asked], right: str | None = None) -> Matrix:
    """Who was taken for whom. Questions that ask for the same are added up.

    Where the things of rows and columns are the same, as muscles, a right answer stands in the column of its own name; where they are not,
    as muscles and the places of their pain, ``right`` is the name of one column for all right answers.
    """
    merged = _merged(questions)
    ranked = sorted(merged, key=lambda one: (one.right - one.answered, one.name))[:MOST_ROWS]
    total: Counter[str] = Counter()
    for one in ranked:
        total.update(one.wrong)
    own = [right] if right else [one.name for one in ranked]
    strangers = [name for name, _ in total.most_common() if name not in own]
    room = max(3, MOST_COLUMNS - len(own))
    shown, rest = strangers[:room], strangers[room:]
    columns = (*own, *shown, *([OTHERS] if rest else []))
    return Matrix(columns, tuple(_row(one, columns, rest, right) for one in ranked))


def _merged(questions: Iterable[Asked]) -> list[Asked]:
    found: dict[str, Asked] = {}
    for one in questions:
        if not one.answered:
            continue
        before = found.get(one.name)
        if before is not None:
            wrong = Counter(before.wrong)
            wrong.update(one.wrong)
            offered = before.offered | one.offered
            one = Asked(one.name, before.answered + one.answered, before.right + one.right, wrong, offered)
        found[one.name] = one
    return list(found.values())


def _row(one: Asked, columns: Iterable[str], rest: Iterable[str], right: str | None) -> Row:
    def cell(name: str) -> Cell:
        if name == (right or one.name):
            return Cell(name, one.right, 100 * one.right / one.answered, is_right=True)
        if name == OTHERS:
            count: int | None = sum(one.wrong.get(other, 0) for other in rest)
        else:
            count = one.wrong.get(name, 0) if name in one.offered else None
        return Cell(name, count, 100 * (count or 0) / one.answered, is_right=False)

    return Row(one.name, one.answered, tuple(cell(name) for name in columns))
