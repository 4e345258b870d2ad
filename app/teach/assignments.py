"""Creating, editing, withdrawing and restoring assignments."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.domain.content import Use
from app.models import Cohort, ComposedTest
from app.services.assignments import assignments, availability, composed_tests, exceptions, options
from app.services.assignments.assignments import AlreadyStartedError, TaughtAssignment, Terms
from app.services.assignments.learner_assignments import AssignmentView
from app.services.assignments.options import AssignmentOptions
from app.services.attempts import starts
from app.services.cohorts import cohorts
from app.services.course import impact
from app.services.reporting import assignment_results
from app.teach import blueprint
from app.teach.assignment_forms import EXAM_IF_ANY, AssignmentForm, fill_form
from app.teach.changes import FieldChange, describe_changes
from app.teach.cohorts import get_cohort_or_404
from app.teach.overdue import close_overdue_attempts
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission
from app.web.identity import get_viewer
from app.web.templating import when


@blueprint.route("/cohorts/<int:cohort_id>/assignments/new", methods=["GET", "POST"])
@trainers_only
def add_assignment(cohort_id: int) -> ResponseReturnValue:
    cohort = get_cohort_or_404(cohort_id)
    cohorts.require_active(cohort)
    choices = options.load_options(db.session, get_viewer(), cohort)
    form = AssignmentForm(cohort.time_zone, choices)
    if not form.is_submitted():
        form.module.data = _choose_module(choices)
        form.test.data = _choose_test(choices)
    if _is_accepted(form, choices):
        if is_first_submission(form):
            _create_assignment(form, cohort)
        return redirect(url_for("teach.show_cohort", cohort_id=cohort.id), 303)
    page = render_template(
        "teach/assignment_new.html",
        cohort=cohort,
        form=form,
        choices=choices,
        trainers=_list_key_holders(choices, cohort),
    )
    return page, 422 if form.errors else 200


def _choose_module(choices: AssignmentOptions) -> int | None:
    """Return the first module of the library that the address names, if any; otherwise the first of all."""
    wanted = request.args.get("library", type=int)
    found = (module.id for module in choices.modules if wanted is None or module.library_id == wanted)
    return next(found, None)


def _choose_test(choices: AssignmentOptions) -> int:
    """Return the composed test that the address names, if it can be assigned; otherwise 0."""
    wanted = request.args.get("test", 0, type=int)
    return wanted if wanted in choices.tests else 0


def _list_key_holders(choices: AssignmentOptions, cohort: Cohort) -> Sequence[str]:
    """Return the names of the cohort's trainers, if modules of libraries are offered, whose keys they would see."""
    return cohorts.list_trainers(db.session, cohort) if choices.libraries else ()


def _create_assignment(form: AssignmentForm, cohort: Cohort) -> None:
    module = form.module_row
    create = assignments.create_with_pretest if form.also_pretest.data else assignments.create
    assignment = create(db.session, current_account(), cohort, module, form.terms(module), now())
    db.session.commit()
    if form.also_pretest.data:
        flash(_("%(title)s assigned, with a pre-test. Learners see both on their home page.", title=assignment.title))
    else:
        flash(_("%(title)s assigned. Learners see it on their home page.", title=assignment.title))
    if form.question_use.data == EXAM_IF_ANY and assignment.test_id is None:
        flash(
            _("It asks exam questions, which are shown nowhere else.")
            if assignment.question_use is Use.EXAM
            else _("The module has no exam questions, so it asks those of the self-test, which everybody can see.")
        )


@blueprint.get("/assignments/<int:assignment_id>")
@trainers_only
def show_assignment(assignment_id: int) -> ResponseReturnValue:
    """Show the results of an assignment: how each learner did; ``show=missing`` lists those who have not passed yet."""
    taught = get_assignment_or_404(assignment_id)
    close_overdue_attempts(taught.cohort)
    return render_template(
        "teach/assignment.html",
        taught=taught,
        results=assignment_results.get_results(db.session, taught, now()),
        shows_missing=request.args.get("show") == "missing",
        item=_view_as_learner(taught),
    )


@blueprint.route("/assignments/<int:assignment_id>/settings", methods=["GET", "POST"])
@trainers_only
def edit_assignment(assignment_id: int) -> ResponseReturnValue:
    """Edit the terms of an assignment."""
    taught = get_assignment_or_404(assignment_id, for_update=request.method == "POST")
    choices = options.load_options(db.session, get_viewer(), taught.cohort, taught)
    form = _build_form(taught, choices)
    meanwhile = _list_changes_since(form, taught) if form.is_submitted() else []
    if not meanwhile and _is_accepted(form, choices, taught):
        assignments.edit(db.session, current_account(), taught, _read_terms(form, choices, taught), now())
        db.session.commit()
        flash(_("Changes saved. Learners taking the test now keep their time and attempts."))
        _warn_of_past_date(taught)
        return redirect(url_for("teach.edit_assignment", assignment_id=assignment_id), 303)
    status = 409 if meanwhile else 422 if form.errors else 200
    return _render_page(taught, form, choices, meanwhile), status


def _warn_of_past_date(taught: TaughtAssignment) -> None:
    due_at = taught.assignment.due_at
    if due_at is not None and due_at <= now():
        flash(_("Note: the due date, %(when)s, is in the past.", when=when(due_at, taught.assignment.time_zone)))


def _list_changes_since(form: AssignmentForm, taught: TaughtAssignment) -> Sequence[FieldChange]:
    """List others' changes since the page was loaded. If the form is sent again, they count as seen."""
    assignment = taught.assignment
    changes = assignments.list_changes(db.session, assignment, form.seen_revision)
    form.revision.data = str(assignment.revision)
    return tuple(describe_changes(changes, form, assignment.time_zone))


def _is_accepted(form: AssignmentForm, choices: AssignmentOptions, taught: TaughtAssignment | None = None) -> bool:
    """Return whether a form was submitted with valid terms. Each fault is added to its field."""
    if not form.is_submitted():
        return False
    is_shaped = form.validate()
    if not form.is_whole:
        return False
    module = taught.module if taught else form.module_row
    faults = options.find_faults(
        db.session,
        choices,
        module,
        _read_terms(form, choices, taught) if taught else form.terms(module),
        now(),
        of=taught.assignment if taught else None,
        with_pretest=bool(form.also_pretest.data),
    )
    return form.say(faults) and is_shaped


def _read_terms(form: AssignmentForm, choices: AssignmentOptions, taught: TaughtAssignment) -> Terms:
    return form.terms(taught.module).with_unseen(
        assignments.get_terms(db.session, taught.assignment),
        recipient_ids=[member.learner_id for member in choices.members],
        lesson_ids=[lesson.id for lesson in choices.lessons],
    )


def get_assignment_or_404(assignment_id: int, *, for_update: bool = False) -> TaughtAssignment:
    """Return the assignment if the viewer teaches its cohort. Pass ``for_update`` to change it.

    :raise 404: no such assignment, or another trainer's.
    :raise ArchivedError: ``for_update``, and the cohort is archived.
    """
    taught = assignments.get_for(db.session, get_viewer(), assignment_id, for_update=for_update) or abort(404)
    if for_update:
        cohorts.require_active(taught.cohort)
    return taught


def _build_form(taught: TaughtAssignment, choices: AssignmentOptions) -> AssignmentForm:
    assignment = taught.assignment
    terms = assignments.get_terms(db.session, assignment)
    # A submitted form without a revision must not overwrite anything.
    shown = fill_form(terms, assignment.time_zone) | {
        "revision": "0" if request.method == "POST" else str(assignment.revision)
    }
    return AssignmentForm(assignment.time_zone, choices, of=taught.module, data=shown)


def _render_page(
    taught: TaughtAssignment, form: AssignmentForm, choices: AssignmentOptions, meanwhile: Sequence[FieldChange]
) -> str:
    people = exceptions.list_learners(db.session, taught)
    return render_template(
        "teach/assignment_settings.html",
        taught=taught,
        form=form,
        choices=choices,
        trainers=_list_key_holders(choices, taught.cohort),
        meanwhile=meanwhile,
        people=people,
        short=exceptions.list_short_of_time(db.session, taught, people, now()),
        since=impact.count_pool_changes(db.session, taught.assignment),
        after=availability.list_posttests(db.session, taught.assignment),
        was_started=assignments.is_started(db.session, taught.assignment),
        composed=_get_own_test(taught),
        test=starts.preview_assignment(db.session, _view_as_learner(taught)),
    )


def _get_own_test(taught: TaughtAssignment) -> ComposedTest | None:
    """Return the composed test of an assignment, if it is the viewer's."""
    test_id = taught.assignment.test_id
    return None if test_id is None else composed_tests.get_for(db.session, get_viewer(), test_id)


def _view_as_learner(taught: TaughtAssignment) -> AssignmentView:
    return availability.view_without_exceptions(db.session, taught.assignment, taught.module, taught.cohort, now())


@blueprint.post("/assignments/<int:assignment_id>/withdraw")
@trainers_only
def withdraw_assignment(assignment_id: int) -> ResponseReturnValue:
    taught = get_assignment_or_404(assignment_id, for_update=True)
    assignments.withdraw(db.session, current_account(), taught, now())
    return _redirect_done(
        taught, _("%(title)s withdrawn. Learners no longer see it. Results are kept.", title=taught.assignment.title)
    )


@blueprint.post("/assignments/<int:assignment_id>/set-again")
@trainers_only
def restore_assignment(assignment_id: int) -> ResponseReturnValue:
    taught = get_assignment_or_404(assignment_id, for_update=True)
    assignments.restore(db.session, current_account(), taught, now())
    return _redirect_done(
        taught, _("%(title)s assigned again. Learners see it as before.", title=taught.assignment.title)
    )


@blueprint.post("/assignments/<int:assignment_id>/delete")
@trainers_only
def delete_assignment(assignment_id: int) -> ResponseReturnValue:
    """Delete an assignment without attempts."""
    taught = get_assignment_or_404(assignment_id, for_update=True)
    try:
        assignments.delete_assignment(db.session, current_account(), taught, now())
    except AlreadyStartedError:
        flash(_("Somebody has started it, so it can’t be deleted. You can withdraw it; results are kept."))
        return redirect(url_for("teach.edit_assignment", assignment_id=assignment_id), 303)
    db.session.commit()
    flash(_("%(title)s deleted.", title=taught.assignment.title))
    return redirect(url_for("teach.show_cohort", cohort_id=taught.cohort.id), 303)


def _redirect_done(taught: TaughtAssignment, words: str) -> ResponseReturnValue:
    db.session.commit()
    flash(words)
    return redirect(url_for("teach.edit_assignment", assignment_id=taught.assignment.id), 303)
