"""Certificates as PDF, set with Typst. Its compiler and fonts come with Python packages and with this folder."""

from __future__ import annotations

import io
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import segno
from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.domain.certificate import format_certificate_code, round_hours
from app.models import Certificate
from app.web import translation
from app.web.templating import date, figure, percent
from app.web.urls import make_absolute

if TYPE_CHECKING:
    from typst import Compiler

FOLDER = Path(__file__).with_name("certificate")

_LONGEST_WORD = 30
"""In characters. A longer word could be wider than the page, so it may break."""

_BREAK = "\u200b"


class PaperSize(StrEnum):
    A4 = "a4"
    LETTER = "us-letter"


def render_pdf(certificate: Certificate, paper: PaperSize, zone: str) -> bytes:
    """Return a certificate as PDF/UA, in the language of the request. ``zone`` is the time zone of its dates."""
    return _compile(tuple(list_inputs(certificate, paper, zone).items()), certificate.issued_at)


def list_inputs(certificate: Certificate, paper: PaperSize, zone: str) -> dict[str, str]:
    """Return the values of ``certificate.typ``. They are strings there, so no name can be markup."""
    address = make_absolute(url_for("learn.verify_certificate", code=format_certificate_code(certificate.code)))
    hours = round_hours(certificate.minutes)
    facts = (
        (_("Score"), percent(certificate.percent)),
        (_("Passed on"), date(certificate.passed_at, zone)),
        (
            _("Learning time"),
            ngettext(
                "about %(hours)s hour", "about %(hours)s hours", 1 if hours == 1 else 2, hours=_format_hours(hours)
            ),
        ),
        (_("Review by"), date(certificate.review_at, zone)),
    )
    is_part = certificate.title != certificate.module_title
    version = {"number": certificate.publication_id, "digest": certificate.content_digest[:8]}
    return {
        "paper": paper,
        "lang": translation.get_language(),
        "heading": _("Certificate"),
        "name": _make_breakable(certificate.name or ""),
        "passed": _("has passed the test"),
        "title": _make_breakable(certificate.title),
        "module": _("on the module %(title)s", title=_make_breakable(certificate.module_title)) if is_part else "",
        "facts": "\n".join("\t".join(fact) for fact in facts),
        "note": _("This certificate records the result of a test. It does not license anybody to treat patients."),
        "version": _("Content: version %(number)s, %(digest)s", **version),
        "verify": _("Anybody can check here that this certificate is genuine:"),
        "address": address,
        "qr": _draw_code(address),
    }


def _format_hours(hours: float) -> str:
    return figure(hours, 0 if hours == int(hours) else 1)


def _make_breakable(text: str) -> str:
    """Let a very long word break. Words of ordinary length stay as they are: their letters may be joined."""
    return " ".join(
        _BREAK.join(word[at : at + _LONGEST_WORD // 2] for at in range(0, len(word), _LONGEST_WORD // 2))
        if len(word) > _LONGEST_WORD
        else word
        for word in text.split()
    )


def _draw_code(address: str) -> str:
    """Return a QR code as SVG, with the quiet zone that readers need."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=4, xmldecl=False, svgns=True, light="#fff")
    return out.getvalue().decode()


@lru_cache(maxsize=1)
def get_compiler() -> Compiler:
    """Return the compiler, which a process loads with its first certificate.

    Fonts of the system are used for scripts that those in the folder do not cover.
    """
    import typst  # 80 MB, which most processes never need

    return typst.Compiler(str(FOLDER / "certificate.typ"), root=str(FOLDER), font_paths=[str(FOLDER / "fonts")])


def _compile(inputs: tuple[tuple[str, str], ...], moment: datetime) -> bytes:
    made = get_compiler().compile(
        format="pdf", sys_inputs=dict(inputs), pdf_standards="ua-1", timestamp=int(moment.timestamp())
    )
    assert isinstance(made, bytes)
    return made
