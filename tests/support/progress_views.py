"""What a learner's progress page shows, read as the page does."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.domain import recall
from app.models import Learner
from app.services.attempts import progress_page
from app.services.attempts.progress_page import ProgressView


def view_progress(session: Session, learner: Learner, now: datetime, on: date | None = None) -> ProgressView:
    return progress_page.view_progress(session, learner, recall.choose_moment(on, now, learner.time_zone))
