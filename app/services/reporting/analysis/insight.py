"""Insight for trainers: a cohort's misconceptions, the quality of a test's questions and the distribution of scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.domain.analysis import scores
from app.domain.analysis.scores import ScoreBand, ScoreStatistics
from app.models import Assignment, Cohort, Membership, ScopeResult
from app.services.reporting.analysis import beliefs, confusions, gains, responses
from app.services.reporting.analysis.beliefs import Beliefs
from app.services.reporting.analysis.confusions import MapConfusions
from app.services.reporting.analysis.gains import Gains
from app.services.reporting.analysis.question_statistics import ItemLine, QuestionStatistics
from app.services.reporting.analysis.responses import AttemptChoice

FEW_QUESTIONS = 12
"""Up to this many questions are one group. It is also how many stand on a page."""


class QuestionOrder(StrEnum):
    """How the questions of an analysis are sorted. ``URGENT``: those to look at first."""

    URGENT = "urgent"
    MISSED = "missed"
    HARDEST = "hardest"
    SLOWEST = "slowest"


class QuestionGroup(StrEnum):
    """The groups of an analysis with many questions.

    ``CRITICAL``: safety-critical questions that somebody missed, with too few answers for statistics; ``FEW``: the
    others with too few answers. ``PLAIN``: enough answers, and no reason to look at the question. ``REVIEW``: the rest.
    """

    REVIEW = "review"
    CRITICAL = "critical"
    PLAIN = "plain"
    FEW = "few"

    @property
    def is_judged(self) -> bool:
        return self in (QuestionGroup.REVIEW, QuestionGroup.PLAIN)


@dataclass(frozen=True, slots=True)
class AnalysableAssignment:
    """An assignment that can be analysed; ``learners`` counts the current members who have submitted it."""

    assignment: Assignment
    learners: int


@dataclass(frozen=True, slots=True)
class Insight:
    """The analysis of one assignment.

    ``lengths`` are the lengths of the shortest and the longest paper, in questions.
    """

    assignment: Assignment
    counting: AttemptChoice
    members: int
    is_sure_asked: bool
    figures: ScoreStatistics
    bands: tuple[ScoreBand, ...]
    beliefs: Beliefs
    items: tuple[ItemLine, ...]
    lengths: tuple[int, int]
    gains: Gains | None
    mistaken: MapConfusions

    @property
    def critical_missed(self) -> tuple[ItemLine, ...]:
        """Safety-critical questions that somebody did not get fully right, the most missed first."""
        missed = (line for line in self.items if line.is_critical_missed)
        return tuple(sorted(missed, key=lambda line: (-line.missed, line.slug)))

    @property
    def suspects(self) -> tuple[ItemLine, ...]:
        """Questions whose key may be wrong, because better learners answered them worse."""
        return tuple(line for line in self.items if "negative" in line.flags)


def group_questions(lines: Sequence[ItemLine], order: QuestionOrder) -> dict[QuestionGroup, list[ItemLine]]:
    """Group the questions of an analysis, which are sorted by urgency, and sort each group by ``order``.

    Groups without questions are left out. A few questions are one group.
    """
    lines = sorted(lines, key=_SORT_KEYS[order]) if order in _SORT_KEYS else lines
    groups: dict[QuestionGroup, list[ItemLine]] = {group: [] for group in QuestionGroup}
    for line in lines:
        groups[QuestionGroup.REVIEW if len(lines) <= FEW_QUESTIONS else _choose_group(line)].append(line)
    return {group: found for group, found in groups.items() if found}


def _choose_group(line: ItemLine) -> QuestionGroup:
    if line.figures.is_enough:
        return QuestionGroup.PLAIN if line.is_plain else QuestionGroup.REVIEW
    return QuestionGroup.CRITICAL if line.is_critical_missed else QuestionGroup.FEW


_SORT_KEYS: Mapping[QuestionOrder, Callable[[ItemLine], tuple[float, float]]] = {
    QuestionOrder.MISSED: lambda line: (-line.missed, line.figures.answers),
    QuestionOrder.HARDEST: lambda line: (line.figures.facility or 0.0, -line.missed),
    QuestionOrder.SLOWEST: lambda line: (-(line.median_seconds or 0), -line.missed),
}


def list_assignments(session: Session, cohort: Cohort) -> list[AnalysableAssignment]:
    """Return the assignments of a cohort, the latest due date first and those without one last."""
    done = (
        select(func.count())
        .select_from(ScopeResult)
        .join(
            Membership,
            and_(Membership.learner_id == ScopeResult.learner_id, Membership.cohort_id == Assignment.cohort_id),
        )
        .where(ScopeResult.assignment_id == Assignment.id, Membership.removed_at.is_(None))
        .correlate(Assignment)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Assignment, done)
        .where(Assignment.cohort_id == cohort.id)
        .order_by(Assignment.due_at.is_(None), Assignment.due_at.desc(), Assignment.id.desc())
    )
    return [AnalysableAssignment(*row) for row in rows]


def choose_assignment(found: Iterable[AnalysableAssignment], named: str | None) -> AnalysableAssignment | None:
    """Return the assignment with the id ``named`` or, if that is None, the one that most learners have submitted.

    Return None if there is no such assignment.
    """
    if named is not None:
        return next((one for one in found if str(one.assignment.id) == named), None)
    return max(found, key=lambda one: one.learners, default=None)


def analyse(session: Session, assignment: Assignment, counting: AttemptChoice) -> Insight:
    """Analyse an assignment."""
    read = QuestionStatistics(session, assignment, counting)
    takers = responses.list_member_attempts(session, assignment, read.sat.values())
    papers = read.sheet.papers
    lengths = [len(paper.points) for paper in papers]
    return Insight(
        assignment=assignment,
        counting=counting,
        members=len(takers),
        is_sure_asked=read.is_sure_asked,
        figures=scores.compute(papers),
        bands=scores.count_by_band(papers),
        beliefs=beliefs.describe_beliefs(session, read, takers),
        items=tuple(read.lines()),
        lengths=(min(lengths, default=0), max(lengths, default=0)),
        gains=gains.compute_gains(session, assignment, read.sat.values(), takers),
        mistaken=confusions.build_confusions(session, read.shown, read.keys, read.choices),
    )
