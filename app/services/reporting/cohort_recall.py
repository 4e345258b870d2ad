"""What a cohort would probably still remember of each objective, and which learners need help with most of them.

Memories follow from practice and from other cohorts' tests as well, which trainers can't see. So recall is only shown as
a mean of at least :data:`MIN_LEARNERS` learners. Who needs help follows from the tests of this cohort alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, case, cast, exists, extract, func, select
from sqlalchemy.orm import Session

from app.domain import recall
from app.domain.recall import Estimate, ForecastMoment, RecallBand, RecallSum, to_percent
from app.domain.scope import build_assignment_scope
from app.models import (
    Assignment,
    Attempt,
    Cohort,
    Learner,
    LessonRow,
    Mark,
    Membership,
    MemoryCard,
    ModuleRow,
    ObjectiveRow,
    QuestionVersion,
    User,
)
from app.permissions import draws_on

MIN_LEARNERS = 5
"""With fewer learners, a mean would tell what a single one practised."""

LEARNERS_SHOWN = 10

WEAKEST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SharedObjective:
    """An objective of the cohort's modules. ``estimate`` is the mean of ``learners``; None if these are too few."""

    id: int
    title: str
    module_slug: str
    module_title: str
    lesson_slug: str | None
    section: str | None
    learners: int
    estimate: Estimate | None


@dataclass(frozen=True, slots=True)
class SharedModule:
    """The objectives of a module, with the mean of their estimates on the chosen day."""

    slug: str
    title: str
    objectives: tuple[SharedObjective, ...]

    @property
    def mean_then(self) -> int | None:
        found = [one.estimate.then for one in self.objectives if one.estimate]
        return to_percent(sum(found) / len(found)) if found else None


@dataclass(frozen=True, slots=True)
class LearnerInNeed:
    """A member whose latest answer on ``wrong`` of the ``asked`` objectives was wrong in this cohort's tests.

    ``critical`` of these answers were on safety-critical questions.
    """

    learner_id: int
    name: str
    email: str
    asked: int
    wrong: int
    critical: int


@dataclass(frozen=True, slots=True)
class CohortRecall:
    """``members`` counts current members; ``in_need`` are those with most to revise, safety first."""

    moment: ForecastMoment
    members: int
    modules: tuple[SharedModule, ...]
    in_need: tuple[LearnerInNeed, ...]

    @property
    def estimated(self) -> tuple[SharedObjective, ...]:
        return tuple(one for module in self.modules for one in module.objectives if one.estimate)

    @property
    def without_estimate(self) -> int:
        return sum(len(module.objectives) for module in self.modules) - len(self.estimated)

    @property
    def bands(self) -> Mapping[RecallBand, int]:
        return recall.count_bands(one.estimate for one in self.estimated if one.estimate)

    @property
    def mean_then(self) -> int | None:
        found = [one.estimate.then for one in self.estimated if one.estimate]
        return to_percent(sum(found) / len(found)) if found else None

    @property
    def weakest(self) -> tuple[SharedObjective, ...]:
        """The objectives remembered worst on the chosen day."""
        by_recall = sorted(self.estimated, key=lambda one: (one.estimate.then if one.estimate else 1, one.id))
        return tuple(by_recall[:WEAKEST_SHOWN])


_COHORT = bindparam("cohort_id", type_=Integer())
_IS_ASSIGNED = (
    exists()
    .where(Assignment.cohort_id == _COHORT, draws_on(Assignment, ModuleRow.id), Assignment.withdrawn_at.is_(None))
    .correlate(ModuleRow)
)
_IS_CURRENT = (ObjectiveRow.retired_at.is_(None), ModuleRow.retired_at.is_(None), _IS_ASSIGNED)
_IS_MEMBER = (Membership.cohort_id == _COHORT, Membership.removed_at.is_(None))
_OBJECTIVES = (
    select(ObjectiveRow.id, ObjectiveRow.title, ObjectiveRow.read, ModuleRow.slug, ModuleRow.title, LessonRow.slug)
    .join(ModuleRow, ModuleRow.id == ObjectiveRow.module_id)
    .outerjoin(
        LessonRow,
        (LessonRow.module_id == ObjectiveRow.module_id)
        & ((ObjectiveRow.read == LessonRow.slug) | ObjectiveRow.read.startswith(LessonRow.slug + "#"))
        & LessonRow.retired_at.is_(None),
    )
    .where(*_IS_CURRENT)
    .order_by(ModuleRow.position, ModuleRow.id, ObjectiveRow.position)
)
_MEMBERS = (
    select(func.count())
    .select_from(Membership)
    .join(Learner, Learner.id == Membership.learner_id)
    .where(*_IS_MEMBER, Learner.user_id.is_not(None))
)
_CARDS = (
    select(MemoryCard.objective_id, MemoryCard.stability, cast(extract("epoch", MemoryCard.reviewed_at), Integer))
    .join(Membership, Membership.learner_id == MemoryCard.learner_id)
    .join(Learner, Learner.id == MemoryCard.learner_id)
    .where(
        *_IS_MEMBER,
        Learner.user_id.is_not(None),
        MemoryCard.objective_id.in_(
            select(ObjectiveRow.id).join(ModuleRow, ModuleRow.id == ObjectiveRow.module_id).where(*_IS_CURRENT)
        ),
    )
)


def view_recall(session: Session, cohort: Cohort, moment: ForecastMoment) -> CohortRecall:
    """Return the recall of a cohort's current members on the objectives of its modules."""
    here = {"cohort_id": cohort.id}
    sums = forecast(session, cohort, moment)
    objectives = [_build_objective(row, sums) for row in session.execute(_OBJECTIVES, here)]
    by_module = groupby(objectives, key=lambda one: (one.module_slug, one.module_title))
    return CohortRecall(
        moment=moment,
        members=session.scalar(_MEMBERS, here) or 0,
        modules=tuple(SharedModule(slug, title, tuple(some)) for (slug, title), some in by_module),
        in_need=_list_in_need(session, cohort),
    )


def forecast(session: Session, cohort: Cohort, moment: ForecastMoment) -> dict[int, RecallSum]:
    """Return the recall of the current members by objective, added up. Guests have no cards."""
    rows = session.connection().execute(_CARDS, {"cohort_id": cohort.id})
    return recall.add_up(((row[0], row[1], row[2]) for row in rows), moment)


def _build_objective(row: Any, sums: dict[int, RecallSum]) -> SharedObjective:
    number, title, read, module_slug, module_title, lesson_slug = row
    found = sums.get(number)
    return SharedObjective(
        id=number,
        title=title,
        module_slug=module_slug,
        module_title=module_title,
        lesson_slug=lesson_slug,
        section=(read or "").partition("#")[2] or None,
        learners=found.learners if found else 0,
        estimate=found.get_mean() if found and found.learners >= MIN_LEARNERS else None,
    )


def _list_in_need(session: Session, cohort: Cohort) -> tuple[LearnerInNeed, ...]:
    """List the members with the most objectives whose latest answer was wrong in this cohort's tests."""
    ids: Sequence[int] = session.scalars(
        select(Assignment.id).where(Assignment.cohort_id == cohort.id, Assignment.withdrawn_at.is_(None))
    ).all()
    # Attempt ids increase in order of start, so this sorts answers by time.
    place = cast(Mark.attempt_id, BigInteger) * 1000 + Mark.position
    is_wrong = Mark.is_right.is_(False)
    by_objective = (
        select(
            Membership.learner_id,
            func.max(case((Mark.is_right, place), else_=0)).label("right"),
            func.max(case((is_wrong, place), else_=0)).label("wrong"),
            func.max(case((is_wrong & QuestionVersion.is_critical, place), else_=0)).label("critical"),
        )
        .join(Attempt, Attempt.learner_id == Membership.learner_id)
        .join(Mark, Mark.attempt_id == Attempt.id)
        .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
        .where(
            Membership.cohort_id == cohort.id,
            Membership.removed_at.is_(None),
            Attempt.scope.in_([build_assignment_scope(number) for number in ids]),
            Attempt.submitted_at.is_not(None),
            Mark.is_void.is_(False),
        )
        .group_by(Membership.learner_id, Mark.objective_id)
        .subquery()
    )
    wrong = func.sum(case((by_objective.c.wrong > by_objective.c.right, 1), else_=0))
    critical = func.sum(case((by_objective.c.critical > by_objective.c.right, 1), else_=0))
    rows = session.execute(
        select(Learner.id, User.name, User.email, func.count(), wrong, critical)
        .join(User, User.id == Learner.user_id)
        .join(by_objective, by_objective.c.learner_id == Learner.id)
        .group_by(Learner.id, User.name, User.email)
        .having(wrong > 0)
        .order_by(critical.desc(), wrong.desc(), Learner.id)
        .limit(LEARNERS_SHOWN)
    )
    return tuple(LearnerInNeed(*row) for row in rows)
