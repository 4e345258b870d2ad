"""Correcting a faulty question on the whole server."""

from __future__ import annotations

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import correcting
from app.access import admins_only
from app.admin import blueprint
from app.correcting import Place
from app.db import db
from app.services.marking import corrections, questions


@blueprint.get("/questions", endpoint="questions")
@admins_only
def questions_page() -> ResponseReturnValue:
    """All question versions, searchable, 50 a page; those that were reported come first."""
    sought = request.args.get("q", "").strip()[:200]
    page = questions.list_page(db.session, sought, request.args.get("page", 1, type=int))
    return render_template("admin/questions.html", page=page, sought=sought)


@blueprint.route("/questions/<int:version_id>/correct", endpoint="correct", methods=["GET", "POST"])
@admins_only
def correct_question(version_id: int) -> ResponseReturnValue:
    """Say what is to be done about a faulty question; a POST does it.

    :raise 404: no such version.
    """
    place = _place(version_id)
    return correcting.take_decision(place, place.path) if request.method == "POST" else correcting.show_form(place)


@blueprint.get("/questions/<int:version_id>/correct/preview", endpoint="correct_preview")
@admins_only
def preview_correction(version_id: int) -> ResponseReturnValue:
    """Whose marks would change.

    :raise 404: no such version.
    """
    return correcting.show_preview(_place(version_id))


def _place(version_id: int) -> Place:
    return Place(
        corrections.get_everywhere(db.session, version_id) or abort(404),
        "admin/correct.html",
        "admin/correct_preview.html",
        url_for("admin.correct", version_id=version_id),
        url_for("admin.correct_preview", version_id=version_id),
    )
