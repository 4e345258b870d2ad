"""Whether the server is well, in plain words, with what to do where it is not."""

from __future__ import annotations

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from app.access import admins_only
from app.admin import blueprint
from app.clock import now
from app.content.fingerprint import fingerprint
from app.db import db
from app.health import head
from app.limits import limiter
from app.services import health
from app.services.course import catalogue
from app.settings import Settings
from app.version import version


@blueprint.get("/health", endpoint="health")
@admins_only
def health_page() -> ResponseReturnValue:
    settings: Settings = current_app.config["PALPATE"]
    publication = catalogue.get_publication(db.session)
    around = health.Around(
        head=head(current_app.config["MIGRATIONS"]),
        is_store_well=limiter.storage.check(),
        is_course_current=publication is not None and publication.files == fingerprint(settings.content),
    )
    checks = health.look(db.session, settings, around, now())
    return render_template("admin/health.html", checks=checks, worst=health.worst(checks), version=version())
