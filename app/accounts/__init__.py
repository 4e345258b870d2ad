"""Accounts: registering, joining, what people can change about themselves, and their data."""

from app.accounts import own_data
from app.accounts.views import blueprint

__all__ = ["blueprint", "own_data"]
