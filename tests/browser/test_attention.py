"""A trainer on a phone acts on what needs attention, and fills in the terms of an assignment."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Door
from tests.browser.support.input_devices import Keyboard, Mouse, Touch, WithoutScripts
from tests.browser.support.wcag import violations_on_screen

PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("kind", [Touch, Keyboard, WithoutScripts])
def test_more_is_given_from_the_list_of_those_who_need_attention(
    door: Door, kind: type[Touch | Keyboard | WithoutScripts]
) -> None:
    options = {"viewport": PHONE, "has_touch": kind is Touch, "java_script_enabled": kind is not WithoutScripts}
    hands = kind(door.enter("trainer", **options))
    page, cohort = hands.page, door.site.stage.ids["cohort"]
    page.goto(f"/teach/cohorts/{cohort}")
    row = page.locator(".attention-list > li").filter(has=page.locator("a", has_text="Another attempt")).first
    name = row.get_by_role("heading").inner_text()
    if kind is not WithoutScripts:
        assert violations_on_screen(page) == []

    if row.locator("summary").count():
        hands.press(row.locator("summary"))
    hands.press(row.get_by_role("link", name="Another attempt").first)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_label("Additional attempts")).to_have_value(re.compile("[1-9]"))
    if kind is not WithoutScripts:
        assert violations_on_screen(page) == []
    hands.press(page.get_by_role("button", name="Save"))

    expect(page).to_have_url(re.compile(f"/teach/cohorts/{cohort}$"))
    expect(page.get_by_text(f"Saved for {name}: ")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") if kind is not WithoutScripts else True


def test_a_list_of_learners_is_narrowed_as_one_types_and_keeps_what_is_ticked(door: Door) -> None:
    page = door.enter("trainer", viewport=PHONE)
    page.goto(f"/teach/assignments/{door.site.stage.ids['work']}/exceptions")
    boxes = page.locator("#choices input:visible")
    everybody = boxes.count()
    boxes.first.check()
    first = page.locator("#choices label").first.inner_text()

    page.get_by_label("Find a learner").fill("yuki")
    page.keyboard.press("Enter")

    expect(page.locator("#choices label:visible")).to_have_text([re.compile(re.escape(first)), re.compile("Tanaka")])
    expect(page.get_by_role("status").filter(has_text="2 learners shown")).to_be_visible()
    assert everybody > 20


def test_the_summaries_of_the_terms_follow_what_is_typed(door: Door) -> None:
    page = door.enter("trainer", viewport=PHONE)
    page.goto(f"/teach/cohorts/{door.site.stage.ids['cohort']}/assignments/new")
    terms = page.locator(".fold").filter(has_text="Attempts, time and pass mark")
    seen = page.locator(".fold").filter(has_text="What learners see, and when")
    expect(terms.locator("summary")).to_contain_text("unlimited attempts")
    expect(seen.locator("summary")).to_contain_text("correct answers: after each attempt")

    Mouse(page).press(terms.locator("summary"))
    page.get_by_label("Attempts", exact=True).fill("2")
    page.get_by_label("Time limit in minutes").fill("20")

    expect(terms.locator("summary")).to_contain_text("2 attempts")
    expect(terms.locator("summary")).to_contain_text("20 minutes")
    # With another attempt to come, the correct answers wait for it, whatever is chosen.
    expect(seen.locator("summary")).to_contain_text("correct answers: after the last attempt")
