"""Estimates for a composed test: how long it takes, and a guesser's chance of passing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState, Purpose
from app.domain.composing import Composition, Pools, count_found
from app.domain.guessing import GuessedQuestion, compute_chance
from app.domain.paper import Candidate
from app.models import Attempt, AttemptItem, ComposedTest, ModuleRow
from app.services.course import catalogue, compositions

PASS_MARKS = (50, 60, 70, 80)
"""The pass marks of the whole test for which a guesser's chance is shown: the assignment decides which one counts."""

DEFAULT_SECONDS = 75
"""The time for a question if nothing is known about its module."""

MIN_ATTEMPTS = 10
"""From how many attempts the time on a module is estimated."""

RECENT = 20_000
"""How many of the server's latest attempts are looked at."""

MAX_TIMED = 300
"""How many attempts are timed at most."""


@dataclass(frozen=True, slots=True)
class GuessersChance:
    pass_mark_percent: int
    percent: float


@dataclass(frozen=True, slots=True)
class Estimates:
    """What a test can be expected to be like. ``is_measured``: the time is from learners on all its modules."""

    minutes: int
    is_measured: bool
    chances: Sequence[GuessersChance]


def estimate(session: Session, test: ComposedTest) -> Estimates:
    """Estimate a test from its pools as they are now."""
    composition = compositions.load_one(session, test.id)
    pools = compositions.load_pools(session, composition.pools)
    counts = count_found(composition, pools)
    seconds, is_measured = _estimate_seconds(session, composition, counts)
    guesses = _guess_sections(session, composition, pools, counts)
    return Estimates(
        minutes=max(1, round(seconds / 60)),
        is_measured=is_measured,
        chances=[GuessersChance(mark, 100 * compute_chance(guesses, composition.rules, mark)) for mark in PASS_MARKS],
    )


def _estimate_seconds(
    session: Session, composition: Composition, counts: Sequence[Sequence[int]]
) -> tuple[float, bool]:
    """Return the expected seconds, and whether all of them were measured."""
    asked: dict[int, int] = defaultdict(int)
    for section, found in zip(composition.sections, counts, strict=True):
        for draw, count in zip(section.draws, found, strict=True):
            asked[draw.pool.module_id] += count
    modules = {one.id: one for one in session.scalars(select(ModuleRow).where(ModuleRow.id.in_(asked)))}
    measured = _measure_seconds(session, asked)
    each = {number: measured.get(number) or _get_planned_seconds(modules[number]) for number in asked}
    return sum(count * each[number] for number, count in asked.items()), asked.keys() <= measured.keys()


def _get_planned_seconds(module: ModuleRow) -> float:
    if module.test_minutes is None or not module.test_questions:
        return DEFAULT_SECONDS
    return 60 * module.test_minutes / module.test_questions


def _measure_seconds(session: Session, module_ids: Collection[int]) -> Mapping[int, float]:
    """Return the median seconds for a question in recent tests on these modules, if there are enough of them."""
    size = select(func.count()).where(AttemptItem.attempt_id == Attempt.id).correlate(Attempt).scalar_subquery()
    latest = select(func.coalesce(func.max(Attempt.id), 0)).scalar_subquery()
    rows: Sequence[Any] = session.execute(
        select(Attempt.module_id, Attempt.started_at, Attempt.submitted_at, size)
        .where(
            Attempt.id > latest - RECENT,
            Attempt.module_id.in_(module_ids),
            Attempt.purpose == Purpose.TEST,
            Attempt.state == AttemptState.SUBMITTED,
            Attempt.sections.is_(None),
        )
        .order_by(Attempt.id.desc())
        .limit(MAX_TIMED)
    ).all()
    spent: dict[int, list[float]] = defaultdict(list)
    for module_id, started_at, submitted_at, questions in rows:
        if questions:
            spent[module_id].append((submitted_at - started_at).total_seconds() / questions)
    return {number: median(each) for number, each in spent.items() if len(each) >= MIN_ATTEMPTS}


def _guess_sections(
    session: Session, composition: Composition, pools: Pools, counts: Sequence[Sequence[int]]
) -> list[list[GuessedQuestion]]:
    versions = [one.version_id for pool in pools.values() for one in pool]
    texts, solutions = catalogue.get_texts(session, versions), catalogue.get_solutions(session, versions)

    def guess(candidate: Candidate) -> GuessedQuestion:
        text = texts[candidate.version_id]
        right = text.kind.guess(solutions[candidate.version_id].key, len(text.options)) or 0.0
        return GuessedQuestion(right, 1 - right if text.is_critical else 0.0)

    sections = []
    for section, found in zip(composition.sections, counts, strict=True):
        questions: list[GuessedQuestion] = []
        for draw, count in zip(section.draws, found, strict=True):
            fitting = [guess(one) for one in pools[draw.pool] if draw.fits(one)] if count else []
            questions += [_average(fitting)] * count
        sections.append(questions)
    return sections


def _average(guesses: Sequence[GuessedQuestion]) -> GuessedQuestion:
    size = max(1, len(guesses))
    return GuessedQuestion(sum(one.right for one in guesses) / size, sum(one.critical for one in guesses) / size)
