"""Correcting a faulty question for the whole server."""

from __future__ import annotations

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.admin import blueprint
from app.db import db
from app.services.marking import corrections
from app.web import correction_pages
from app.web.access import admins_only
from app.web.correction_pages import CorrectionPage


@blueprint.get("/questions")
@admins_only
def list_questions() -> ResponseReturnValue:
    """Lead old bookmarks to the question bank, which administrators share with trainers."""
    return redirect(url_for("teach.list_questions", q=request.args.get("q") or None))


@blueprint.route("/questions/<int:version_id>/correct", methods=["GET", "POST"])
@admins_only
def correct_question(version_id: int) -> ResponseReturnValue:
    """Show the remedies for a faulty question and apply one.

    :raise 404: no such version.
    """
    place = _get_correction_page(version_id)
    return (
        correction_pages.take_decision(place, place.path)
        if request.method == "POST"
        else correction_pages.show_form(place)
    )


@blueprint.get("/questions/<int:version_id>/correct/preview")
@admins_only
def preview_correction(version_id: int) -> ResponseReturnValue:
    """Show which marks a correction would change.

    :raise 404: no such version.
    """
    return correction_pages.show_preview(_get_correction_page(version_id))


def _get_correction_page(version_id: int) -> CorrectionPage:
    return CorrectionPage(
        corrections.get_everywhere(db.session, version_id) or abort(404),
        "admin/correct.html",
        "admin/correct_preview.html",
        url_for("admin.correct_question", version_id=version_id),
        url_for("admin.preview_correction", version_id=version_id),
    )
