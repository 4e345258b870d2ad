"""Assignments: set, changed, and lengthened for whoever needs more time."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice

from app.access import account, trainers_only
from app.clock import now
from app.db import db
from app.domain import wall_clock
from app.identity import viewer
from app.models import ModuleRow
from app.services import assignments, lifecycle, once
from app.services.assignments import Taught
from app.teach import blueprint
from app.teach.cohorts import found_cohort
from app.teach.forms import AssignmentForm, ExtraTimeForm


@blueprint.route("/cohorts/<int:cohort_id>/assignments/new", endpoint="assignment_new", methods=["GET", "POST"])
@trainers_only
def add_assignment(cohort_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    modules = assignments.list_modules(db.session)
    form = AssignmentForm(cohort.time_zone)
    form.module.choices = _choices(modules)
    if form.validate_on_submit():
        if not once.is_first(db.session, account(), form.form_id.data, now()):
            return redirect(url_for("teach.cohort", cohort_id=cohort.id), 303)
        module = next(module for module in modules if module.id == form.module.data)
        terms = form.terms(module.title, module.pass_mark_percent)
        assignment = assignments.create(db.session, account(), cohort, module, terms, now())
        db.session.commit()
        flash(f"{assignment.title} is set. Your learners see it under Due.")
        return redirect(url_for("teach.cohort", cohort_id=cohort.id), 303)
    page = render_template("teach/assignment_new.html", cohort=cohort, form=form)
    return page, 422 if form.errors else 200


@blueprint.route("/assignments/<int:assignment_id>", endpoint="assignment", methods=["GET", "POST"])
@trainers_only
def show_assignment(assignment_id: int) -> ResponseReturnValue:
    """Change the terms, and see who has extra time."""
    taught = _found(assignment_id)
    form = _terms_form(taught)
    if form.validate_on_submit():
        terms = form.terms(taught.module.title, taught.module.pass_mark_percent)
        assignments.edit(db.session, account(), taught, terms, now())
        db.session.commit()
        flash("The assignment was changed. Nobody who is at it now loses time.")
        return redirect(url_for("teach.assignment", assignment_id=assignment_id), 303)
    return _page(taught, form, ExtraTimeForm(formdata=None)), 422 if form.errors else 200


@blueprint.post("/assignments/<int:assignment_id>/extra-time", endpoint="extra_time")
@trainers_only
def grant_extra_time(assignment_id: int) -> ResponseReturnValue:
    """Give one learner more time; an attempt under way is lengthened at once."""
    taught, extra = _found(assignment_id), ExtraTimeForm()
    if not extra.validate_on_submit():
        return _page(taught, _terms_form(taught, is_sent=False), extra), 422
    if not assignments.grant_extra_time(db.session, account(), taught, extra.learner.data, extra.percent.data, now()):
        abort(404)
    db.session.commit()
    flash("Extra time was changed.")
    return redirect(url_for("teach.assignment", assignment_id=assignment_id, _anchor="extra-time"), 303)


def _found(assignment_id: int) -> Taught:
    return assignments.get_for(db.session, viewer(), assignment_id) or abort(404)


def _choices(modules: Sequence[ModuleRow]) -> list[SelectChoice]:
    return [SelectChoice(str(module.id), f"{module.position}. {module.title}") for module in modules]


def _terms_form(taught: Taught, *, is_sent: bool = True) -> AssignmentForm:
    assignment, zone = taught.assignment, taught.cohort.time_zone
    due = wall_clock.local(assignment.due_at, zone) if assignment.due_at else None
    form = AssignmentForm(
        zone,
        obj=assignment,
        due_date=due.date() if due else None,
        due_time=due.time() if due else None,
        module=taught.module.id,
        **({} if is_sent else {"formdata": None}),
    )
    # The module stays: attempts were made on it.
    form.module.choices = [SelectChoice(str(taught.module.id), taught.module.title)]
    form.module.data = taught.module.id
    return form


def _page(taught: Taught, form: AssignmentForm, extra: ExtraTimeForm) -> str:
    members = assignments.list_extra_time(db.session, taught)
    since = lifecycle.since_set(db.session, taught.assignment, taught.module)
    return render_template("teach/assignment.html", taught=taught, form=form, extra=extra, members=members, since=since)
