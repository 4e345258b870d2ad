"""Pages of a long list: which items are on a page, and which page is shown if the number is out of range."""

from __future__ import annotations

import pytest

from app.domain.paging import Paged, paginate, paginate_list


def _pick(page: Paged[int]) -> tuple[object, ...]:
    return (list(page.items), page.number, page.pages, page.first, page.last)


@pytest.mark.parametrize(
    ("total", "number", "expected"),
    [
        (0, 1, ([], 1, 1, 0, 0)),
        (0, 7, ([], 1, 1, 0, 0)),
        (3, 1, ([0, 1, 2], 1, 1, 1, 3)),
        (4, 1, ([0, 1, 2], 1, 2, 1, 3)),
        (4, 2, ([3], 2, 2, 4, 4)),
        (7, 2, ([3, 4, 5], 2, 3, 4, 6)),
        (6, 3, ([3, 4, 5], 2, 2, 4, 6)),
        (4, 99, ([3], 2, 2, 4, 4)),
        (4, 0, ([0, 1, 2], 1, 2, 1, 3)),
        (4, -5, ([0, 1, 2], 1, 2, 1, 3)),
    ],
)
def test_a_page_has_its_items_and_their_positions(total: int, number: int, expected: tuple[object, ...]) -> None:
    assert _pick(paginate_list(range(total), number, per_page=3)) == expected


def test_only_the_items_of_the_page_are_fetched() -> None:
    asked: list[tuple[int, int]] = []

    def fetch(offset: int, limit: int) -> list[int]:
        asked.append((offset, limit))
        return [offset]

    page = paginate(101, 2, fetch)

    assert asked == [(50, 50)]
    assert (page.items, page.pages) == ([50], 3)
