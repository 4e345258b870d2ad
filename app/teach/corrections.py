"""Correcting a faulty question in one assignment, and changing single marks."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.db import db
from app.services.assignments import assignments
from app.services.cohorts import cohorts
from app.services.marking import corrections, marks
from app.services.marking.marks import TaughtMark
from app.services.reporting import attempt_records
from app.teach import blueprint
from app.teach.forms import MarkForm
from app.teach.obstacles import NotPossibleNowError
from app.web import correction_pages
from app.web.access import current_account, trainers_only
from app.web.correction_pages import CorrectionPage
from app.web.forms import is_first_submission
from app.web.identity import get_viewer
from app.web.templating import points

_ERROR_MESSAGES: dict[type[marks.MarkError], tuple[str, LazyString]] = {
    marks.MarkUnchanged: ("points", _l("The mark is the same already.")),
    marks.PassWouldBeLost: (
        "may_lower",
        _l("The learner was told that they passed, and would no longer pass. Tick this box to confirm."),
    ),
    marks.MarkChangedMeanwhile: (
        "points",
        _l("Somebody else changed the mark after you opened this page. Check it again."),
    ),
    marks.MarkOfOwn: ("points", _l("This is your own answer. Ask another trainer to change the mark.")),
    marks.MarkVoid: ("points", _l("This question is not counted, so there is no mark to change.")),
}


@blueprint.route("/assignments/<int:assignment_id>/questions/<int:version_id>/correct", methods=["GET", "POST"])
@trainers_only
def correct_question(assignment_id: int, version_id: int) -> ResponseReturnValue:
    """Show the remedies for a faulty question and apply one.

    :raise 404: not the viewer's assignment, or no attempt at it contains this version.
    :raise ArchivedError: a POST, and the cohort is archived.
    """
    place = _get_correction_page(assignment_id, version_id)
    if request.method != "POST" or place.asked.taught is None:
        return correction_pages.show_form(place)
    cohorts.require_active(place.asked.taught.cohort)
    return correction_pages.take_decision(place, place.path)


@blueprint.get("/assignments/<int:assignment_id>/questions/<int:version_id>/correct/preview")
@trainers_only
def preview_correction(assignment_id: int, version_id: int) -> ResponseReturnValue:
    """Show which marks a correction would change.

    :raise 404: see :func:`correct_question`.
    """
    return correction_pages.show_preview(_get_correction_page(assignment_id, version_id))


def _get_correction_page(assignment_id: int, version_id: int) -> CorrectionPage:
    taught = assignments.get_for(db.session, get_viewer(), assignment_id) or abort(404)
    asked = corrections.get_for_assignment(db.session, taught, version_id) or abort(404)
    return CorrectionPage(
        asked,
        "teach/correct.html",
        "teach/correct_preview.html",
        url_for("teach.correct_question", assignment_id=assignment_id, version_id=version_id),
        url_for("teach.preview_correction", assignment_id=assignment_id, version_id=version_id),
    )


@blueprint.route("/attempts/<int:attempt_id>/<int:n>/mark", methods=["GET", "POST"])
@trainers_only
def change_mark(attempt_id: int, n: int) -> ResponseReturnValue:
    """Change one mark, with a reason.

    :raise 404: not an attempt in a cohort that the viewer teaches, or no such question in it.
    :raise NotPossibleNowError: the attempt is not submitted, or open again.
    :raise ArchivedError: a POST, and the cohort is archived.
    """
    is_post = request.method == "POST"
    marked = _get_mark(attempt_id, n, for_update=is_post)
    if is_post:
        cohorts.require_active(marked.cohort)
    form = MarkForm()
    if form.validate_on_submit():
        if not is_first_submission(form):
            return redirect(url_for("teach.change_mark", attempt_id=attempt_id, n=n), 303)
        given = {"seen": form.seen.data, "may_lower": form.may_lower.data}
        try:
            marks.change_mark(db.session, current_account(), marked, form.value, form.reason.data, now(), **given)
        except marks.MarkError as error:
            db.session.rollback()
            name, words = _ERROR_MESSAGES[type(error)]
            form[name].errors = [words]
            return _render_mark(_get_mark(attempt_id, n), form), 409
        db.session.commit()
        flash(_("Mark changed. The learner sees it in the result."))
        return redirect(url_for("teach.change_mark", attempt_id=attempt_id, n=n), 303)
    return _render_mark(marked, form), 422 if form.errors else 200


def _get_mark(attempt_id: int, n: int, *, for_update: bool = False) -> TaughtMark:
    viewer = get_viewer()
    marked = marks.get_for(db.session, viewer, attempt_id, n, now(), for_update=for_update)
    if marked is not None:
        return marked
    attempt = marks.get_unmarked(db.session, viewer, attempt_id, n) or abort(404)
    if attempt.submitted_at is not None:
        raise NotPossibleNowError(
            _("This answer is not marked yet"),
            _("People mark it first. You can change the mark afterwards."),
            url_for("teach.show_marking", assignment_id=attempt.assignment_id),
            _("Go to the marking"),
        )
    if attempt.reopened_at is not None:
        title = _("This test is open again")
        text = _("Its result was withdrawn when it was reopened. You can change marks once it is submitted again.")
    else:
        title = _("This test is not submitted yet")
        text = _("It has no marks so far. You can change them once it is submitted.")
    raise NotPossibleNowError(title, text, url_for("teach.show_attempt", attempt_id=attempt_id), _("Go to the attempt"))


def _render_mark(marked: TaughtMark, form: MarkForm) -> str:
    changes = marks.list_changes(db.session, marked)
    if not form.is_submitted():
        form.points.data = points(marked.mark.points)
    form.seen.data = len(changes)
    return render_template(
        "teach/mark.html",
        marked=marked,
        is_own=marked.author_id == current_account().id,
        shown=attempt_records.view_marked(db.session, marked),
        form=form,
        changes=changes,
    )
