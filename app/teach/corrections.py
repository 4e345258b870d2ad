"""Correcting a faulty question in one assignment, and changing a single mark."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import correcting
from app.access import account, trainers_only
from app.clock import now
from app.correcting import Place
from app.db import db
from app.identity import viewer
from app.jinja import points
from app.services import once
from app.services.assigned import assignments
from app.services.marking import corrections, marks
from app.services.marking.marks import Marked
from app.services.teaching import cohorts
from app.teach import blueprint
from app.teach.forms import MarkForm

_REFUSED: dict[type[marks.MarkError], tuple[str, str]] = {
    marks.MarkSame: ("points", "That is the mark already."),
    marks.PassWouldBeLost: (
        "may_lower",
        "With this mark the attempt is no longer passed, and the learner has been told that it is. Tick this if you mean it.",
    ),
    marks.MarkMoved: ("points", "Somebody changed the mark since you opened this page. Look at it again."),
    marks.MarkVoid: ("points", "The question was taken out of the score: there is no mark to change."),
}


@blueprint.route(
    "/assignments/<int:assignment_id>/questions/<int:version_id>/correct", endpoint="correct", methods=["GET", "POST"]
)
@trainers_only
def correct_question(assignment_id: int, version_id: int) -> ResponseReturnValue:
    """Say what is to be done about a faulty question; a POST does it.

    :raise 404: not the viewer's assignment, or nobody was asked this version in it.
    :raise ArchivedError: it is to be corrected, and its cohort is archived.
    """
    place = _place(assignment_id, version_id)
    if request.method != "POST" or place.asked.taught is None:
        return correcting.show_form(place)
    cohorts.demand_active(place.asked.taught.cohort)
    return correcting.take_decision(place, place.path)


@blueprint.get(
    "/assignments/<int:assignment_id>/questions/<int:version_id>/correct/preview", endpoint="correct_preview"
)
@trainers_only
def preview_correction(assignment_id: int, version_id: int) -> ResponseReturnValue:
    """Whose marks would change.

    :raise 404: as above.
    """
    return correcting.show_preview(_place(assignment_id, version_id))


def _place(assignment_id: int, version_id: int) -> Place:
    taught = assignments.get_for(db.session, viewer(), assignment_id) or abort(404)
    asked = corrections.get_for_assignment(db.session, taught, version_id) or abort(404)
    return Place(
        asked,
        "teach/correct.html",
        "teach/correct_preview.html",
        url_for("teach.correct", assignment_id=assignment_id, version_id=version_id),
        url_for("teach.correct_preview", assignment_id=assignment_id, version_id=version_id),
    )


@blueprint.route("/attempts/<int:attempt_id>/<int:n>/mark", endpoint="mark", methods=["GET", "POST"])
@trainers_only
def change_mark(attempt_id: int, n: int) -> ResponseReturnValue:
    """Change one mark, with a reason.

    :raise 404: not an attempt at an assignment that the viewer teaches, not handed in, or no such question in it.
    :raise ArchivedError: it is to be changed, and its cohort is archived.
    """
    is_post = request.method == "POST"
    marked = marks.get_for(db.session, viewer(), attempt_id, n, now(), for_update=is_post) or abort(404)
    if is_post:
        cohorts.demand_active(marked.cohort)
    form = MarkForm()
    if form.validate_on_submit():
        if not once.is_first(db.session, account(), form.form_id.data, now()):
            return redirect(url_for("teach.mark", attempt_id=attempt_id, n=n), 303)
        given = {"seen": form.seen.data, "may_lower": form.may_lower.data}
        try:
            marks.change(db.session, account(), marked, form.value, form.reason.data, now(), **given)
        except marks.MarkError as error:
            db.session.rollback()
            name, words = _REFUSED[type(error)]
            form[name].errors = [words]
            return _mark_page(marks.get_for(db.session, viewer(), attempt_id, n, now()) or abort(404), form), 409
        db.session.commit()
        flash("The mark is changed. The learner sees it with their result.")
        return redirect(url_for("teach.mark", attempt_id=attempt_id, n=n), 303)
    return _mark_page(marked, form), 422 if form.errors else 200


def _mark_page(marked: Marked, form: MarkForm) -> str:
    changes = marks.list_changes(db.session, marked)
    if not form.is_submitted():
        form.points.data = points(marked.mark.points)
    form.seen.data = len(changes)
    return render_template(
        "teach/mark.html", marked=marked, shown=marks.as_marked(db.session, marked), form=form, changes=changes
    )
