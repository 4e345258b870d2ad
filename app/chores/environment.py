"""What the checks of the server's health need besides the tables."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app

from app.chores.report import ChoreReport
from app.content.fingerprint import compute_fingerprint
from app.db import db
from app.server import schema
from app.services.course import catalogue
from app.services.reporting.server_health import Environment
from app.settings import Settings
from app.web.budgets import limiter


def observe_environment(settings: Settings, chores: Sequence[ChoreReport]) -> Environment:
    publication = catalogue.get_publication(db.session)
    return Environment(
        head=schema.get_head(current_app.config["MIGRATIONS"]),
        is_store_well=limiter.storage.check(),
        is_course_current=publication is not None and publication.files == compute_fingerprint(settings.content),
        late_chores=", ".join(str(chore.title) for chore in chores if chore.is_late),
        failed_chores=", ".join(str(chore.title) for chore in chores if chore.error),
        has_run_chores=any(chore.started_at is not None for chore in chores),
    )
