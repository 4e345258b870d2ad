"""The checklist for the first administrator of a new server."""

from __future__ import annotations

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from app.admin import blueprint
from app.clock import now
from app.db import db
from app.services.reporting import setup
from app.web.access import admins_only


@blueprint.get("/start")
@admins_only
def show_checklist() -> ResponseReturnValue:
    """Show what this server still needs: mail, a backup, a second administrator, a trainer and a cohort."""
    steps = setup.list_steps(db.session, current_app.config["PALPATE"], now())
    done = [name for name, is_done in steps.items() if is_done]
    return render_template("admin/checklist.html", steps=steps, done=len(done), done_names=done)
