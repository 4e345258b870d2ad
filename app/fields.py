"""Form fields that several audiences use. They check shape only; the rules are in the domain."""

from __future__ import annotations

import secrets
import unicodedata
from typing import Any

from wtforms import EmailField, Field, Form, HiddenField, PasswordField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length

from app.domain import names, wall_clock
from app.services.people import users

PASSWORD_MIN = 10
PASSWORD_MAX = 1000
"""Far beyond what anybody types; longer ones only cost time to hash."""

PASSWORD_HELP = f"At least {PASSWORD_MIN} characters. A few words in a row are good."


def text(value: object) -> str:
    """Whatever was sent, as text (JSON can send anything)."""
    return value if isinstance(value, str) else ""


def line(value: object) -> str:
    """One line of text: no control characters, none that turn the direction of writing, single spaces, none at the ends."""
    kept = "".join(" " if character.isspace() else character for character in text(value))
    return " ".join("".join(c for c in kept if _is_kept(c)).split())


def _is_kept(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in names.TURNING


def line_field(label: str, demand: str, *, longest: int = 200, **extra: Any) -> StringField:
    """A line of text that is needed; ``demand`` is said where it is missing."""
    validators = [InputRequired(demand), _filled(demand), Length(max=longest, message=f"At most {longest} characters.")]
    return StringField(label, filters=[line], validators=validators, render_kw={"maxlength": longest, **extra})


def words(value: object) -> str:
    """Several lines of text: no control characters but line ends, none at the ends."""
    lines = text(value).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(c for c in one if _is_kept(c)) for one in lines).strip()


def words_field(label: str, demand: str, *, longest: int) -> TextAreaField:
    """Some lines of text that are needed; ``demand`` is said where they are missing."""
    validators = [InputRequired(demand), _filled(demand), Length(max=longest, message=f"At most {longest} characters.")]
    return TextAreaField(label, filters=[words], validators=validators, render_kw={"maxlength": longest, "rows": 4})


def once_field() -> HiddenField:
    """A random id made with the page: what the form makes, it makes once (see :mod:`app.services.once`)."""
    return HiddenField(default=lambda: secrets.token_hex(8), filters=[line], validators=[Length(max=32)])


def name_field() -> StringField:
    return line_field("Name", "Enter your name.", longest=100, autocomplete="name")


def email_field(label: str = "E-mail", *, autocomplete: str = "email") -> EmailField:
    """An e-mail address; a good one is normalised by validation."""
    return EmailField(
        label,
        filters=[text],
        validators=[InputRequired("Enter an e-mail address."), _address],
        render_kw={"autocomplete": autocomplete, "maxlength": 254, "spellcheck": "false"},
    )


def new_password_field(label: str = "Password") -> PasswordField:
    return PasswordField(
        label,
        filters=[text],
        validators=[
            InputRequired("Choose a password."),
            Length(min=PASSWORD_MIN, message=f"Use at least {PASSWORD_MIN} characters."),
            Length(max=PASSWORD_MAX, message=f"Use at most {PASSWORD_MAX} characters."),
        ],
        render_kw={"autocomplete": "new-password", "minlength": PASSWORD_MIN},
    )


def old_password_field(label: str = "Password") -> PasswordField:
    return PasswordField(
        label,
        filters=[text],
        validators=[InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )


def zone_field(label: str = "Time zone") -> StringField:
    """A time zone by name; the page includes the suggestions, a ``<datalist id="zones">``."""
    return StringField(
        label,
        filters=[line],
        validators=[InputRequired("Choose a time zone."), _zone],
        render_kw={"list": "zones", "autocomplete": "off"},
    )


def _filled(demand: str) -> Any:
    def check(_form: Form, field: Field) -> None:
        if not names.is_visible(field.data or ""):
            raise ValidationError(demand)

    return check


def _address(_form: Form, field: Field) -> None:
    address = users.normalised(field.data)
    if address is None:
        raise ValidationError("This is no e-mail address. One looks like name@example.org.")
    field.data = address


def _zone(_form: Form, field: Field) -> None:
    if not wall_clock.is_zone(field.data):
        raise ValidationError("There is no such time zone. Choose one from the list, for example Europe/Berlin.")
