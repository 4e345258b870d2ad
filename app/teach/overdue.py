"""Closing expired attempts before a report reads their marks."""

from __future__ import annotations

from flask import flash
from flask_babel import lazy_gettext

from app.clock import now
from app.db import db, use_deferred_transaction, use_write_transaction
from app.models import Cohort
from app.services.marking import submission

STEPS = 5
"""At most this many batches of :func:`app.services.marking.submission.close_expired` per page, each with a commit."""

UNMARKED = lazy_gettext("Some tests whose time is up are not marked yet. Reload this page for complete results.")


def close_overdue_attempts(cohort: Cohort, learner_id: int | None = None) -> None:
    """Close expired attempts at this cohort's assignments. This is the only write that a GET may make here.

    The work is bounded. If attempts are left, the page shows a message; reports count them as submitted, without marks.
    """
    for _ in range(STEPS):
        if not submission.has_expired(db.session, now(), cohort=cohort, learner_id=learner_id):
            return
        use_write_transaction()
        submission.close_expired(db.session, now(), cohort=cohort, learner_id=learner_id)
        db.session.commit()
        use_deferred_transaction()
    if submission.has_expired(db.session, now(), cohort=cohort, learner_id=learner_id):
        flash(str(UNMARKED))
