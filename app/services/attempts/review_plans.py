"""What a learner wants of reviews: how much to remember, how many a day, an exam to aim for, and pauses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.domain import spacing
from app.models import Learner, ReviewPlan
from app.services.assignments import availability
from app.services.attempts import cards, reviews


@dataclass(frozen=True, slots=True)
class PlanChange:
    """The values of the form. ``exam_on`` is a day in the learner's time zone."""

    retention_percent: int
    daily_limit: int
    exam_on: date | None
    is_in_calendar: bool


@dataclass(frozen=True, slots=True)
class ExamOffer:
    """An assigned test whose due date a learner may aim for."""

    title: str
    day: date


def change_plan(session: Session, learner: Learner, wanted: PlanChange, now: datetime) -> ReviewPlan:
    """Store a learner's plan and schedule their cards by it. An exam that is not in the future is left out."""
    plan = _get_stored(session, learner)
    is_past = wanted.exam_on is not None and wanted.exam_on <= spacing.get_day(now, learner.time_zone)
    plan.retention_percent, plan.daily_limit = wanted.retention_percent, wanted.daily_limit
    plan.exam_on = None if is_past else wanted.exam_on
    plan.is_in_calendar = wanted.is_in_calendar
    cards.reschedule(session, learner.id, plan)
    return plan


def set_paused(session: Session, learner: Learner, *, is_paused: bool) -> None:
    """Pause reviews, or resume them. Memories fade in a pause, too, so due dates stay; the daily limit spreads them."""
    _get_stored(session, learner).is_paused = is_paused


def _get_stored(session: Session, learner: Learner) -> ReviewPlan:
    cards.lock_learner(session, learner.id)
    plan = reviews.get_plan(session, learner)
    session.add(plan)
    return plan


def list_exam_offers(session: Session, learner: Learner, now: datetime) -> list[ExamOffer]:
    """List the learner's assigned tests that are due after today, the next one first."""
    today = spacing.get_day(now, learner.time_zone)
    offers = [
        ExamOffer(item.title, spacing.get_day(item.due_at, learner.time_zone))
        for item in availability.list_due(session, learner, now)
        if item.is_to_do and item.due_at is not None
    ]
    return sorted((one for one in offers if one.day > today), key=lambda one: (one.day, one.title))
