"""Pages in a language that is written from right to left, with longer texts than in English."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Door
from tests.browser.support.scene import Scene
from tests.browser.support.scenes import SCENES, open_scene
from tests.browser.support.wcag import PHONE, SCREEN, list_wide_elements

NAMES = {
    "course",
    "module",
    "lesson-resumed",
    "test",
    "test-summary",
    "result-critical",
    "progress",
    "body-map-muscle",
    "cohort",
    "gradebook",
    "assign",
    "insight",
    "account",
    "login",
}


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.name in NAMES], ids=lambda scene: scene.name)
def test_a_page_fits_from_right_to_left(door: Door, scene: Scene) -> None:
    page = door.enter(scene.who, locale="ar")
    open_scene(page, scene, door.site.stage)

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for size in (PHONE, SCREEN):
        page.set_viewport_size(size)
        assert list_wide_elements(page) == []
    # The brand stands on the right, where reading begins. A running test shows none.
    for brand in page.locator(".top-bar .brand").all():
        box = brand.bounding_box()
        assert box is not None
        assert box["x"] > SCREEN["width"] / 2
