"""Draw the icons with which devices install Palpate, from ``app/static/icon.svg``: ``python -m tools.icons``.

A maskable icon is cut by the device to a circle or a rounded square, so its mark keeps to the middle.
"""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from app.web.assets import STATIC
from tests.browser.support.chromium import launch_chromium

ICONS = (("icon-192", 192, 0.86), ("icon-512", 512, 0.86), ("icon-maskable-512", 512, 0.62), ("icon-180", 180, 0.72))
"""Name, width in pixels, and the share of the width that the mark takes. The last one is for Apple's devices."""
GROUND = "#fbf9fa"


def main() -> None:
    folder = STATIC / "icons"
    folder.mkdir(exist_ok=True)
    mark = (STATIC / "icon.svg").read_text()
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for name, width, share in ICONS:
            is_whole = name not in ("icon-192", "icon-512")
            page = browser.new_page(viewport={"width": width, "height": width})
            ground = GROUND if is_whole else "transparent"
            disc = "" if is_whole else f"border-radius: 50%; background: {GROUND};"
            page.set_content(
                f"<style>html {{ background: {ground} }} body {{ margin: 0; height: 100vh; display: grid; "
                f"place-items: center; {disc} }} svg {{ width: {share:.0%} }}</style>{mark}"
            )
            page.screenshot(path=folder / f"{name}.png", omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
