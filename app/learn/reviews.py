"""Starting practice of weak objectives, or of one objective."""

from __future__ import annotations

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.domain.attempt import NoQuestions
from app.learn import blueprint
from app.learn.forms import ReviewForm
from app.models import Attempt
from app.services.attempts import reviews
from app.web.identity import ensure_learner, get_viewer


@blueprint.post("/reviews")
def start_review() -> ResponseReturnValue:
    """Start practice of the objectives that need it most, or of a given one, or continue the open one.

    :raise 404: no such objective.
    """
    form = ReviewForm(request.form)
    if not form.validate():
        abort(400)
    try:
        if form.objective.data is None and get_viewer().learner is None:
            raise NoQuestions
        attempt = _start(form.objective.data)
    except NoQuestions:
        db.session.rollback()
        flash(_("There is nothing to review right now."))
        return redirect(url_for("learn.show_progress"), 303)
    db.session.commit()
    return redirect(url_for("learn.resume_attempt", attempt_id=attempt.id), 303)


def _start(objective_id: int | None) -> Attempt:
    if objective_id is None:
        return reviews.start_review(db.session, ensure_learner(), now())
    objective = reviews.get_objective(db.session, get_viewer(), objective_id) or abort(404)
    return reviews.start_objective_practice(db.session, ensure_learner(), objective, now())
