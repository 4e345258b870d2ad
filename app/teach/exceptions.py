"""Exceptions to an assignment for some learners: extra time, a later due date, more attempts, or excused."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from flask import abort, flash, get_template_attribute, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.db import db
from app.domain import wall_clock
from app.domain.assignment import ExceptionTerms, check_exception
from app.domain.names import fold_name, has_all_words
from app.services.assignments import exceptions
from app.services.assignments.assignments import TaughtAssignment
from app.services.assignments.exceptions import AlreadyGrantedError, AssignedLearner, ExceptionChangedError
from app.services.reporting import learner_records
from app.teach import blueprint
from app.teach.assignment_forms import DAY_END, ExceptionForm, add_fault, split_moment
from app.teach.assignments import get_assignment_or_404
from app.teach.obstacles import NotPossibleNowError
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission
from app.web.templating import label_person, shared_names

LATER_BY = timedelta(days=7)
"""How much later a due date is proposed for a learner who is past due."""


@blueprint.get("/assignments/<int:assignment_id>/exceptions")
@trainers_only
def list_exceptions(assignment_id: int) -> ResponseReturnValue:
    """List the exceptions, and a form for more. ``q`` narrows the list of learners to choose from."""
    taught = get_assignment_or_404(assignment_id)
    form = ExceptionForm(taught.assignment.time_zone, formdata=None)
    form.learners.data = request.args.getlist("learners", type=int)
    return _render_list(taught, form)


@blueprint.post("/assignments/<int:assignment_id>/exceptions")
@trainers_only
def add_exception(assignment_id: int) -> ResponseReturnValue:
    """Grant an exception to all selected learners or none. Running attempts are extended at once."""
    taught = get_assignment_or_404(assignment_id, for_update=True)
    form = ExceptionForm(taught.assignment.time_zone)
    people = exceptions.list_learners(db.session, taught)
    form.offer([(person.learner_id, person.name) for person in people])
    if _is_accepted(form, taught, with_learners=True):
        if not is_first_submission(form):
            return redirect(url_for("teach.list_exceptions", assignment_id=assignment_id), 303)
        try:
            learners = form.learners.data
            exceptions.create(
                db.session, current_account(), taught, learners, form.terms, now(), form.note.data or None
            )
        except AlreadyGrantedError as error:
            add_fault(form.learners, _describe_existing(people, error.learner_ids))
            db.session.rollback()
        else:
            db.session.commit()
            count = len(set(learners))
            flash(ngettext("Exception saved for %(num)s learner.", "Exception saved for %(num)s learners.", count))
            return redirect(url_for("teach.list_exceptions", assignment_id=assignment_id), 303)
    return _render_list(get_assignment_or_404(assignment_id), form), 422


def _is_accepted(form: ExceptionForm, taught: TaughtAssignment, *, with_learners: bool) -> bool:
    is_shaped = form.validate()
    if with_learners and not form.learners.data and not form.learners.errors:
        add_fault(form.learners, _("Choose at least one learner."))
    if form.errors:
        return False
    return form.say(check_exception(form.terms, taught.assignment.base_terms)) and is_shaped


def _describe_existing(people: Collection[AssignedLearner], learner_ids: Collection[int]) -> str:
    shared = shared_names(people)
    names = ", ".join(label_person(person, shared) for person in people if person.learner_id in learner_ids)
    return _("Already has an exception: %(names)s. Change it above, or clear the box. Nothing was saved.", names=names)


def _render_list(taught: TaughtAssignment, form: ExceptionForm) -> str:
    people = exceptions.list_learners(db.session, taught)
    form.offer([(person.learner_id, person.name) for person in people])
    sought = request.args.get("q", "").strip()[:200]
    return render_template(
        "teach/exceptions.html",
        taught=taught,
        form=form,
        people=people,
        sought=sought,
        offered=_list_offered(people, form.learners.data or (), sought),
        short=exceptions.list_short_of_time(db.session, taught, people, now()),
    )


def _list_offered(people: Iterable[AssignedLearner], ticked: Collection[int], sought: str) -> list[AssignedLearner]:
    """Return the learners to choose from: those without an exception who match the search, and those ticked already."""
    wanted = fold_name(sought)
    free = [person for person in people if person.exception is None and not person.is_account_closed]
    return [
        person for person in free if person.learner_id in ticked or has_all_words(wanted, person.name, person.email)
    ]


@blueprint.post("/assignments/<int:assignment_id>/exceptions/move-closing")
@trainers_only
def move_closings(assignment_id: int) -> ResponseReturnValue:
    """Let the test close later for each learner whose extra time does not fit before it closes."""
    taught = get_assignment_or_404(assignment_id, for_update=True)
    people = exceptions.list_learners(db.session, taught)
    short = exceptions.list_short_of_time(db.session, taught, people, now())
    exceptions.move_closings(db.session, current_account(), taught, short, now())
    db.session.commit()
    if short:
        shared = shared_names(people)
        names = ", ".join(label_person(person, shared) for person in short)
        flash(_("The test now closes later for %(names)s.", names=names))
    return redirect(url_for("teach.list_exceptions", assignment_id=assignment_id), 303)


@blueprint.route("/assignments/<int:assignment_id>/exceptions/<int:learner_id>", methods=["GET", "POST"])
@trainers_only
def edit_exception(assignment_id: int, learner_id: int) -> ResponseReturnValue:
    """Grant an exception to one learner, or change theirs. ``give`` proposes another attempt or more time.

    :raise 404: nobody who is or was in the cohort.
    :raise NotPossibleNowError: the assignment is not for the learner, or not any more.
    """
    taught = get_assignment_or_404(assignment_id, for_update=request.method == "POST")
    person = _get_person(taught, learner_id)
    form = _fill_form(taught, person)
    if form.is_submitted() and _is_accepted(form, taught, with_learners=False):
        try:
            _save(taught, person, form)
        except (ExceptionChangedError, AlreadyGrantedError):
            db.session.rollback()
            return _render_changed(assignment_id, learner_id, form), 409
        db.session.commit()
        flash(_describe_saved(person.name, form.terms, taught.assignment.time_zone))
        return redirect(_get_address_after(taught, learner_id), 303)
    return _render_edit(taught, form, person), 422 if form.errors else 200


def _get_person(taught: TaughtAssignment, learner_id: int) -> AssignedLearner:
    people = exceptions.list_learners(db.session, taught)
    person = next((one for one in people if one.learner_id == learner_id), None)
    if person is not None:
        return person
    member = learner_records.get_member(db.session, taught.cohort, learner_id) or abort(404)
    title = _("%(title)s is not assigned to %(name)s", title=taught.assignment.title, name=member.name)
    text = (
        _("You can choose for whom it is in its settings.")
        if member.removed_at is None
        else _("This learner is no longer in the cohort. Under People you can bring them back.")
    )
    path = url_for("teach.list_exceptions", assignment_id=taught.assignment.id)
    raise NotPossibleNowError(title, text, path, _("Go to the exceptions"))


def _save(taught: TaughtAssignment, person: AssignedLearner, form: ExceptionForm) -> None:
    """Create the learner's exception, or change the one that the page showed."""
    actor, note, learner_id = current_account(), form.note.data or None, person.learner_id
    if person.exception is None:
        exceptions.create(db.session, actor, taught, [learner_id], form.terms, now(), note)
    elif form.seen.data == "":  # the page showed none
        raise AlreadyGrantedError([learner_id])
    else:
        exceptions.update(db.session, actor, taught, learner_id, form.terms, now(), note, seen=form.seen.data)


def _describe_saved(name: str, terms: ExceptionTerms, time_zone: str) -> str:
    words = get_template_attribute("teach/_granted.html", "granted")(terms, time_zone).strip()
    if terms.extra_time_percent:
        return _(
            "Saved for %(name)s: %(terms)s. A test in progress has the extra time at once.", name=name, terms=words
        )
    return _("Saved for %(name)s: %(terms)s.", name=name, terms=words)


def _render_changed(assignment_id: int, learner_id: int, form: ExceptionForm) -> str:
    """Show the exception that was changed meanwhile. If the form is sent again, it counts as seen."""
    taught = get_assignment_or_404(assignment_id)
    person = _get_person(taught, learner_id)
    form.seen.data = exceptions.get_fingerprint(person.exception) if person.exception else ""
    return _render_edit(taught, form, person, is_moved=True)


def _render_edit(
    taught: TaughtAssignment, form: ExceptionForm, person: AssignedLearner, *, is_moved: bool = False
) -> str:
    return render_template(
        "teach/exception.html",
        taught=taught,
        form=form,
        person=person,
        is_moved=is_moved,
        after=_get_address_after(taught, person.learner_id),
    )


def _get_address_after(taught: TaughtAssignment, learner_id: int) -> str:
    """Return the page that led to the form, named by ``back``."""
    cohort_id, assignment_id = taught.cohort.id, taught.assignment.id
    match request.args.get("back"):
        case "cohort":
            return url_for("teach.show_cohort", cohort_id=cohort_id)
        case "learner":
            return url_for("teach.show_learner", cohort_id=cohort_id, learner_id=learner_id)
        case "results":
            return url_for("teach.show_assignment", assignment_id=assignment_id)
        case _:
            return url_for("teach.list_exceptions", assignment_id=assignment_id)


def _fill_form(taught: TaughtAssignment, person: AssignedLearner) -> ExceptionForm:
    held, zone = person.exception, taught.assignment.time_zone
    terms = _propose(taught, person, request.args.get("give", ""))
    shown = {
        "extra_time_percent": terms.extra_time_percent or None,
        "more_attempts": terms.more_attempts or None,
        "is_excused": terms.is_excused,
        "note": (held and held.note) or "",
        "seen": exceptions.get_fingerprint(held) if held else "",
    }
    return ExceptionForm(zone, data=shown | split_moment("due", terms.due_at, zone))


def _propose(taught: TaughtAssignment, person: AssignedLearner, give: str) -> ExceptionTerms:
    """Return the terms that the form shows first: the learner's exception, with what ``give`` asks for."""
    held = person.exception.terms if person.exception else ExceptionTerms()
    terms, due_at = person.learner_terms, held.due_at
    is_closed = terms.closes_at is not None and terms.closes_at <= now()
    if (give == "time" and terms.due_at is not None) or (give == "attempt" and is_closed):
        due_at = _propose_due_date(max(terms.due_at or now(), now()), taught.assignment.time_zone)
    more = 1 if give == "attempt" and terms.attempts_allowed is not None else 0
    return ExceptionTerms(held.extra_time_percent, due_at, held.more_attempts + more, held.is_excused)


def _propose_due_date(after: datetime, zone: str) -> datetime:
    day = wall_clock.to_local(after, zone).date() + LATER_BY
    return wall_clock.to_utc(datetime.combine(day, DAY_END), zone)


@blueprint.post("/assignments/<int:assignment_id>/exceptions/<int:learner_id>/take-back")
@trainers_only
def revoke_exception(assignment_id: int, learner_id: int) -> ResponseReturnValue:
    """Revoke an exception. A running attempt keeps its time."""
    taught = get_assignment_or_404(assignment_id, for_update=True)
    exceptions.revoke(db.session, current_account(), taught, learner_id, now())
    db.session.commit()
    flash(_("The exception was removed. A test in progress keeps its time."))
    return redirect(url_for("teach.list_exceptions", assignment_id=assignment_id), 303)
