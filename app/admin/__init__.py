"""Administration: who has an account, with which role; invitations and reset links; faulty questions."""

from app.admin.views import blueprint

__all__ = ["blueprint"]

from app.admin import corrections  # noqa: F401  the views register themselves
