"""Adapters for Flask-Security: storing accounts, normalising addresses and sending mail."""

from __future__ import annotations

from typing import Any

from flask_security import MailUtil, SQLAlchemyUserDatastore
from flask_security.mail_util import EmailValidateException

from app.clock import now
from app.models import User
from app.services.people import users
from app.services.upkeep.outbox import OutgoingMail
from app.web import mail
from app.web.timed_tokens import LINK_VALID_FOR


class AccountDatastore(SQLAlchemyUserDatastore):
    """Creates our accounts, without Flask-Security's roles, and reports taken addresses separately."""

    def create_user(self, **given: Any) -> User:
        """Add an account.

        :raise AddressTakenError: see :func:`app.services.people.users.add`.
        """
        return users.add(
            self.db.session, name=given["name"], email=given["email"], password_hash=given["password"], now=now()
        )


class AccountMailer(MailUtil):
    """Stores mails in the outbox, so that a slow mail server does not delay requests."""

    def normalize(self, email: str) -> str:
        address = users.normalise_address(email)
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
        """Store a mail. The placeholder user of :class:`app.accounts.forms.ForgotPasswordForm` gets a decoy.

        The request for a reset link thus does the same work whether or not the account exists.
        """
        user_id = context["user"].id
        address = "" if user_id is None else str(recipient)
        mail.send_later(
            [OutgoingMail(address, str(subject), body or "", html=html or "", user_id=user_id, kept_for=LINK_VALID_FOR)]
        )
