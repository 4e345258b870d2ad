"""Writing a question as a form in a real browser: by mouse, by keyboard and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.support.input_devices import Hands, Keyboard, Mouse

PATH = "1-first-module/questions/first-objective.yaml"


def create_library(page: Page, hands: Hands, name: str) -> str:
    """Create a library of its own, and return its address."""
    page.goto("/studio")
    hands.write(page.get_by_label("Name"), name)
    hands.press(page.get_by_role("button", name="Create the library"))
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return page.url


@pytest.mark.parametrize("device", [Mouse, Keyboard])
@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without"])
def test_a_question_is_written_checked_and_saved(
    door: Door, device: type[Mouse | Keyboard], *, has_script: bool
) -> None:
    """Fails when a button of a row loses what was typed, or a new question cannot be saved without JavaScript."""
    hands = device(door.enter("trainer", java_script_enabled=has_script))
    page = hands.page
    address = create_library(page, hands, f"Bank of {type(hands).__name__} {has_script}")
    page.goto(f"{address}/questions?path={PATH}")
    hands.press(page.get_by_role("link", name="One answer"))
    hands.write(page.get_by_label("Question", exact=True), "Which answer: yes, or no?")
    hands.write(page.get_by_label("Text").nth(0), "yes")
    hands.write(page.get_by_label("Text").nth(1), "no # at all")

    hands.press(page.get_by_role("button", name="Move up: Option 2"))

    expect(page.get_by_label("Text").nth(0)).to_have_value("no # at all")
    expect(page.get_by_label("Text").nth(1)).to_have_value("yes")
    hands.press(page.get_by_role("button", name="Remove: Option 4"))
    expect(page.get_by_label("Text")).to_have_count(3)
    hands.press(page.get_by_role("button", name="Add an option"))
    expect(page.get_by_label("Text")).to_have_count(4)
    hands.press(page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_count(2)
    expect(page.get_by_label("Question", exact=True)).to_have_value("Which answer: yes, or no?")
    expect(page.get_by_role("link", name="Option 1, Reason")).to_be_visible()


def test_findings_and_the_preview_follow_what_is_typed(door: Door) -> None:
    page = door.enter("trainer")
    address = create_library(page, Mouse(page), "Typing")
    page.goto(f"{address}/question?path={PATH}&n=1")
    preview = page.locator("#entry-preview")
    expect(preview.get_by_text("33%")).to_be_visible()

    page.get_by_label("Question", exact=True).fill("What is not so?")

    expect(page.get_by_text("1 thing to fix")).to_be_visible()
    expect(page.get_by_label("Question", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(preview.get_by_text("What is not so?")).to_be_visible()
    page.get_by_label("Question", exact=True).fill("What is so?")
    expect(page.get_by_text("The checker finds nothing to fix in this question.")).to_be_visible()
    expect(page.get_by_label("Question", exact=True)).not_to_have_attribute("aria-invalid", "true")


def test_an_option_is_dragged_to_another_place(door: Door) -> None:
    page = door.enter("trainer")
    address = create_library(page, Mouse(page), "Dragging")
    page.goto(f"{address}/question?path={PATH}&n=1")
    first = page.locator("ol[data-rows] > li").first
    handle, goal = first.locator(".drag-handle"), page.locator("ol[data-rows] > li").nth(1).locator(".drag-handle")
    handle.scroll_into_view_if_needed()
    start, end = handle.bounding_box(), goal.bounding_box()
    assert start
    assert end

    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + 40, steps=12)
    page.mouse.move(end["x"] + 5, end["y"] + 60, steps=4)
    page.mouse.up()

    expect(page.get_by_label("Text").nth(0)).to_have_value("After the due date")
    expect(page.get_by_role("heading", name="Option 1", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Text").nth(0)).to_have_value("After the due date")
    expect(page.get_by_label("Text").nth(1)).to_have_value("After their answer")


def test_a_question_is_duplicated_and_deleted_with_a_way_back(door: Door) -> None:
    page = door.enter("trainer", java_script_enabled=False)
    address = create_library(page, Mouse(page), "Copying")
    page.goto(f"{address}/questions?path={PATH}")

    page.get_by_role("button", name="Duplicate: question 1").click()

    expect(page.get_by_role("heading", name="5 questions")).to_be_visible()
    page.get_by_role("button", name="Delete: question 1").click()
    expect(page.get_by_role("heading", name="4 questions")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="5 questions")).to_be_visible()
