"""Open Badges of certificates: issuing one, checking one that somebody received, and listing revoked ones.

A badge is signed whenever it is downloaded; nothing is stored. It is as valid as its certificate.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from app.domain import badge
from app.domain.badge import STATUS_LIST_LENGTH, BadgeFacts
from app.domain.certificate import format_certificate_code
from app.models import Attempt, Certificate, User
from app.services.attempts import certificates
from app.services.attempts.attempts import OwnAttempt
from app.services.attempts.certificates import VerifiedCertificate
from app.services.storage import badge_keys
from app.services.storage.badge_keys import BadgeKeys, ForgedBadge

_SALT_BYTES = 16


class BadgeState(StrEnum):
    """What a check of a badge finds.

    - ``NO_BADGE``: there is no badge in the file.
    - ``FOREIGN``: another server says that it issued it, so only that server can tell.
    - ``FORGED``: it was changed, or another key signed it.
    - ``UNKNOWN``: this server signed it, and does not have the certificate any more.
    - ``SIGNED``: this server signed it. Whether it is valid depends on the certificate.
    """

    NO_BADGE = "no_badge"
    FOREIGN = "foreign"
    FORGED = "forged"
    UNKNOWN = "unknown"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class CheckedBadge:
    """A badge after its check. ``verified`` is its certificate, only if it is ``SIGNED``."""

    state: BadgeState
    verified: VerifiedCertificate | None = None


def issue(keys: BadgeKeys, certificate: Certificate, loaded: OwnAttempt, owner: User, base_url: str) -> str:
    """Return the badge of a valid certificate, which is of this attempt, as a signed token."""
    facts = BadgeFacts(
        base_url=base_url,
        number=certificate.id,
        verify_url=_build_verify_url(base_url, certificate),
        achievement_url=base_url + _get_achievement_path(loaded),
        title=certificate.title,
        module_title=certificate.module_title,
        percent=certificate.percent,
        passed_at=certificate.passed_at,
        issued_at=certificate.issued_at,
        address=owner.email,
        salt=secrets.token_hex(_SALT_BYTES),
        is_composed=loaded.attempt.sections is not None,
    )
    return keys.sign(badge.build_credential(facts))


def _get_achievement_path(loaded: OwnAttempt) -> str:
    """Return what names the achievement: a module's own test, or an assignment, which may ask about several modules."""
    assignment = loaded.assignment
    if assignment is None:
        return f"/modules/{loaded.module.slug}"
    if loaded.attempt.sections is not None:
        return f"/assignments/{assignment.id}"
    return f"/modules/{loaded.module.slug}?assignment={assignment.id}"


def _build_verify_url(base_url: str, certificate: Certificate) -> str:
    return f"{base_url}/verify/{format_certificate_code(certificate.code)}"


def check(session: Session, keys: BadgeKeys, data: bytes, now: datetime) -> CheckedBadge:
    """Check a badge in a picture, or as the text of its token."""
    token = badge.find_token(data)
    issuer = badge_keys.read_issuer(token) if token else None
    if token is None or issuer is None:
        return CheckedBadge(BadgeState.NO_BADGE)
    if issuer != keys.did:
        return CheckedBadge(BadgeState.FOREIGN)
    try:
        payload = keys.verify(token)
    except ForgedBadge:
        return CheckedBadge(BadgeState.FORGED)
    verified = certificates.verify(session, str(payload.get("id", "")).rpartition("/")[2], now)
    return CheckedBadge(BadgeState.SIGNED if verified else BadgeState.UNKNOWN, verified)


def has_status_list(session: Session, list_number: int) -> bool:
    """Return whether certificates belong to a list. The first one always exists."""
    last = session.scalar(select(func.max(Certificate.id))) or 0
    return list_number <= last // STATUS_LIST_LENGTH


def sign_status_list(session: Session, keys: BadgeKeys, base_url: str, list_number: int, now: datetime) -> str:
    """Return the signed list of the revoked badges among the certificates with these numbers."""
    first = list_number * STATUS_LIST_LENGTH
    rows = session.execute(
        select(Certificate, Attempt)
        .join(Attempt, Attempt.id == Certificate.attempt_id)
        .where(Certificate.id >= first, Certificate.id < first + STATUS_LIST_LENGTH)
        # Those that may be invalid; the rule itself is asked below.
        .where(
            or_(
                Certificate.withdrawn_at.is_not(None),
                ~func.coalesce(Attempt.is_passed, false()),
                Attempt.submitted_at != Certificate.passed_at,
            )
        )
    )
    revoked = [
        certificate.id
        for certificate, attempt in rows
        if not certificates.get_state(session, certificate, attempt, now).is_valid
    ]
    return keys.sign(badge.build_status_list(base_url, list_number, revoked, now), "vc+jwt")
