"""Take a picture of every page, on a phone and on a screen, light and dark."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Error, sync_playwright

from bench.server import find_free_port
from tests.browser.support import server_process
from tests.browser.support.chromium import launch_chromium
from tests.browser.support.scenes import PEOPLE, SCENES, open_browser, open_scene
from tests.browser.support.stage import fill_stage
from tests.browser.support.stage_learners import Stage

WIDTHS = (390, 1280)
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


def shoot(browser: Browser, stage: Stage, url: str, into: Path, wanted: set[str]) -> int:
    """Shoot the wanted scenes, or all; return how many pictures that made."""
    made = 0
    for who in PEOPLE:
        scenes = [scene for scene in SCENES if scene.who == who and (not wanted or scene.name in wanted)]
        for width in WIDTHS if scenes else ():
            context = open_browser(browser, stage, url, who, viewport={"width": width, "height": 844})
            for scene in scenes:
                page = context.new_page()
                try:
                    open_scene(page, scene, stage)
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
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screenshots"), help="where the pictures go")
    parser.add_argument("scenes", nargs="*", metavar="scene", help="only these; names are in support/scenes.py")
    chosen = parser.parse_args()
    unknown = set(chosen.scenes) - {scene.name for scene in SCENES}
    if unknown:
        parser.error(f"no such scene: {', '.join(sorted(unknown))}")
    into: Path = chosen.folder
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, port = Path(name), find_free_port()
        stage = fill_stage(folder, port)
        server = server_process.serve(folder, port)
        try:
            with sync_playwright() as playwright:
                browser = launch_chromium(playwright)
                made = shoot(browser, stage, server.url, into, set(chosen.scenes))
                browser.close()
        finally:
            server.stop()
    print(f"{made} pictures in {into}/")


if __name__ == "__main__":
    main()
