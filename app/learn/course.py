"""The course page, a module's page, progress, and how pages look."""

from __future__ import annotations

from datetime import timedelta

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from app.clock import now
from app.db import db
from app.identity import viewer
from app.jinja import THEMES
from app.learn import blueprint
from app.local import page_path
from app.models import ModuleRow
from app.services.assigned import due
from app.services.course import catalogue
from app.services.taking import progress


@blueprint.get("/")
def course() -> str:
    """The course: what comes next, what is due, all modules."""
    learner = viewer().learner
    set_work = due.list_due(db.session, learner, now()) if learner and viewer().user else []
    return render_template("learn/course.html", course=progress.course(db.session, learner, now()), due=set_work)


@blueprint.get("/modules/<slug>")
def module(slug: str) -> str:
    """One module: its lessons, practice and test.

    :raise 404: no such module.
    """
    row = module_or_404(slug)
    objectives = catalogue.list_objectives(db.session, row.id)
    state = progress.module(db.session, viewer().learner, row, now())
    return render_template("learn/module.html", module=row, state=state, objectives=objectives)


@blueprint.get("/progress", endpoint="progress")
def progress_page() -> str:
    """What is done, scores over time, mastery by objective, what comes next."""
    learner = viewer().learner
    view = progress.progress(db.session, learner, now()) if learner else None
    return render_template("learn/progress.html", view=view)


@blueprint.get("/red-flags")
def red_flags() -> ResponseReturnValue:
    """The lesson that every page's footer points to."""
    publication = catalogue.get_publication(db.session)
    found = catalogue.find_lesson(db.session, publication.red_flags) if publication else None
    if found is None:
        abort(404)
    return redirect(url_for("learn.lesson", slug=found[0], lesson_slug=found[1]))


@blueprint.post("/appearance")
def appearance() -> ResponseReturnValue:
    """Keep the choice of light or dark in a cookie, and go back."""
    theme = request.form.get("theme", "")
    if theme not in THEMES:
        abort(400, "Choose system, light or dark.")
    response = redirect(page_path(request.referrer), 303)
    _set_theme(response, theme)
    return response


def _set_theme(response: Response, theme: str) -> None:
    secure = request.is_secure
    response.set_cookie("theme", theme, max_age=timedelta(days=365), secure=secure, httponly=True, samesite="Lax")


def module_or_404(slug: str) -> ModuleRow:
    row = catalogue.get_module(db.session, slug)
    if row is None:
        abort(404)
    return row
