"""Teaching: cohorts, what is assigned to them, and how it went."""

from flask import Blueprint

blueprint = Blueprint("teach", __name__, url_prefix="/teach")

from app.teach import assignments, cohorts, gradebook, insight, learners, overview, people, reports  # noqa: E402, F401  the views register themselves
