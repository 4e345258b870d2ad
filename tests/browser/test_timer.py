"""The timer of a test: it speaks when it matters, can be hidden, and follows the server when time is added."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser import exams, journeys
from tests.browser.conftest import Door
from tests.browser.hands import Mouse


@pytest.fixture
def begun(door: Door) -> tuple[Page, int]:
    """A new learner's browser, whose clock the test moves, at the first question of a timed test; and the attempt's id."""
    page = door.enter()
    page.goto("/register")
    journeys.register(Mouse(page))
    attempt_id = exams.begin(door, page)
    page.clock.install()
    page.reload()
    return page, attempt_id


def _seconds(page: Page, name: str) -> int:
    return int(page.locator("[data-seconds-left]").get_attribute(name) or 0)


def test_it_speaks_at_half_at_five_minutes_and_at_one(door: Door, begun: tuple[Page, int]) -> None:
    """Fails when a screen reader hears nothing of the time, or every second of it."""
    page, _ = begun
    # The server's clock does not run with the one of this page: it is not asked.
    door.watch.is_offline_expected = True
    page.route("**/time", lambda route: route.abort())
    says = page.locator("[data-time-says]")
    left, in_all = _seconds(page, "data-seconds-left"), _seconds(page, "data-seconds-in-all")
    heard = [says.inner_text()]

    for seconds in (in_all // 2, 300, 60):
        page.clock.run_for((left - seconds + 1) * 1000)
        left = seconds - 1
        heard.append(says.inner_text())

    assert heard == ["", "Half of the time is left", "5 minutes left", "One minute left"]


def test_it_can_be_hidden(begun: tuple[Page, int]) -> None:
    page, _ = begun

    page.locator("details.timer summary").click()

    expect(page.locator("[data-time]")).to_be_hidden()
    expect(page.get_by_text("Time hidden")).to_be_visible()


def test_it_hears_of_added_time_within_a_minute(door: Door, begun: tuple[Page, int]) -> None:
    """Fails when a page that was loaded before still ends the test at the old moment."""
    page, attempt_id = begun
    with closing(sqlite3.connect(door.site.stage.database)) as database:
        more = "UPDATE attempt SET deadline_at = datetime(deadline_at, '+30 minutes') || '.000000' WHERE id = ?"
        database.execute(more, (attempt_id,))
        database.commit()

    page.clock.run_for(61_000)

    expect(page.locator("[data-time-says]")).to_contain_text("You have more time")
