"""Outgoing mail: printed to the console, written to files or sent by SMTP. Palpate also works without mail.

Mails are stored in the outbox by the transaction of what they announce. A chore sends them after the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from email import policy
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, current_app, render_template
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext
from flask_mailman import Mail
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.domain.notifications import NotificationKind
from app.models import User
from app.services.assignments.reminders import ReminderKind, ReminderMail
from app.services.attempts.review_reminders import ReviewReminder
from app.services.people import sign_ins, users
from app.services.people.notices import NoticeKind
from app.services.reporting.digests import DigestMail
from app.services.upkeep import outbox
from app.services.upkeep.outbox import OutgoingMail
from app.settings import Settings
from app.web import unsubscribing
from app.web.mail_connection import ACCOUNT_HEADER, MailConnection
from app.web.timed_tokens import LINK_VALID_FOR
from app.web.translation import use_language

REMINDER_KEPT_FOR = timedelta(days=1)
"""How long a reminder may be late. It counts the days until a date."""

_HAS_MAILS = "has_mails"
"""Marks a session that has stored mails and not committed them yet."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """A person with an account who is sent a mail. ``language`` is empty for the default."""

    user_id: int
    name: str
    email: str
    language: str = ""


def init_app(app: Flask, settings: Settings) -> None:
    app.config["MAIL_DEFAULT_SENDER"] = settings.mail_from
    parts = urlsplit(settings.mail)
    if parts.scheme in ("smtp", "smtps"):
        app.config.update(
            MAIL_BACKEND="app.web.smtp.EmailBackend",
            MAIL_SERVER=parts.hostname,
            MAIL_PORT=parts.port or (465 if parts.scheme == "smtps" else 587),
            MAIL_USERNAME=unquote(parts.username) if parts.username else None,
            MAIL_PASSWORD=unquote(parts.password) if parts.password else None,
            MAIL_USE_SSL=parts.scheme == "smtps",
            MAIL_USE_TLS=parts.scheme == "smtp" and bool(parts.username),
            MAIL_TIMEOUT=10,
        )
    elif settings.mail == "file":
        app.config.update(MAIL_BACKEND="file", MAIL_FILE_PATH=str(settings.data / "mail"))
    else:
        app.config["MAIL_BACKEND"] = "console"
    Mail(app)
    app.jinja_env.globals["sends_mail"] = is_delivering
    app.extensions.setdefault("wake_sender", lambda: None)
    app.after_request(_report_lost_mails)


def write_notification(
    addressee: Addressee, kind: NotificationKind, subject: Any, template: str, **context: object
) -> OutgoingMail:
    """Write a mail that its addressee can switch off, in their language.

    It ends with a link to the settings, and mail programs offer to unsubscribe with one click (RFC 8058). ``subject`` is
    a lazy text. The caller must have asked :func:`app.services.people.notifications.wants_mail`.
    """
    base_url: str = current_app.config["PALPATE"].base_url
    link = unsubscribing.make_link(addressee.user_id, addressee.email, kind)
    with use_language(addressee.language):
        text = render_template(
            template,
            addressee=addressee,
            base_url=base_url,
            settings_link=f"{base_url}/account/notifications",
            **context,
        )
        headers = unsubscribing.build_headers(link)
        return OutgoingMail(addressee.email, str(subject), text, headers, user_id=addressee.user_id)


def send_now(message: OutgoingMail) -> None:
    """Send a mail at once, without the outbox.

    :raise OSError: the mail server can't be reached or refuses it.
    """
    with MailConnection() as connection:
        connection.send(message)


def try_connection() -> None:
    """Connect to the mail server and sign in, without sending anything.

    :raise OSError: see :func:`send_now`.
    """
    connection = current_app.extensions["mailman"].get_connection()
    connection.open()
    connection.close()


def send_reminder(letter: ReminderMail) -> None:
    """Store a reminder in the outbox."""
    addressee = Addressee(letter.user_id, letter.name, letter.email, letter.language)
    subject = _get_subject(letter)
    written = write_notification(addressee, NotificationKind.REMINDERS, subject, "mail/reminder.txt", letter=letter)
    send_later([replace(written, kept_for=REMINDER_KEPT_FOR)])


def _get_subject(letter: ReminderMail) -> Any:
    first, more = letter.items[0].title, len(letter.items) - 1
    is_due = letter.kind is ReminderKind.DUE
    if not more:
        return _l("Due soon: %(title)s", title=first) if is_due else _l("Overdue: %(title)s", title=first)
    if is_due:
        return lazy_ngettext(
            "Due soon: %(title)s and %(num)s more", "Due soon: %(title)s and %(num)s more", more, title=first
        )
    return lazy_ngettext(
        "Overdue: %(title)s and %(num)s more", "Overdue: %(title)s and %(num)s more", more, title=first
    )


def send_review_reminder(letter: ReviewReminder) -> None:
    """Store a reminder of reviews in the outbox."""
    addressee = Addressee(letter.user_id, letter.name, letter.email, letter.language)
    subject = lazy_ngettext("%(num)s question to review", "%(num)s questions to review", letter.due)
    written = write_notification(addressee, NotificationKind.REVIEWS, subject, "mail/review.txt", letter=letter)
    send_later([replace(written, kept_for=REMINDER_KEPT_FOR)])


def send_digest(letter: DigestMail) -> None:
    """Store a trainer's weekly digest in the outbox."""
    addressee = Addressee(letter.user_id, letter.name, letter.email, letter.language)
    subject = _l("Your cohorts this week")
    send_later([write_notification(addressee, NotificationKind.DIGEST, subject, "mail/digest.txt", letter=letter)])


def send_address_notice(user: User, old_address: str) -> None:
    """Tell the owner of an account at the old address that the address was changed."""
    subject = _l("The e-mail address of your Palpate account was changed")
    _send_notice(user, old_address, subject, "security/email/address_notice.txt")


def send_address_request_notice(user: User) -> None:
    """Tell the owner of an account that somebody entered a new address for it, which has to be confirmed there."""
    subject = _l("A new e-mail address for your Palpate account")
    _send_notice(user, user.email, subject, "security/email/address_request.txt")


def send_confirmation_link(user: User, link: str) -> None:
    """Mail a link to the unconfirmed address of an account."""
    assert user.unconfirmed_email is not None
    subject = _l("Confirm your e-mail address for Palpate")
    template = "security/email/confirm_address.txt"
    _send_notice(user, user.unconfirmed_email, subject, template, kept_for=LINK_VALID_FOR, link=link)


def send_reset_link_notice(user: User) -> None:
    """Tell the owner of an account that somebody made a link to choose a new password for it."""
    if user.is_unconfirmed:
        return
    subject = _l("A password link was created for your Palpate account")
    _send_notice(user, user.email, subject, "security/email/link_notice.txt")


def send_cohort_notice(user: User, title: str, kind: NoticeKind) -> None:
    """Tell somebody that they were removed from a cohort or its teaching, or brought back."""
    if user.is_unconfirmed:
        return
    _send_notice(user, user.email, f"Palpate: {title}", "security/email/cohort_notice.txt", title=title, kind=kind)


def _send_notice(
    user: User,
    address: str,
    subject: Any,
    template: str,
    *,
    kept_for: timedelta = outbox.KEPT_FOR,
    **context: object,
) -> None:
    """Store a mail about an account in its owner's language: usually, somebody else sends the request."""
    with use_language(sign_ins.get_language(db.session, user)):
        text = render_template(template, user=user, base_url=_get_base_url(), **context)
        message = OutgoingMail(address, str(subject), text, user_id=user.id, kept_for=kept_for)
    send_later([message])


def _get_base_url() -> str:
    return str(current_app.config["PALPATE"].base_url)


def is_delivering() -> bool:
    """Return whether mails go anywhere other than the console."""
    settings: Settings = current_app.config["PALPATE"]
    return settings.mail != "console"


def send_later(messages: Sequence[OutgoingMail]) -> None:
    """Store mails in the outbox. Call this before the commit; they are sent after it, and not if it fails."""
    for message in messages:
        outbox.add(db.session, message, now())
    if messages:
        db.session.info[_HAS_MAILS] = True


def wake_sender() -> None:
    """Let a server process send the mails that are due, soon after this request. Call this after the commit."""
    current_app.extensions["wake_sender"]()


@event.listens_for(db.session, "after_commit")
def _wake_after_commit(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(_HAS_MAILS, False):
        wake_sender()


def _report_lost_mails(response: Response) -> Response:
    """Report a view that stores mails after its commit, because they are lost.

    :raise RuntimeError: there is such a view, in a test.
    """
    if response.status_code < 400 and db.session.info.pop(_HAS_MAILS, False):
        if current_app.testing:
            raise RuntimeError("mails were stored after the commit of the request")
        current_app.logger.error("Mails were stored after the commit of the request, and are lost.")
    return response


def delete_mails(settings: Settings, user_id: int, address: str) -> None:
    """Delete mail files for a person. Mails to earlier addresses are found by the account's number in their head."""
    if settings.mail != "file":
        return
    for path in (settings.data / "mail").glob("*"):
        if path.is_file() and _is_to(path.read_bytes(), user_id, address):
            path.unlink(missing_ok=True)


def _is_to(mail: bytes, user_id: int, address: str) -> bool:
    head = BytesHeaderParser(policy=policy.default).parsebytes(mail)
    if head.get(ACCOUNT_HEADER) == str(user_id):
        return True
    return any(users.normalise_address(found) == address for _name, found in getaddresses(head.get_all("To", [])))
