"""Marking answers by people: the questions of an assignment, the answers to one of them, and one answer."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.db import db
from app.services.assignments.assignments import TaughtAssignment
from app.services.cohorts import cohorts
from app.services.course import catalogue
from app.services.marking import marking_queue, markings
from app.services.marking.marking_queue import QuestionQueue
from app.services.marking.markings import AnswerToMark, MarkingSettings
from app.teach import blueprint
from app.teach.assignments import get_assignment_or_404
from app.teach.marking_forms import MarkingForm, MarkingSettingsForm
from app.teach.overdue import close_overdue_attempts
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission
from app.web.identity import get_viewer

_ERROR_MESSAGES: dict[type[markings.MarkingError], LazyString] = {
    markings.AlreadyMarked: _l(
        "Somebody else marked this answer after you opened this page. Your entry was not saved."
    ),
    markings.WaitsForOther: _l("Somebody else has to mark this answer now. Your entry was not saved."),
}


@blueprint.route("/assignments/<int:assignment_id>/marking", methods=["GET", "POST"])
@trainers_only
def show_marking(assignment_id: int) -> ResponseReturnValue:
    """List the questions that people mark, and change how they are marked.

    :raise 404: not the viewer's assignment.
    :raise ArchivedError: a POST, and the cohort is archived.
    """
    taught = get_assignment_or_404(assignment_id, for_update=request.method == "POST")
    form = MarkingSettingsForm(obj=markings.get_settings(taught.assignment))
    if form.validate_on_submit():
        settings = MarkingSettings(
            form.marks_anonymously.data, form.needs_second_marker.data, form.releases_unfinished.data
        )
        markings.change_settings(db.session, current_account(), taught, settings, now())
        db.session.commit()
        flash(_("Saved how this assignment is marked."))
        return redirect(url_for("teach.show_marking", assignment_id=assignment_id), 303)
    if request.method == "GET":
        close_overdue_attempts(taught.cohort)
    queues = marking_queue.list_queues(db.session, taught, get_viewer())
    page = render_template("teach/marking.html", taught=taught, queues=queues, form=form)
    return page, 422 if form.errors else 200


@blueprint.get("/assignments/<int:assignment_id>/marking/<int:version_id>")
@trainers_only
def list_answers_to_mark(assignment_id: int, version_id: int) -> ResponseReturnValue:
    """List the answers to one question, with what is still to be done.

    :raise 404: not the viewer's assignment, or nobody answered such a question in it.
    """
    taught = get_assignment_or_404(assignment_id)
    queue = marking_queue.get_queue(db.session, taught, get_viewer(), version_id) or abort(404)
    return render_template("teach/marking_question.html", taught=taught, queue=queue)


@blueprint.route("/assignments/<int:assignment_id>/marking/<int:version_id>/<int:attempt_id>", methods=["GET", "POST"])
@trainers_only
def mark_answer(assignment_id: int, version_id: int, attempt_id: int) -> ResponseReturnValue:
    """Show one answer with the rubric, and store a marking of it.

    :raise 404: not the viewer's assignment, or no such answer that people mark.
    :raise ArchivedError: a POST, and the cohort is archived.
    """
    is_post = request.method == "POST"
    taught = get_assignment_or_404(assignment_id)
    answer = _get_answer(assignment_id, version_id, attempt_id, for_update=is_post)
    if is_post:
        cohorts.require_active(taught.cohort)
    form = MarkingForm(answer.criteria, answer.get_own(current_account()))
    if not is_post:
        return _render_answer(taught, answer, form)
    if not form.validate_marking():
        return _render_answer(taught, answer, form), 422
    if is_first_submission(form):
        try:
            markings.give(db.session, current_account(), answer, form.get_marking(), now())
        except markings.MarkingError as error:
            db.session.rollback()
            fresh = _get_answer(assignment_id, version_id, attempt_id)
            return _render_answer(taught, fresh, form, str(_ERROR_MESSAGES[type(error)])), 409
        db.session.commit()
        flash(_("Marking saved."))
    return redirect(_get_next_path(taught, version_id, attempt_id), 303)


def _get_answer(assignment_id: int, version_id: int, attempt_id: int, *, for_update: bool = False) -> AnswerToMark:
    found = markings.get_for(db.session, get_viewer(), assignment_id, version_id, attempt_id, for_update=for_update)
    return found or abort(404)


def _get_next_path(taught: TaughtAssignment, version_id: int, attempt_id: int) -> str:
    """Return the next answer that waits for the viewer, or the list of questions."""
    queue = marking_queue.get_queue(db.session, taught, get_viewer(), version_id)
    following = queue.find_next(attempt_id) if queue else None
    assignment_id = taught.assignment.id
    if following is None:
        return url_for("teach.show_marking", assignment_id=assignment_id)
    return url_for(
        "teach.mark_answer",
        assignment_id=assignment_id,
        version_id=version_id,
        attempt_id=following.attempt_id,
    )


def _render_answer(taught: TaughtAssignment, answer: AnswerToMark, form: MarkingForm, fault: str | None = None) -> str:
    version_id, attempt_id = answer.item.version_id, answer.attempt.id
    queue = marking_queue.get_queue(db.session, taught, get_viewer(), version_id) or _raise_gone()
    solution = catalogue.get_solutions(db.session, [version_id])[version_id]
    return render_template(
        "teach/mark_answer.html",
        taught=taught,
        answer=answer,
        queue=queue,
        place=next(one for one in queue.answers if one.attempt_id == attempt_id),
        before=queue.find_beside(attempt_id, -1),
        following=queue.find_beside(attempt_id, 1),
        is_own=answer.author.id == current_account().id,
        role=answer.find_role(current_account()),
        has_marked=answer.get_own(current_account()) is not None,
        model=answer.shown.kind.describe_key(answer.shown, solution.key),
        explanation=solution.explanation,
        form=form,
        fault=fault,
    )


def _raise_gone() -> QuestionQueue:
    abort(404)
