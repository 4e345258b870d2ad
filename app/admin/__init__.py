"""Administration: accounts and their data, faulty questions, the audit log, the course and the server's health."""

from flask import Blueprint

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

from app.admin import (  # noqa: E402
    audit,  # noqa: F401
    checklist,  # noqa: F401
    content,  # noqa: F401
    corrections,  # noqa: F401
    data,  # noqa: F401
    health,  # noqa: F401
    invitations,  # noqa: F401
    metrics_page,  # noqa: F401
    people,  # noqa: F401
)
