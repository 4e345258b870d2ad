"""Messages to learners of a cohort: writing, listing who has read them, and retrying failed mails."""

from __future__ import annotations

from collections.abc import Collection

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.db import db
from app.domain.names import find_shared_names
from app.models import Cohort
from app.services.cohorts import cohorts, message_mails, messages
from app.services.cohorts.messages import NoRecipientsError, PossibleRecipient
from app.services.reporting import overviews
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.teach.message_forms import MessageForm
from app.web import mail
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission
from app.web.urls import parse_id

ATTENTION = "attention"


@blueprint.get("/cohorts/<int:cohort_id>/messages")
@trainers_only
def list_messages(cohort_id: int) -> ResponseReturnValue:
    """List the messages sent to a cohort, with who has read each and which mails failed."""
    cohort = get_cohort_or_404(cohort_id)
    page = messages.list_sent(db.session, cohort, now(), request.args.get("page", 1, type=int))
    return render_template("teach/messages.html", cohort=cohort, page=page)


@blueprint.route("/cohorts/<int:cohort_id>/messages/new", methods=["GET", "POST"])
@trainers_only
def new_message(cohort_id: int) -> ResponseReturnValue:
    """Write to the learners in ``to``, to those who need attention (``to=attention``), or to all.

    :raise 404: not the viewer's cohort.
    :raise ArchivedError: a POST, and the cohort is archived.
    """
    cohort = get_cohort_or_404(cohort_id)
    form = MessageForm()
    recipients = messages.list_possible_recipients(db.session, cohort)
    if not form.is_submitted():
        return _render_form(cohort, form, recipients, _get_preselected(cohort, recipients))
    cohorts.require_active(cohort)
    chosen = _parse_ids(request.form.getlist("to"))
    if not form.validate() or not chosen:
        return _render_form(cohort, form, recipients, chosen, is_refused=True), 422
    if not is_first_submission(form):
        return redirect(url_for("teach.list_messages", cohort_id=cohort.id), 303)
    try:
        _send(cohort, form, chosen)
    except NoRecipientsError:
        db.session.rollback()
        return _render_form(cohort, form, recipients, set(), is_refused=True), 422
    return redirect(url_for("teach.list_messages", cohort_id=cohort.id), 303)


def _send(cohort: Cohort, form: MessageForm, chosen: Collection[int]) -> None:
    is_mailed = mail.is_delivering()
    message = messages.send(db.session, current_account(), cohort, chosen, form.text.data, now(), is_mailed=is_mailed)
    sent = messages.count_recipients(db.session, message)
    db.session.commit()
    if is_mailed:
        mail.wake_sender()
    _report_sent(sent, left_out=len(chosen) - sent)


def _get_preselected(cohort: Cohort, recipients: Collection[PossibleRecipient]) -> set[int]:
    """Return the recipients that the address of the page names; all if it names nobody."""
    asked = request.args.getlist("to")
    if ATTENTION in asked:
        return overviews.list_needing_attention(db.session, cohort, now())
    return _parse_ids(asked) if asked else {one.learner_id for one in recipients}


def _parse_ids(values: Collection[str]) -> set[int]:
    return {number for value in values if (number := parse_id(value)) is not None}


def _render_form(
    cohort: Cohort,
    form: MessageForm,
    recipients: Collection[PossibleRecipient],
    chosen: Collection[int],
    *,
    is_refused: bool = False,
) -> str:
    there = {one.learner_id for one in recipients}
    return render_template(
        "teach/message_new.html",
        cohort=cohort,
        form=form,
        recipients=recipients,
        chosen=set(chosen) & there,
        shared=find_shared_names(one.name for one in recipients),
        is_mailed=mail.is_delivering(),
        is_nobody_chosen=is_refused and not set(chosen) & there,
    )


def _report_sent(sent: int, *, left_out: int) -> None:
    flash(ngettext("Sent to %(num)s learner.", "Sent to %(num)s learners.", sent))
    if left_out > 0:
        flash(
            ngettext(
                "%(num)s learner has left the cohort in the meantime and did not get it.",
                "%(num)s learners have left the cohort in the meantime and did not get it.",
                left_out,
            ),
            "warn",
        )


@blueprint.post("/cohorts/<int:cohort_id>/messages/<int:message_id>/retry")
@trainers_only
def retry_message(cohort_id: int, message_id: int) -> ResponseReturnValue:
    """Send the failed mails of a message again.

    :raise 404: no such message in this cohort.
    :raise ArchivedError: the cohort is archived.
    """
    cohort = get_cohort_or_404(cohort_id)
    message = messages.get_for_cohort(db.session, cohort, message_id) or abort(404)
    cohorts.require_active(cohort)
    count = message_mails.retry(db.session, message, now())
    db.session.commit()
    if count and mail.is_delivering():
        mail.wake_sender()
    if count:
        flash(ngettext("Sending %(num)s e-mail again.", "Sending %(num)s e-mails again.", count))
    else:
        flash(_("There is no failed e-mail to send again."), "warn")
    return redirect(url_for("teach.list_messages", cohort_id=cohort.id), 303)
