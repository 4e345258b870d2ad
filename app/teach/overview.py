"""The page that a cohort begins with."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from app.access import trainers_only
from app.clock import now
from app.db import db
from app.local import absolute
from app.services.teaching import cohorts, overviews
from app.teach import blueprint
from app.teach.cohorts import found_cohort
from app.teach.gradebook import settle_overdue


@blueprint.get("/cohorts/<int:cohort_id>", endpoint="cohort")
@trainers_only
def show_cohort(cohort_id: int) -> ResponseReturnValue:
    """How far each assignment is, who needs attention, what is due next; how to join, while nobody has."""
    cohort = found_cohort(cohort_id)
    settle_overdue()
    code = cohorts.code_shown(cohort.join_code)
    return render_template(
        "teach/cohort.html",
        cohort=cohort,
        found=overviews.read(db.session, cohort, now()),
        code=code,
        link=absolute(url_for("accounts.join", code=code)),
        may_join=cohorts.may_join(cohort, now()),
    )
