"""The figures agree to a millionth with a second, independent computation, whatever the papers: ties, blanks, draws, single learners."""

from __future__ import annotations

import math
from dataclasses import asdict
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.analysis import items, moments, scores
from app.domain.analysis.items import ItemResponses
from tests.support import plain_analysis
from tests.support.plain_analysis import Paper

POINTS = [Fraction(0), Fraction(0), Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(2, 3)]
"""Nought, whole and partial marks as they occur; a blank is a 0. Few values, so that ties are everywhere."""


@st.composite
def drawn(draw: st.DrawFn) -> list[Paper]:
    """Up to 25 learners, each with questions drawn from a pool of up to eight: one paper for all, or papers that differ, in length too."""
    pool = draw(st.integers(1, 8))
    is_fixed, length = draw(st.booleans()), draw(st.integers(1, pool))
    papers = []
    for _ in range(draw(st.integers(1, 25))):
        order = list(range(pool)) if is_fixed else draw(st.permutations(range(pool)))
        many = length if is_fixed or draw(st.booleans()) else draw(st.integers(1, pool))
        papers.append([(question, draw(st.sampled_from(POINTS))) for question in order[:many]])
    return papers


def columns(papers: list[Paper]) -> dict[int, ItemResponses]:
    """The same papers as the service hands them over."""
    found: dict[int, list[tuple[int, float, float, float]]] = {}
    for at, paper in enumerate(papers):
        total = math.fsum(float(points) for _, points in paper)
        for question, points in paper:
            found.setdefault(question, []).append((at, float(points), total, float(len(paper))))
    return {question: _answers(rows) for question, rows in found.items()}


def _answers(rows: list[tuple[int, float, float, float]]) -> ItemResponses:
    at, points, totals, maxima = zip(*rows, strict=True)
    nothing = [None] * len(rows)
    return ItemResponses(at, points, totals, maxima, responses=nothing, certainties=nothing)


def as_paper(points: list[float]) -> scores.ScoredPaper:
    return scores.ScoredPaper(tuple(points), math.fsum(points), float(len(points)))


def agree(ours: object, theirs: float | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(float(ours), theirs, rel_tol=1e-6, abs_tol=1e-6)  # type: ignore[arg-type]


def check(found: dict[str, object], expected: dict[str, float | None], what: str) -> None:
    wrong = {name: (found[name], value) for name, value in expected.items() if not agree(found[name], value)}
    assert not wrong, f"{what}: {wrong}"


@settings(max_examples=250, deadline=None)
@given(drawn())
def test_the_figures_of_questions_agree(papers: list[Paper]) -> None:
    """Fails with n instead of n - 1, with the total instead of the rest, or when those who never had a question count as 0."""
    found = items.compute(columns(papers), len(papers))

    expected = plain_analysis.item_figures(papers)
    assert found.keys() == expected.keys()
    for question, figures in expected.items():
        check(asdict(found[question]), figures, f"question {question}")


@settings(max_examples=250, deadline=None)
@given(drawn())
def test_the_figures_of_the_test_agree(papers: list[Paper]) -> None:
    """Fails with moments that are not Fisher's k-statistics, or consistency over questions instead of places."""
    found = scores.compute([as_paper([float(x) for _, x in paper]) for paper in papers])

    check(asdict(found), plain_analysis.score_figures(papers), "the test")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(POINTS), st.integers(0, 5)), min_size=2, max_size=6))
def test_no_other_pairing_discriminates_more_than_the_sorted_one(pairs: list[tuple[Fraction, int]]) -> None:
    """The denominator of discriminative efficiency. Fails when one list is sorted the other way."""
    xs, rests = [float(x) for x, _ in pairs], [float(rest) for _, rest in pairs]
    own, other = sorted(moments.deviations(xs)), sorted(moments.deviations(rests))

    best = max(
        float(plain_analysis.covariance([x for x, _ in pairs], list(map(Fraction, order))) or 0)
        for order in permutations(rests)
    )

    assert moments.covariance(own, other) == pytest.approx(best, abs=1e-9)
