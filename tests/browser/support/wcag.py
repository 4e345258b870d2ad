"""What axe-core finds wrong with a page by WCAG 2.2, levels A and AA, in the two looks that differ most."""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}
OF_THE_LOOK = {
    "type": "rule",
    "values": ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"],
}
"""The rules that depend on colours and sizes. All others depend on the elements that are shown, and on their attributes and texts."""

PHONE: ViewportSize = {"width": 390, "height": 844}
SCREEN: ViewportSize = {"width": 1280, "height": 900}

_SHOWN = """() => {
  const shown = [...document.querySelectorAll("body *")].filter((one) =>
    one.checkVisibility({ visibilityProperty: true }) && !one.closest("[aria-hidden=true]"));
  const before = window.shownBefore;
  window.shownBefore = new Set(shown);
  return !before || before.size !== shown.length || shown.some((one) => !before.has(one));
}"""
"""Note which elements are shown to assistive technology; return whether they are others than at the call before."""

_UNSTICK = """() => {
  for (const one of document.querySelectorAll("body *"))
    if (getComputedStyle(one).position === "sticky") {
      one.style.setProperty("position", "relative");
      one.style.setProperty("inset", "auto");
    }
}"""
"""Put each bar that sticks to an edge back to its own place. What lies beneath it at this height of the window can be scrolled out from there,
but axe takes it for a target that is too small; which one it is depends on how the texts before it are broken into lines."""


def find_violations(page: Page) -> list[str]:
    """Each fault with the element that has it, on a light screen and on a dark phone.

    Every size and every scheme is seen once: the colours of a scheme are the same at every size. On the phone the rules about structure are
    applied again only if it shows other elements than the screen.
    """
    found = violations_on_screen(page)
    page.evaluate(_SHOWN)
    _look(page, PHONE, "dark")
    rules = ALL if page.evaluate(_SHOWN) else OF_THE_LOOK
    return found + _run(page, rules, "phone, dark")


def violations_on_screen(page: Page) -> list[str]:
    """Each fault with the element that has it, on a light screen."""
    page.evaluate(Axe().axe_script)
    _look(page, SCREEN, "light")
    return _run(page, ALL, "screen, light")


def _look(page: Page, size: ViewportSize, scheme: Literal["light", "dark"]) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


def _run(page: Page, rules: dict[str, Any], look: str) -> list[str]:
    page.evaluate(_UNSTICK)
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    found = page.evaluate("(options) => axe.run(options).then((results) => results.violations)", options)
    return [
        f"{look}: {violation['id']}: {node['html'][:200]} ({node.get('failureSummary', '')})"
        for violation in found
        for node in violation["nodes"]
    ]


def list_wide_elements(page: Page) -> list[str]:
    """List what is wider than the window, if the page itself scrolls sideways. Tables scroll inside a region of their own."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
          [`at ${innerWidth} px: ${document.documentElement.scrollWidth}`, ...[...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 || one.getBoundingClientRect().left < -0.5)
            .map((one) => one.outerHTML.slice(0, 120)).slice(0, 5)]"""
    )
    return found
