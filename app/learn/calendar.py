"""The calendar feed. Its URL is secret, because calendar programs can't sign in."""

from __future__ import annotations

from flask import Response, abort, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from itsdangerous import BadSignature, URLSafeSerializer

from app.clock import now
from app.db import db
from app.domain.spacing import ForecastDay
from app.learn import blueprint
from app.models import Learner
from app.services.assignments import calendar
from app.services.assignments.calendar import DayEntry
from app.services.assignments.learner_assignments import AssignmentView
from app.services.attempts import reviews
from app.web import limits
from app.web.access import signed_in
from app.web.identity import get_viewer
from app.web.translation import use_language
from app.web.urls import make_absolute


@blueprint.get("/calendar/<token>.ics")
def export_calendar(token: str) -> ResponseReturnValue:
    """Send a learner's due dates, and days with reviews, as a calendar feed to anyone who has its secret URL.

    :raise 404: the URL is invalid or was replaced.
    """
    try:
        learner_id, number = _get_signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        abort(limits.count_guess())
    learner = calendar.find_learner(db.session, learner_id, number) or abort(limits.count_guess())
    # A calendar program sends no language that its user chose.
    with use_language(learner.language):
        days = [_build_entry(one) for one in reviews.list_calendar_days(db.session, learner, now())]
        feed = calendar.build_feed(db.session, learner, _get_due_address, _format_summary, now(), days)
    return Response(
        feed,
        mimetype="text/calendar",
        headers={"Content-Disposition": 'inline; filename="palpate.ics"'},
    )


@blueprint.post("/calendar")
@signed_in
def renew_calendar() -> ResponseReturnValue:
    """Replace the URL of the viewer's calendar feed. The old one stops working."""
    learner = get_viewer().learner
    assert learner is not None
    calendar.renew(db.session, learner)
    db.session.commit()
    flash(_("Your calendar has a new address. The old one no longer works."))
    return redirect(url_for("accounts.edit_account", _anchor="calendar"), 303)


@blueprint.app_template_global()
def calendar_address(learner: Learner) -> str:
    """Return the absolute URL of a learner's feed."""
    token = _get_signer().dumps([learner.id, learner.calendar_revision])
    return make_absolute(url_for("learn.export_calendar", token=token))


def _get_signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="calendar")


def _get_due_address(due: AssignmentView) -> str:
    return make_absolute(url_for("learn.show_assignment", assignment_id=due.assignment_id))


def _build_entry(found: ForecastDay) -> DayEntry:
    summary = ngettext("Review: %(num)s question", "Review: %(num)s questions", found.count)
    return DayEntry(f"review-{found.day}@palpate", found.day, summary, make_absolute(url_for("learn.show_review")))


def _format_summary(title: str) -> str:
    return _("Due: %(title)s", title=title)
