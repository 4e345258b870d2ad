"""One learner as their trainers see them, and one attempt of theirs."""

from __future__ import annotations

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from app.access import trainers_only
from app.clock import now
from app.db import db
from app.identity import viewer
from app.services.teaching import attempt_records, learner_records
from app.teach import blueprint
from app.teach.cohorts import found_cohort
from app.teach.gradebook import settle_overdue


@blueprint.get("/cohorts/<int:cohort_id>/learners/<int:learner_id>", endpoint="learner")
@trainers_only
def show_learner(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """What somebody did in this cohort, and what they know.

    :raise 404: not the viewer's cohort, or somebody who never was in it.
    """
    cohort = found_cohort(cohort_id)
    member = learner_records.get_member(db.session, cohort, learner_id) or abort(404)
    settle_overdue()
    record = learner_records.read(db.session, cohort, member, now())
    return render_template("teach/learner.html", cohort=cohort, record=record, member=member)


@blueprint.get("/attempts/<int:attempt_id>", endpoint="attempt")
@trainers_only
def show_attempt(attempt_id: int) -> ResponseReturnValue:
    """Each question of an attempt, with the answer, its log, its mark, and what changed the mark.

    :raise 404: no such attempt at an assignment of a cohort that the viewer teaches.
    """
    examined = attempt_records.get_for(db.session, viewer(), attempt_id) or abort(404)
    settle_overdue()  # this one, too, where its time is up: the object is the session's, and sees it
    record = attempt_records.read(db.session, examined, now())
    return render_template(
        "teach/attempt.html",
        examined=examined,
        record=record,
        attempt=examined.attempt,
        assignment=examined.assignment,
        cohort=examined.cohort,
    )
