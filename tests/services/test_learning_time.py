"""How long learning for a test took."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.models import Attempt
from app.services.attempts.learning_time import measure_minutes
from tests.conftest import NOW


@pytest.mark.parametrize(
    ("open_for", "minutes"), [(timedelta(minutes=20), 50), (timedelta(hours=3), 210), (timedelta(days=4), 210)]
)
def test_a_test_that_stays_open_for_days_counts_as_three_hours(open_for: timedelta, minutes: int) -> None:
    attempt = Attempt(started_at=NOW, submitted_at=NOW + open_for)

    assert measure_minutes(attempt, 30) == minutes
