"""Assignments: set, changed, withdrawn and set again."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import account, trainers_only
from app.clock import now
from app.db import db
from app.identity import viewer
from app.models import Cohort
from app.services import once
from app.services.assigned import assignable, assignments, due, grants
from app.services.assigned.assignable import Choices
from app.services.assigned.assignments import Started, Taught, Terms
from app.services.course import lifecycle
from app.services.teaching import cohorts
from app.teach import blueprint
from app.teach.assignment_forms import AssignmentForm, filled
from app.teach.changes import Told, told
from app.teach.cohorts import found_cohort


@blueprint.route("/cohorts/<int:cohort_id>/assignments/new", endpoint="assignment_new", methods=["GET", "POST"])
@trainers_only
def add_assignment(cohort_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    cohorts.demand_active(cohort)
    choices = assignable.choices(db.session, cohort)
    form = AssignmentForm(cohort.time_zone, choices)
    if _is_accepted(form, choices):
        if once.is_first(db.session, account(), form.form_id.data, now()):
            _create(form, cohort)
        return redirect(url_for("teach.cohort", cohort_id=cohort.id), 303)
    page = render_template("teach/assignment_new.html", cohort=cohort, form=form, choices=choices)
    return page, 422 if form.errors else 200


def _create(form: AssignmentForm, cohort: Cohort) -> None:
    module = form.module_row
    create = assignments.create_with_pretest if form.also_pretest.data else assignments.create
    assignment = create(db.session, account(), cohort, module, form.terms(module), now())
    db.session.commit()
    before = ", with a test before it" if form.also_pretest.data else ""
    flash(f"{assignment.title} is set{before}. Your learners see it under Due.")


@blueprint.route("/assignments/<int:assignment_id>", endpoint="assignment", methods=["GET", "POST"])
@trainers_only
def show_assignment(assignment_id: int) -> ResponseReturnValue:
    """The terms, to be changed; who is granted more; withdrawing."""
    taught = found_assignment(assignment_id, for_update=request.method == "POST")
    choices = assignable.choices(db.session, taught.cohort, taught.assignment)
    form = _terms_form(taught, choices)
    meanwhile = _meanwhile(form, taught) if form.is_submitted() else []
    if not meanwhile and _is_accepted(form, choices, taught):
        assignments.edit(db.session, account(), taught, _decided(form, choices, taught), now())
        db.session.commit()
        flash("The assignment was changed. Nobody who is at it now loses time.")
        return redirect(url_for("teach.assignment", assignment_id=assignment_id), 303)
    status = 409 if meanwhile else 422 if form.errors else 200
    return _page(taught, form, choices, meanwhile), status


def _meanwhile(form: AssignmentForm, taught: Taught) -> Sequence[Told]:
    """What others changed since the page was loaded that this form comes from; sent once more, it counts as having seen that."""
    assignment = taught.assignment
    changes = assignments.list_changes(db.session, assignment, form.seen_revision)
    form.revision.data = str(assignment.revision)
    return tuple(told(changes, form, assignment.time_zone))


def _is_accepted(form: AssignmentForm, choices: Choices, taught: Taught | None = None) -> bool:
    """Whether a form was sent and its terms can be; every fault is said beside its field."""
    if not form.is_submitted():
        return False
    is_shaped = form.validate()
    if not form.is_whole:
        return False
    module = taught.module if taught else form.module_row
    faults = assignable.faults(
        db.session,
        choices,
        module,
        _decided(form, choices, taught) if taught else form.terms(module),
        now(),
        of=taught.assignment if taught else None,
        with_pretest=bool(form.also_pretest.data),
    )
    return form.say(faults) and is_shaped


def _decided(form: AssignmentForm, choices: Choices, taught: Taught) -> Terms:
    return form.terms(taught.module).with_unseen(
        assignments.terms_of(db.session, taught.assignment),
        recipient_ids=[member.learner_id for member in choices.members],
        lesson_ids=[lesson.id for lesson in choices.lessons],
    )


def found_assignment(assignment_id: int, *, for_update: bool = False) -> Taught:
    """The assignment, if the viewer teaches its cohort; ``for_update`` to change something of it.

    :raise 404: there is none, or it is another trainer's.
    :raise ArchivedError: it is to be changed, and its cohort is archived.
    """
    taught = assignments.get_for(db.session, viewer(), assignment_id, for_update=for_update) or abort(404)
    if for_update:
        cohorts.demand_active(taught.cohort)
    return taught


def _terms_form(taught: Taught, choices: Choices) -> AssignmentForm:
    assignment = taught.assignment
    terms = assignments.terms_of(db.session, assignment)
    # A form without a revision saw none, and may not overwrite anything.
    shown = filled(terms, assignment.time_zone) | {
        "revision": "0" if request.method == "POST" else str(assignment.revision)
    }
    return AssignmentForm(assignment.time_zone, choices, of=taught.module, data=shown)


def _page(taught: Taught, form: AssignmentForm, choices: Choices, meanwhile: Sequence[Told]) -> str:
    return render_template(
        "teach/assignment.html",
        taught=taught,
        form=form,
        choices=choices,
        meanwhile=meanwhile,
        people=[person for person in grants.list_people(db.session, taught) if person.exception],
        since=lifecycle.since_set(db.session, taught.assignment, taught.module),
        after=due.list_after(db.session, taught.assignment),
        was_started=assignments.was_started(db.session, taught.assignment),
    )


@blueprint.post("/assignments/<int:assignment_id>/withdraw", endpoint="assignment_withdraw")
@trainers_only
def withdraw(assignment_id: int) -> ResponseReturnValue:
    taught = found_assignment(assignment_id, for_update=True)
    assignments.withdraw(db.session, account(), taught, now())
    return _done(
        taught, f"{taught.assignment.title} is withdrawn. Learners no longer see it; what they did of it is kept."
    )


@blueprint.post("/assignments/<int:assignment_id>/set-again", endpoint="assignment_set_again")
@trainers_only
def set_again(assignment_id: int) -> ResponseReturnValue:
    taught = found_assignment(assignment_id, for_update=True)
    assignments.set_again(db.session, account(), taught, now())
    return _done(taught, f"{taught.assignment.title} is set again. Learners see it as before.")


@blueprint.post("/assignments/<int:assignment_id>/delete", endpoint="assignment_delete")
@trainers_only
def delete(assignment_id: int) -> ResponseReturnValue:
    """Delete what nobody ever began."""
    taught = found_assignment(assignment_id, for_update=True)
    try:
        assignments.remove(db.session, account(), taught, now())
    except Started:
        flash("Somebody has begun it, so it can't be deleted. You can withdraw it: what was attempted is kept.")
        return redirect(url_for("teach.assignment", assignment_id=assignment_id), 303)
    db.session.commit()
    flash(f"{taught.assignment.title} is deleted.")
    return redirect(url_for("teach.cohort", cohort_id=taught.cohort.id), 303)


def _done(taught: Taught, words: str) -> ResponseReturnValue:
    db.session.commit()
    flash(words)
    return redirect(url_for("teach.assignment", assignment_id=taught.assignment.id), 303)
