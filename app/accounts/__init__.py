"""Accounts: registration, joining cohorts, account settings and personal data."""

from app.accounts import addresses, invitations, joining, notifications, own_data, sign_ins  # noqa: F401  registers the views
from app.accounts.security_setup import init_app
from app.accounts.signing_in import wrap_views
from app.accounts.views import blueprint

__all__ = ["blueprint", "init_app", "wrap_views"]
