"""Budgets: how often something may happen in a while, counted by key in Redis, or in memory while Redis is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv6Address
from typing import TypeVar

from flask import request
from flask_limiter import Limiter
from limits import RateLimitItem, parse
from limits.strategies import RateLimiter

from app.web.origins import parse_address

T = TypeVar("T")

_ASK_AGAIN_SECONDS = 10
"""How long budgets are counted in memory before Redis is asked again."""


def get_network() -> str:
    """Return what counts as one place: an IPv4 address, or the /64 network of an IPv6 address.

    A single IPv6 subscriber has at least a /64, and could otherwise use another address for each request.
    """
    text = request.remote_addr or "127.0.0.1"
    address = parse_address(text)
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return text if address is None else str(address)


class _CountingLimiter(Limiter):
    """Flask-Limiter, which can also count outside its decorators. Redis being away is never an error."""

    asked_at = 0.0

    def count(self, method: Callable[[RateLimiter], T]) -> T:
        """Call ``method`` with the strategy in use."""
        if self._storage_dead and time.monotonic() - self.asked_at > _ASK_AGAIN_SECONDS:
            self.asked_at = time.monotonic()
            self._storage_dead = not self.storage.check()
        try:
            return method(self.limiter)
        except Exception:  # each storage has errors of its own
            if self._storage_dead or not self._in_memory_fallback_enabled:
                raise
            self.logger.warning("The storage of rate limits can't be reached: counting in memory")
            self._storage_dead, self.asked_at = True, time.monotonic()
            return method(self.limiter)


limiter = _CountingLimiter(get_network, strategy="fixed-window", headers_enabled=False)


@dataclass(frozen=True)
class Budget:
    """How often something may happen for one key, such as ``Budget("sign-in", "10 per 5 minutes")``."""

    name: str
    rate: str

    @cached_property
    def item(self) -> RateLimitItem:
        return parse(self.rate)

    def is_spent(self, key: str) -> bool:
        return limiter.enabled and not limiter.count(lambda strategy: strategy.test(self.item, self.name, key))

    def spend(self, key: str) -> bool:
        """Count one occurrence. Return whether it was within the budget."""
        return not limiter.enabled or limiter.count(lambda strategy: strategy.hit(self.item, self.name, key))

    def get_seconds_left(self, key: str) -> int:
        """Return when the budget is renewed, in seconds; at least 1."""
        reset = limiter.count(lambda strategy: strategy.get_window_stats(self.item, self.name, key)).reset_time
        return max(1, round(reset - time.time()))
