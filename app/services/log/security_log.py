"""The security log: sign-ins, refusals, joins and changes of rights, one line each through :mod:`logging`.

Unlike the audit log it also has what changed nothing, such as a wrong password. It contains ids, never names, addresses,
tokens or passwords. The logger is ``palpate.security``; the message is the name of the event, and its fields are
attributes of the record. Events that are part of a transaction are logged when it has been committed.
"""

from __future__ import annotations

import logging

from sqlalchemy import event
from sqlalchemy.orm import Session

logger = logging.getLogger("palpate.security")
logger.setLevel(logging.INFO)

FIELDS = ("account", "subject", "endpoint", "old", "new")
"""All fields: the acting account (None for a visitor or a command), what was acted on, the page, and two roles."""

AUDITED = frozenset(
    {
        "cohort.add_trainer",
        "cohort.leave",
        "cohort.readmit_learner",
        "cohort.remove_learner",
        "cohort.remove_trainer",
        "cohort.restore_trainer",
        "cohort.renew_code",
        "invitation.accept",
        "invitation.create",
        "invitation.renew",
        "invitation.withdraw",
        "user.change_email",
        "user.deactivate",
        "user.end_sign_ins",
        "user.erase",
        "user.export",
        "user.reactivate",
        "user.request_email",
        "user.reset_link",
        "user.set_role",
    }
)
"""The actions of the audit log that are security events as well, under the same names."""

_PENDING = "security_events"


def record(name: str, **fields: object) -> None:
    """Log an event now."""
    logger.info(name, extra={field: fields[field] for field in FIELDS if fields.get(field) is not None})


def record_on_commit(session: Session, name: str, **fields: object) -> None:
    """Log an event when the transaction of ``session`` has been committed."""
    session.info.setdefault(_PENDING, []).append((name, fields))


def _log_pending(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for name, fields in session.info.pop(_PENDING, ()):
        record(name, **fields)


def _drop_pending(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_PENDING, None)


event.listen(Session, "after_commit", _log_pending)
event.listen(Session, "after_rollback", _drop_pending)
