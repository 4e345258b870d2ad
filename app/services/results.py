"""What a learner sees after answering: feedback on one question, and the result of an attempt, as far as it is released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.db import UTCDateTime
from app.domain.attempt import Purpose, State, is_enough, percent
from app.domain.content import Kind, Source
from app.domain.marking import mark as mark_answer
from app.domain.question import Key, Shown
from app.domain.release import Facts, Policy, Release, released
from app.models import Assignment, Attempt, AttemptItem, LessonRow, Mark, Membership, ObjectiveRow, Standing
from app.services import catalogue
from app.services.assignments import closes_at
from app.services.attempts import Loaded

EARLIER = 10
"""How many earlier attempts a result stands beside."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Where to read about an objective again."""

    lesson_slug: str
    section: str | None
    title: str
    minutes: int


@dataclass(frozen=True, slots=True)
class OptionFeedback:
    text: str
    why: str
    is_right: bool
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Feedback:
    """Everything about one answered question, its key included. Built only for what is released."""

    kind: Kind
    is_right: bool
    points: float
    max_points: float
    is_blank: bool
    options: tuple[OptionFeedback, ...]
    explanation: str
    sources: tuple[Source, ...]

    @property
    def right_texts(self) -> tuple[str, ...]:
        return tuple(option.text for option in self.options if option.is_right)


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One line of a result. ``is_right`` is None while right or wrong is not released, ``feedback`` None while the key isn't."""

    n: int
    stem: str
    vignette: str | None
    chosen: tuple[str, ...]
    certainty: int | None
    is_critical: bool
    is_right: bool | None
    points: float | None
    feedback: Feedback | None


@dataclass(frozen=True, slots=True)
class ObjectiveScore:
    title: str
    right: int
    of: int
    is_critical_missed: bool
    reading: Reading | None

    @property
    def is_all_right(self) -> bool:
        return self.right == self.of

    @property
    def is_half_right(self) -> bool:
        return self.right * 2 >= self.of


@dataclass(frozen=True, slots=True)
class Earlier:
    number: int
    attempt_id: int
    percent: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class ResultView:
    """A submitted attempt as its learner may see it now. Scores are None where the mark is not released."""

    release: Release
    percent: int | None
    points: float | None
    max_points: float | None
    right: int | None
    is_enough: bool | None
    """The pass mark is reached, whatever the safety-critical questions say."""
    is_passed: bool | None
    is_critical_missed: bool | None
    answers: tuple[AnswerView, ...]
    objectives: tuple[ObjectiveScore, ...]
    earlier: tuple[Earlier, ...]
    attempts_left: int | None
    key_released_at: datetime | None
    certainty_points: int | None
    is_certainty_given: bool

    @property
    def is_partial(self) -> bool:
        """Whether a part of the points comes from answers that were not fully right."""
        return self.points is not None and self.points != self.right

    @property
    def missed(self) -> int:
        return sum(answer.is_right is False for answer in self.answers)

    @property
    def critical_missed(self) -> tuple[AnswerView, ...]:
        return tuple(answer for answer in self.answers if answer.is_critical and answer.is_right is False)


def feedback(session: Session, item: AttemptItem) -> Feedback:
    """Feedback on one question whose key is released to whoever asks."""
    ids = [item.version_id]
    shown, key = catalogue.shown(session, ids)[item.version_id], catalogue.keys(session, ids)[item.version_id]
    return _feedback(item, shown, key, catalogue.sources(session, key.sources))


def objective_of(session: Session, version_id: int) -> int:
    return catalogue.shown(session, [version_id])[version_id].objective_id


def _feedback(item: AttemptItem, shown: Shown, key: Key, sources: Mapping[str, Source]) -> Feedback:
    chosen = set(item.response or ())
    result = mark_answer(shown.kind, key.correct, item.response, item.certainty)
    return Feedback(
        kind=shown.kind,
        is_right=result.is_right,
        points=result.points,
        max_points=result.max_points,
        is_blank=not chosen,
        options=tuple(
            OptionFeedback(shown.options[index], key.whys[index], index in key.correct, index in chosen)
            for index in item.option_order
        ),
        explanation=key.explanation,
        sources=tuple(sources[slug] for slug in key.sources if slug in sources),
    )


# The statements of a result are built once: building them takes longer than running them.
_READINGS = (
    select(ObjectiveRow.id, ObjectiveRow.read, LessonRow.slug, LessonRow.title, LessonRow.minutes)
    .join(
        LessonRow,
        (LessonRow.module_id == ObjectiveRow.module_id)
        & ((ObjectiveRow.read == LessonRow.slug) | ObjectiveRow.read.startswith(LessonRow.slug + "#"))
        & LessonRow.retired_at.is_(None),
    )
    .where(ObjectiveRow.id.in_(bindparam("objective_ids", expanding=True)))
)
_SAME_SCOPE = (
    select(Attempt)
    .where(Attempt.learner_id == bindparam("learner_id"), Attempt.scope == bindparam("scope"))
    .order_by(Attempt.number.desc())
    .limit(EARLIER)
)
_MARKS = select(Mark).where(Mark.attempt_id == bindparam("attempt_id"))
_TITLES = select(ObjectiveRow.id, ObjectiveRow.title).where(
    ObjectiveRow.id.in_(bindparam("objective_ids", expanding=True))
)


def readings(session: Session, objective_ids: Iterable[int]) -> dict[int, Reading]:
    """Where to read again, by objective: one statement."""
    return {
        row.id: Reading(row.slug, (row.read or "").partition("#")[2] or None, row.title, row.minutes)
        for row in session.execute(_READINGS, {"objective_ids": list(objective_ids)})
    }


def release(session: Session, loaded: Loaded, now: datetime) -> Release:
    """What of an attempt its learner may see now: at most two statements."""
    return _release(session, loaded, _same_scope(session, loaded.attempt), now)


def result(session: Session, loaded: Loaded, now: datetime) -> ResultView:
    """The result of a submitted attempt: at most seven statements, however many attempts there are."""
    attempt = loaded.attempt
    earlier_rows = _same_scope(session, attempt)
    may_see = _release(session, loaded, earlier_rows, now)
    marks = {row.position: row for row in session.scalars(_MARKS, {"attempt_id": attempt.id})} if may_see.mark else {}
    is_total_known = may_see.mark and attempt.points is not None and attempt.max_points is not None
    is_certain = any(item.certainty for item in loaded.items)
    return ResultView(
        release=may_see,
        percent=percent(attempt.points or 0, attempt.max_points or 0) if is_total_known else None,
        points=attempt.points if may_see.mark else None,
        max_points=attempt.max_points if may_see.mark else None,
        right=sum(row.is_right for row in marks.values()) if may_see.mark else None,
        is_enough=(
            is_enough(attempt.points or 0, attempt.max_points or 0, attempt.pass_mark_percent)
            if is_total_known
            else None
        ),
        is_passed=attempt.is_passed if may_see.mark else None,
        is_critical_missed=attempt.is_critical_missed if may_see.mark else None,
        answers=_answers(session, loaded, marks, may_see),
        objectives=_objectives(session, loaded, marks) if may_see.correctness else (),
        earlier=tuple(
            Earlier(row.number, row.id, percent(row.points, row.max_points or 0), row.submitted_at)
            for row in earlier_rows
            if row.id != attempt.id
            and row.number < attempt.number
            and row.points is not None
            and row.submitted_at is not None
        ),
        attempts_left=_left(loaded, earlier_rows),
        key_released_at=None if may_see.key else _closing_to_come(loaded.assignment, now),
        certainty_points=sum(row.certainty_points for row in marks.values()) if is_certain and may_see.mark else None,
        is_certainty_given=is_certain,
    )


def _same_scope(session: Session, attempt: Attempt) -> Sequence[Attempt]:
    """This attempt and the latest of its scope, newest first."""
    return session.scalars(_SAME_SCOPE, {"learner_id": attempt.learner_id, "scope": attempt.scope}).all()


def _allowed(loaded: Loaded) -> int | None:
    """How many attempts there are as the assignment is now: a trainer may have changed it since this one started."""
    return loaded.assignment.attempts_allowed if loaded.assignment else loaded.attempt.attempts_allowed


def _left(loaded: Loaded, same_scope: Sequence[Attempt]) -> int | None:
    allowed = _allowed(loaded)
    return None if allowed is None else max(0, allowed - max(row.number for row in same_scope))


def _closing_to_come(assignment: Assignment | None, now: datetime) -> datetime | None:
    closes = closes_at(assignment) if assignment else None
    return closes if closes is not None and closes >= now else None


def _release(session: Session, loaded: Loaded, same_scope: Sequence[Attempt], now: datetime) -> Release:
    attempt, assignment = loaded.attempt, loaded.assignment
    return released(
        Facts(
            purpose=attempt.purpose,
            state=attempt.state,
            deadline_at=attempt.deadline_at,
            is_settled=attempt.points is not None,
            policy=assignment.release if assignment else Policy.AFTER_SUBMISSION,
            number=max(row.number for row in same_scope),
            attempts_allowed=_allowed(loaded),
            closes_at=closes_at(assignment) if assignment else None,
            is_pool_in_use=attempt.purpose is Purpose.TEST
            and bool(session.scalar(_IS_POOL_IN_USE, {"attempt_id": attempt.id, "now": now})),
        ),
        now,
    )


def is_pool_in_use(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether the learner may be asked the questions of an attempt again for a mark: a condition on the statement's own ``Attempt``.

    That is in any test of the module under way; and, after the module's own test, in an assigned one whose key is not
    released yet: else everybody could read its key there first.
    """
    other, assigned, taken = aliased(Attempt), aliased(Assignment), aliased(Standing)
    under_way = (
        exists()
        .where(
            other.learner_id == Attempt.learner_id,
            other.module_id == Attempt.module_id,
            other.purpose == Purpose.TEST,
            other.state == State.OPEN,
        )
        .correlate(Attempt)
    )
    closes_later = and_(assigned.release == Policy.AFTER_CLOSING, assigned.due_at >= now)
    is_left = and_(
        assigned.release != Policy.AFTER_CLOSING, assigned.attempts_allowed > func.coalesce(taken.attempts, 0)
    )
    to_come = (
        select(assigned.id)
        .join(Membership, Membership.cohort_id == assigned.cohort_id)
        .outerjoin(taken, and_(taken.assignment_id == assigned.id, taken.learner_id == Membership.learner_id))
        .where(assigned.module_id == Attempt.module_id, Membership.learner_id == Attempt.learner_id)
        .where(Membership.removed_at.is_(None), or_(closes_later, is_left))
        .correlate(Attempt)
        .exists()
    )
    return or_(under_way, and_(Attempt.assignment_id.is_(None), to_come))


# Building this one takes 2 ms.
_IS_POOL_IN_USE = select(is_pool_in_use(bindparam("now", type_=UTCDateTime()))).where(
    Attempt.id == bindparam("attempt_id")
)


def _answers(session: Session, loaded: Loaded, marks: Mapping[int, Mark], release: Release) -> tuple[AnswerView, ...]:
    ids = [item.version_id for item in loaded.items]
    shown = catalogue.shown(session, ids)
    keys = catalogue.keys(session, ids) if release.key else {}
    sources = catalogue.sources(session, (slug for key in keys.values() for slug in key.sources))
    return tuple(
        AnswerView(
            n=item.position,
            stem=shown[item.version_id].stem,
            vignette=shown[item.version_id].vignette,
            chosen=tuple(shown[item.version_id].options[index] for index in item.response or ()),
            certainty=item.certainty,
            is_critical=shown[item.version_id].is_critical and release.correctness,
            is_right=marks[item.position].is_right if release.correctness and item.position in marks else None,
            points=marks[item.position].points if release.correctness and item.position in marks else None,
            feedback=_feedback(item, shown[item.version_id], keys[item.version_id], sources) if release.key else None,
        )
        for item in loaded.items
    )


def _objectives(session: Session, loaded: Loaded, marks: Mapping[int, Mark]) -> tuple[ObjectiveScore, ...]:
    """The score by objective, the weakest first."""
    by_objective: dict[int, list[Mark]] = {}
    for row in marks.values():
        by_objective.setdefault(row.objective_id, []).append(row)
    titles = {
        objective_id: title for objective_id, title in session.execute(_TITLES, {"objective_ids": list(by_objective)})
    }
    where = readings(session, by_objective)
    shown = catalogue.shown(session, [row.version_id for row in marks.values()])
    scores = [
        ObjectiveScore(
            title=titles[objective_id],
            right=sum(row.is_right for row in rows),
            of=len(rows),
            is_critical_missed=any(shown[row.version_id].is_critical and not row.is_right for row in rows),
            reading=where.get(objective_id),
        )
        for objective_id, rows in by_objective.items()
    ]
    return tuple(sorted(scores, key=lambda score: (not score.is_critical_missed, score.right / score.of, score.title)))
