"""What a learner's progress page shows: objectives with estimated recall, mistakes, certainty, activity and attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy.orm import Session

from app.domain import past_answers as answers
from app.domain.activity import ActiveWeek
from app.domain.certainty import CertaintyLevel
from app.domain.mastery import Mastery, MasteryShare, levels, share_out
from app.domain.paging import Paged
from app.domain.past_answers import PastAnswer
from app.domain.recall import Estimate, ForecastMoment, RecallBand, count_bands, to_percent
from app.models import Learner
from app.services.attempts import attempt_list, objective_levels, own_objectives, past_answers, progress
from app.services.attempts.attempt_list import AttemptFilter, AttemptScore
from app.services.attempts.objective_levels import ObjectiveLevel
from app.services.attempts.own_objectives import OwnObjectives
from app.services.attempts.progress import ModuleState, NextStep

MISTAKES_SHOWN = 6

STRONGEST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ModuleLevels:
    """The objectives of a module, with the number at each level."""

    slug: str
    title: str
    objectives: tuple[ObjectiveLevel, ...]

    @property
    def secure(self) -> int:
        return sum(one.level.mastery is Mastery.SECURE for one in self.objectives)

    @property
    def shares(self) -> tuple[MasteryShare, ...]:
        return share_out([one.level.mastery for one in self.objectives])

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        return tuple(one.estimate for one in self.objectives if one.estimate)

    @property
    def mean_then(self) -> int | None:
        """The mean recall on the chosen day in per cent, of the objectives that have an estimate."""
        found = self.estimates
        return to_percent(sum(one.then for one in found) / len(found)) if found else None


@dataclass(frozen=True, slots=True)
class ConfidentMistake:
    """A confident mistake with its objective."""

    answer: PastAnswer
    objective: ObjectiveLevel


@dataclass(frozen=True, slots=True)
class ProgressView:
    """``weakest`` are the objectives to practise first, without those of mistakes; ``strongest`` are remembered best."""

    moment: ForecastMoment
    states: tuple[ModuleState, ...]
    next: NextStep | None
    own: OwnObjectives
    modules: tuple[ModuleLevels, ...]
    weakest: tuple[ObjectiveLevel, ...]
    strongest: tuple[ObjectiveLevel, ...]
    mistakes: tuple[ConfidentMistake, ...]
    certainty: tuple[CertaintyLevel, ...]
    calendar: Sequence[ActiveWeek]
    attempts: Paged[AttemptScore]

    @property
    def scores(self) -> tuple[AttemptScore, ...]:
        """The released scores of the attempts on this page, oldest first."""
        return tuple(score for score in reversed(self.attempts.items) if score.percent is not None)

    @property
    def secure(self) -> int:
        return sum(module.secure for module in self.modules)

    @property
    def objectives(self) -> int:
        return len(self.own.objectives)

    @property
    def is_any_asked(self) -> bool:
        return any(one.level.of for one in self.own.objectives)

    @property
    def shares(self) -> tuple[MasteryShare, ...]:
        return share_out([one.level.mastery for one in self.own.objectives])

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        return tuple(one.estimate for one in self.own.objectives if one.estimate)

    @property
    def remembered(self) -> int:
        """How many of the objectives with an estimate are probably remembered on the chosen day."""
        return round(sum(one.then for one in self.estimates))

    @property
    def bands(self) -> dict[RecallBand, int]:
        return dict(count_bands(self.estimates))

    @property
    def without_estimate(self) -> int:
        return self.objectives - len(self.estimates)

    @property
    def attempts_made(self) -> int:
        return sum(self.own.attempts.values())

    @property
    def answered(self) -> int:
        """How many questions the calendar counts."""
        return sum(week.count for week in self.calendar)


def view_progress(
    session: Session,
    learner: Learner,
    moment: ForecastMoment,
    *,
    page: int = 1,
    kind: AttemptFilter | None = None,
    per_page: int = attempt_list.RECENT_ATTEMPTS,
) -> ProgressView:
    """Return the learner's progress, with the recall of a moment and one page of their attempts."""
    now = moment.now
    states, following = progress.view_modules(session, learner, now)
    found = past_answers.list_past_answers(session, learner, now)
    mastery = levels((one.objective_id, one.is_right) for one in found)
    own = own_objectives.view_objectives(session, learner, mastery, moment)
    mistakes = _list_mistakes(found, own.objectives)
    listed = {one.objective.id for one in mistakes}
    by_module = groupby(own.objectives, key=lambda one: (one.module_slug, one.module_title))
    return ProgressView(
        moment=moment,
        states=states,
        next=following,
        own=own,
        modules=tuple(ModuleLevels(slug, title, tuple(some)) for (slug, title), some in by_module),
        weakest=tuple(one for one in objective_levels.choose_weakest(own.objectives) if one.id not in listed),
        strongest=_choose_strongest(own.objectives),
        mistakes=mistakes,
        certainty=answers.calibrate(found),
        calendar=past_answers.view_calendar(session, learner, now),
        attempts=attempt_list.list_attempts(
            session, learner, now, own.attempts, number=page, kind=kind, per_page=per_page
        ),
    )


def _choose_strongest(objectives: Sequence[ObjectiveLevel]) -> tuple[ObjectiveLevel, ...]:
    firm = [
        one for one in objectives if one.estimate and one.estimate.band is RecallBand.FIRM and not one.level.is_weak
    ]
    return tuple(sorted(firm, key=lambda one: (-one.estimate.then if one.estimate else 0, one.id))[:STRONGEST_SHOWN])


def _list_mistakes(found: Sequence[PastAnswer], objectives: Sequence[ObjectiveLevel]) -> tuple[ConfidentMistake, ...]:
    current = {one.id: one for one in objectives}
    mistakes = answers.find_confident_mistakes(found)
    return tuple(ConfidentMistake(one, current[one.objective_id]) for one in mistakes if one.objective_id in current)
