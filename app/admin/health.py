"""The health of the server, with advice on each problem."""

from __future__ import annotations

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from app.admin import blueprint
from app.admin.health_words import describe_check
from app.chores import report
from app.chores.environment import observe_environment
from app.clock import now
from app.db import db
from app.server.version import VERSION
from app.services.reporting import server_health
from app.settings import Settings
from app.web.access import admins_only


@blueprint.get("/health")
@admins_only
def show_health() -> ResponseReturnValue:
    settings: Settings = current_app.config["PALPATE"]
    chores = report.list_reports(db.session, settings, now())
    checks = server_health.check_health(db.session, settings, observe_environment(settings, chores), now())
    return render_template(
        "admin/health.html",
        lines=[describe_check(check) for check in checks],
        worst=server_health.get_worst_level(checks),
        chores=chores,
        version=VERSION,
    )
