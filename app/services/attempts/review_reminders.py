"""E-mail reminders of reviews, for people who asked for them: at most one a day, and only if something is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain import spacing
from app.domain.notifications import NotificationKind
from app.models import Learner, ReviewPlan, User
from app.services.attempts import reviews
from app.services.people import notifications

FIRST_HOUR = timedelta(hours=6)
"""A day's reminder is written from six in the morning, in the learner's time zone."""


@dataclass(frozen=True, slots=True)
class ReviewReminder:
    """A reminder that ``due`` questions are offered on ``day``."""

    learner_id: int
    user_id: int
    name: str
    email: str
    language: str
    day: date
    due: int


def list_reminders(session: Session, now: datetime) -> Iterator[ReviewReminder]:
    """List the reminders to write now. Someone who already reviewed today gets none."""
    wanting = (
        select(Learner, User, ReviewPlan.reminded_on)
        .join(User, User.id == Learner.user_id)
        .outerjoin(ReviewPlan, ReviewPlan.learner_id == Learner.id)
        .where(User.active, notifications.is_mail_wanted(NotificationKind.REVIEWS, User.id))
        .order_by(Learner.id)
    )
    for learner, user, reminded_on in session.execute(wanting).all():
        day = spacing.get_day(now - FIRST_HOUR, learner.time_zone)
        is_morning = day == spacing.get_day(now, learner.time_zone)
        if not is_morning or (reminded_on is not None and reminded_on >= day):
            continue
        today = reviews.count_today(session, learner, now)
        if today.due and not today.done:
            yield ReviewReminder(learner.id, user.id, user.name, user.email, learner.language, day, today.due)


def note(session: Session, reminder: ReviewReminder, _now: datetime) -> bool:
    """Record that a reminder is written; return False if a concurrent run has recorded it."""
    earlier = or_(ReviewPlan.reminded_on.is_(None), ReviewPlan.reminded_on < reminder.day)
    noted = (
        update(ReviewPlan)
        .where(ReviewPlan.learner_id == reminder.learner_id, earlier)
        .values(reminded_on=reminder.day)
        .returning(ReviewPlan.learner_id)
        .execution_options(synchronize_session=False)
    )
    if session.execute(noted).all():
        return True
    plan = reviews.build_plan(reminder.learner_id) | {"reminded_on": reminder.day}
    try:
        with session.begin_nested():
            session.execute(insert(ReviewPlan), [plan])
    except IntegrityError:
        return False
    return True
