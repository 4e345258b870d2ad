"""Trainers' view of one learner and of one attempt."""

from __future__ import annotations

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db
from app.services.attempts import certificates, reopening
from app.services.reporting import attempt_records, learner_records
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.teach.overdue import close_overdue_attempts
from app.web.access import trainers_only
from app.web.identity import get_viewer


@blueprint.get("/cohorts/<int:cohort_id>/learners/<int:learner_id>")
@trainers_only
def show_learner(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """Show a learner's work and mastery in this cohort.

    :raise 404: not the viewer's cohort, or the learner was never in it.
    """
    cohort = get_cohort_or_404(cohort_id)
    member = learner_records.get_member(db.session, cohort, learner_id) or abort(404)
    close_overdue_attempts(cohort, learner_id)
    record = learner_records.get_record(db.session, cohort, member, now())
    return render_template("teach/learner.html", cohort=cohort, record=record, member=member)


@blueprint.get("/attempts/<int:attempt_id>")
@trainers_only
def show_attempt(attempt_id: int) -> ResponseReturnValue:
    """Show each question of an attempt with its answer, log, mark and mark changes.

    :raise 404: no such attempt, or not in a cohort that the viewer teaches.
    """
    examined = attempt_records.get_for(db.session, get_viewer(), attempt_id) or abort(404)
    # The attempt is loaded in this session, so it is updated if it is closed here.
    close_overdue_attempts(examined.cohort, examined.attempt.learner_id)
    record = attempt_records.get_record(db.session, examined, now())
    return render_template(
        "teach/attempt.html",
        examined=examined,
        record=record,
        reopenings=reopening.list_reopenings(db.session, examined.attempt),
        certificate=certificates.find_of_attempt(db.session, examined.attempt.id)
        if record.percent is not None
        else None,
        attempt=examined.attempt,
        assignment=examined.assignment,
        cohort=examined.cohort,
    )
