"""Confusion matrices: how often each thing was pointed at, for each thing asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MAX_ROWS = 24
MAX_COLUMNS = 14
"""A larger matrix is unreadable on one page; the less frequent columns are combined."""

OTHERS = "others"


@dataclass(frozen=True, slots=True)
class ConfusionItem:
    """One question: the thing it asked for, the numbers of answers and right answers, and the choices.

    ``wrong`` counts each wrong thing pointed at; ``offered`` are all things that could be pointed at.
    """

    name: str
    answered: int
    right: int
    wrong: Mapping[str, int]
    offered: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConfusionCell:
    """How many learners pointed at ``name``; None if that was not possible.

    ``share`` is per cent of the answers to the row's questions.
    """

    name: str
    count: int | None
    share: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class ConfusionRow:
    name: str
    answered: int
    cells: tuple[ConfusionCell, ...]


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """Rows are sorted by mistakes; columns are the things pointed at, and those of the rows themselves."""

    columns: tuple[str, ...]
    rows: tuple[ConfusionRow, ...]

    @property
    def answered(self) -> int:
        return sum(row.answered for row in self.rows)

    @property
    def mistaken(self) -> int:
        return sum(cell.count or 0 for row in self.rows for cell in row.cells if not cell.is_right)


def build_matrix(questions: Iterable[ConfusionItem], right: str | None = None) -> ConfusionMatrix:
    """Build the matrix. Questions that ask for the same thing are added up.

    If rows and columns are the same things, such as muscles, right answers are in the column of their own name. If they
    are not, such as muscles and the places of their pain, ``right`` names one column for all right answers.
    """
    merged = _merge(questions)
    ranked = sorted(merged, key=lambda one: (one.right - one.answered, one.name))[:MAX_ROWS]
    total: Counter[str] = Counter()
    for one in ranked:
        total.update(one.wrong)
    own = [right] if right else [one.name for one in ranked]
    strangers = [name for name, _ in total.most_common() if name not in own]
    room = max(3, MAX_COLUMNS - len(own))
    shown, rest = strangers[:room], strangers[room:]
    columns = (*own, *shown, *([OTHERS] if rest else []))
    return ConfusionMatrix(columns, tuple(_row(one, columns, rest, right) for one in ranked))


def _merge(questions: Iterable[ConfusionItem]) -> list[ConfusionItem]:
    found: dict[str, ConfusionItem] = {}
    for one in questions:
        if not one.answered:
            continue
        before = found.get(one.name)
        if before is not None:
            wrong = Counter(before.wrong)
            wrong.update(one.wrong)
            offered = before.offered | one.offered
            one = ConfusionItem(one.name, before.answered + one.answered, before.right + one.right, wrong, offered)
        found[one.name] = one
    return list(found.values())


def _row(one: ConfusionItem, columns: Iterable[str], rest: Iterable[str], right: str | None) -> ConfusionRow:
    def cell(name: str) -> ConfusionCell:
        if name == (right or one.name):
            return ConfusionCell(name, one.right, 100 * one.right / one.answered, is_right=True)
        if name == OTHERS:
            count: int | None = sum(one.wrong.get(other, 0) for other in rest)
        else:
            count = one.wrong.get(name, 0) if name in one.offered else None
        return ConfusionCell(name, count, 100 * (count or 0) / one.answered, is_right=False)

    return ConfusionRow(one.name, one.answered, tuple(cell(name) for name in columns))
