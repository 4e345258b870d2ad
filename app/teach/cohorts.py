"""Listing and creating cohorts."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.domain import wall_clock
from app.models import Cohort
from app.services.cohorts import cohorts
from app.services.cohorts.cohorts import CohortStage
from app.services.reporting import question_reports
from app.teach import blueprint
from app.teach.forms import CohortForm
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission
from app.web.identity import get_viewer


def get_cohort_or_404(cohort_id: int) -> Cohort:
    """Return the cohort if the viewer teaches it.

    :raise 404: no such cohort, or another trainer's.
    """
    return cohorts.get_for(db.session, get_viewer(), cohort_id) or abort(404)


@blueprint.get("")
@blueprint.get("/cohorts")
@trainers_only
def list_cohorts() -> ResponseReturnValue:
    return _render_list(CohortForm(formdata=None, time_zone=_get_own_zone()))


@blueprint.post("/cohorts")
@trainers_only
def add_cohort() -> ResponseReturnValue:
    form = CohortForm()
    if not form.validate_on_submit():
        return _render_list(form), 422
    if not is_first_submission(form):
        return redirect(url_for("teach.list_cohorts"), 303)
    cohort = cohorts.create(db.session, current_account(), form.title.data, form.time_zone.data, now())
    db.session.commit()
    flash(_("%(title)s created. Give your learners the code, the link or the QR code below.", title=cohort.title))
    return redirect(url_for("teach.show_cohort", cohort_id=cohort.id), 303)


def _render_list(form: CohortForm) -> str:
    found = cohorts.list_for(db.session, get_viewer(), now())
    return render_template(
        "teach/cohorts.html",
        groups={stage: [row for row in found if row.stage is stage] for stage in CohortStage},
        form=form,
        zones=wall_clock.list_time_zones(),
        reports_waiting=question_reports.count_open(db.session, get_viewer()),
    )


def _get_own_zone() -> str:
    learner = get_viewer().learner
    return learner.time_zone if learner else "UTC"
