"""Notification settings, and switching mails off by a link in them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.views import blueprint
from app.db import db
from app.domain.notifications import NotificationKind
from app.permissions import may_teach
from app.services.people import notifications
from app.web import mail, unsubscribing
from app.web.access import current_account as own_account
from app.web.access import signed_in
from app.web.identity import get_viewer
from app.web.security import csrf

LABELS = {
    NotificationKind.REMINDERS: _l("Reminders of due dates"),
    NotificationKind.MESSAGES: _l("Messages from trainers"),
    NotificationKind.REPLIES: _l("Replies to your reports of questions"),
    NotificationKind.DIGEST: _l("Weekly summary of your cohorts"),
    NotificationKind.REVIEWS: _l("Questions to review"),
}
HELP = {
    NotificationKind.REMINDERS: _l("Two days before something is due, and once more if you miss the date."),
    NotificationKind.MESSAGES: _l("You always see them on your home page too."),
    NotificationKind.REPLIES: _l("You always see them on your home page and in your result, too."),
    NotificationKind.DIGEST: _l("New results, who needs attention, reports to answer, and what is due next week."),
    NotificationKind.REVIEWS: _l("At most once a day, on days when something is due for review."),
}


@blueprint.route("/account/notifications", methods=["GET", "POST"])
@signed_in
def edit_notifications() -> ResponseReturnValue:
    """Choose which mails to receive."""
    user, kinds = own_account(), _list_kinds()
    if request.method == "POST":
        wanted = set(request.form.getlist("mail"))
        notifications.change_settings(db.session, user, {kind: kind.value in wanted for kind in kinds})
        db.session.commit()
        flash(_("Your settings are saved."))
        return redirect(url_for("accounts.edit_notifications"), 303)
    return render_template(
        "accounts/notifications.html",
        user=user,
        kinds=kinds,
        settings=notifications.get_settings(db.session, user),
        labels=LABELS,
        help=HELP,
        is_mailed=mail.is_delivering(),
    )


def _list_kinds() -> Sequence[NotificationKind]:
    return [kind for kind in NotificationKind if not kind.is_for_trainers or may_teach(get_viewer())]


@blueprint.route("/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]
def unsubscribe(token: str) -> ResponseReturnValue:
    """Switch off a kind of mail by the link in it, without signing in.

    Mail programs send the POST themselves, without cookies, so the token is what authorises it. A GET only asks, since
    virus scanners open links.

    :raise 404: the link is damaged, or the account is gone or has another address.
    """
    found = unsubscribing.read_token(db.session, token) or abort(404)
    if request.method == "POST":
        notifications.change_settings(db.session, found.user, {found.kind: False})
        db.session.commit()
    is_on = notifications.get_settings(db.session, found.user)[found.kind]
    return render_template("accounts/unsubscribe.html", label=LABELS[found.kind], is_on=is_on, token=token)
