"""Pages that the viewer may see but that make no sense now, because something changed since they were linked."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.db import db
from app.teach import blueprint
from app.web import kept_forms


class NotPossibleNowError(Exception):
    """What was asked for exists, but its state does not allow it. The page says why and where to go on."""

    def __init__(self, title: str, text: str, path: str, label: str) -> None:
        super().__init__(title)
        self.title, self.text, self.path, self.label = title, text, path, label


@blueprint.errorhandler(NotPossibleNowError)
def handle_not_possible_now(error: NotPossibleNowError) -> ResponseReturnValue:
    """Say why, lead on, and keep the text of a form that was sent."""
    db.session.rollback()
    form = kept_forms.collect()
    return render_template("teach/not_possible_now.html", error=error, texts=form.texts if form else ()), 409
