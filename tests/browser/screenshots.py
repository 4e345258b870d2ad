"""Shoot every page, on a phone and on a screen, light and dark: ``python -m tests.browser.screenshots [folder [scene ...]]``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Error, sync_playwright

from tests.browser import serving
from tests.browser.chromium import launch
from tests.browser.scenes import PEOPLE, SCENES, enter, play
from tests.browser.stage import Stage, set_up

WIDTHS = (390, 1280)
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


def shoot(browser: Browser, stage: Stage, url: str, into: Path, wanted: set[str]) -> int:
    """Shoot the wanted scenes, or all; return how many pictures that made."""
    made = 0
    for who in PEOPLE:
        scenes = [scene for scene in SCENES if scene.who == who and (not wanted or scene.name in wanted)]
        for width in WIDTHS if scenes else ():
            context = enter(browser, stage, url, who, viewport={"width": width, "height": 844})
            for scene in scenes:
                page = context.new_page()
                try:
                    play(page, scene, stage)
                except Error as error:
                    print(f"{scene.name} at {width} px: {str(error).splitlines()[0]}", file=sys.stderr)
                    page.close()
                    continue
                # As high as the page: what sticks to the edge of a screen is then at the edge of the picture.
                height = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": height})
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                    page.screenshot(path=into / f"{scene.name}-{width}-{scheme}.png")
                    made += 1
                page.close()
            context.close()
    return made


def main() -> None:
    into = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, port = Path(name), serving.free_port()
        stage = set_up(folder, port)
        server = serving.serve(folder, port)
        try:
            with sync_playwright() as playwright:
                browser = launch(playwright)
                made = shoot(browser, stage, server.url, into, set(sys.argv[2:]))
                browser.close()
        finally:
            server.stop()
    print(f"{made} pictures in {into}/")


if __name__ == "__main__":
    main()
