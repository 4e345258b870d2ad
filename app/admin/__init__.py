"""Administration: people and their data, faulty questions, the log of changes, the course, and whether the server is well."""

from flask import Blueprint

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

from app.admin import (  # noqa: E402
    audit,  # noqa: F401
    content,  # noqa: F401
    corrections,  # noqa: F401
    data,  # noqa: F401
    health,  # noqa: F401
    invitations,  # noqa: F401
    people,  # noqa: F401
)
