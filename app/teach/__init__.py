"""Teaching: cohorts, what is assigned to them, and how it went."""

from flask import Blueprint

blueprint = Blueprint("teach", __name__, url_prefix="/teach")

from app.teach import (  # noqa: E402, F401  the views register themselves
    assignments,
    cohorts,
    gradebook,
    insight,
    invitations,
    people,
    reports,
    rosters,
    settings,
)
