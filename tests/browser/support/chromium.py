"""Which Chromium the tests drive, and how it is started."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
SKIP_REASON = "browser tests need Chromium: `apt install chromium`, or set CHROMIUM to its path"


def find_chromium() -> str | None:
    """The path of a Chromium: ``$CHROMIUM``, else one on the PATH."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given if os.access(given, os.X_OK) else None
    return next((path for path in map(shutil.which, NAMES) if path), None)


def launch_chromium(playwright: Playwright) -> Browser:
    arguments = ["--disable-gpu", "--disable-background-networking"]
    if os.geteuid() == 0:
        # Chromium refuses to run as root with its sandbox, and containers run as root.
        arguments.append("--no-sandbox")
    return playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
