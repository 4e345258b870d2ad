"""Start pages of tests, and starting. Nothing but the button of a start page starts a clock."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.learn import blueprint
from app.learn.course import get_module_or_404
from app.learn.forms import StartForm
from app.models import Attempt, ModuleRow
from app.permissions import may_take_test
from app.services.assignments import availability
from app.services.attempts import attempts, releases, starts
from app.web.access import ask_to_sign_in
from app.web.identity import ensure_learner, get_viewer


@blueprint.get("/modules/<slug>/test")
def show_test(slug: str) -> str:
    """Show the start page of a module's own test.

    :raise 404: no such module.
    """
    module, viewer = get_module_or_404(slug), get_viewer()
    assigned = (
        availability.list_due_in_module(db.session, viewer.learner, module, now())
        if viewer.learner and may_take_test(viewer)
        else []
    )
    return render_template(
        "learn/test.html",
        module=module,
        test=starts.view_module_test(db.session, viewer, module, now(), _get_before()),
        assigned=assigned,
    )


@blueprint.get("/assignments/<int:assignment_id>")
def show_assignment(assignment_id: int) -> ResponseReturnValue:
    """Show the start page of an assigned test: its terms for this learner, its lessons and earlier attempts.

    :raise 404: no such assignment, or not for this learner.
    """
    viewer = get_viewer()
    if not may_take_test(viewer):
        return ask_to_sign_in()
    item = availability.get_due(db.session, viewer.learner, assignment_id, now()) if viewer.learner else None
    if item is None or viewer.learner is None:
        abort(404)
    return render_template(
        "learn/assignment.html",
        item=item,
        test=starts.view_assignment(db.session, viewer.learner, item, now(), _get_before()),
        lessons=availability.list_lessons(db.session, viewer.learner, assignment_id),
    )


def _get_before() -> int | None:
    """Return the attempt number before which earlier attempts are listed."""
    before = request.args.get("before", "")
    return int(before) if before.isascii() and before.isdecimal() and len(before) < 9 else None


@blueprint.post("/modules/<slug>/attempts")
def start_attempt(slug: str) -> ResponseReturnValue:
    """Start practice or the module's test, or continue the open attempt.

    :raise 404: no such module.
    """
    module = get_module_or_404(slug)
    form = StartForm(request.form)
    if not form.validate():
        abort(400, _("Choose practice or the test."))
    if form.mode.data == "test":
        if not may_take_test(get_viewer()):
            return ask_to_sign_in(url_for("learn.show_test", slug=slug))
        attempt = attempts.start_test(db.session, ensure_learner(), module, now())
    else:
        attempt = _start_practice(module, form.missed.data)
    return _redirect_started(attempt)


def _start_practice(module: ModuleRow, missed: int | None) -> Attempt:
    missed_in = attempts.get_for(db.session, get_viewer(), missed) if missed else None
    if missed_in is not None and not releases.get_release(db.session, missed_in, now()).correctness:
        # Practising the missed questions would reveal which ones were missed.
        missed_in = None
    return attempts.start_practice(db.session, ensure_learner(), module, now(), missed_in)


@blueprint.post("/assignments/<int:assignment_id>/attempts")
def start_assignment(assignment_id: int) -> ResponseReturnValue:
    """Start an assigned test, or continue the open attempt.

    :raise 404: no such assignment, or not for this learner.
    """
    if not may_take_test(get_viewer()):
        return ask_to_sign_in(url_for("learn.show_assignment", assignment_id=assignment_id))
    learner = ensure_learner()
    available = availability.get_available(db.session, learner, assignment_id, now(), for_start=True)
    if available is None:
        abort(404)
    return _redirect_started(attempts.start_assignment(db.session, learner, available, available.module, now()))


def _redirect_started(attempt: Attempt) -> ResponseReturnValue:
    db.session.commit()
    return redirect(url_for("learn.show_question", attempt_id=attempt.id, n=attempt.furthest), 303)
