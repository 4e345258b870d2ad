"""Teaching: cohorts, what is assigned to them, and how it went."""

from flask import Blueprint

blueprint = Blueprint("teach", __name__, url_prefix="/teach")

# The views register themselves.
from app.teach import (  # noqa: E402
    assignments,  # noqa: F401
    cohorts,  # noqa: F401
    exceptions,  # noqa: F401
    gradebook,  # noqa: F401
    insight,  # noqa: F401
    people,  # noqa: F401
    preview,  # noqa: F401
    reports,  # noqa: F401
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
from app.teach import assignments, cohorts, corrections, gradebook, insight, people, reports  # noqa: E402, F401  the views register themselves
from app.teach import assignments, cohorts, gradebook, insight, learners, people, reports  # noqa: E402, F401  the views register themselves
