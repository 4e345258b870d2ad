"""Every page: no violation of WCAG 2.2 A or AA, light and dark, on a phone and on a screen; and no scrolling sideways at 320 px."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize
from werkzeug.exceptions import HTTPException

from app import create_app
from tests.browser.conftest import Door, Site, Watch
from tests.browser.scenes import SCENES, Scene, address, play
from tests.conftest import settings_for

ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
PHONE: ViewportSize = {"width": 390, "height": 844}
SCREEN: ViewportSize = {"width": 1280, "height": 900}
LOOKS: tuple[tuple[ViewportSize, Literal["light", "dark"], dict[str, object]], ...] = (
    (SCREEN, "light", ALL),
    (SCREEN, "dark", CONTRAST),
    (PHONE, "dark", ALL),
    (PHONE, "light", CONTRAST),
)
"""Every size in every scheme. What a scheme can't change, names and labels and sizes, is looked at once a size."""

PAGELESS = {
    "static": "files",
    "security.static": "files of the accounts library",
    "health.healthz": "plain text for a load balancer",
    "health.readyz": "plain text for a load balancer",
    "learn.attempt": "leads to the first unanswered question",
    "learn.red_flags": "leads to a lesson",
    "admin.index": "leads to the people",
    "teach.gradebook_csv": "a file to download",
}
"""Addresses for GET that show no page of their own, and why."""


@pytest.fixture(scope="module", params=SCENES, ids=lambda scene: scene.name)
def shown(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    """Each page in turn, opened once for all that is looked at on it."""
    scene: Scene = request.param
    watch = Watch(expected={scene.status} - {200})
    door = Door(browser, site, watch)
    page = door.enter(scene.who)
    play(page, scene, site.stage)
    yield page
    door.close()
    assert not watch.troubles, "\n".join(watch.troubles)


def _violations(page: Page, rules: dict[str, object]) -> list[str]:
    found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"], "preload": False})
    return [
        f"{violation['id']}: {node['html'][:200]} ({node.get('failureSummary', '')})"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]


def test_no_page_violates_wcag_in_light_or_dark_on_a_phone_or_a_screen(shown: Page) -> None:
    """Fails when a label, a name, contrast, or the size of a target is missing on any page."""
    found = []
    for size, scheme, rules in LOOKS:
        shown.set_viewport_size(size)
        shown.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{size['width']} px, {scheme}: {violation}" for violation in _violations(shown, rules)]

    assert not found, "\n".join(found)


def test_no_page_scrolls_sideways_on_a_screen_of_320_px(shown: Page) -> None:
    """Fails when something wider than the screen widens the page; tables scroll inside a region of their own."""
    shown.set_viewport_size({"width": 320, "height": 640})

    widest = shown.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
          [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
            .map((one) => one.outerHTML.slice(0, 120)).slice(0, 5)"""
    )

    assert shown.evaluate("document.documentElement.scrollWidth") <= 320, widest


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
