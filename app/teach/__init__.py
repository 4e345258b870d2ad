"""Teaching: cohorts, their assignments and their results."""

from flask import Blueprint

blueprint = Blueprint("teach", __name__, url_prefix="/teach")

# Importing these modules registers their views.
from app.teach import (  # noqa: E402
    assignments,  # noqa: F401
    certificates,  # noqa: F401
    cohorts,  # noqa: F401
    composing,  # noqa: F401
    corrections,  # noqa: F401
    exceptions,  # noqa: F401
    fixed_questions,  # noqa: F401
    gradebook,  # noqa: F401
    grading,  # noqa: F401
    insight,  # noqa: F401
    invitations,  # noqa: F401
    learners,  # noqa: F401
    marking,  # noqa: F401
    members,  # noqa: F401
    messages,  # noqa: F401
    obstacles,  # noqa: F401
    overview,  # noqa: F401
    people,  # noqa: F401
    preview,  # noqa: F401
    questions,  # noqa: F401
    recall,  # noqa: F401
    reopening,  # noqa: F401
    reports,  # noqa: F401
    rosters,  # noqa: F401
    settings,  # noqa: F401
    sources,  # noqa: F401
    transcripts,  # noqa: F401
)
