"""What a cohort would still remember, today or on another day."""

from __future__ import annotations

from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.domain import recall, spacing
from app.domain.names import find_shared_names
from app.domain.recall import FORECAST_YEAR
from app.services.reporting import cohort_recall
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.web.access import trainers_only


@blueprint.get("/cohorts/<int:cohort_id>/insight/recall")
@trainers_only
def show_cohort_recall(cohort_id: int) -> ResponseReturnValue:
    """Show the mean recall of each objective today or ``on`` another day, and who needs help most.

    :raise 404: not the viewer's cohort.
    """
    cohort = get_cohort_or_404(cohort_id)
    asked, fault = request.args.get("on", "").strip(), None
    try:
        moment = recall.choose_moment(date.fromisoformat(asked) if asked else None, now(), cohort.time_zone)
    except ValueError:
        moment, fault = (
            recall.choose_moment(None, now(), cohort.time_zone),
            _("Choose a day from today to a year from now."),
        )
    today = spacing.get_day(now(), cohort.time_zone)
    found = cohort_recall.view_recall(db.session, cohort, moment)
    return render_template(
        "teach/recall.html",
        cohort=cohort,
        found=found,
        fault=fault,
        today=today,
        latest_day=today + FORECAST_YEAR,
        least=cohort_recall.MIN_LEARNERS,
        shared_names=find_shared_names(one.name for one in found.in_need),
    )
