"""Messages from trainers, for their recipients."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.learn import blueprint
from app.services.attempts import reopening
from app.services.attempts.reopening import ReopeningLine
from app.services.cohorts import messages
from app.services.cohorts.messages import ReceivedMessage
from app.web.access import signed_in
from app.web.identity import get_viewer


@blueprint.app_template_global()
def unread_messages() -> list[ReceivedMessage]:
    """Return the viewer's unread messages, for Home."""
    viewer = get_viewer()
    return messages.list_unread(db.session, viewer.learner) if viewer.user and viewer.learner else []


@blueprint.app_template_global()
def latest_reopening(attempt_id: int) -> ReopeningLine | None:
    """Return the latest reopening of the viewer's attempt, for a notice on its pages."""
    return reopening.get_latest(db.session, attempt_id)


@blueprint.get("/messages")
@signed_in
def list_messages() -> ResponseReturnValue:
    """List all messages that the viewer received, latest first."""
    learner = get_viewer().learner
    assert learner is not None
    page = messages.list_received(db.session, learner, request.args.get("page", 1, type=int))
    return render_template("learn/messages.html", page=page)


@blueprint.post("/messages/<int:message_id>/read")
@signed_in
def dismiss_message(message_id: int) -> ResponseReturnValue:
    """Take a message off Home. Its trainers see that it was read.

    :raise 404: the viewer did not receive this message.
    """
    learner = get_viewer().learner
    assert learner is not None
    if not messages.mark_read(db.session, learner, message_id, now()):
        abort(404)
    db.session.commit()
    flash(_("Marked as read. You can find it under Messages in your account menu."))
    is_archive = request.form.get("from") == "archive"
    return redirect(url_for("learn.list_messages" if is_archive else "learn.show_course"), 303)
