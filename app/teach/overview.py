"""The overview page of a cohort."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db
from app.services.reporting import overviews
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.teach.overdue import close_overdue_attempts
from app.teach.people import get_join_data
from app.web.access import trainers_only


@blueprint.get("/cohorts/<int:cohort_id>")
@trainers_only
def show_cohort(cohort_id: int) -> ResponseReturnValue:
    """Show assignment progress, learners needing attention and due dates, or how to join an empty cohort."""
    cohort = get_cohort_or_404(cohort_id)
    close_overdue_attempts(cohort)
    found = overviews.get_overview(db.session, cohort, now())
    joining = {} if found.members else get_join_data(cohort)
    return render_template("teach/cohort.html", cohort=cohort, found=found, **joining)
