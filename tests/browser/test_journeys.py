"""The journeys that Palpate is for, in a real browser: with the mouse, by keyboard alone, and without JavaScript."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Door
from tests.browser.support import journeys
from tests.browser.support.course_keys import answer_question
from tests.browser.support.input_devices import Hands, Keyboard, Mouse
from tests.browser.support.page_acts import unfold

Way = Literal["mouse", "keyboard", "without JavaScript"]
each_way = pytest.mark.parametrize("way", ["mouse", "keyboard", "without JavaScript"])


def _hands(door: Door, way: Way) -> Hands:
    page = door.enter(java_script_enabled=way != "without JavaScript")
    return Keyboard(page) if way == "keyboard" else Mouse(page)


@each_way
def test_a_guest_practises_and_keeps_it_by_registering(door: Door, way: Way) -> None:
    hands = _hands(door, way)
    page = hands.page

    percent = journeys.practise(hands, "safety")
    page.goto("/register")
    journeys.register(hands)
    page.goto("/progress")
    hands.press(page.locator("summary").filter(has_text="Scores and attempts"))

    row = page.get_by_role("row").filter(has_text="Safety: practice 1")
    expect(row).to_contain_text(f"{percent}%")
    expect(row).to_contain_text("Practice")


@each_way
def test_a_learner_reads_a_lesson_passes_the_test_and_finds_it_under_progress(door: Door, way: Way) -> None:
    hands = _hands(door, way)
    page = hands.page
    page.goto("/register")
    journeys.register(hands)

    page.goto("/modules/trigger-points/lessons/knots")
    check = page.locator(".check").first
    hands.choose(check.locator("[name=option]").first)
    hands.press(check.get_by_role("button", name="Check"))
    expect(page.locator(".check").first.locator(".verdict")).to_be_visible()
    hands.press(page.get_by_role("button", name=re.compile("^Done")))
    expect(page.get_by_role("heading", level=1)).not_to_have_text("What the finger feels, and what it proves")
    page.goto("/modules/trigger-points")
    expect(page.locator(".lesson-row").first).to_contain_text("read")
    journeys.start_test(hands, "trigger-points")
    journeys.take_test(hands)
    expect(page.get_by_role("heading", level=1)).to_have_text("Passed")
    expect(page.locator(".score__big")).to_contain_text("100")
    hands.press(page.get_by_role("main").get_by_role("link", name="Your progress"))

    hands.press(page.locator("summary").filter(has_text="Lessons and tests"))
    row = page.get_by_role("region", name=re.compile("^Modules")).get_by_role("row", name="Trigger points")
    expect(row).to_contain_text("1 of ")
    expect(row).to_contain_text("Passed")


def test_a_trainer_assigns_a_learner_joins_by_link_takes_it_and_stands_in_the_table(door: Door) -> None:
    trainer, learner = Mouse(door.enter()), Mouse(door.enter())
    journeys.sign_in(trainer, *door.site.password("trainer"))

    trainer.page.goto("/teach")
    trainer.page.get_by_label("Title").fill("Evening class")
    trainer.page.get_by_role("button", name="Create cohort").click()
    cohort = trainer.page.url
    trainer.press(trainer.page.get_by_role("link", name="People", exact=True))
    link = trainer.page.locator("#join-link").input_value()
    trainer.page.get_by_role("link", name="Assign a module").click()
    trainer.page.locator("#module").select_option(label="2. Referred pain")
    unfold(trainer.page)
    trainer.page.locator("#title").fill("Where does it come from?")
    trainer.page.locator("#attempts_allowed").fill("2")
    trainer.page.get_by_role("button", name="Assign", exact=True).click()
    expect(trainer.page.get_by_text("assigned. Learners see it")).to_be_visible()

    learner.page.goto(link)
    expect(learner.page.get_by_role("heading", name="Join Evening class")).to_be_visible()
    journeys.register(learner, "Ọlá Benson")
    due = learner.page.locator(".due-list li").filter(has_text="Where does it come from?")
    learner.press(due.get_by_role("link", name="Open the test"))
    journeys.press_start(learner)
    journeys.take_test(learner, wrong=5)
    expect(learner.page.get_by_role("heading", level=1)).to_have_text("Not passed yet")
    score = re.sub(r"\D", "", learner.page.locator(".score__big").inner_text().split("%")[0])

    trainer.page.goto(f"{cohort}/gradebook")
    row = trainer.page.get_by_role("row", name="Ọlá Benson")
    expect(row).to_contain_text(score)
    expect(row).to_contain_text(re.compile("not passed|safety-critical question wrong"))


def test_the_first_tab_leads_past_the_navigation(door: Door) -> None:
    page = door.enter()
    page.goto("/modules/safety")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_after_check_the_focus_is_on_the_verdict(door: Door) -> None:
    """Fails when what is new after an htmx swap is not where a screen reader goes on."""
    page = door.enter()
    page.goto("/modules/evidence")
    page.get_by_role("button", name="Practise").click()
    answer_question(Mouse(page), is_right=False)

    page.get_by_role("button", name="Check", exact=True).click()

    expect(page.locator("#verdict")).to_be_focused()


def test_in_a_test_the_map_leads_anywhere_and_flags_are_kept(door: Door) -> None:
    hands = Mouse(door.enter())
    page = hands.page
    page.goto("/register")
    journeys.register(hands)
    journeys.start_test(hands, "treatment")

    answer_question(hands, is_right=True)
    page.get_by_label("Flag").check()
    page.get_by_role("button", name=re.compile("^7")).click()
    expect(page.get_by_role("heading", name="Question 7 of")).to_be_visible()
    page.get_by_role("button", name="Review and submit").click()

    others = page.locator(".review li").count() - 1
    expect(page.get_by_role("heading", name=f"{others} questions are not answered")).to_be_visible()
    # Blanks come first.
    blanks = page.locator("section").filter(has=page.get_by_role("heading", name="Not answered"))
    expect(blanks.locator("li")).to_have_count(others)
    last = page.locator(".review li").last
    expect(last).to_contain_text("Flagged")
