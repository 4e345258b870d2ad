"""Forms for signing in, registering and changing an account."""

from __future__ import annotations

import uuid
from typing import Any

import flask_security
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_security.proxies import _security
from flask_security.utils import hash_password, validate_redirect_url, verify_password
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, HiddenField, PasswordField, StringField, SubmitField, ValidationError
from wtforms.validators import InputRequired, Length

from app.db import db
from app.models import User
from app.services.log import security_log
from app.services.people import users
from app.web.forms import (
    PASSWORD_MAX,
    clean_line,
    email_field,
    name_field,
    new_password_field,
    old_password_field,
    to_text,
    zone_field,
)
from app.web.limits import LinkPurpose, may_send_link

SIGN_IN_FAILED = _l("Wrong e-mail or password.")
ADDRESS_TAKEN = _l("There is already an account with this address. Sign in, or choose a new password.")


def is_own_password(user: User, typed: str) -> bool:
    """Return whether ``typed`` is the password of ``user``. It takes as long for a user without a password.

    A text that is too long for a password is rejected, not cut: its beginning might be the password.
    """
    password = _security.password_util.normalize(typed) if len(typed) <= PASSWORD_MAX else ""
    if not user.password:
        hash_password(password)
        return False
    return bool(verify_password(password, user.password))


class NextPathMixin:
    """A field with the path to go to afterwards. Other hosts are ignored."""

    next = HiddenField()

    def validate_next(self, field: Field) -> None:
        if field.data and not validate_redirect_url(field.data):
            field.data = ""


class LoginForm(NextPathMixin, flask_security.LoginForm):
    """Sign in. All failures have the same message and take the same time.

    Failures are an unknown address, a wrong password, an inactive account and an account without a password.
    """

    remember = None
    email = EmailField(
        _l("E-mail"),
        filters=[to_text],
        validators=[InputRequired(_l("Enter your e-mail address."))],
        render_kw={"autocomplete": "username"},
    )
    password = old_password_field()

    def validate(self, **kwargs: Any) -> bool:
        # Skip the library's check, which distinguishes these cases.
        if not super(flask_security.LoginForm, self).validate(**kwargs):
            return False
        address = users.normalise_address(self.email.data)
        user = users.get_by_email(db.session, address) if address else None
        is_right = is_own_password(user or _make_placeholder(), self.password.data)
        if user is None or not is_right or not user.active:
            security_log.record("sign_in.failed", account=user.id if user else None)
            self.form_errors.append(SIGN_IN_FAILED)
            return False
        self.user = user
        return True


class RegisterForm(NextPathMixin, flask_security.RegisterFormV2):
    """Register. The form reveals that an address is taken, because no mail is sent that could tell its owner."""

    name = name_field()
    email = email_field()
    password = new_password_field()
    time_zone = HiddenField(filters=[clean_line])
    submit = SubmitField(_l("Register"))

    def validate(self, **kwargs: Any) -> bool:
        return _is_acceptable(self, super(flask_security.RegisterFormV2, self).validate(**kwargs))

    def validate_email(self, field: Field) -> None:
        if users.get_by_email(db.session, field.data) is not None:
            raise ValidationError(ADDRESS_TAKEN)


class ForgotPasswordForm(flask_security.ForgotPasswordForm):
    """Request a reset link. An unknown address gives the same response, but no mail is sent.

    The same holds if several links were sent to the address already, so nobody can flood others with mails.
    """

    email = email_field(autocomplete="username", is_new=False)

    def validate(self, **kwargs: Any) -> bool:
        if not super(flask_security.ForgotPasswordForm, self).validate(**kwargs):
            return False
        found = users.get_by_email(db.session, self.email.data)
        is_sent = may_send_link(self.email.data, LinkPurpose.PASSWORD) and found is not None and found.active
        self.user = found if is_sent else _make_placeholder(self.email.data)
        return True


class ResetPasswordForm(flask_security.ResetPasswordForm):
    password = new_password_field(_l("New password"))
    password_confirm = None

    def validate(self, **kwargs: Any) -> bool:
        return _is_acceptable(self, super(flask_security.ResetPasswordForm, self).validate(**kwargs))


class ChangePasswordForm(flask_security.ChangePasswordForm):
    """Change the password. Errors in both fields are shown together."""

    password = old_password_field(_l("Current password"))
    new_password = new_password_field(_l("New password"))
    new_password_confirm = None

    def validate(self, **kwargs: Any) -> bool:
        is_shaped = super(flask_security.ChangePasswordForm, self).validate(**kwargs)
        if self.password.data and not is_own_password(current_user, self.password.data):
            self.password.errors = [*self.password.errors, _("This is not your password.")]
            return False
        self.new_password.data = _security.password_util.normalize(self.new_password.data)
        return bool(is_shaped)


class AccountForm(FlaskForm):  # type: ignore[misc]
    name = name_field()
    time_zone = zone_field()


class EmailForm(FlaskForm):  # type: ignore[misc]
    email = email_field(_l("New e-mail"))
    password = old_password_field(_l("Current password"))


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """A button alone."""


class DeleteForm(FlaskForm):  # type: ignore[misc]
    password = old_password_field(_l("Your password"))


class ConfirmPasswordForm(FlaskForm):  # type: ignore[misc]
    password = old_password_field(_l("Current password"))


class InvitationForm(FlaskForm):  # type: ignore[misc]
    name = name_field()
    email = email_field()
    password: PasswordField = new_password_field()
    time_zone = HiddenField(filters=[clean_line])


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The join code of a cohort, in any spelling, or its link."""

    code = StringField(
        _l("Code or link"),
        filters=[clean_line],
        validators=[
            InputRequired(_l("Enter the code that your trainer gave you.")),
            Length(max=2000, message=_l("A code has ten characters.")),
        ],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


def _is_acceptable(form: RegisterForm | ResetPasswordForm, is_shaped: bool) -> bool:
    """Normalise the password as the library does. Our field has already checked its length."""
    form.password.data = _security.password_util.normalize(form.password.data)
    return is_shaped


def add_error(field: Field, message: str) -> None:
    """Add an error to a field that only the database could detect."""
    field.errors = [*field.errors, message]


def _make_placeholder(address: str = "") -> User:
    """Return a placeholder for a missing account. It has no password and is in no database session."""
    return User(email=address, name="", password=None, active=True, fs_uniquifier=uuid.uuid4().hex)
