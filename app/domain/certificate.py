"""Certificates of passed tests: their codes, dates and states."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from math import ceil

from app.domain.identifiers import clean_letters

CODE_LENGTH = 26
"""In characters of five bits each, for 128 random bits."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: digits and letters without I, L, O and U."""

REVIEW_YEARS = 2
"""After how many years what a certificate attests should be reviewed."""

_GROUP_LENGTH = 4


class CertificateState(StrEnum):
    """What a verification says.

    - ``UNPASSED``: marks were corrected or the attempt was reopened, and it is not a pass any more.
    - ``ERASED``: it was withdrawn with its learner's account, and nothing else may be said.
    """

    GENUINE = "genuine"
    UNPASSED = "unpassed"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"

    @property
    def is_valid(self) -> bool:
        return self is CertificateState.GENUINE


def resolve_certificate_state(
    *, is_named: bool, withdrawn_at: datetime | None, is_passed: bool | None
) -> CertificateState:
    if not is_named:
        return CertificateState.ERASED
    if withdrawn_at is not None:
        return CertificateState.WITHDRAWN
    return CertificateState.GENUINE if is_passed else CertificateState.UNPASSED


def encode_certificate_code(number: int) -> str:
    """Return a number from 0 to 2^128 - 1 as a code."""
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(CODE_LENGTH)))


def clean_certificate_code(typed: str) -> str | None:
    """Return a code as it is stored, whatever separates its groups; None if this cannot be one."""
    bare = clean_letters(typed)
    return bare if len(bare) == CODE_LENGTH and not set(bare) - set(ALPHABET) else None


def format_certificate_code(code: str) -> str:
    """Return a code in groups of four, which are easier to read and type."""
    return "-".join(code[at : at + _GROUP_LENGTH] for at in range(0, len(code), _GROUP_LENGTH))


def compute_review_date(passed_at: datetime) -> datetime:
    """Return the date :data:`REVIEW_YEARS` later; for 29 February, 28 February."""
    year = passed_at.year + REVIEW_YEARS
    try:
        return passed_at.replace(year=year)
    except ValueError:
        return passed_at.replace(year=year, day=28)


def round_hours(minutes: int) -> float:
    """Return the learning time in hours, rounded up to half hours, at least half an hour."""
    return max(1, ceil(minutes / 30)) / 2
