"""A patient case in a browser: what followed comes into view, and no way leads back to a choice that was made."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.domain.attempt import Purpose
from tests.browser.conftest import Door
from tests.browser.support.course_keys import decide
from tests.browser.support.every_kind import begin_every_kind
from tests.browser.support.input_devices import Hands
from tests.support.question_kinds import CASE, N

WAYS = ("mouse", "touch", "keyboard", "without JavaScript")


def begin_case(door: Door, purpose: Purpose, way: str = "mouse") -> Hands:
    hands = begin_every_kind(door, purpose, way)
    hands.page.goto(re.sub(r"1$", str(N[CASE]), hands.page.url))
    return hands


def choose_first(hands: Hands) -> str:
    """Choose the first option and return its words."""
    option = hands.page.locator(".answer-option").first
    hands.choose(option.locator("input"))
    return option.locator("span").last.inner_text()


def count_steps(page: Page) -> int:
    return page.locator(".record__step").count()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("purpose", [Purpose.PRACTICE, Purpose.TEST])
def test_each_decision_brings_what_followed_into_view(door: Door, way: str, purpose: Purpose) -> None:
    hands = begin_case(door, purpose, way)
    page = hands.page

    first = choose_first(hands)
    decide(hands)

    expect(page.locator(".record__choice")).to_contain_text(first)
    expect(page.locator(".record__step--now .record__number")).to_contain_text("2")
    expect(page.locator(".record__step--now .record__finding").first).to_be_in_viewport()
    expect(page.locator(".answer-option input:checked")).to_have_count(0)
    if way == "keyboard":
        expect(page.locator("#step")).to_be_focused()


@pytest.mark.parametrize("way", ["mouse", "without JavaScript"])
def test_a_second_tab_cannot_choose_again(door: Door, way: str) -> None:
    hands = begin_case(door, Purpose.TEST, way)
    page, other = hands.page, hands.page.context.new_page()
    other.goto(page.url)
    choose_first(hands)
    decide(hands)
    door.watch.expected = {422}

    other.locator(".answer-option input").last.check()
    other.get_by_role("button", name="Decide").click()

    expect(other.get_by_role("alert")).to_contain_text("You already made this choice")
    expect(other.locator(".record__choice")).to_have_count(1)
    expect(other.get_by_role("button", name="Decide")).to_be_visible()


def test_the_back_button_shows_the_case_as_it_is(door: Door) -> None:
    hands = begin_case(door, Purpose.PRACTICE, "without JavaScript")
    page = hands.page
    choose_first(hands)
    decide(hands)

    page.go_back()

    expect(page.locator(".record__choice")).to_have_count(1)


def test_an_option_that_was_touched_is_no_decision(door: Door) -> None:
    """Fails when the page saves a choice before its button is pressed, as it saves other answers."""
    hands = begin_case(door, Purpose.TEST)
    page = hands.page
    choose_first(hands)
    page.locator("label.toggle").click()
    expect(page.locator("[data-saved]")).to_contain_text("Saved")

    page.reload()

    expect(page.locator(".record__choice")).to_have_count(0)
    expect(page.locator('[name=flag][type="checkbox"]')).to_be_checked()
    assert count_steps(page) == 1


def test_letters_and_enter_decide(door: Door) -> None:
    hands = begin_case(door, Purpose.PRACTICE)
    page = hands.page

    option = page.locator(".answer-option").nth(1)
    name = option.inner_text().split()[-1]  # "Question F", which has no other letter
    page.keyboard.press(name.lower())
    expect(option.locator("input")).to_be_checked()
    page.get_by_role("button", name="Decide").focus()
    page.keyboard.press("Enter")

    expect(page.locator(".record__choice")).to_contain_text(name)
