"""Walking through a test that goes forward only, with and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Door


@pytest.mark.parametrize("who", ["forward", "forward-plain"])
def test_a_question_that_was_left_stays_closed_and_its_answer_counts(door: Door, who: str) -> None:
    """Fails when the script goes on without telling the server, or when the way back loses the learner."""
    door.watch.expected = {409}
    page = door.enter(who, java_script_enabled=who == "forward")
    attempt = f"/attempts/{door.site.stage.ids[who]}"
    page.goto(attempt)
    page.locator("[name=option]").first.check()
    if who == "forward":
        expect(page.get_by_text(re.compile(r"^Saved \d\d:\d\d$"))).to_be_visible()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("heading", name="Question 2 of 3")).to_be_visible()
    expect(page.get_by_role("button", name="Back", exact=True)).to_have_count(0)
    expect(page.get_by_text("1 of 3 answered")).to_be_visible()

    page.goto(f"{attempt}/1")
    expect(page.get_by_role("heading", name="This test goes forward only")).to_be_visible()
    page.get_by_role("link", name="Go to the attempt").click()
    expect(page.get_by_role("heading", name="Question 2 of 3")).to_be_visible()

    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Review answers").click()
    expect(page.get_by_role("heading", name="2 questions are not answered")).to_be_visible()
    page.get_by_role("link", name="Answer question 3").click()
    page.locator("[name=option]").first.check()
    if who == "forward":
        expect(page.get_by_text(re.compile(r"^Saved \d\d:\d\d$"))).to_be_visible()
    page.get_by_role("button", name="Review answers").click()
    expect(page.get_by_role("heading", name="1 question is not answered")).to_be_visible()
    page.get_by_role("button", name="Submit with 1 blank").click()
    expect(page.get_by_text("Time taken")).to_be_visible()
