"""Refused forms whose text is kept: the error page carries the fields, and one button sends them again.

A form is refused if its CSRF token or the sign-in behind it has ended. The token says which account loaded the form, so
that a form is never sent again for another account without a word. Passwords and files are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Response, current_app, make_response, render_template, request
from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from app.web.identity import get_viewer
from app.web.urls import get_page_path

FIELD = "kept"
"""The field of the sign-in form that carries a kept form through signing in."""

MAX_CHARACTERS = 60_000
"""Longer forms are shown for copying, but not carried through the sign-in form, whose size is limited."""

_TOKEN_SALT = "wtf-csrf-token"  # noqa: S105  Flask-WTF's salt, which is public
_NEVER_KEPT = ("csrf_token", FIELD, "save_id")
_NO_TEXT = frozenset({"security.logout", "learn.change_theme", "learn.change_language"})


@dataclass(frozen=True, slots=True)
class KeptField:
    name: str
    value: str

    @property
    def is_long(self) -> bool:
        return len(self.value) > 60 or "\n" in self.value

    @property
    def is_text(self) -> bool:
        """Whether it looks like something that a person wrote."""
        return " " in self.value.strip() or self.is_long


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A refused form. ``account_id`` is the account for which its page was loaded, None if nobody was signed in.

    ``has_secrets`` and ``has_files`` say that a password or a file was sent, which has to be given again. ``back`` is the page
    that the form was on.
    """

    path: str
    fields: tuple[KeptField, ...]
    account_id: int | None
    back: str = "/"
    has_secrets: bool = False
    has_files: bool = False

    @property
    def texts(self) -> list[KeptField]:
        return [field for field in self.fields if field.is_text]


def collect() -> KeptForm | None:
    """Return the form of this request, or None if it has nothing that could be sent again."""
    if request.method != "POST" or request.endpoint is None or request.endpoint in _NO_TEXT or not _is_ours():
        return None
    every = [(name, value) for name, value in request.form.items(multi=True) if name not in _NEVER_KEPT]
    secrets = [name for name, value in every if "password" in name and value]
    fields = tuple(KeptField(name, value) for name, value in every if "password" not in name)
    path = request.full_path.rstrip("?")
    has_files = any(file.filename for file in request.files.values())
    author = _get_author(request.form.get("csrf_token", ""))
    return KeptForm(path, fields, author, get_page_path(request.referrer), bool(secrets), has_files)


def dump(form: KeptForm) -> str | None:
    """Return a kept form as signed text, or None if it is too long."""
    if sum(len(field.name) + len(field.value) for field in form.fields) > MAX_CHARACTERS:
        return None
    pairs = [[field.name, field.value] for field in form.fields]
    text = _get_serializer().dumps([form.path, pairs, form.account_id, form.back, form.has_secrets, form.has_files])
    return text if isinstance(text, str) else text.decode()


def load(text: str) -> KeptForm | None:
    """Read what :func:`dump` returned; None if it is missing or was changed."""
    try:
        path, pairs, *rest = _get_serializer().loads(text)
    except (BadData, ValueError, TypeError):
        return None
    return KeptForm(path, tuple(KeptField(*pair) for pair in pairs), *rest)


def offer(form: KeptForm) -> Response:
    """Offer to send a kept form, after signing in. Nothing is sent by itself."""
    return make_response(render_page("signed_in", form), 200)


def render_page(reason: str, form: KeptForm) -> str:
    """Render the page with the kept form.

    ``reason``: ``expired`` (the page is older than the sign-in), ``signed_out``, ``no_cookies`` or ``signed_in``.
    """
    user = get_viewer().user
    is_other = form.account_id is not None and user is not None and user.id != form.account_id
    return render_template(
        "kept_form.html",
        reason=reason,
        form=form,
        kept=dump(form),
        is_other=is_other,
        needs_sign_in=user is None and (form.account_id is not None or reason == "signed_out"),
    )


def _get_author(token: str) -> int | None:
    """Return the account named by a CSRF token, also of an earlier session."""
    secret = _read_token(token)
    return _parse_author(secret) if secret else None


def _read_token(token: str) -> str | None:
    """Return the secret in a CSRF token that this server signed, also for an earlier session."""
    serializer = URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=_TOKEN_SALT)
    try:
        return str(serializer.loads(token))
    except (BadData, ValueError, TypeError):
        return None


def _is_ours() -> bool:
    """Whether the form comes from a page of this server: another site must not have its form offered here."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.host
    return _read_token(request.form.get("csrf_token", "")) is not None


def _get_serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="kept-form")


def _parse_author(secret: str) -> int | None:
    number = secret.partition("-")[2]
    return int(number) if number.isdigit() else None
