"""Cohorts: the list, and one cohort's gradebook, code and members."""

from __future__ import annotations

import unicodedata

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import account, trainers_only
from app.clock import now
from app.db import begin_immediate, begin_plain, db
from app.domain import wall_clock
from app.identity import viewer
from app.models import Cohort
from app.services import cohorts, gradebook, once, question_reports, submission
from app.services.gradebook import Gradebook
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
    flash(f"{cohort.title} is made. Give your learners the link or the code.")
    return redirect(url_for("teach.cohort", cohort_id=cohort.id), 303)


def _list_page(form: CohortForm) -> str:
    found = cohorts.list_for(db.session, viewer())
    waiting = question_reports.count_open(db.session, viewer())
    return render_template(
        "teach/cohorts.html", cohorts=found, form=form, zones=wall_clock.zones(), reports_waiting=waiting
    )


def _own_zone() -> str:
    learner = viewer().learner
    return learner.time_zone if learner else "UTC"


@blueprint.get("/cohorts/<int:cohort_id>", endpoint="cohort")
@trainers_only
def show_cohort(cohort_id: int) -> ResponseReturnValue:
    """The gradebook, and how to join."""
    cohort = found_cohort(cohort_id)
    code = cohorts.code_shown(cohort.join_code)
    return render_template(
        "teach/cohort.html",
        cohort=cohort,
        book=_gradebook(cohort),
        code=code,
        link=f"{current_app.config['PALPATE'].base_url}{url_for('accounts.join', code=code)}",
        may_join=cohorts.may_join(cohort, now()),
    )


def settle_overdue() -> None:
    """Write the marks of attempts whose time is up, before a report reads marks: the one write that a GET may make."""
    if submission.has_expired(db.session, now()):
        begin_immediate()
        submission.close_expired(db.session, now())
        db.session.commit()
        begin_plain()


def _gradebook(cohort: Cohort) -> Gradebook:
    settle_overdue()
    return gradebook.of_cohort(db.session, cohort)


@blueprint.post("/cohorts/<int:cohort_id>/join-code", endpoint="join_code")
@trainers_only
def renew_join_code(cohort_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    cohorts.renew_code(db.session, account(), cohort, now())
    db.session.commit()
    flash("There is a new code. The old one and its link no longer work.")
    return redirect(url_for("teach.cohort", cohort_id=cohort.id), 303)


@blueprint.post("/cohorts/<int:cohort_id>/remove")
@trainers_only
def remove_learner(cohort_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    learner_id = request.form.get("learner", type=int)
    if (
        learner_id is None
        or not 0 < learner_id < 10**15
        or not cohorts.remove(db.session, account(), cohort, learner_id, now())
    ):
        abort(404)
    db.session.commit()
    flash("Removed from the cohort. What was learned is kept, and comes back if they join again.")
    return redirect(url_for("teach.cohort", cohort_id=cohort.id), 303)


@blueprint.get("/cohorts/<int:cohort_id>/gradebook.csv", endpoint="gradebook_csv")
@trainers_only
def export_gradebook(cohort_id: int) -> ResponseReturnValue:
    """The gradebook as CSV for spreadsheets."""
    cohort = found_cohort(cohort_id)
    lines = gradebook.csv_lines(_gradebook(cohort), cohort.time_zone)
    # The headers say UTF-8, the byte order mark says it again for Excel.
    response = Response((line.encode() for line in lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(cohort.title, "gradebook")}.csv"'
    return response


def file_name(title: str, otherwise: str) -> str:
    """A title in plain letters, as the name of a file to save; ``otherwise`` where none of its letters are."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())[:60] or otherwise
