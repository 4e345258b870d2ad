"""Recognise somebody who deleted their account and joins a cohort again with the same address.

Without this, deleting an account would give new attempts and undo a removal. An erasure keeps a keyed hash of the
address with each membership, different in each cohort: only this server can compare it, and with nothing but an
address that somebody enters again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models import Cohort, Learner, Membership


@dataclass(frozen=True, slots=True)
class AddressKey:
    """The secret with which addresses are hashed."""

    secret: str = field(repr=False)

    def hash(self, cohort_id: int, address: str) -> str:
        text = f"erased address|{cohort_id}|{address}"
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def keep_hashes(session: Session, learner: Learner, address: str, key: AddressKey) -> None:
    """Keep the hash of an address with all memberships of a learner who is being erased."""
    for membership in session.scalars(select(Membership).where(Membership.learner_id == learner.id)):
        membership.former_address = key.hash(membership.cohort_id, address)


def was_removed(
    session: Session, cohort: Cohort, address: str, key: AddressKey, *, since: datetime | None = None
) -> bool:
    """Whether a trainer removed somebody with this address, after ``since``, and the account was erased."""
    return any(
        one.removed_at is not None and not one.has_left and (since is None or one.removed_at > since)
        for one in _list_former(session, cohort, address, key)
    )


def mark_joined_before(session: Session, cohort: Cohort, learner: Learner, address: str, key: AddressKey) -> None:
    """Let the trainers of a cohort see that a new member was in it before, with an account that was erased."""
    if _list_former(session, cohort, address, key):
        its = (Membership.cohort_id == cohort.id, Membership.learner_id == learner.id)
        session.execute(update(Membership).where(*its).values(joined_before=True))


def _list_former(session: Session, cohort: Cohort, address: str, key: AddressKey) -> Sequence[Membership]:
    hashed = key.hash(cohort.id, address)
    its = (Membership.cohort_id == cohort.id, Membership.former_address == hashed)
    return session.scalars(select(Membership).where(*its)).all()
