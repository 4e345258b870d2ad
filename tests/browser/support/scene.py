"""A page as somebody sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.support.stage_learners import Stage


@dataclass(frozen=True, slots=True)
class Scene:
    """An address and who opens it; ``act`` is done on the page, and ``status`` is expected at its end."""

    name: str
    who: str
    path: str
    act: Callable[[Page], None] | None = None
    status: int = 200
    before: Callable[[Page, Stage], None] | None = None
