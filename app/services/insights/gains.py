"""What learners gained between the test before and the test after."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.analysis import gain
from app.domain.analysis.gain import GainFigures, Pair
from app.models import Assignment
from app.services.insights import answered
from app.services.insights.answered import Counting, Sat, Taker


@dataclass(frozen=True, slots=True)
class GainLine:
    taker: Taker
    pair: Pair


@dataclass(frozen=True, slots=True)
class Gains:
    """Those who took both tests, who gained least first; ``one_only`` counts those who took one of them."""

    pretest: Assignment
    lines: tuple[GainLine, ...]
    figures: GainFigures
    one_only: int


def of(session: Session, assignment: Assignment, sat: Iterable[Sat], takers: Collection[Taker]) -> Gains | None:
    """The gain since the pre-test of an assignment, from its first attempts; None where it has none: two statements.

    ``sat`` are the attempts at the assignment itself that count.
    """
    pretest = session.get(Assignment, assignment.pretest_id) if assignment.pretest_id else None
    if pretest is None or pretest.cohort_id != assignment.cohort_id:
        return None
    before = {one.learner_id: one for one in answered.list_sat(session, pretest, Counting.FIRST).values()}
    after = {one.learner_id: one for one in sat}
    lines = [
        GainLine(taker, Pair(_percent(before[taker.learner_id]), _percent(after[taker.learner_id])))
        for taker in takers
        if taker.learner_id in before and taker.learner_id in after
    ]
    lines.sort(key=lambda line: line.pair.gain)
    return Gains(
        pretest=pretest,
        lines=tuple(lines),
        figures=gain.figures([line.pair for line in lines]),
        one_only=len(before.keys() ^ after.keys()),
    )


def _percent(one: Sat) -> float:
    return 100 * one.total / one.max_points
