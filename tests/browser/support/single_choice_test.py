"""A test of single choices, whatever chance draws: for tests about saving, which press the second button of the first question."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys
from tests.browser.support.input_devices import Mouse

_SINGLES = """
    SELECT version.id FROM question_version AS version JOIN question ON question.id = version.question_id
    WHERE version.kind = 'single' AND version.option_count = 4 AND version.superseded_at IS NULL
    AND question."use" = ? AND question.module_id = ? ORDER BY version.id"""


def start_test(door: Door, page: Page, module: str = "evidence") -> int:
    """Let whoever is signed in on ``page`` begin the module's test, and see its first question; return the attempt's id.

    The questions that were drawn give way to single choices before one of them is looked at.
    """
    journeys.start_test(Mouse(page), module)
    return _use_single_choices(door, page, "test")


def start_practice(door: Door, page: Page, module: str = "safety") -> int:
    """Let whoever looks at ``page`` practise the module, as :func:`start_test` lets them begin its test."""
    page.goto(f"/modules/{module}")
    page.get_by_role("button", name="Practise now").click()
    return _use_single_choices(door, page, "practice")


def _use_single_choices(door: Door, page: Page, use: str) -> int:
    expect(page.get_by_role("heading", name="Question 1 of")).to_be_visible()
    found = re.search(r"/attempts/(\d+)/1$", page.url)
    assert found
    attempt_id = int(found[1])
    with closing(sqlite3.connect(door.site.stage.database)) as database:
        [(module_id,)] = database.execute("SELECT module_id FROM attempt WHERE id = ?", (attempt_id,))
        [(count,)] = database.execute("SELECT count(*) FROM attempt_item WHERE attempt_id = ?", (attempt_id,))
        singles = [version for (version,) in database.execute(_SINGLES, (use, module_id))][:count]
        assert len(singles) == count
        change = "UPDATE attempt_item SET version_id = ?, option_order = ? WHERE attempt_id = ? AND position = ?"
        rows = [(version, json.dumps([2, 0, 3, 1]), attempt_id, n) for n, version in enumerate(singles, start=1)]
        database.executemany(change, rows)
        database.commit()
    page.reload()
    expect(page.locator(".answer-option")).to_have_count(4)
    return attempt_id
