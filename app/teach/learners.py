"""One learner as their trainer sees them, and one attempt of theirs."""

from __future__ import annotations

from flask import abort
from flask.typing import ResponseReturnValue

from app.access import trainers_only
from app.teach import blueprint
from app.teach.cohorts import found_cohort


@blueprint.get("/cohorts/<int:cohort_id>/learners/<int:learner_id>", endpoint="learner")
@trainers_only
def show_learner(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    found_cohort(cohort_id)
    abort(404)


@blueprint.get("/attempts/<int:attempt_id>", endpoint="attempt")
@trainers_only
def show_attempt(attempt_id: int) -> ResponseReturnValue:
    abort(404)
