"""From a join link to the course in one step: by touch on a phone, by keyboard alone, and without JavaScript."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys
from tests.browser.support.input_devices import Hands, Keyboard, Mouse, Touch
from tests.browser.support.wcag import find_violations

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def _get_link(door: Door) -> str:
    trainer = door.enter("trainer")
    trainer.goto(f"/teach/cohorts/{door.site.stage.ids['empty']}/people")
    return trainer.locator("#join-link").input_value()


def _fill_in(hands: Hands, page: Page) -> None:
    hands.write(page.get_by_label("Name"), "Nadia Petrović")
    hands.write(page.get_by_label("E-mail"), f"{uuid4().hex[:8]}@example.org")
    hands.write(page.get_by_label("Password", exact=True), journeys.PASSWORD)


@pytest.mark.parametrize(
    ("device", "options"),
    [(Touch, PHONE), (Keyboard, {}), (Mouse, {"java_script_enabled": False})],
    ids=["touch", "keyboard", "without JavaScript"],
)
def test_registering_joins_in_one_step(door: Door, device: type[Any], options: dict[str, Any]) -> None:
    """One press and three fields. Fails when the cohort's name is lost, or a second page asks to join."""
    hands = device(door.enter(**options))
    page = hands.page
    page.goto(_get_link(door))
    expect(page.get_by_role("heading", name="Join Manual therapy, evening course")).to_be_visible()

    _fill_in(hands, page)
    hands.press(page.get_by_role("button", name="Register and join"))

    expect(page.get_by_text("You have joined Manual therapy, evening course.")).to_be_visible()


def test_the_page_is_accessible_and_shows_the_password_on_request(door: Door) -> None:
    page = door.enter(**PHONE)
    page.goto(_get_link(door))
    field = page.get_by_label("Password", exact=True)
    field.fill(journeys.PASSWORD)

    page.get_by_role("button", name="Show password").tap()
    expect(field).to_have_attribute("type", "text")
    expect(page.get_by_role("button", name="Show password")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Show password").tap()
    expect(field).to_have_attribute("type", "password")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert find_violations(page) == []


def test_a_cohort_is_left_and_joined_again_by_touch(door: Door) -> None:
    hands = Touch(door.enter(**PHONE))
    page = hands.page
    page.goto(_get_link(door))
    _fill_in(hands, page)
    hands.press(page.get_by_role("button", name="Register and join"))
    expect(page.get_by_text("You have joined Manual therapy, evening course.")).to_be_visible()
    page.goto("/account")

    hands.press(page.get_by_role("button", name="Leave Manual therapy, evening course"))
    expect(page.get_by_text("You have left Manual therapy, evening course.")).to_be_visible()
    assert find_violations(page) == []
    hands.press(page.get_by_role("button", name="Join again"))

    expect(page.get_by_text("You have joined Manual therapy, evening course.")).to_be_visible()


def test_a_form_survives_signing_out_in_another_tab(door: Door) -> None:
    """F6 in a browser: nothing is typed again."""
    hands = Mouse(door.enter(**PHONE))
    page = hands.page
    page.goto("/register")
    email = journeys.register(hands)
    page.goto("/account")
    page.get_by_label("Name").fill("Nadia Petrović-Ek")
    door.watch.expected |= {400}
    other = page.context.new_page()
    other.goto("/account")
    other.locator("form[data-signs-out] button").first.evaluate("button => button.form.submit()")
    other.wait_for_url("**/")

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Not sent yet")).to_be_visible()
    expect(page.get_by_label("Text 1")).to_have_value("Nadia Petrović-Ek")
    assert find_violations(page) == []
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(journeys.PASSWORD)
    page.get_by_role("button", name="Sign in to send it").click()
    page.get_by_role("button", name="Send as").click()

    expect(page.get_by_label("Name")).to_have_value("Nadia Petrović-Ek")
