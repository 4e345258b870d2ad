"""The course page, module pages, the theme and the language."""

from __future__ import annotations

from datetime import timedelta

from flask import abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug import Response

from app.clock import now
from app.db import db
from app.learn import blueprint
from app.models import ModuleRow
from app.permissions import may_take_test
from app.services.assignments import availability
from app.services.attempts import next_steps, progress, reviews
from app.services.course import catalogue, selection
from app.services.course.leaflets import list_leaflets
from app.services.course.red_flags import get_red_flags
from app.services.course.selection import PaperContent
from app.services.reporting import report_replies
from app.web import translation
from app.web.identity import get_viewer
from app.web.running import get_running_test
from app.web.templating import THEMES
from app.web.urls import get_page_path


@blueprint.get("/")
def show_course() -> str:
    """Show the course: the next step, due assignments and all modules."""
    learner = get_viewer().learner
    assigned = availability.list_due(db.session, learner, now()) if learner and may_take_test(get_viewer()) else []
    urgent, running = next_steps.find_urgent(assigned, now()), get_running_test()
    top = next_steps.find_by_attempt(assigned, running.attempt_id) if running else urgent
    return render_template(
        "learn/course.html",
        course=progress.view_course(db.session, learner, now()),
        due=[item for item in assigned if item.is_to_do and item is not top],
        done=[item for item in assigned if not item.is_to_do],
        cohorts=sorted({item.cohort_title for item in assigned}),
        top=top,
        urgent=urgent,
        review=reviews.count_today(db.session, learner, now()),
        replies=report_replies.list_unread(db.session, learner),
    )


@blueprint.get("/modules/<slug>")
def show_module(slug: str) -> str:
    """Show a module: its lessons, practice and test.

    :raise 404: no such module.
    """
    row = get_module_or_404(slug)
    objectives = catalogue.list_objectives(db.session, row.id)
    learner = get_viewer().learner
    state = progress.view_module(db.session, learner, row, now())
    assigned = (
        availability.list_due_in_module(db.session, learner, row, now())
        if learner and may_take_test(get_viewer())
        else []
    )
    return render_template(
        "learn/module.html",
        module=row,
        state=state,
        objectives=objectives,
        assigned=assigned,
        next_test=next_steps.find_next_test(assigned),
        step=next_steps.choose_module_step(state, assigned, may_take_test=may_take_test(get_viewer())),
        leaflets=list_leaflets(db.session, row),
        has_self_test=row.library_id is None or any(selection.count_tests(db.session, [PaperContent(row)])),
    )


@blueprint.get("/red-flags")
def show_red_flags() -> ResponseReturnValue:
    """Show the signs of an emergency and of what a doctor must see soon; every page links here in its footer.

    :raise 404: the course has no lesson on red flags.
    """
    flags = get_red_flags(db.session)
    if flags is None:
        abort(404)
    if not flags.cards:
        return redirect(url_for("learn.show_lesson", slug=flags.module_slug, lesson_slug=flags.lesson_slug))
    numbers = current_app.config["PALPATE"].emergency_number
    return render_template("learn/red_flags.html", flags=flags, leaflets=flags.leaflets, numbers=numbers)


@blueprint.post("/appearance")
def change_theme() -> ResponseReturnValue:
    """Store the theme in a cookie and go back."""
    theme = request.form.get("theme", "")
    if theme not in THEMES:
        abort(400, _("Choose system, light or dark."))
    response = redirect(get_page_path(request.referrer), 303)
    _set_theme(response, theme)
    return response


def _set_theme(response: Response, theme: str) -> None:
    config = current_app.config
    response.set_cookie(
        config["THEME_COOKIE_NAME"],
        theme,
        max_age=timedelta(days=365),
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


@blueprint.post("/language")
def change_language() -> ResponseReturnValue:
    """Use another language for pages and, with an account, for mail; go back."""
    code = request.form.get("language", "")
    if code not in translation.get_languages():
        abort(400, _("Choose one of the languages in the list."))
    translation.choose_language(code)
    learner = get_viewer().learner
    if learner is not None:
        learner.language = code
    db.session.commit()
    return redirect(get_page_path(request.referrer), 303)


def get_module_or_404(slug: str) -> ModuleRow:
    """Return a current module that the viewer may open.

    :raise 404: no such module, or one of a library that is not for the viewer.
    """
    return catalogue.get_module_for(db.session, get_viewer(), slug) or abort(404)
