"""Daily review: what is due, drawing a review from it, undoing an answer, and the learner's plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, and_, bindparam, case, delete, func, literal, or_, select
from sqlalchemy.orm import Session

from app.db import UtcDateTimeType
from app.domain import spacing
from app.domain.attempt import AnswerFinal, AttemptClosed, AttemptState, NoQuestions, Purpose
from app.domain.paper import Candidate, PaperItem, draw_review
from app.domain.release import ReleaseMoment
from app.domain.scope import REVIEW
from app.domain.spacing import DAILY_LIMITS, FORECAST_DAYS, ForecastDay
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Learner,
    Mark,
    MemoryCard,
    ModuleRow,
    ObjectiveRow,
    QuestionVersion,
    ReviewPlan,
    ScopeResult,
)
from app.services.assignments import assignment_sql
from app.services.attempts import answer_log, attempts, cards
from app.services.attempts.answer_log import StoredAnswer
from app.services.attempts.attempts import OwnAttempt
from app.services.attempts.objective_levels import IS_ASKABLE
from app.services.attempts.releases import is_correctness_released
from app.services.course import catalogue
from app.services.marking import card_updates


@dataclass(frozen=True, slots=True)
class ReviewToday:
    """How many questions reviews offer today: at most the daily limit, and none while they are paused."""

    due: int
    done: int
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class ReviewOverview:
    """What the page of reviews shows.

    ``due`` is offered today; ``waiting`` are all that are due, also above the daily limit. ``cards`` counts the
    objectives with a memory. ``next_on`` is the next day on which something is offered, within the forecast.
    """

    plan: ReviewPlan
    due: int
    waiting: int
    done: int
    cards: int
    forecast: tuple[ForecastDay, ...]
    open_attempt_id: int | None

    @property
    def later(self) -> int:
        """How many of those that are due wait for another day."""
        return self.waiting - self.due

    @property
    def next_on(self) -> date | None:
        return next((one.day for one in self.forecast[1:] if one.count), None)


# Built once, because Home and Progress run them. Reviews ask about the course only, not about modules of libraries.
_CURRENT = (
    ObjectiveRow.retired_at.is_(None),
    ModuleRow.retired_at.is_(None),
    ModuleRow.library_id.is_(None),
    IS_ASKABLE,
)
_CARDS = (
    select(MemoryCard.objective_id)
    .join(ObjectiveRow, ObjectiveRow.id == MemoryCard.objective_id)
    .join(ModuleRow, ModuleRow.id == ObjectiveRow.module_id)
    .where(MemoryCard.learner_id == bindparam("learner_id"), *_CURRENT)
)
_DUE = _CARDS.where(MemoryCard.due_at < bindparam("until", type_=UtcDateTimeType()))
_DUE_FIRST = _DUE.order_by(MemoryCard.is_urgent.desc(), MemoryCard.due_at, MemoryCard.objective_id).limit(
    bindparam("size", type_=Integer())
)
_DONE = (
    select(func.count())
    .select_from(Mark)
    .join(Attempt, Attempt.id == Mark.attempt_id)
    .where(
        Mark.learner_id == bindparam("learner_id"),
        Mark.marked_at >= bindparam("since", type_=UtcDateTimeType()),
        Attempt.scope == REVIEW,
    )
)
DONE_TODAY = _DONE.scalar_subquery()
"""How many answers in reviews have a mark of today; its parameters are those of :func:`get_day_params`."""
# More than the largest daily limit is never offered, so a backlog of years need not be counted to its end.
_OFFERED = select(func.count()).select_from(_DUE.limit(max(DAILY_LIMITS)).subquery()).scalar_subquery()
_TODAY = (
    select(
        func.coalesce(ReviewPlan.daily_limit, spacing.DEFAULT_DAILY_LIMIT),
        func.coalesce(ReviewPlan.is_paused, False),
        _OFFERED,
        DONE_TODAY,
    )
    .select_from(Learner)
    .outerjoin(ReviewPlan, ReviewPlan.learner_id == Learner.id)
    .where(Learner.id == bindparam("learner_id"))
)


def count_today(session: Session, learner: Learner | None, now: datetime) -> ReviewToday:
    """Return how many questions are offered today. Visitors and guests have no cards."""
    if learner is None or learner.user_id is None:
        return ReviewToday(0, 0)
    limit, is_paused, due, done = session.execute(_TODAY, get_day_params(learner, now)).one()
    return ReviewToday(0 if is_paused else min(due, max(0, limit - done)), done, bool(is_paused))


def get_day_params(learner: Learner, now: datetime) -> dict[str, object]:
    """Return the learner's id, and when their day begins and ends."""
    today = spacing.get_day(now, learner.time_zone)
    return {
        "learner_id": learner.id,
        "since": spacing.get_day_start(today, learner.time_zone),
        "until": spacing.get_day_end(now, learner.time_zone),
    }


def view_reviews(session: Session, learner: Learner, now: datetime) -> ReviewOverview:
    """Return what is due today and in the next two weeks, with the learner's plan."""
    plan = get_plan(session, learner)
    days = [spacing.get_day(now, learner.time_zone) + timedelta(days=n) for n in range(FORECAST_DAYS)]
    counts = _count_by_day(session, learner, days)
    done = session.scalar(_DONE, get_day_params(learner, now)) or 0
    offered = spacing.spread(counts[:-1], plan.daily_limit, done)
    opened = attempts.get_open(session, learner, REVIEW)
    return ReviewOverview(
        plan=plan,
        due=0 if plan.is_paused else offered[0],
        waiting=counts[0],
        done=done,
        cards=sum(counts),
        forecast=tuple(ForecastDay(day, count) for day, count in zip(days, offered, strict=True)),
        open_attempt_id=opened.id if opened else None,
    )


def _count_by_day(session: Session, learner: Learner, days: Sequence[date]) -> list[int]:
    """Count cards by the day on which they are due; the first also has older ones, and one more entry the later ones."""
    ends = [spacing.get_day_start(day + timedelta(days=1), learner.time_zone) for day in days]
    sums = [func.sum(case((MemoryCard.due_at < literal(end, UtcDateTimeType()), 1), else_=0)) for end in ends]
    row = session.execute(_CARDS.with_only_columns(*sums, func.count()), {"learner_id": learner.id}).one()
    until = [count or 0 for count in row]
    return [count - before for before, count in zip([0, *until], until, strict=False)]


def get_plan(session: Session, learner: Learner) -> ReviewPlan:
    """Return a learner's plan, or one with the defaults that is not stored yet."""
    return session.get(ReviewPlan, learner.id) or ReviewPlan(**build_plan(learner.id))


def build_plan(learner_id: int) -> dict[str, Any]:
    """Return the columns of a plan with the defaults."""
    return {
        "learner_id": learner_id,
        "retention_percent": spacing.DEFAULT_RETENTION,
        "daily_limit": spacing.DEFAULT_DAILY_LIMIT,
        "is_paused": False,
        "is_in_calendar": False,
    }


def list_calendar_days(session: Session, learner: Learner, now: datetime) -> list[ForecastDay]:
    """List the days with reviews for the learner's calendar, if they want them there."""
    plan = get_plan(session, learner)
    if not plan.is_in_calendar or plan.is_paused:
        return []
    return [one for one in view_reviews(session, learner, now).forecast if one.count]


# -- drawing a review --------------------------------------------------------------------------------------------------


def start_review(session: Session, learner: Learner, size: int, now: datetime) -> Attempt:
    """Start a review of up to ``size`` objectives that are due, or continue the open one.

    :raise NoQuestions: nothing is due.
    """
    opened = attempts.get_open(session, learner, REVIEW)
    if opened is not None:
        return opened
    cards.update_cards(session, learner.id, now)
    params = get_day_params(learner, now) | {"size": size}
    ids = session.scalars(_DUE_FIRST, params).all()
    if not ids:
        raise NoQuestions
    module = session.get_one(ModuleRow, session.get_one(ObjectiveRow, ids[0]).module_id)
    pool = _list_pool(session, learner, ids, now)
    asked_at = _get_asked(session, learner, ids)
    return attempts.start_drawn(
        session,
        learner,
        REVIEW,
        module,
        lambda seed: draw_review(pool, ids, asked_at, seed),
        now,
        always_asks_certainty=True,
    )


def _list_pool(session: Session, learner: Learner, objective_ids: Sequence[int], now: datetime) -> list[Candidate]:
    """List the practice questions, without any whose key a test may still keep from the learner.

    A question can move from tests to practice while a test with it is under way or not released.
    """
    pool = catalogue.list_practice_pool(session, objective_ids)
    is_kept = or_(
        Attempt.state == AttemptState.OPEN,
        ~is_correctness_released(now),
        and_(
            Assignment.release_key.in_((ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.CLOSING)),
            ~assignment_sql.is_over(Assignment, now),
        ),
    )
    kept = set(
        session.scalars(
            select(QuestionVersion.question_id)
            .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
            .join(Attempt, Attempt.id == AttemptItem.attempt_id)
            .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
            .outerjoin(
                ScopeResult, and_(ScopeResult.learner_id == Attempt.learner_id, ScopeResult.scope == Attempt.scope)
            )
            .where(
                Attempt.learner_id == learner.id,
                Attempt.purpose == Purpose.TEST,
                QuestionVersion.question_id.in_({one.question_id for one in pool}),
                is_kept,
            )
        )
    )
    return [one for one in pool if one.question_id not in kept]


def _get_asked(session: Session, learner: Learner, objective_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when each question on these objectives was last marked, by its id."""
    rows = session.execute(
        select(QuestionVersion.question_id, func.max(Mark.marked_at))
        .join(Mark, Mark.version_id == QuestionVersion.id)
        .where(Mark.learner_id == learner.id, Mark.objective_id.in_(objective_ids))
        .group_by(QuestionVersion.question_id)
    )
    return {question_id: marked_at for question_id, marked_at in rows}


# -- undoing an answer -------------------------------------------------------------------------------------------------


def find_latest_answer(loaded: OwnAttempt) -> PaperItem | None:
    """Return the question of an open review that was answered last, which is the one that can be undone."""
    if loaded.attempt.scope != REVIEW or loaded.attempt.state is not AttemptState.OPEN:
        return None
    answered = [item for item in loaded.items if item.response is not None and item.saved_at is not None]
    return max(answered, key=lambda item: (item.saved_at, item.position), default=None)


def undo_answer(session: Session, loaded: OwnAttempt, item: PaperItem, revision: int, now: datetime) -> None:
    """Take back the latest answer of a review, with its mark. ``loaded`` must be locked. Repeating it changes nothing.

    :raise AttemptClosed: the review is finished.
    :raise AnswerFinal: it is another attempt, another answer was given since, or the answer has further steps.
    """
    if loaded.attempt.scope != REVIEW:
        raise AnswerFinal
    if loaded.attempt.state is not AttemptState.OPEN:
        raise AttemptClosed
    if item.response is None:
        return
    if find_latest_answer(loaded) is not item or item.revision != revision:
        raise AnswerFinal
    mark = delete(Mark).where(Mark.attempt_id == item.attempt_id, Mark.position == item.position)
    if not session.scalars(mark.returning(Mark.position)).all():
        raise AnswerFinal  # a case that is not finished: its decisions stay
    cleared = StoredAnswer(item.revision + 1, None, None, is_flagged=item.is_flagged, saved_at=now)
    answer_log.write(session, item, cleared, f"undo-{item.revision}")
    card_updates.note(session, [loaded.attempt.id])
    cards.update_cards(session, loaded.attempt.learner_id, now)
