"""Reopening attempts: how recent they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.reopening import AttemptRecency, ReopeningKind, get_recency

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "ended_ago", "recency"),
    [
        (ReopeningKind.MORE_TIME, None, AttemptRecency.RUNNING),
        (ReopeningKind.MORE_TIME, timedelta(days=-1), AttemptRecency.RUNNING),
        (ReopeningKind.REOPEN, timedelta(0), AttemptRecency.RECENT),
        (ReopeningKind.REOPEN, timedelta(hours=23, minutes=59), AttemptRecency.RECENT),
        (ReopeningKind.REOPEN, timedelta(days=1), AttemptRecency.EARLIER),
        (ReopeningKind.REOPEN, None, AttemptRecency.EARLIER),
    ],
)
def test_how_recent_an_attempt_is(kind: ReopeningKind, ended_ago: timedelta | None, recency: AttemptRecency) -> None:
    ended_at = None if ended_ago is None else NOW - ended_ago

    assert get_recency(kind, ended_at, NOW) is recency
