"""A learner's own progress: the page, and its figures as files."""

from __future__ import annotations

from datetime import date

from flask import Response, abort, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.db import db
from app.domain import recall, spacing
from app.domain.attempt import Purpose
from app.domain.recall import FORECAST_YEAR, ForecastMoment
from app.learn import blueprint
from app.models import Learner
from app.services.attempts import progress_file, progress_page
from app.services.attempts.attempt_list import AttemptFilter
from app.services.attempts.progress_file import MAX_ATTEMPTS, ProgressTable
from app.services.attempts.progress_page import ProgressView
from app.web import progress_charts
from app.web.downloads import attachment
from app.web.identity import get_viewer
from app.web.progress_charts import ScoreBar
from app.web.templating import day
from app.web.urls import parse_choice

FILE_LABELS = {
    ProgressTable.OBJECTIVES: _l("Objectives"),
    ProgressTable.FORECAST: _l("Forecast"),
    ProgressTable.MISTAKES: _l("Confident mistakes"),
    ProgressTable.CERTAINTY: _l("Certainty"),
    ProgressTable.ACTIVITY: _l("Questions answered"),
    ProgressTable.LESSONS: _l("Lessons and tests"),
    ProgressTable.ATTEMPTS: _l("Attempts"),
}


@blueprint.get("/progress")
def show_progress() -> str:
    """Show the learner's progress: estimated recall today or ``on`` another day, mistakes, certainty, activity, attempts.

    The objectives of the module named in the address are unfolded. Attempts are listed 20 per page.
    """
    learner = get_viewer().learner
    if learner is None:
        return render_template("learn/progress.html", view=None)
    moment, fault = _choose_moment(learner)
    kind = parse_choice(AttemptFilter, request.args.get("show"))
    page = request.args.get("page", 1, type=int)
    view = progress_page.view_progress(db.session, learner, moment, page=page, kind=kind)
    return render_template(
        "learn/progress.html",
        view=view,
        kind=kind,
        kind_asked="show" in request.args,
        mistakes_shown=progress_page.MISTAKES_SHOWN,
        fault=fault,
        latest_day=spacing.get_day(now(), learner.time_zone) + FORECAST_YEAR,
        today=spacing.get_day(now(), learner.time_zone),
        plots=progress_charts,
        tables=FILE_LABELS,
        bars=_list_bars(view),
        opened=request.args.get("module"),
    )


@blueprint.get("/progress/<any(objectives, forecast, mistakes, certainty, activity, lessons, attempts):table>.csv")
def export_progress_table(table: str) -> Response:
    """Download one table of the progress page as CSV.

    :raise 404: the visitor has answered nothing yet.
    """
    text = progress_file.format_csv(_view_everything(), ProgressTable(table))
    return attachment(text, "text/csv", f"progress-{table}.csv")


@blueprint.get("/progress/progress.json")
def export_progress() -> Response:
    """Download all tables of the progress page as JSON.

    :raise 404: the visitor has answered nothing yet.
    """
    return attachment(progress_file.format_json(_view_everything()), "application/json", "progress.json")


def _view_everything() -> ProgressView:
    """Return what the page shows, with all attempts instead of a page of them."""
    learner = get_viewer().learner or abort(404)
    moment, _fault = _choose_moment(learner)
    return progress_page.view_progress(db.session, learner, moment, per_page=MAX_ATTEMPTS)


def _choose_moment(learner: Learner) -> tuple[ForecastMoment, str | None]:
    """Return the moment that ``on`` names, or now, and what is wrong with ``on`` if it names no such day."""
    asked = request.args.get("on", "").strip()
    try:
        return recall.choose_moment(date.fromisoformat(asked) if asked else None, now(), learner.time_zone), None
    except ValueError:
        return recall.choose_moment(None, now(), learner.time_zone), _("Choose a day from today to a year from now.")


def _list_bars(view: ProgressView) -> list[ScoreBar]:
    return [ScoreBar(one.percent or 0, one.purpose is Purpose.TEST, day(one.submitted_at)) for one in view.scores]
