"""How markings of people become a mark, and who may mark next."""

from __future__ import annotations

import pytest

from app.domain.correction import Remedy
from app.domain.kinds import RubricCriterion
from app.domain.markings import (
    MarkerRole,
    Marking,
    add_up,
    find_role,
    get_most,
    is_different,
    is_unmarkable,
    settle,
    waits_for_people,
)
from tests.support.question_kinds import SINGLE, WRITTEN

FIRST, SECOND = Marking(MarkerRole.FIRST, 1, 0.5), Marking(MarkerRole.SECOND, 2, 0.5)
OTHER = Marking(MarkerRole.SECOND, 2, 0.75)
SETTLED = Marking(MarkerRole.SETTLING, 1, 0.6)


@pytest.mark.parametrize(
    ("markings", "needs_second", "points"),
    [
        ([], False, None),
        ([FIRST], False, 0.5),
        ([FIRST], True, None),
        ([FIRST, SECOND], True, 0.5),
        ([FIRST, OTHER], True, None),
        ([FIRST, OTHER], False, None),
        ([FIRST, OTHER, SETTLED], True, 0.6),
        ([FIRST, Marking(MarkerRole.SECOND, 2, 0.1 + 0.4)], True, 0.5),
    ],
)
def test_markings_settle_an_answer_if_they_agree_or_somebody_decides(
    markings: list[Marking], points: float | None, *, needs_second: bool
) -> None:
    assert settle(markings, needs_second=needs_second) == points


@pytest.mark.parametrize(
    ("markings", "needs_second", "marker", "role"),
    [
        ([], False, 1, MarkerRole.FIRST),
        ([FIRST], True, 1, MarkerRole.FIRST),
        ([FIRST], True, 2, MarkerRole.SECOND),
        ([FIRST], False, 2, None),
        ([FIRST, OTHER], True, 1, MarkerRole.SETTLING),
        ([FIRST, OTHER], True, 3, MarkerRole.SETTLING),
        ([Marking(MarkerRole.FIRST, None, 0.5)], True, 2, MarkerRole.SECOND),
    ],
)
def test_nobody_marks_an_answer_twice_and_anybody_may_settle_a_difference(
    markings: list[Marking], marker: int, role: MarkerRole | None, *, needs_second: bool
) -> None:
    assert find_role(markings, marker, needs_second=needs_second) is role


def test_a_difference_is_one_until_it_is_settled() -> None:
    assert not is_different([FIRST, SECOND])
    assert is_different([FIRST, OTHER])
    assert not is_different([FIRST, OTHER, SETTLED])


@pytest.mark.parametrize(
    ("response", "remedies", "waits"),
    [
        ("A text", [], True),
        (None, [], False),
        ("A text", [Remedy.VOID], False),
        ("A text", [Remedy.CREDIT], False),
        ("A text", [Remedy.ACCEPT], True),
    ],
)
def test_what_is_blank_or_decided_waits_for_nobody(
    response: str | None, remedies: list[Remedy], *, waits: bool
) -> None:
    assert waits_for_people(WRITTEN, response, remedies) is waits
    assert not waits_for_people(SINGLE, [1], remedies)


def test_nobody_marks_what_belongs_to_no_assignment() -> None:
    assert is_unmarkable(WRITTEN, None)
    assert not is_unmarkable(WRITTEN, 1)
    assert not is_unmarkable(SINGLE, None)


def test_criteria_add_up_to_a_share_of_all_points() -> None:
    criteria = (RubricCriterion("One", 2), RubricCriterion("Two", 4))

    assert get_most(criteria) == 6
    assert add_up(criteria, (2, 1)) == 0.5
    assert add_up(criteria, (2, 4)) == 1.0
