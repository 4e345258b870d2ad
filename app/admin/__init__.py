"""Administration: who has an account, with which role; invitations and reset links."""

from app.admin.views import blueprint

__all__ = ["blueprint"]
