"""Forms for signing in, registering and keeping an account."""

from __future__ import annotations

import uuid
from typing import Any

import flask_security
from flask_login import current_user
from flask_security.proxies import _security
from flask_security.utils import hash_password, validate_redirect_url, verify_password
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, HiddenField, PasswordField, StringField, SubmitField, ValidationError
from wtforms.validators import InputRequired, Length

from app.db import db
from app.fields import (
    PASSWORD_MAX,
    email_field,
    line,
    name_field,
    new_password_field,
    old_password_field,
    text,
    zone_field,
)
from app.models import User
from app.services.people import users

FAILED = "That e-mail and password do not belong together."
TAKEN = "There is an account with this address. Sign in, or choose a new password."


def is_own_password(user: User, typed: str) -> bool:
    """Whether ``typed`` is the password of ``user``; takes as long where there is none to compare with."""
    password = _security.password_util.normalize(typed[:PASSWORD_MAX])
    if not user.password:
        hash_password(password)
        return False
    return bool(verify_password(password, user.password))


class LocalNext:
    """Where to go afterwards: an address of ours, or nowhere."""

    next = HiddenField()

    def validate_next(self, field: Field) -> None:
        if field.data and not validate_redirect_url(field.data):
            field.data = ""


class LoginForm(LocalNext, flask_security.LoginForm):
    """Sign in. Unknown, wrong, inactive and without a password all look and last the same."""

    remember = None
    email = EmailField(
        "E-mail",
        filters=[text],
        validators=[InputRequired("Enter your e-mail address.")],
        render_kw={"autocomplete": "username"},
    )
    password = old_password_field()

    def validate(self, **kwargs: Any) -> bool:
        # Past the library's own check, which tells the cases apart.
        if not super(flask_security.LoginForm, self).validate(**kwargs):
            return False
        address = users.normalised(self.email.data)
        user = users.get_by_email(db.session, address) if address else None
        is_right = is_own_password(user or _nobody(), self.password.data)
        if user is None or not is_right or not user.active:
            self.form_errors.append(FAILED)
            return False
        self.user = user
        return True


class RegisterForm(LocalNext, flask_security.RegisterFormV2):
    """Register. It says whether an address is taken: nothing is mailed, so there is no other way to say it."""

    name = name_field()
    email = email_field()
    password = new_password_field()
    time_zone = HiddenField(filters=[line])
    submit = SubmitField("Register")

    def validate(self, **kwargs: Any) -> bool:
        return _is_sound(self, super(flask_security.RegisterFormV2, self).validate(**kwargs))

    def validate_email(self, field: Field) -> None:
        if users.get_by_email(db.session, field.data) is not None:
            raise ValidationError(TAKEN)


class ForgotPasswordForm(flask_security.ForgotPasswordForm):
    """Ask for a reset link. Without an account everything happens likewise, but the mail goes nowhere."""

    email = email_field(autocomplete="username")

    def validate(self, **kwargs: Any) -> bool:
        if not super(flask_security.ForgotPasswordForm, self).validate(**kwargs):
            return False
        found = users.get_by_email(db.session, self.email.data)
        self.user = found if found is not None and found.active else _nobody(self.email.data)
        return True


class ResetPasswordForm(flask_security.ResetPasswordForm):
    password = new_password_field("New password")
    password_confirm = None

    def validate(self, **kwargs: Any) -> bool:
        return _is_sound(self, super(flask_security.ResetPasswordForm, self).validate(**kwargs))


class ChangePasswordForm(flask_security.ChangePasswordForm):
    """Change the password; both faults at once."""

    password = old_password_field("Password now")
    new_password = new_password_field("New password")
    new_password_confirm = None

    def validate(self, **kwargs: Any) -> bool:
        is_shaped = super(flask_security.ChangePasswordForm, self).validate(**kwargs)
        if self.password.data and not is_own_password(current_user, self.password.data):
            self.password.errors = [*self.password.errors, "This is not your password."]
            return False
        self.new_password.data = _security.password_util.normalize(self.new_password.data)
        return bool(is_shaped)


class AccountForm(FlaskForm):  # type: ignore[misc]
    name = name_field()
    time_zone = zone_field()


class EmailForm(FlaskForm):  # type: ignore[misc]
    email = email_field("New e-mail")
    password = old_password_field("Password now")


class DeleteForm(FlaskForm):  # type: ignore[misc]
    password = old_password_field("Your password")


class InvitationForm(FlaskForm):  # type: ignore[misc]
    name = name_field()
    email = email_field()
    password: PasswordField = new_password_field()
    time_zone = HiddenField(filters=[line])


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The code of a cohort, however it was typed."""

    code = StringField(
        "Code",
        filters=[line],
        validators=[
            InputRequired("Enter the code that your trainer gave you."),
            Length(max=40, message="A code has ten characters."),
        ],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": 40},
    )


def _is_sound(form: RegisterForm | ResetPasswordForm, is_shaped: bool) -> bool:
    """Keep a good password as the library compares it. Its own check of the length is ours already, said once."""
    form.password.data = _security.password_util.normalize(form.password.data)
    return is_shaped


def refuse(field: Field, message: str) -> None:
    """Say beside a field what only the database could know."""
    field.errors = [*field.errors, message]


def _nobody(address: str = "") -> User:
    """A stand-in for an account that isn't there: it is in no session, and has no password."""
    return User(email=address, name="", password=None, active=True, fs_uniquifier=uuid.uuid4().hex)
