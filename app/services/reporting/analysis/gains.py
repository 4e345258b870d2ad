"""Learning gain between a pre-test and its assignment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.analysis import gain
from app.domain.analysis.gain import GainStatistics, ScorePair
from app.models import Assignment
from app.services.reporting.analysis import responses
from app.services.reporting.analysis.responses import AttemptChoice, CountedAttempt, MemberAttempt


@dataclass(frozen=True, slots=True)
class GainLine:
    taker: MemberAttempt
    pair: ScorePair


@dataclass(frozen=True, slots=True)
class Gains:
    """The learners who took both tests, smallest gain first; ``one_only`` counts those who took only one of them."""

    pretest: Assignment
    lines: tuple[GainLine, ...]
    figures: GainStatistics
    one_only: int


def compute_gains(
    session: Session, assignment: Assignment, sat: Iterable[CountedAttempt], takers: Collection[MemberAttempt]
) -> Gains | None:
    """Compute the gain from the first attempts at the pre-test; return None if the assignment has no pre-test.

    ``sat`` are the attempts at the assignment itself that count.
    """
    pretest = session.get(Assignment, assignment.pretest_id) if assignment.pretest_id else None
    if pretest is None or pretest.cohort_id != assignment.cohort_id:
        return None
    before = {
        one.learner_id: one for one in responses.list_counted_attempts(session, pretest, AttemptChoice.FIRST).values()
    }
    after = {one.learner_id: one for one in sat}
    lines = [
        GainLine(taker, ScorePair(_get_percent(before[taker.learner_id]), _get_percent(after[taker.learner_id])))
        for taker in takers
        if taker.learner_id in before and taker.learner_id in after
    ]
    lines.sort(key=lambda line: line.pair.gain)
    return Gains(
        pretest=pretest,
        lines=tuple(lines),
        figures=gain.compute([line.pair for line in lines]),
        one_only=len(before.keys() ^ after.keys()),
    )


def _get_percent(one: CountedAttempt) -> float:
    return 100 * one.total / one.max_points
