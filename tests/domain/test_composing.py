"""Drawing composed tests: sections in order, no question twice, and the same questions found whatever the seed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.attempt import compute_outcome
from app.domain.composing import Composition, Draw, PlannedSection, Pool, count_found, draw_paper
from app.domain.content import Level, Use
from app.domain.paper import Candidate, Slot
from app.domain.sections import MarkedItem, SectionRule

SAFETY, EVIDENCE = Pool(1, Use.TEST), Pool(2, Use.TEST)
RECALL, APPLY = Level.RECALL, Level.APPLY


def candidate(number: int, objective: int, level: Level = RECALL) -> Candidate:
    """A question whose version id is ``100 + number``."""
    return Candidate(number, 100 + number, objective, level, 4, False)


POOLS = {
    SAFETY: [candidate(1, 1), candidate(2, 1, APPLY), candidate(3, 2), candidate(4, 2, APPLY)],
    EVIDENCE: [candidate(11, 11), candidate(12, 11), candidate(13, 12, APPLY)],
}


def compose(*sections: list[Draw], shuffles: bool = True) -> Composition:
    return Composition(
        tuple(PlannedSection(SectionRule(f"S{n}"), tuple(one)) for n, one in enumerate(sections)), shuffles
    )


def versions(paper: tuple[Slot, ...], section: int | None = None) -> list[int]:
    return [slot.version_id for slot in paper if section is None or slot.section == section]


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ([[Draw(SAFETY, 2)], [Draw(EVIDENCE, 3)]], ((2,), (3,))),
        ([[Draw(SAFETY, 9)]], ((4,),)),
        ([[Draw(SAFETY, 2, objective_id=1), Draw(SAFETY, 3)]], ((2, 2),)),
        ([[Draw(SAFETY, 3), Draw(SAFETY, 2, level=APPLY)]], ((2, 2),)),
        ([[Draw(SAFETY, question_id=3)], [Draw(SAFETY, 4)]], ((1,), (3,))),
        ([[Draw(SAFETY, 4)], [Draw(SAFETY, question_id=3)]], ((3,), (1,))),
        ([[Draw(SAFETY, question_id=11)]], ((0,),)),
        ([[Draw(Pool(9, Use.EXAM), 2)], []], ((0,), ())),
        ([], ()),
    ],
)
def test_each_line_finds_the_same_number_with_every_seed(
    sections: list[list[Draw]], expected: tuple[tuple[int, ...], ...]
) -> None:
    """Fails when a wide draw takes the only question of a narrow one, or a question is counted twice."""
    composition = compose(*sections)

    assert count_found(composition, POOLS) == expected
    for seed in range(40):
        paper = draw_paper(composition, POOLS, seed)
        assert [len(versions(paper, n)) for n in range(len(sections))] == [sum(line) for line in expected]


def test_a_draw_gives_up_a_question_that_another_one_needs() -> None:
    """Objective 2 of any level, and one APPLY of any objective: only together do they need the right two."""
    composition = compose(
        [Draw(SAFETY, 1, objective_id=2), Draw(SAFETY, 1, objective_id=2), Draw(SAFETY, 2, level=APPLY)]
    )

    assert count_found(composition, POOLS) == ((1, 1, 1),)
    wide = compose([Draw(SAFETY, 1, objective_id=2), Draw(SAFETY, 2, level=APPLY)])
    for seed in range(40):
        assert sorted(versions(draw_paper(wide, POOLS, seed))) == [102, 103, 104]


def test_lines_keep_their_order_unless_the_test_mixes() -> None:
    lines = [Draw(SAFETY, question_id=number) for number in (3, 1, 4, 2)]

    assert versions(draw_paper(compose(lines, shuffles=False), POOLS, 5)) == [103, 101, 104, 102]
    assert len({tuple(versions(draw_paper(compose(lines), POOLS, seed))) for seed in range(20)}) > 5


draws = st.builds(
    Draw,
    st.sampled_from([SAFETY, EVIDENCE]),
    st.integers(1, 5),
    st.sampled_from([None, None, 1, 2, 11, 12]),
    st.sampled_from([None, None, RECALL, APPLY]),
)
fixed = st.builds(
    lambda number: Draw(SAFETY if number < 10 else EVIDENCE, question_id=number), st.sampled_from([1, 4, 12])
)
compositions = st.builds(
    lambda sections, shuffles: compose(*sections, shuffles=shuffles),
    st.lists(st.lists(draws | fixed, max_size=4), max_size=4),
    st.booleans(),
)


@given(compositions, st.integers(0, 2**31), st.integers(0, 2**31))
def test_papers_are_repeatable_complete_and_never_ask_twice(composition: Composition, seed: int, other: int) -> None:
    paper = draw_paper(composition, POOLS, seed)

    assert paper == draw_paper(composition, POOLS, seed)
    assert len(set(versions(paper))) == len(paper)
    assert [slot.section for slot in paper] == sorted(slot.section or 0 for slot in paper)
    assert len(paper) == len(draw_paper(composition, POOLS, other)) == sum(map(sum, count_found(composition, POOLS)))


def mark(section: int, points: float, *, is_critical: bool = False) -> MarkedItem:
    return MarkedItem(points, 1.0, points == 1, is_critical, section)


VOID = MarkedItem(0.0, 0.0, False, False, 1)


@pytest.mark.parametrize(
    ("marks", "rules", "is_passed", "is_critical_missed"),
    [
        ([mark(0, 1), mark(1, 0)], [SectionRule("A"), SectionRule("B")], True, False),
        ([mark(0, 1), mark(1, 0)], [SectionRule("A"), SectionRule("B", 50)], False, False),
        ([mark(0, 1), mark(1, 0.5)], [SectionRule("A"), SectionRule("B", 50)], True, False),
        ([mark(0, 0), mark(1, 0.5)], [SectionRule("A"), SectionRule("B", 50)], False, False),
        ([mark(0, 1), mark(1, 0, is_critical=True)], [SectionRule("A"), SectionRule("B")], False, True),
        (
            [mark(0, 1), mark(1, 0, is_critical=True)],
            [SectionRule("A"), SectionRule("B", needs_critical_right=False)],
            True,
            False,
        ),
        ([mark(0, 1), VOID], [SectionRule("A"), SectionRule("B", 90)], True, False),
        ([mark(0, 1)], [SectionRule("A"), SectionRule("B", 90)], True, False),
        ([mark(0, 1), MarkedItem(0, 1, False, True)], [], False, True),
    ],
)
def test_passing_needs_the_whole_and_every_section(
    marks: list[MarkedItem], rules: list[SectionRule], is_passed: bool, is_critical_missed: bool
) -> None:
    outcome = compute_outcome(marks, 50, rules)

    assert (outcome.is_passed, outcome.is_critical_missed) == (is_passed, is_critical_missed)
