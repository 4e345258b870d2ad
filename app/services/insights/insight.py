"""Insight for trainers: what a cohort wrongly believes, how good the questions of a test are, and how its scores are distributed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.domain.analysis import scores
from app.domain.analysis.scores import Band, ScoreFigures
from app.models import Assignment, Cohort, Membership, Standing
from app.services.insights import answered, beliefs, gains, mistaken
from app.services.insights.answered import Counting
from app.services.insights.beliefs import Beliefs
from app.services.insights.gains import Gains
from app.services.insights.mistaken import Mistaken
from app.services.insights.question_figures import ItemLine, Read

FEW = 12
"""So many questions are looked through at a glance; of more those of which there is nothing to say are folded away."""


@dataclass(frozen=True, slots=True)
class Choosable:
    """An assignment that can be looked at; ``learners`` is how many current members have handed it in."""

    assignment: Assignment
    learners: int


@dataclass(frozen=True, slots=True)
class Insight:
    """Everything of one assignment. ``lengths`` are the shortest and the longest paper, in questions."""

    assignment: Assignment
    counting: Counting
    members: int
    is_sure_asked: bool
    figures: ScoreFigures
    bands: tuple[Band, ...]
    beliefs: Beliefs
    items: tuple[ItemLine, ...]
    lengths: tuple[int, int]
    gains: Gains | None
    mistaken: Mistaken

    @property
    def loud(self) -> tuple[ItemLine, ...]:
        """Questions that need a trainer's eye; all where they are few, so that nothing has to be opened."""
        return tuple(line for line in self.items if len(self.items) <= FEW or not line.is_quiet)

    @property
    def quiet(self) -> tuple[ItemLine, ...]:
        return tuple(line for line in self.items if len(self.items) > FEW and line.is_quiet)

    @property
    def suspects(self) -> tuple[ItemLine, ...]:
        """Questions whose key should be read again before anybody is told to learn more."""
        return tuple(line for line in self.items if "negative" in line.flags)


def list_assignments(session: Session, cohort: Cohort) -> list[Choosable]:
    """The assignments of a cohort, the latest due first, those without a due date at the end: one statement."""
    done = (
        select(func.count())
        .select_from(Standing)
        .join(
            Membership,
            and_(Membership.learner_id == Standing.learner_id, Membership.cohort_id == Assignment.cohort_id),
        )
        .where(Standing.assignment_id == Assignment.id, Membership.removed_at.is_(None))
        .correlate(Assignment)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Assignment, done)
        .where(Assignment.cohort_id == cohort.id)
        .order_by(Assignment.due_at.is_(None), Assignment.due_at.desc(), Assignment.id.desc())
    )
    return [Choosable(*row) for row in rows]


def choose(found: Iterable[Choosable], named: str | None) -> Choosable | None:
    """The assignment whose id an address names, or else the first that most have handed in; None where there is no such."""
    if named is not None:
        return next((one for one in found if str(one.assignment.id) == named), None)
    return max(found, key=lambda one: one.learners, default=None)


def insight(session: Session, assignment: Assignment, counting: Counting) -> Insight:
    """Analyse an assignment: eight statements, two more each for a pre-test, for the body map, and until its questions are in memory."""
    read = Read(session, assignment, counting)
    takers = answered.list_takers(session, assignment, read.sat.values())
    papers = read.sheet.papers
    lengths = [len(paper.points) for paper in papers]
    return Insight(
        assignment=assignment,
        counting=counting,
        members=len(takers),
        is_sure_asked=read.is_sure_asked,
        figures=scores.figures(papers),
        bands=scores.distribution(papers),
        beliefs=beliefs.of(session, read, takers),
        items=tuple(read.lines()),
        lengths=(min(lengths, default=0), max(lengths, default=0)),
        gains=gains.of(session, assignment, read.sat.values(), takers),
        mistaken=mistaken.of(session, read.shown, read.keys, read.choices),
    )
