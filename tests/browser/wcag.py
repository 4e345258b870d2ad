"""What axe-core finds wrong with a page by WCAG 2.2, levels A and AA."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}
PHONE: ViewportSize = {"width": 390, "height": 844}
SCREEN: ViewportSize = {"width": 1280, "height": 900}


def violations(page: Page, size: ViewportSize, scheme: Literal["light", "dark"]) -> list[str]:
    """Each fault with the element that has it, of the page as it looks in this size and scheme."""
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = Axe().run(page, options={"runOnly": ALL, "resultTypes": ["violations"], "preload": False})
    return [
        f"{size['width']} px, {scheme}: {violation['id']}: {node['html'][:200]} ({node.get('failureSummary', '')})"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]
