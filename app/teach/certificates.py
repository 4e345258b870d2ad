"""Withdrawing the certificates of one's learners."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.clock import now
from app.db import db
from app.domain.certificate import format_certificate_code
from app.services.attempts import certificates
from app.services.attempts.certificates import CertificateChangedMeanwhile, TaughtCertificate
from app.teach import blueprint
from app.web.access import current_account, trainers_only
from app.web.forms import required_text
from app.web.identity import get_viewer


class WithdrawalForm(FlaskForm):  # type: ignore[misc]
    reason = required_text(_l("Reason"), _l("Enter a reason."), longest=certificates.MAX_REASON_LENGTH)


@blueprint.route("/certificates/<int:certificate_id>", methods=["GET", "POST"])
@trainers_only
def withdraw_certificate(certificate_id: int) -> ResponseReturnValue:
    """Show what withdrawing a certificate means, and do it with a reason.

    :raise 404: no such certificate, or of a learner whom the viewer does not teach.
    """
    taught = _get_or_404(certificate_id)
    form = WithdrawalForm()
    if not form.validate_on_submit():
        return _render(taught, form), 422 if form.errors else 200
    try:
        certificates.withdraw(db.session, current_account(), taught, form.reason.data, now())
    except CertificateChangedMeanwhile:
        db.session.rollback()
        return redirect(url_for("teach.withdraw_certificate", certificate_id=certificate_id), 303)
    db.session.commit()
    flash(_("The certificate is withdrawn. Its code says so from now on."))
    return redirect(url_for("teach.withdraw_certificate", certificate_id=certificate_id), 303)


@blueprint.post("/certificates/<int:certificate_id>/restore")
@trainers_only
def restore_certificate(certificate_id: int) -> ResponseReturnValue:
    """Make a withdrawn certificate valid again.

    :raise 404: no such certificate, or of a learner whom the viewer does not teach.
    """
    taught = _get_or_404(certificate_id)
    try:
        certificates.restore(db.session, current_account(), taught, now())
    except CertificateChangedMeanwhile:
        db.session.rollback()
    else:
        db.session.commit()
        flash(_("The certificate is valid again."))
    return redirect(url_for("teach.withdraw_certificate", certificate_id=certificate_id), 303)


def _get_or_404(certificate_id: int) -> TaughtCertificate:
    is_post = request.method == "POST"
    taught = certificates.get_for(db.session, get_viewer(), certificate_id, for_update=is_post)
    if taught is None:
        abort(404)
    return taught


def _render(taught: TaughtCertificate, form: WithdrawalForm) -> str:
    return render_template(
        "teach/certificate.html",
        certificate=taught.certificate,
        attempt=taught.attempt,
        cohort=taught.cohort,
        code=format_certificate_code(taught.certificate.code),
        form=form,
    )
