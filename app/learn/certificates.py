"""Certificates: issuing and downloading one's own, and verifying anybody's."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.domain.certificate import format_certificate_code
from app.learn import blueprint
from app.learn.attempts import get_attempt_or_404
from app.learn.badges import BadgeForm
from app.models import Certificate
from app.services.attempts import certificates
from app.services.attempts.certificates import NoCertificateDue
from app.web import certificate_file, limits
from app.web.access import signed_in
from app.web.badge_file import BadgeFormat
from app.web.downloads import attachment
from app.web.identity import get_viewer
from app.web.typesetting import PaperSize
from app.web.urls import make_absolute, parse_choice


@blueprint.get("/certificates")
@signed_in
def list_certificates() -> str:
    """List the viewer's certificates."""
    learner = get_viewer().learner
    assert learner is not None
    return render_template("learn/certificates.html", certificates=certificates.list_own(db.session, learner))


@blueprint.get("/attempts/<int:attempt_id>/certificate")
@signed_in
def show_certificate(attempt_id: int) -> str:
    """Show the certificate of a passed attempt, or what it will say.

    :raise 404: the attempt is not the viewer's, or not a pass that they know of.
    """
    loaded = get_attempt_or_404(attempt_id)
    found = certificates.get_own(db.session, loaded)
    if found is None and not certificates.is_due(db.session, get_viewer(), loaded, now()):
        abort(404)
    return render_template(
        "learn/certificate.html",
        attempt=loaded.attempt,
        certificate=found,
        state=certificates.get_state(db.session, found, loaded.attempt, now()) if found else None,
        title=loaded.assignment.title if loaded.assignment else loaded.module.title,
        address=get_verification_address(found) if found else None,
        sizes=PaperSize,
        formats=BadgeFormat,
    )


@blueprint.post("/attempts/<int:attempt_id>/certificate")
@signed_in
def issue_certificate(attempt_id: int) -> ResponseReturnValue:
    """Issue the certificate of a passed attempt, once.

    :raise 404: the attempt is not the viewer's, or not a pass that they know of.
    """
    loaded = get_attempt_or_404(attempt_id, for_update=True)
    try:
        certificates.issue(db.session, get_viewer(), loaded, now())
    except NoCertificateDue:
        abort(404)
    db.session.commit()
    flash(_("Your certificate is ready."))
    return redirect(url_for("learn.show_certificate", attempt_id=attempt_id), 303)


@blueprint.get("/attempts/<int:attempt_id>/certificate.pdf")
@signed_in
def download_certificate(attempt_id: int) -> ResponseReturnValue:
    """Send the certificate as PDF; ``paper`` is its size.

    :raise 404: there is none, or it is not valid any more.
    """
    loaded = get_attempt_or_404(attempt_id)
    found = certificates.get_own(db.session, loaded)
    if found is None or not certificates.get_state(db.session, found, loaded.attempt, now()).is_valid:
        abort(404)
    paper = parse_choice(PaperSize, request.args.get("paper")) or PaperSize.A4
    learner = get_viewer().learner
    assert learner is not None
    pdf = certificate_file.render_pdf(found, paper, learner.time_zone)
    return attachment(pdf, "application/pdf", "certificate.pdf", title=f"{_('Certificate')} {found.title}")


@blueprint.get("/verify")
def ask_for_certificate() -> ResponseReturnValue:
    """Show the form for the code of a certificate, or go to the certificate with the code in ``code``."""
    if typed := request.args.get("code", "").strip()[:200]:
        return redirect(url_for("learn.verify_certificate", code=typed.rpartition("/")[2] or typed), 303)
    return render_template("learn/verify.html", verified=None, typed=None, badge=None, badge_form=BadgeForm())


@blueprint.get("/verify/<code>")
def verify_certificate(code: str) -> ResponseReturnValue:
    """Show anybody whether a certificate is genuine, and whether the content has changed since.

    :raise 404: no certificate has this code; the page says so.
    """
    limits.check_guesser()
    verified = certificates.verify(db.session, code, now())
    status = limits.count_guess() if verified is None else 200
    withdrawable = verified and certificates.get_for(db.session, get_viewer(), verified.certificate.id)
    page = render_template(
        "learn/verify.html",
        verified=verified,
        typed=code,
        badge=None,
        badge_form=BadgeForm(),
        code=format_certificate_code(verified.certificate.code) if verified else None,
        withdrawable=withdrawable,
    )
    return page, status, {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


def get_verification_address(certificate: Certificate) -> str:
    code = format_certificate_code(certificate.code)
    return make_absolute(url_for("learn.verify_certificate", code=code))
