"""Sources that are no longer current, and what rests on any source."""

from __future__ import annotations

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db
from app.services.reporting import source_use
from app.teach import blueprint
from app.web.access import trainers_only
from app.web.identity import get_viewer


@blueprint.get("/sources")
@trainers_only
def list_sources() -> ResponseReturnValue:
    """List the sources that are superseded or withdrawn, with what is to be read again."""
    return render_template("teach/sources.html", uses=source_use.list_outdated(db.session, get_viewer()))


@blueprint.get("/sources/<source_id>")
@trainers_only
def show_source(source_id: str) -> ResponseReturnValue:
    """Show the lessons, questions and tests that rest on one source.

    :raise 404: no such source.
    """
    use = source_use.get_source(db.session, get_viewer(), source_id) or abort(404)
    tests = source_use.list_assignments(db.session, get_viewer(), use, now())
    return render_template("teach/source.html", use=use, source=use.source, tests=tests)
