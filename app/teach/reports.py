"""Learners' reports about questions, and replies to them."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.db import db
from app.domain.notifications import NotificationKind
from app.services.people import notifications
from app.services.reporting import question_reports, report_replies
from app.services.upkeep.outbox import OutgoingMail
from app.teach import blueprint
from app.teach.forms import ReplyForm
from app.web import mail
from app.web.access import current_account, trainers_only
from app.web.identity import get_viewer

SHOWN = {"open": False, "replied": True, "all": None}
"""Values of the query argument ``show``, with whether the listed reports have a reply."""


@blueprint.get("/reports")
@trainers_only
def list_reports() -> str:
    """List reports of questions, 25 per page, filtered by reply, cohort and module."""
    show = request.args.get("show", "all")
    show = show if show in SHOWN else "all"
    filters = question_reports.list_filters(db.session, get_viewer())
    cohort_id, module = request.args.get("cohort", type=int), request.args.get("module")
    sought = question_reports.ReportQuery(
        is_replied=SHOWN[show],
        cohort_id=cohort_id if cohort_id in filters.cohorts else None,
        module_slug=module if module in filters.modules else None,
    )
    page = question_reports.list_for(db.session, get_viewer(), sought, request.args.get("page", 1, type=int))
    return render_template("teach/reports.html", page=page, filters=filters, sought=sought, show=show)


@blueprint.route("/reports/<int:report_id>", methods=["GET", "POST"])
@trainers_only
def reply_to_report(report_id: int) -> ResponseReturnValue:
    """Show a report with the question version and the learner's answer, and reply to it.

    :raise 404: no such report, or another trainer's.
    """
    reported = question_reports.get_for(db.session, get_viewer(), report_id) or abort(404)
    form = ReplyForm()
    if form.validate_on_submit():
        is_first = question_reports.reply_to_report(db.session, current_account(), reported, form.reply.data, now())
        letters = _write_letters(report_id) if is_first else []
        mail.send_later(letters)
        db.session.commit()
        if is_first:
            flash(_("Reply sent. The learner sees it on their home page and with the question."))
        else:
            flash(_("Someone else has already replied. Your reply was not sent."), "warn")
        return redirect(url_for("teach.reply_to_report", report_id=report_id), 303)
    return render_template("teach/report.html", reported=reported, form=form), 422 if form.errors else 200


def _write_letters(report_id: int) -> list[OutgoingMail]:
    """Write to the learner that there is a reply, if they want mail. The reply itself may name the right answer."""
    found = report_replies.get_recipient(db.session, report_id)
    if found is None or not mail.is_delivering():
        return []
    if not notifications.wants_mail(db.session, found.user, NotificationKind.REPLIES):
        return []
    addressee = mail.Addressee(found.user.id, found.user.name, found.user.email, found.language)
    subject = _l("Reply to your report: %(module)s", module=found.module_title)
    return [mail.write_notification(addressee, NotificationKind.REPLIES, subject, "mail/reply.txt", found=found)]
