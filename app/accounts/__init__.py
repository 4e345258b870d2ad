"""Accounts: registering, joining, and what people can change about themselves."""

from app.accounts import invitations  # noqa: F401  its views register themselves
from app.accounts.views import blueprint

__all__ = ["blueprint"]
