"""The calendar feed: an address that only its learner knows, since calendars can't sign in."""

from __future__ import annotations

from flask import Response, abort, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from app.access import signed_in
from app.clock import now
from app.db import db
from app.identity import viewer
from app.learn import blueprint
from app.local import absolute
from app.models import Learner
from app.services.assigned import calendar
from app.services.assigned.due import Due


@blueprint.get("/calendar/<token>.ics", endpoint="calendar_feed")
def calendar_feed(token: str) -> ResponseReturnValue:
    """Due dates for whoever has the address.

    :raise 404: nobody's address, or no longer.
    """
    try:
        learner_id, number = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        abort(404)
    learner = calendar.get_learner(db.session, learner_id, number) or abort(404)
    return Response(
        calendar.feed(db.session, learner, _address, now()),
        mimetype="text/calendar",
        headers={"Content-Disposition": 'inline; filename="palpate.ics"'},
    )


@blueprint.post("/calendar", endpoint="calendar_renew")
@signed_in
def calendar_renew() -> ResponseReturnValue:
    """Another address for one's own feed; the old one then finds nothing."""
    learner = viewer().learner
    assert learner is not None
    calendar.renew(db.session, learner)
    db.session.commit()
    flash("Your calendar has a new address. The old one no longer works.")
    return redirect(url_for("accounts.account", _anchor="calendar"), 303)


@blueprint.app_template_global()
def calendar_address(learner: Learner) -> str:
    """The absolute address of a learner's feed."""
    token = _signer().dumps([learner.id, learner.calendar_number])
    return absolute(url_for("learn.calendar_feed", token=token))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="calendar")


def _address(due: Due) -> str:
    return absolute(url_for("learn.module", slug=due.module_slug))
