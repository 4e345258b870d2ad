"""Codes, dates and states of certificates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.certificate import (
    CODE_LENGTH,
    CertificateState,
    clean_certificate_code,
    compute_review_date,
    encode_certificate_code,
    format_certificate_code,
    resolve_certificate_state,
    round_hours,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1))
def test_codes_of_different_numbers_differ_and_are_read_as_they_are_shown(one: int, other: int) -> None:
    codes = encode_certificate_code(one), encode_certificate_code(other)

    assert (codes[0] == codes[1]) == (one == other)
    assert clean_certificate_code(format_certificate_code(codes[0])) == codes[0]
    assert len(codes[0]) == CODE_LENGTH


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("0123-4567-89ab-cdef-ghjk-mnpq-rs", "0123456789ABCDEFGHJKMNPQRS"),
        ("O1l3 4567 89ab cdef ghjk mnpq rs", "0113456789ABCDEFGHJKMNPQRS"),
        ("\u200b0123456789ABCDEFGHJKMNPQRS", "0123456789ABCDEFGHJKMNPQRS"),
        ("0123456789ABCDEFGHJKMNPQRU", None),
        ("0123456789ABCDEFGHJKMNPQR", None),
        ("", None),
        ("ж" * 26, None),
    ],
)
def test_a_typed_code_is_cleaned(typed: str, code: str | None) -> None:
    assert clean_certificate_code(typed) == code


@pytest.mark.parametrize(
    ("passed", "review"),
    [((2026, 11, 30), (2028, 11, 30)), ((2028, 2, 29), (2030, 2, 28)), ((2026, 2, 28), (2028, 2, 28))],
)
def test_the_review_is_due_two_years_later(passed: tuple[int, int, int], review: tuple[int, int, int]) -> None:
    assert compute_review_date(datetime(*passed, tzinfo=UTC)) == datetime(*review, tzinfo=UTC)


@pytest.mark.parametrize(("minutes", "hours"), [(0, 0.5), (30, 0.5), (31, 1.0), (60, 1.0), (61, 1.5), (125, 2.5)])
def test_hours_are_rounded_up_to_halves(minutes: int, hours: float) -> None:
    assert round_hours(minutes) == hours


@pytest.mark.parametrize(
    ("is_named", "withdrawn_at", "is_passed", "state"),
    [
        (True, None, True, CertificateState.GENUINE),
        (True, None, False, CertificateState.UNPASSED),
        (True, None, None, CertificateState.UNPASSED),
        (True, NOW, True, CertificateState.WITHDRAWN),
        (True, NOW, False, CertificateState.WITHDRAWN),
        (False, NOW, True, CertificateState.ERASED),
        (False, None, True, CertificateState.ERASED),
    ],
)
def test_the_state_follows_from_the_row_and_the_attempt(
    is_named: bool, withdrawn_at: datetime | None, is_passed: bool | None, state: CertificateState
) -> None:
    found = resolve_certificate_state(is_named=is_named, withdrawn_at=withdrawn_at, is_passed=is_passed)

    assert found is state
