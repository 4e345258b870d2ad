"""From a join link to a submitted test, leaving it once on the way: by touch, by keyboard alone, and without JavaScript."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys
from tests.browser.support.course_keys import answer_question
from tests.browser.support.input_devices import Hands, Keyboard, Mouse, Touch
from tests.browser.support.page_acts import unfold
from tests.browser.support.wcag import find_violations

Way = Literal["touch", "keyboard", "without JavaScript"]
PHONE = {"width": 390, "height": 844}
TAPS_TO_THE_FIRST_QUESTION = 5
"""From the join link, without the fields of the form: register twice, join, open the test, start it."""


class Counted:
    """Hands that count what they press."""

    def __init__(self, hands: Hands) -> None:
        self.hands, self.page, self.presses = hands, hands.page, 0

    def press(self, target: Locator) -> None:
        self.presses += 1
        self.hands.press(target)

    def choose(self, option: Locator) -> None:
        self.hands.choose(option)

    def write(self, target: Locator, text: str) -> None:
        self.hands.write(target, text)

    def pick(self, target: Locator, value: str) -> None:
        self.hands.pick(target, value)


def _hands(door: Door, way: Way) -> Counted:
    page = door.enter(viewport=PHONE, has_touch=way == "touch", java_script_enabled=way != "without JavaScript")
    return Counted(Touch(page) if way == "touch" else Keyboard(page) if way == "keyboard" else Mouse(page))


def _get_join_code(door: Door) -> str:
    """Return the code of the demo's cohort, which has assignments due before and after today."""
    with closing(sqlite3.connect(door.site.stage.database)) as database:
        found = "SELECT join_code FROM cohort WHERE title = 'Physiotherapy, year 2'"
        [(code,)] = database.execute(found)
    return str(code)


def _check(page: Page, way: Way) -> None:
    """Look for barriers, and for what is wider than the phone."""
    if way != "without JavaScript":
        assert find_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("way", ["touch", "keyboard", "without JavaScript"])
def test_a_test_is_started_left_found_again_and_submitted(door: Door, way: Way) -> None:
    hands = _hands(door, way)
    page = hands.page
    page.goto(f"/join/{_get_join_code(door)}")
    journeys.register_and_join(hands)
    page.goto("/")
    item = page.locator(".due-list li").filter(has=page.get_by_role("link", name="Referred pain", exact=True))
    expect(page.get_by_role("main")).not_to_contain_text("Overdue")
    unfold(page)

    hands.press(item.get_by_role("link", name="Open the test"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Referred pain")
    expect(page.get_by_role("main")).to_contain_text("keeps running if you leave")
    _check(page, way)
    assert 'class="running-test"' not in page.content()
    journeys.press_start(hands)
    expect(page.get_by_role("heading", name="Question 1 of")).to_be_visible()
    assert hands.presses <= TAPS_TO_THE_FIRST_QUESTION
    answer_question(hands, is_right=True)
    hands.press(page.locator(".question-bar").get_by_role("button", name="Next", exact=True))
    expect(page.get_by_role("heading", name="Question 2 of")).to_be_visible()

    hands.press(page.get_by_role("link", name=re.compile("^Leave")))
    expect(page).to_have_url(re.compile(r"/assignments/\d+$"))
    expect(page.get_by_role("main")).to_contain_text("The clock keeps running while you are away")
    _check(page, way)
    page.goto("/body-map")
    banner = page.get_by_role("complementary", name="Running test")
    expect(banner).to_contain_text(re.compile(r"Your test “Referred pain” is running:\s+1?\d min\s+left"))
    hands.press(banner.get_by_role("link", name="Return to it"))
    expect(page.get_by_role("heading", name="Question 2 of")).to_be_visible()

    page.goto(re.sub(r"/\d+$", "/summary", page.url))
    hands.press(page.get_by_role("button", name=re.compile("^(Hand in|Submit)")))
    expect(page).to_have_url(re.compile(r"/result$"))
    page.goto("/")
    expect(page.get_by_role("complementary", name="Running test")).to_have_count(0)
    expect(item).to_contain_text("1 of 2 attempts used")


def test_the_banner_counts_down_and_says_when_time_is_up(door: Door) -> None:
    """Fails when minutes stand still while a device sleeps."""
    page = door.enter()
    page.goto("/register")
    journeys.register(Mouse(page))
    journeys.start_test(Mouse(page), "safety")
    page.clock.install()
    page.goto("/progress")
    banner = page.get_by_role("complementary", name="Running test")
    [minutes] = re.findall(r"(\d+) min", banner.inner_text())

    page.clock.fast_forward("02:00")
    expect(banner).to_contain_text(f"{int(minutes) - 2} min")
    page.clock.fast_forward("01:00:00")

    expect(banner).to_contain_text("Time is up")
