"""Every page: no violation of WCAG 2.2 A or AA, light and dark, on a phone and on a screen; and no scrolling sideways at 320 px."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize
from werkzeug.exceptions import HTTPException

from app import create_app
from tests.browser.conftest import Door, Site, Watch
from tests.browser.scenes import SCENES, Scene, address, play
from tests.browser.wcag import PHONE, SCREEN, violations
from tests.conftest import settings_for

LOOKS: tuple[tuple[ViewportSize, Literal["light", "dark"]], ...] = ((SCREEN, "light"), (PHONE, "dark"))
"""Every size and every scheme once: the colours of a scheme are the same at every size."""

PAGELESS = {
    "static": "files",
    "security.static": "files of the accounts library",
    "health.healthz": "plain text for a load balancer",
    "health.readyz": "plain text for a load balancer",
    "learn.attempt": "leads to the first unanswered question",
    "learn.time_left": "two numbers for the timer of a page",
    "learn.calendar_feed": "a file for calendars",
    "learn.red_flags": "leads to a lesson",
    "admin.index": "leads to the people",
    "admin.audit_csv": "a file to download",
    "teach.gradebook_csv": "a file to download",
    "teach.insight_scores_svg": "a picture to save",
    "teach.insight_curves_svg": "a picture to save",
    "teach.insight_gain_svg": "a picture to save",
    "teach.insight_map_svg": "a picture to save",
    "teach.insight_csv": "a file to download",
}
"""Addresses for GET that show no page of their own, and why."""


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_page_keeps_to_wcag_and_to_the_width_of_a_phone(browser: Browser, site: Site, scene: Scene) -> None:
    """Fails when a label, a name, contrast, or the size of a target is missing on any page, or when a page is wider than 320 px."""
    watch = Watch(expected={scene.status} - {200})
    door = Door(browser, site, watch)
    page = door.enter(scene.who)

    play(page, scene, site.stage)
    found = [violation for size, scheme in LOOKS for violation in violations(page, size, scheme)] + _too_wide(page)
    door.close()

    assert not found, "\n".join(found)
    assert not watch.troubles, "\n".join(watch.troubles)


def _too_wide(page: Page) -> list[str]:
    """What is wider than a screen of 320 px, where the page itself scrolls sideways; tables scroll inside a region of their own."""
    page.set_viewport_size({"width": 320, "height": 640})
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
          ["at 320 px: " + document.documentElement.scrollWidth, ...[...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5).map((one) => one.outerHTML.slice(0, 120)).slice(0, 5)]"""
    )
    return found


def test_every_address_that_shows_a_page_is_among_the_scenes(site: Site, tmp_path: Path) -> None:
    """Fails when a page is added that none of the tests here looks at."""
    app = create_app(settings_for(tmp_path))
    adapter = app.url_map.bind("localhost")
    shown = set()
    for scene in SCENES:
        try:
            endpoint, _values = adapter.match(address(scene, site.stage).split("?")[0], method="GET")
        except HTTPException:
            continue
        shown.add(endpoint)

    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}

    assert pages - shown - PAGELESS.keys() == set()
