"""Administration: people and their data, the log of changes, the course, and whether the server is well."""

from flask import Blueprint

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

from app.admin import audit, content, data, health, invitations, people  # noqa: E402, F401  the views register themselves
