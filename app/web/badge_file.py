"""Open Badges as files: the signed token, and pictures that carry it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from flask import current_app
from flask_babel import gettext as _

from app.domain import badge
from app.models import Certificate
from app.services.storage import badge_keys
from app.services.storage.badge_keys import BadgeKeys
from app.settings import Settings
from app.web import typesetting
from app.web.typesetting import make_breakable

_PIXELS_PER_INCH = 216
"""600 pixels for the picture's 200 points."""

_LONGEST_WORD = 26


class BadgeFormat(StrEnum):
    """The value is the ending of the file's name."""

    PNG = "png"
    SVG = "svg"
    TOKEN = "jwt"  # noqa: S105  not a password

    @property
    def media_type(self) -> str:
        types = {BadgeFormat.PNG: "image/png", BadgeFormat.SVG: "image/svg+xml"}
        return types.get(self, "application/vc+jwt")


def load_keys() -> BadgeKeys:
    """Return the keys of this server.

    :raise app.services.storage.badge_keys.BadgeKeyError: they are damaged, or can't be stored.
    """
    settings: Settings = current_app.config["PALPATE"]
    return badge_keys.load(settings, badge.build_did(settings.base_url))


def bake(certificate: Certificate, token: str, wanted: BadgeFormat) -> bytes:
    """Return a badge in a format, in the language of the request."""
    match wanted:
        case BadgeFormat.PNG:
            return badge.bake_png(_draw(certificate, "png"), token)
        case BadgeFormat.SVG:
            return badge.bake_svg(_draw(certificate, "svg").decode(), token).encode()
        case BadgeFormat.TOKEN:
            return token.encode()


def _draw(certificate: Certificate, kind: Literal["png", "svg"]) -> bytes:
    return typesetting.compile_file(
        typesetting.BADGE,
        format=kind,
        ppi=_PIXELS_PER_INCH if kind == "png" else None,
        sys_inputs={"title": make_breakable(certificate.title, _LONGEST_WORD), "passed": _("Test passed")},
    )
