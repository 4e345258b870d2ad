"""Accounts: registering, joining, and what people can change about themselves."""

from app.accounts.views import blueprint

__all__ = ["blueprint"]
