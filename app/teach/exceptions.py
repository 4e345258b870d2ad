"""Exceptions of an assignment: extra time, a later due date, more attempts, or excused, for one or several learners at once."""

from __future__ import annotations

from collections.abc import Collection

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import account, trainers_only
from app.clock import now
from app.db import db
from app.domain.assignment import unfit_grant
from app.services import once
from app.services.assigned import grants
from app.services.assigned.assignments import Taught
from app.services.assigned.grants import AlreadyGranted, Moved, Person
from app.teach import blueprint
from app.teach.assignment_forms import ExceptionForm, local_fields, refused
from app.teach.assignments import found_assignment


@blueprint.route("/assignments/<int:assignment_id>/exceptions", endpoint="exceptions", methods=["GET"])
@trainers_only
def list_exceptions(assignment_id: int) -> ResponseReturnValue:
    taught = found_assignment(assignment_id)
    return _page(taught, ExceptionForm(taught.assignment.time_zone, formdata=None))


@blueprint.post("/assignments/<int:assignment_id>/exceptions", endpoint="exception_new")
@trainers_only
def give(assignment_id: int) -> ResponseReturnValue:
    """Make an exception for the learners that were ticked, all or none; attempts under way gain by it at once."""
    taught = found_assignment(assignment_id, for_update=True)
    form = ExceptionForm(taught.assignment.time_zone)
    people = grants.list_people(db.session, taught)
    form.offer([(person.learner_id, person.name) for person in people])
    if _is_accepted(form, taught, with_learners=True):
        if not once.is_first(db.session, account(), form.form_id.data, now()):
            return redirect(url_for("teach.exceptions", assignment_id=assignment_id), 303)
        try:
            learners = form.learners.data
            grants.give(db.session, account(), taught, learners, form.grant, now(), form.note.data or None)
        except AlreadyGranted as error:
            refused(form.learners, _have_one(people, error.learner_ids))
            db.session.rollback()
        else:
            db.session.commit()
            flash("The exception is made. Who is at the test now has it already.")
            return redirect(url_for("teach.exceptions", assignment_id=assignment_id), 303)
    return _page(found_assignment(assignment_id), form), 422


def _is_accepted(form: ExceptionForm, taught: Taught, *, with_learners: bool) -> bool:
    is_shaped = form.validate()
    if with_learners and not form.learners.data and not form.learners.errors:
        refused(form.learners, "Choose at least one learner.")
    if form.errors:
        return False
    return form.say(unfit_grant(form.grant, taught.assignment.for_all)) and is_shaped


def _have_one(people: Collection[Person], learner_ids: Collection[int]) -> str:
    names = ", ".join(person.name for person in people if person.learner_id in learner_ids)
    return f"{names}: has an exception already. Change that one, or leave them out here; nothing was granted yet."


def _page(taught: Taught, form: ExceptionForm) -> str:
    people = grants.list_people(db.session, taught)
    form.offer([(person.learner_id, person.name) for person in people])
    return render_template("teach/exceptions.html", taught=taught, form=form, people=people)


@blueprint.route(
    "/assignments/<int:assignment_id>/exceptions/<int:learner_id>", endpoint="exception", methods=["GET", "POST"]
)
@trainers_only
def change(assignment_id: int, learner_id: int) -> ResponseReturnValue:
    """Change the exception of one learner.

    :raise 404: there is none.
    """
    taught = found_assignment(assignment_id, for_update=request.method == "POST")
    person = next((one for one in grants.list_people(db.session, taught) if one.learner_id == learner_id), None)
    if person is None or person.exception is None:
        abort(404)
    form = _filled(taught, person)
    if form.is_submitted() and _is_accepted(form, taught, with_learners=False):
        note, seen = form.note.data or None, form.seen.data
        try:
            grants.change(db.session, account(), taught, learner_id, form.grant, now(), note, seen=seen)
        except Moved:
            db.session.rollback()
            form.seen.data = grants.state_of(person.exception)  # sent once more, it counts as having seen that
            return _changing_page(taught, form, person, is_moved=True), 409
        db.session.commit()
        flash(f"The exception of {person.name} was changed. A test under way loses no time.")
        return redirect(url_for("teach.exceptions", assignment_id=assignment_id), 303)
    return _changing_page(taught, form, person), 422 if form.errors else 200


def _changing_page(taught: Taught, form: ExceptionForm, person: Person, *, is_moved: bool = False) -> str:
    return render_template("teach/exception.html", taught=taught, form=form, person=person, is_moved=is_moved)


def _filled(taught: Taught, person: Person) -> ExceptionForm:
    held = person.exception
    assert held is not None
    shown = {
        "extra_time_percent": held.extra_time_percent or None,
        "more_attempts": held.more_attempts or None,
        "is_excused": held.is_excused,
        "note": held.note or "",
        "seen": grants.state_of(held),
    }
    zone = taught.assignment.time_zone
    return ExceptionForm(zone, data=shown | local_fields("due", held.due_at, zone))


@blueprint.post(
    "/assignments/<int:assignment_id>/exceptions/<int:learner_id>/take-back", endpoint="exception_take_back"
)
@trainers_only
def take_back(assignment_id: int, learner_id: int) -> ResponseReturnValue:
    """Take an exception back, once; an attempt under way keeps its time."""
    taught = found_assignment(assignment_id, for_update=True)
    grants.take_back(db.session, account(), taught, learner_id, now())
    db.session.commit()
    flash("The exception was taken back. A test under way keeps the time it was promised.")
    return redirect(url_for("teach.exceptions", assignment_id=assignment_id), 303)
