"""Budgets are counted in memory while their storage is away, and in the storage again when it is back (R21)."""

from __future__ import annotations

import pytest
from flask import Flask

from app.web import budgets
from app.web.budgets import Budget, get_network


class Away:
    """The storage of a Redis server that can't be reached."""

    def __init__(self) -> None:
        self.is_back, self.asked = False, 0

    def check(self) -> bool:
        self.asked += 1
        return self.is_back

    def __getattr__(self, name: str) -> object:
        raise ConnectionError("refused")


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> budgets._CountingLimiter:
    """A limiter of its own, with an app of its own, in place of the one that all apps share."""
    app = Flask("counting")
    app.config.update(RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True)
    made = budgets._CountingLimiter(get_network, app=app, storage_uri="memory://")
    monkeypatch.setattr(budgets, "limiter", made)
    return made


BUDGET = Budget("test", "2 per hour")


def count_spent() -> list[bool]:
    return [BUDGET.spend("key") for _ in range(3)]


def test_without_its_storage_a_budget_is_counted_in_memory(
    counting: budgets._CountingLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when a storage that can't be reached is an error, or ends all limits."""
    away = Away()
    monkeypatch.setattr(counting._limiter, "storage", away)
    monkeypatch.setattr(counting, "_storage", away)

    assert count_spent() == [True, True, False]
    assert BUDGET.is_spent("key")
    assert away.asked == 0  # not at each request: each would wait for it


def test_the_storage_is_used_again_when_it_is_back(
    counting: budgets._CountingLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when a process that once counted in memory does so until it is restarted."""
    away, sound = Away(), counting._limiter.storage  # type: ignore[union-attr]
    with monkeypatch.context() as patch:
        patch.setattr(counting._limiter, "storage", away)
        patch.setattr(counting, "_storage", away)
        count_spent()
        counting.asked_at = float("-inf")
        assert BUDGET.is_spent("key")  # asked again, and still away

    counting.asked_at = float("-inf")

    assert not BUDGET.is_spent("key")  # the storage that is back knows nothing of what was counted in memory
    assert counting._limiter.storage is sound  # type: ignore[union-attr]


def test_a_budget_says_when_it_is_renewed(counting: budgets._CountingLimiter) -> None:
    count_spent()

    assert 0 < BUDGET.get_seconds_left("key") <= 3600
