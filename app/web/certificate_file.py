"""Certificates as PDF."""

from __future__ import annotations

import io

import segno
from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.domain.certificate import format_certificate_code, round_hours
from app.models import Certificate
from app.web import translation, typesetting
from app.web.templating import date, figure, percent
from app.web.typesetting import PaperSize, make_breakable
from app.web.urls import make_absolute


def render_pdf(certificate: Certificate, paper: PaperSize, zone: str) -> bytes:
    """Return a certificate as PDF/UA, in the language of the request. ``zone`` is the time zone of its dates."""
    inputs = list_inputs(certificate, paper, zone)
    return typesetting.render_pdf(typesetting.CERTIFICATE, inputs, certificate.issued_at)


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
        "name": make_breakable(certificate.name or ""),
        "passed": _("has passed the test"),
        "title": make_breakable(certificate.title),
        "module": _("on the module %(title)s", title=make_breakable(certificate.module_title)) if is_part else "",
        "facts": "\n".join("\t".join(fact) for fact in facts),
        "note": _("This certificate records the result of a test. It does not license anybody to treat patients."),
        "version": _("Content: version %(number)s, %(digest)s", **version),
        "verify": _("Anybody can check here that this certificate is genuine:"),
        "address": address,
        "qr": _draw_code(address),
    }


def _format_hours(hours: float) -> str:
    return figure(hours, 0 if hours == int(hours) else 1)


def _draw_code(address: str) -> str:
    """Return a QR code as SVG, with the quiet zone that readers need."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=4, xmldecl=False, svgns=True, light="#fff")
    return out.getvalue().decode()
