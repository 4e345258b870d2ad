"""The kinds of mail that a person can switch on or off."""

from __future__ import annotations

from enum import StrEnum


class NotificationKind(StrEnum):
    """A kind of mail. Mails about the account itself (passwords, addresses, invitations) cannot be switched off."""

    REMINDERS = "reminders"
    MESSAGES = "messages"
    REPLIES = "replies"
    DIGEST = "digest"
    REVIEWS = "reviews"

    @property
    def is_on_by_default(self) -> bool:
        """Whether people receive these mails before they have decided. Some must be asked for."""
        return self not in (NotificationKind.DIGEST, NotificationKind.REVIEWS)

    @property
    def is_for_trainers(self) -> bool:
        """Whether only people who may teach receive these mails."""
        return self is NotificationKind.DIGEST
