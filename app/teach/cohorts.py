"""Cohorts: the list, and a new one."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.access import account, trainers_only
from app.clock import now
from app.db import db
from app.domain import wall_clock
from app.identity import viewer
from app.models import Cohort
from app.services import once
from app.services.teaching import cohorts, question_reports
from app.teach import blueprint
from app.teach.forms import CohortForm


def found_cohort(cohort_id: int) -> Cohort:
    """The cohort, if the viewer teaches it.

    :raise 404: there is none, or it is another trainer's.
    """
    return cohorts.get_for(db.session, viewer(), cohort_id) or abort(404)


@blueprint.get("", endpoint="cohorts")
@blueprint.get("/cohorts", endpoint="cohorts")
@trainers_only
def list_cohorts() -> ResponseReturnValue:
    return _list_page(CohortForm(formdata=None, time_zone=_own_zone()))


@blueprint.post("/cohorts", endpoint="cohort_new")
@trainers_only
def add_cohort() -> ResponseReturnValue:
    form = CohortForm()
    if not form.validate_on_submit():
        return _list_page(form), 422
    if not once.is_first(db.session, account(), form.form_id.data, now()):
        return redirect(url_for("teach.cohorts"), 303)
    cohort = cohorts.create(db.session, account(), form.title.data, form.time_zone.data, now())
    db.session.commit()
    flash(f"{cohort.title} is made. The code for your learners is under People.")
    return redirect(url_for("teach.cohort", cohort_id=cohort.id), 303)


def _list_page(form: CohortForm) -> str:
    found = cohorts.list_for(db.session, viewer(), now())
    return render_template(
        "teach/cohorts.html",
        cohorts=[row for row in found if row.cohort.archived_at is None],
        archived=[row for row in found if row.cohort.archived_at is not None],
        form=form,
        zones=wall_clock.zones(),
        reports_waiting=question_reports.count_open(db.session, viewer()),
    )


def _own_zone() -> str:
    learner = viewer().learner
    return learner.time_zone if learner else "UTC"
