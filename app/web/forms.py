"""Form fields shared by several audiences. They check only the shape of the input; the rules are in the domain."""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field, Form, HiddenField, PasswordField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length
from zxcvbn import zxcvbn

from app.clock import now
from app.db import db
from app.domain import names, scripts, wall_clock
from app.services.log import idempotency
from app.services.people import users
from app.web.access import current_account
from app.web.identity import get_viewer

PASSWORD_MIN = 10
PASSWORD_MAX = 1000
"""Longer passwords would only cost time to hash."""

_ESTIMATED = 72
"""How many characters of a password are estimated: more would take too long, and change nothing."""
_MIN_SCORE = 2
_WORD_ENDS = re.compile(r"[\s@._+-]+")


def to_text(value: object) -> str:
    """Return ``value`` if it is a string, else an empty string."""
    return value if isinstance(value, str) else ""


def clean_line(value: object) -> str:
    """Reduce a value to one line: collapse whitespace; remove control characters, including bidirectional ones."""
    kept = "".join(" " if character.isspace() else character for character in to_text(value))
    return " ".join("".join(c for c in kept if _is_kept(c)).split())


def _is_kept(character: str) -> bool:
    """Whether a character belongs to text. U+FFFE and U+FFFF do not, and XML cannot contain them."""
    if character in names.BIDI_CONTROLS or character in "\ufffe\uffff":
        return False
    return unicodedata.category(character) not in ("Cc", "Cs")


def required_line(label: Any, demand: Any, *, longest: int = 200, **extra: Any) -> StringField:
    """Build a required single-line field. ``demand`` is its error when empty."""
    validators = [
        InputRequired(demand),
        _require(demand),
        Length(max=longest, message=_l("Use at most %(max)d characters.")),
    ]
    return StringField(label, filters=[clean_line], validators=validators, render_kw={"maxlength": longest, **extra})


def clean_text(value: object) -> str:
    """Reduce a value to text: remove control characters except line breaks, and strip the ends."""
    lines = to_text(value).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(c for c in one if _is_kept(c)) for one in lines).strip()


def required_text(label: Any, demand: Any, *, longest: int) -> TextAreaField:
    """Build a required multi-line field. ``demand`` is its error when empty."""
    validators = [
        InputRequired(demand),
        _require(demand),
        Length(max=longest, message=_l("Use at most %(max)d characters.")),
    ]
    return TextAreaField(
        label, filters=[clean_text], validators=validators, render_kw={"maxlength": longest, "rows": 4}
    )


def form_id_field() -> HiddenField:
    """Build a hidden random id, with which a form is handled only once (see :mod:`app.services.log.idempotency`)."""
    return HiddenField(default=lambda: secrets.token_hex(8), filters=[clean_line], validators=[Length(max=32)])


def is_first_submission(form: Form) -> bool:
    """Claim a form by its ``form_id`` (see :func:`form_id_field`). Return False if it was handled before.

    The claim takes effect when the view commits.
    """
    return idempotency.claim(db.session, current_account(), form["form_id"].data, now())


def name_field() -> StringField:
    """Build a field for a person's name, in which nothing is invisible and no word mixes scripts."""
    field = required_line(_l("Name"), _l("Enter your name."), longest=100, autocomplete="name")
    field.kwargs["filters"] = [clean_line, names.clean_name]
    field.kwargs["validators"].append(_refuse_mixed_name)
    return field


def email_field(label: Any = None, *, autocomplete: str = "email", is_new: bool = True) -> EmailField:
    """Build a field for an e-mail address, which validation normalises.

    ``is_new``: refuse an address that looks like another one. Accounts made before this rule must still be found.
    """
    checks = [_validate_address, refuse_imitation] if is_new else [_validate_address]
    return EmailField(
        label or _l("E-mail"),
        filters=[to_text],
        validators=[InputRequired(_l("Enter an e-mail address.")), *checks],
        render_kw={"autocomplete": autocomplete, "maxlength": 254, "spellcheck": "false"},
    )


def new_password_field(label: Any = None) -> PasswordField:
    return PasswordField(
        label or _l("Password"),
        filters=[to_text],
        validators=[
            InputRequired(_l("Choose a password.")),
            Length(min=PASSWORD_MIN, message=_l("Use at least %(min)d characters.")),
            Length(max=PASSWORD_MAX, message=_l("Use at most %(max)d characters.")),
            _refuse_easy_password,
        ],
        render_kw={"autocomplete": "new-password", "minlength": PASSWORD_MIN},
    )


def _refuse_easy_password(form: Form, field: Field) -> None:
    """Refuse common passwords, keyboard patterns, and those built from the person's name or address, or our name.

    The estimate is that of https://github.com/dwolfhub/zxcvbn-python: at least a million guesses. It knows 30,000
    passwords from breaches. ``common_passwords.txt`` has what it lets pass of the 10,000 most used ones of ten or more
    characters in another collection of breaches (Mark Burnett's ten million passwords).
    """
    if field.data and _is_easy(form, field.data):
        raise ValidationError(_("This password is easy to guess. A few random words are better."))


def _is_easy(form: Form, password: str) -> bool:
    if password.lower() in _list_common_passwords():
        return True
    account = get_viewer().user
    known = [form[name].data or "" for name in ("name", "email") if name in form]
    if account is not None:
        known += [account.name, account.email]
    words = [word for text in known for word in (text, *_WORD_ENDS.split(text)) if word]
    return bool(zxcvbn(password[:_ESTIMATED], user_inputs=["palpate", *words])["score"] < _MIN_SCORE)


@cache
def _list_common_passwords() -> frozenset[str]:
    return frozenset((Path(__file__).parent / "common_passwords.txt").read_text().split())


def old_password_field(label: Any = None) -> PasswordField:
    return PasswordField(
        label or _l("Password"),
        filters=[to_text],
        validators=[InputRequired(_l("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )


def zone_field(label: Any = None) -> StringField:
    """Build a field for a time zone. The page provides suggestions in ``<datalist id="zones">``."""
    return StringField(
        label or _l("Time zone"),
        filters=[clean_line],
        validators=[InputRequired(_l("Choose a time zone.")), _validate_zone],
        render_kw={"list": "zones", "autocomplete": "off"},
    )


def _require(demand: Any) -> Any:
    def check(_form: Form, field: Field) -> None:
        if not names.has_visible_text(field.data or ""):
            raise ValidationError(demand)

    return check


def _validate_address(_form: Form, field: Field) -> None:
    address = users.normalise_address(field.data)
    if address is None:
        raise ValidationError(_("This is not a valid e-mail address. It should look like name@example.org."))
    field.data = address


def _refuse_mixed_name(_form: Form, field: Field) -> None:
    if scripts.mixes_scripts(field.data or ""):
        raise ValidationError(_("A word of this name mixes letters of different alphabets. Type it in one alphabet."))


def refuse_imitation(_form: Form, field: Field) -> None:
    """Refuse a normalised address that looks like another one."""
    if _is_imitation(field.data):
        raise ValidationError(
            _("This address has letters of another alphabet that look like those of English. Type it again.")
        )


def _is_imitation(address: str) -> bool:
    """Return whether the part before or after the @ of an address can be taken for another one."""
    local, _at, domain = address.rpartition("@")
    return any(scripts.mixes_scripts(part) or scripts.imitates_ascii(part) for part in (local, domain))


def _validate_zone(_form: Form, field: Field) -> None:
    if not wall_clock.is_time_zone(field.data):
        raise ValidationError(_("There is no such time zone. Choose one from the list, for example Europe/Berlin."))
