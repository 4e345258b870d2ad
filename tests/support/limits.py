"""Limits in tests: a server that is quiet unless a test says otherwise, and budgets that are used up."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.accounts import throttling
from app.web.budgets import Budget, limiter
from app.web.work_meter import WorkMeter


class Time:
    """The time of the work meter: each reading is some seconds later, as if the attacker tried at that pace."""

    def __init__(self, pace: float) -> None:
        self.pace, self.now = pace, 0.0

    def __call__(self) -> float:
        self.now += self.pace
        return self.now


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the time between two sign-ins, which the work meter sees, so that no test depends on the machine's speed."""

    def set_pace(seconds: float) -> WorkMeter:
        meter = WorkMeter(share=0.5, clock=Time(seconds))
        monkeypatch.setattr(throttling, "meter", meter)
        return meter

    set_pace(3600)
    return set_pace


@pytest.fixture(autouse=True)
def relaxed(pace: Any, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiet server, unless a test says otherwise, with a cheap hash: hundreds of passwords are tried here."""
    cheap = type(app.extensions["security"].pwd_context)(
        schemes=["argon2"], argon2__type="ID", argon2__memory_cost=64, argon2__time_cost=1, argon2__parallelism=1
    )
    monkeypatch.setattr(app.extensions["security"], "pwd_context", cheap)


def use_up(budget: Budget, key: str = "127.0.0.1") -> None:
    """Spend a whole budget, as many requests would."""
    limiter.limiter.hit(budget.item, budget.name, key, cost=budget.item.amount)
