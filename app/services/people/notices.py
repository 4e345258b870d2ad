"""Notices to account holders about what others did to their account, shown on each page until confirmed.

They are kept with the account, which every request loads anyway, and name no other person.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from app.models import User

MAX_KEPT = 10


class NoticeKind(StrEnum):
    """What was done. ``title`` is that of the cohort, or of the test of a certificate, where the notice is about one."""

    TEACHING_ENDED = "teaching_ended"
    TEACHING_RESTORED = "teaching_restored"
    REMOVED = "removed"
    READMITTED = "readmitted"
    RESET_LINK = "reset_link"
    EMAIL_CHANGED = "email_changed"
    CERTIFICATE_WITHDRAWN = "certificate_withdrawn"
    CERTIFICATE_RESTORED = "certificate_restored"


def add(user: User, kind: NoticeKind, now: datetime, title: str = "") -> None:
    """Add a notice; it takes the place of an earlier one of the same kind and title."""
    others = [one for one in user.notices if (one["kind"], one["title"]) != (kind, title)]
    user.notices = [*others, {"kind": kind.value, "title": title, "at": now.isoformat()}][-MAX_KEPT:]


def clear(user: User) -> None:
    user.notices = []
