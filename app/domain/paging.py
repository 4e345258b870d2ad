"""Pages of a long list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

PER_PAGE = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    """One page of ``total`` items. ``number`` counts from 1; an empty list has one empty page."""

    items: Sequence[T]
    total: int
    number: int
    per_page: int

    @property
    def pages(self) -> int:
        return count_pages(self.total, self.per_page)

    @property
    def first(self) -> int:
        """The position of the first item in the whole list, from 1; 0 if the page is empty."""
        return (self.number - 1) * self.per_page + 1 if self.items else 0

    @property
    def last(self) -> int:
        """The position of the last item in the whole list; 0 if the page is empty."""
        return self.first + len(self.items) - 1 if self.items else 0


def count_pages(total: int, per_page: int) -> int:
    return max(1, -(-total // per_page))


def paginate(
    total: int, number: int, fetch: Callable[[int, int], Sequence[T]], *, per_page: int = PER_PAGE
) -> Paged[T]:
    """Return page ``number``, or the nearest page that exists; ``fetch`` takes an offset and a limit."""
    number = min(max(1, number), count_pages(total, per_page))
    return Paged(fetch((number - 1) * per_page, per_page), total, number, per_page)


def paginate_list(items: Sequence[T], number: int, *, per_page: int = PER_PAGE) -> Paged[T]:
    """Return page ``number`` of items that are already in memory."""
    return paginate(len(items), number, lambda offset, limit: items[offset : offset + limit], per_page=per_page)
