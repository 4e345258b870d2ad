"""What the accounts library asks of us: how accounts are stored, addresses compared and mails sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask, current_app
from flask_security import MailUtil, SQLAlchemyUserDatastore
from flask_security.mail_util import EmailValidateException

from app.clock import now
from app.models import User
from app.services.people import users


class Accounts(SQLAlchemyUserDatastore):
    """New accounts are ours: no roles of the library's kind, and a taken address is told from other faults."""

    def create_user(self, **given: Any) -> User:
        """Add an account.

        :raise AddressTakenError: see :func:`app.services.people.users.add`.
        """
        return users.add(
            self.db.session, name=given["name"], email=given["email"], password_hash=given["password"], now=now()
        )


class Mails(MailUtil):
    """Mails leave by a thread of their own.

    A slow mail server holds nobody up, and how long a reply takes says nothing about who has an account.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        app.extensions["mail_queue"] = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")

    def normalize(self, email: str) -> str:
        address = users.normalised(email)
        if address is None:
            raise EmailValidateException("This is no e-mail address.")
        return address

    validate = normalize

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: Any,
        sender: Any,
        body: str | None,
        html: str | None,
        **context: Any,
    ) -> None:
        """Queue one mail, but none for the stand-in that :class:`app.accounts.forms.ForgotPasswordForm` makes."""
        if context["user"].id is None:
            return
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        mail = (template, str(subject), recipient, str(sender), body, html)
        app.extensions["mail_queue"].submit(self._send, app, *mail)

    def _send(self, app: Flask, *mail: Any) -> None:
        with app.app_context():
            try:
                super().send_mail(*mail)
            except Exception as error:  # whatever the mail server does; the log names no address
                app.logger.error("A mail could not be sent: %s", type(error).__name__)
