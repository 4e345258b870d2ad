"""Flask-Security, configured to use our models, forms, mails and sign-in rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, g
from flask_babel import lazy_gettext as _l
from flask_login import user_logged_in, user_logged_out
from flask_security import (
    RoleMixin,
    Security,
    password_changed,
    password_reset,
    reset_password_instructions_sent,
    user_registered,
)
from passlib.context import CryptContext

from app import db as database
from app.accounts import joining
from app.accounts.adapters import AccountDatastore, AccountMailer
from app.accounts.forms import ChangePasswordForm, ForgotPasswordForm, LoginForm, RegisterForm, ResetPasswordForm
from app.clock import now
from app.db import db
from app.models import User
from app.services.log import security_log
from app.services.people import addresses
from app.settings import Settings
from app.web import identity
from app.web.timed_tokens import LINK_VALID_FOR, TolerantSigner


class _PasswordContext(CryptContext):  # type: ignore[misc]
    """Ends the read transaction before hashing, which takes 20 ms, so that no other request waits for it."""

    def hash(self, *args: Any, **kwargs: Any) -> Any:
        database.end_read_transaction()
        return super().hash(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> Any:
        database.end_read_transaction()
        return super().verify(*args, **kwargs)


def init_app(app: Flask, settings: Settings) -> None:
    """Install Flask-Security. Call after :func:`app.web.security.init_app`, which chooses the transaction first."""
    app.config.update(_build_config(settings))
    security = Security(
        app,
        AccountDatastore(db, User, RoleMixin),
        register_blueprint=True,
        login_form=LoginForm,
        register_form=RegisterForm,
        forgot_password_form=ForgotPasswordForm,
        reset_password_form=ResetPasswordForm,
        change_password_form=ChangePasswordForm,
        mail_util_cls=AccountMailer,
    )
    # argon2id with OWASP's second recommendation (19 MiB, t=2, p=1): about 20 ms.
    security.pwd_context = _PasswordContext(
        schemes=["argon2"], argon2__type="ID", argon2__memory_cost=19456, argon2__time_cost=2, argon2__parallelism=1
    )
    # Permissions are in permissions.py alone. The library's hook would also load the user for every static file.
    app.before_request_funcs[None].remove(security.principal._on_before_request)
    security.reset_serializer.signer = TolerantSigner
    # HTML only: JSON replies would issue tokens that no sign-in row can end, and failures that no limit counts.
    security.want_json(lambda _request: False)
    app.after_request(identity.record_use)
    app.login_manager.user_loader(identity.load_user)  # type: ignore[attr-defined]
    user_registered.connect(joining.on_registered, app)
    user_logged_in.connect(identity.on_signed_in, app)
    user_logged_out.connect(identity.on_signed_out, app)
    password_changed.connect(_on_password_changed, app)
    password_reset.connect(identity.on_password_reset, app)
    password_reset.connect(_on_password_reset, app)
    reset_password_instructions_sent.connect(_on_reset_requested, app)


def _on_password_changed(_app: Flask, user: User, **_extra: Any) -> None:
    addresses.cancel_change(user)
    security_log.record_on_commit(db.session, "password.changed", account=user.id)


def _on_password_reset(_app: Flask, user: User, **_extra: Any) -> None:
    addresses.cancel_change(user)
    if g.is_mailed_link:  # so the owner of the address has chosen this password
        addresses.confirm(db.session, user, now())
    security_log.record_on_commit(db.session, "password.reset", account=user.id)


def _on_reset_requested(_app: Flask, user: User, **_extra: Any) -> None:
    security_log.record("password.reset_requested", account=user.id)


def _build_config(settings: Settings) -> dict[str, Any]:
    return {
        "SECURITY_PASSWORD_SALT": settings.secret,
        # For the password hash in a signed reset link. The default takes 0.7 s, which revealed who has an account.
        "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
        "SECURITY_DEPRECATED_HASHING_SCHEMES": [],
        "SECURITY_PASSWORD_LENGTH_MIN": 10,
        "SECURITY_PASSWORD_CONFIRM_REQUIRED": False,
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_REGISTERABLE": True,  # accounts/views.py requires a join link if registration is by invitation
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_API_ENABLED_METHODS": ["session"],  # no tokens, which would outlive a sign-in
        "SECURITY_RETURN_GENERIC_RESPONSES": False,
        # Our forms for changing the password or address ask for the password, so /verify is not needed.
        "SECURITY_FRESHNESS": timedelta(-1),
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_RESET_PASSWORD_WITHIN": LINK_VALID_FOR,
        "SECURITY_POST_REGISTER_VIEW": "learn.show_course",
        "SECURITY_POST_LOGIN_VIEW": "learn.show_course",
        "SECURITY_POST_LOGOUT_VIEW": "learn.show_course",
        "SECURITY_POST_CHANGE_VIEW": "accounts.edit_account",
        "SECURITY_LOGOUT_CSRF": True,
        "SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS": False,
        "SECURITY_MSG_PASSWORD_RESET_REQUEST": (
            _l(
                "If there is an account for %(email)s, a link to choose a new password is on its way. No e-mail? Check "
                "your spam folder, or ask your trainer for a link."
            ),
            "info",
        ),
        "SECURITY_MSG_INVALID_RESET_PASSWORD_TOKEN": (
            _l("This link has been used or no longer works. Ask for a new one here."),
            "error",
        ),
        "SECURITY_MSG_PASSWORD_RESET_EXPIRED": (_l("This link is older than a day. Ask for a new one here."), "error"),
        "SECURITY_MSG_PASSWORD_RESET_NO_LOGIN": (_l("Your password was changed. Sign in with the new one."), "info"),
        "SECURITY_MSG_PASSWORD_CHANGE": (
            _l("Your password was changed. All other browsers were signed out."),
            "info",
        ),
        "SECURITY_EMAIL_SUBJECT_PASSWORD_RESET": _l("Choose a new password for Palpate"),
        "SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE": _l("Your Palpate password was changed"),
        "SECURITY_EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": _l("Your Palpate password was changed"),
        "SECURITY_EMAIL_SENDER": settings.mail_from,
        "SECURITY_LOGIN_USER_TEMPLATE": "accounts/login.html",
        "SECURITY_REGISTER_USER_TEMPLATE": "accounts/register.html",
        "SECURITY_FORGOT_PASSWORD_TEMPLATE": "accounts/forgot_password.html",
        "SECURITY_RESET_PASSWORD_TEMPLATE": "accounts/reset_password.html",
        "SECURITY_CHANGE_PASSWORD_TEMPLATE": "accounts/change_password.html",
    }
