"""Offline reading in a browser: a server of its own with the small course, keeping its pages, and losing the connection."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, expect

from bench.server import find_free_port
from tests.browser.conftest import Door, Site
from tests.browser.support import server_process
from tests.browser.support.stage_learners import Stage

PATIENCE_MS = 120_000
"""For fetching some fifty pages on a machine that does much else."""


def serve_small_course(published: Path, folder: Path) -> Iterator[Site]:
    """Serve the course of the tests as long as the caller's fixture lives."""
    shutil.copy(published, folder / "palpate.sqlite3")
    server = server_process.serve(folder, find_free_port(), PALPATE_PUBLISH="0")
    yield Site(server, Stage(folder / "palpate.sqlite3"))
    server.stop()


def keep(page: Page) -> None:
    """Keep the course for offline reading."""
    page.goto("/offline")
    page.get_by_role("button", name="Keep for offline reading").click()
    expect(page.get_by_text(re.compile(r"^Kept on \d+ \w+ \d{4}"))).to_be_visible(timeout=PATIENCE_MS)


def disconnect(door: Door, page: Page) -> None:
    door.watch.is_offline_expected = True
    page.context.set_offline(True)
