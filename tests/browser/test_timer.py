"""The timer of a test: it speaks when it matters, can be hidden, and follows the server when time is added."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys, single_choice_test
from tests.browser.support.input_devices import Mouse


@pytest.fixture
def begun(door: Door) -> tuple[Page, int]:
    """A new learner's browser, whose clock the test moves, at the first question of a timed test; and the attempt's id."""
    page = door.enter()
    page.goto("/register")
    journeys.register(Mouse(page))
    attempt_id = single_choice_test.start_test(door, page)
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
    says = page.locator("[data-time-announcement]")
    left, in_all = _seconds(page, "data-seconds-left"), _seconds(page, "data-seconds-total")
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


def _move_deadline(door: Door, attempt_id: int, by: str) -> None:
    with closing(sqlite3.connect(door.site.stage.database)) as database:
        moved = "UPDATE attempt SET deadline_at = datetime(deadline_at, ?) || '.000000' WHERE id = ?"
        database.execute(moved, (by, attempt_id))
        database.commit()


@pytest.mark.parametrize(
    "wake",
    [
        "document.dispatchEvent(new Event('visibilitychange'))",
        "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))",
        "window.dispatchEvent(new Event('focus'))",
        "window.dispatchEvent(new Event('online'))",
    ],
)
def test_it_asks_the_server_when_the_page_is_seen_again(door: Door, begun: tuple[Page, int], wake: str) -> None:
    """Fails when a clock that stood still while the device slept is trusted afterwards."""
    page, attempt_id = begun
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 2"))
    shown = page.locator("[data-time]").inner_text()
    # As if the device had slept for five minutes: the server's clock ran, and the page's did not.
    _move_deadline(door, attempt_id, "-5 minutes")

    page.evaluate(wake)

    expect(page.locator("[data-time-announcement]")).to_contain_text("Less time is left than was shown")
    left = int(re.findall(r"\d+", page.locator("[data-time]").inner_text())[0])
    assert left < int(re.findall(r"\d+", shown)[0])


def test_it_asks_again_when_the_page_wakes_during_a_request(door: Door, begun: tuple[Page, int]) -> None:
    """Fails when a reply from before the device slept passes for the time after it."""
    page, attempt_id = begun
    held: list[Route] = []
    page.route("**/time", lambda route: held.append(route), times=1)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    while not held:
        page.wait_for_timeout(20)
    before = held[0].fetch()
    _move_deadline(door, attempt_id, "-5 minutes")

    page.evaluate("window.dispatchEvent(new Event('focus'))")
    held[0].fulfill(response=before)

    expect(page.locator("[data-time-announcement]")).to_contain_text("Less time is left than was shown")


def test_it_asks_the_server_when_one_clock_of_the_device_stood_still(door: Door, begun: tuple[Page, int]) -> None:
    page, attempt_id = begun
    shown = page.locator("[data-time]").inner_text()
    _move_deadline(door, attempt_id, "-5 minutes")
    page.evaluate("(() => { const at = performance.now(); performance.now = () => at; })()")

    page.clock.run_for(6_000)

    expect(page.locator("[data-time]")).not_to_have_text(shown)
    expect(page.locator("[data-time-announcement]")).to_contain_text("Less time is left than was shown")


def test_it_stays_hidden_for_the_attempt(begun: tuple[Page, int]) -> None:
    """Fails when the next page shows the time again that a learner did not want to see."""
    page, attempt_id = begun
    page.locator("details.timer summary").click()
    expect(page.locator("[data-time]")).to_be_hidden()

    for path in (f"/attempts/{attempt_id}/2", f"/attempts/{attempt_id}/summary"):
        page.goto(path)
        expect(page.get_by_text("Time hidden")).to_be_visible()
        expect(page.locator("[data-time]")).to_be_hidden()
    page.locator("details.timer summary").click()
    page.reload()

    expect(page.locator("[data-time]")).to_be_visible()


def test_it_hears_of_added_time_within_a_minute(door: Door, begun: tuple[Page, int]) -> None:
    """Fails when a page that was loaded before still ends the test at the old moment."""
    page, attempt_id = begun
    with closing(sqlite3.connect(door.site.stage.database)) as database:
        more = "UPDATE attempt SET deadline_at = datetime(deadline_at, '+30 minutes') || '.000000' WHERE id = ?"
        database.execute(more, (attempt_id,))
        database.commit()

    page.clock.run_for(61_000)

    expect(page.locator("[data-time-announcement]")).to_contain_text("You have more time")
