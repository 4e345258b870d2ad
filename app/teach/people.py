"""Who is in a cohort, how others join it, and who is removed."""

from __future__ import annotations

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import account, trainers_only
from app.clock import now
from app.db import db
from app.services import cohorts
from app.teach import blueprint
from app.teach.cohorts import found_cohort


@blueprint.get("/cohorts/<int:cohort_id>/people", endpoint="people")
@trainers_only
def show_people(cohort_id: int) -> ResponseReturnValue:
    """The members, and how to join."""
    cohort = found_cohort(cohort_id)
    code = cohorts.code_shown(cohort.join_code)
    return render_template(
        "teach/people.html",
        cohort=cohort,
        members=cohorts.list_members(db.session, cohort),
        code=code,
        link=f"{current_app.config['PALPATE'].base_url}{url_for('accounts.join', code=code)}",
        may_join=cohorts.may_join(cohort, now()),
    )


@blueprint.post("/cohorts/<int:cohort_id>/join-code", endpoint="join_code")
@trainers_only
def renew_join_code(cohort_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    cohorts.renew_code(db.session, account(), cohort, now())
    db.session.commit()
    flash("There is a new code. The old one and its link no longer work.")
    return redirect(url_for("teach.people", cohort_id=cohort.id), 303)


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
    return redirect(url_for("teach.people", cohort_id=cohort.id), 303)
