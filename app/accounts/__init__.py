"""Accounts: registering, joining, what people can change about themselves, and their data."""

from app.accounts import invitations, own_data  # noqa: F401  their views register themselves
from app.accounts.views import blueprint

__all__ = ["blueprint"]
