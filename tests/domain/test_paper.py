"""Drawing papers: what is drawn, in which order, and that the order says nothing."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from app.domain.content import Level
from app.domain.paper import Candidate, DrawRule, PoolSize, Slot, count_test, draw_practice, draw_test, make_slot

RECALL, APPLY = Level.RECALL, Level.APPLY


def candidate(
    number: int, objective: int, level: Level = RECALL, *, options: int = 4, is_order_fixed: bool = False
) -> Candidate:
    """A question whose version id is ``100 + number``."""
    return Candidate(number, 100 + number, objective, level, options, is_order_fixed)


POOL = [
    candidate(1, 1),
    candidate(2, 1, APPLY),
    candidate(3, 1),
    candidate(4, 2),
    candidate(5, 2),
    candidate(6, 2, APPLY),
    candidate(7, 3),
]


def objectives(paper: tuple[Slot, ...]) -> Counter[int]:
    by_version = {one.version_id: one.objective_id for one in POOL}
    return Counter(by_version[one.version_id] for one in paper)


@pytest.mark.parametrize(
    ("blueprint", "expected"),
    [
        ([], {}),
        ([DrawRule(1, 2), DrawRule(2, 1)], {1: 2, 2: 1}),
        ([DrawRule(1, 1), DrawRule(1, 1, APPLY)], {1: 2}),
        ([DrawRule(3, 5)], {3: 1}),
        ([DrawRule(9, 1), DrawRule(3, 1)], {3: 1}),
        ([DrawRule(1, 1, Level.REASON)], {}),
    ],
)
def test_a_test_is_drawn_by_its_blueprint(blueprint: list[DrawRule], expected: dict[int, int]) -> None:
    for seed in range(50):
        assert objectives(draw_test(POOL, blueprint, seed)) == expected


def test_a_line_of_any_level_leaves_the_lone_question_to_the_line_that_needs_it() -> None:
    """Fails when lines choose in the author's order."""
    for seed in range(50):
        drawn = {one.version_id for one in draw_test(POOL, [DrawRule(1, 2), DrawRule(1, 1, APPLY)], seed)}

        assert drawn == {101, 102, 103}


def test_no_question_is_drawn_twice() -> None:
    for seed in range(200):
        drawn = [one.version_id for one in draw_test(POOL, [DrawRule(1, 3), DrawRule(2, 3), DrawRule(3, 1)], seed)]

        assert sorted(drawn) == [101, 102, 103, 104, 105, 106, 107]


def test_the_same_seed_draws_the_same_paper() -> None:
    blueprint = [DrawRule(1, 2), DrawRule(2, 2)]

    assert draw_test(POOL, blueprint, 7) == draw_test(POOL, blueprint, 7)
    assert draw_practice(POOL, 5, 7) == draw_practice(POOL, 5, 7)
    assert len({draw_test(POOL, blueprint, seed) for seed in range(20)}) > 10


@pytest.mark.parametrize(
    ("questions", "wanted", "expected"),
    [
        (3, (), {1: 1, 2: 1, 3: 1}),
        (5, (), {1: 2, 2: 2, 3: 1}),
        (7, (), {1: 3, 2: 3, 3: 1}),
        (50, (), {1: 3, 2: 3, 3: 1}),
        (5, (2, 4, 99), {1: 1, 2: 1}),
    ],
)
def test_practice_is_spread_evenly_or_is_what_was_wanted(
    questions: int, wanted: tuple[int, ...], expected: dict[int, int]
) -> None:
    for seed in range(50):
        assert objectives(draw_practice(POOL, questions, seed, wanted)) == expected


def test_wanting_what_is_not_in_the_pool_draws_as_usual() -> None:
    assert len(draw_practice(POOL, 3, 1, wanted_ids=[98, 99])) == 3


def test_an_empty_pool_gives_an_empty_paper() -> None:
    assert draw_practice([], 5, 1) == ()
    assert draw_test([], [DrawRule(1, 1)], 1) == ()


def test_a_fixed_order_stays() -> None:
    one = candidate(1, 1, options=5, is_order_fixed=True)

    assert {make_slot(one, Random(seed)) for seed in range(50)} == {Slot(101, (0, 1, 2, 3, 4))}


def test_every_order_is_a_permutation() -> None:
    for seed in range(200):
        assert sorted(make_slot(candidate(1, 1, options=6), Random(seed)).option_order) == [0, 1, 2, 3, 4, 5]


# The 99.9th percentile of chi-square by degrees of freedom (NIST handbook, table 1.3.6.7.4).
CRITICAL = {2: 13.816, 3: 16.266, 4: 18.467, 5: 20.515}


def chi_square(counts: Counter[int], places: int, total: int) -> float:
    expected = total / places
    return sum((counts[place] - expected) ** 2 / expected for place in range(places))


@pytest.mark.parametrize("options", [3, 4, 5, 6])
@pytest.mark.parametrize("key", [0, 1, 2])
def test_the_place_of_the_key_is_uniform_over_a_thousand_attempts(options: int, key: int) -> None:
    """Threat 4. Fails when options are not shuffled, sorted by text, or shuffled once per question instead of per attempt."""
    pool = [candidate(number, 1, options=options) for number in range(12)]

    orders = [one.option_order for seed in range(1000) for one in draw_test(pool, [DrawRule(1, 1)], seed)]

    places = Counter(order.index(key) for order in orders)
    assert sum(places.values()) == 1000
    assert chi_square(places, options, 1000) < CRITICAL[options - 1]


def test_the_place_of_a_question_in_the_paper_says_nothing_about_its_objective() -> None:
    """Fails when a paper keeps the order of the blueprint."""
    blueprint = [DrawRule(1, 1), DrawRule(2, 1), DrawRule(3, 1)]
    of_version = {one.version_id: one.objective_id for one in POOL}

    first = Counter(of_version[draw_test(POOL, blueprint, seed)[0].version_id] - 1 for seed in range(1000))

    assert chi_square(first, 3, 1000) < CRITICAL[2]


def test_the_number_of_questions_is_known_before_a_test_is_drawn() -> None:
    """Fails when the start page promises more questions than are asked."""
    rng = Random(4)
    for _ in range(300):
        lines = [
            DrawRule(rng.randint(1, 4), rng.randint(1, 3), rng.choice([None, *Level])) for _ in range(rng.randint(0, 5))
        ]
        pool = rng.sample(POOL, rng.randint(0, len(POOL)))
        sizes = [
            PoolSize(objective, level, number)
            for (objective, level), number in Counter((one.objective_id, one.level) for one in pool).items()
        ]

        assert count_test(sizes, lines) == len(draw_test(pool, lines, rng.randint(0, 99)))
