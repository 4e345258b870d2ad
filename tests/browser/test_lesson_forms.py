"""Writing a lesson in a real browser: with the toolbar, by mouse and by keyboard, and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.support.input_devices import Hands, Keyboard, Mouse
from tests.browser.test_question_forms import create_library

PATH = "1-first-module/lessons/01-first-lesson.md"


def put_cursor(page: Page, start: int, end: int) -> None:
    page.locator("#f-text").evaluate("(field, [start, end]) => field.setSelectionRange(start, end)", [start, end])


def read_selected(page: Page) -> str:
    selected: str = page.locator("#f-text").evaluate(
        "field => field.value.slice(field.selectionStart, field.selectionEnd)"
    )
    return selected


@pytest.mark.parametrize("device", [Mouse, Keyboard])
@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without"])
def test_a_lesson_is_added_written_previewed_and_saved(
    door: Door, device: type[Mouse | Keyboard], *, has_script: bool
) -> None:
    """Fails when a lesson cannot be written without JavaScript, or its preview needs one."""
    hands: Hands = device(door.enter("trainer", java_script_enabled=has_script))
    page = hands.page
    create_library(page, hands, f"Lessons of {type(hands).__name__} {has_script}")
    hands.press(page.get_by_role("link", name="Add a lesson"))
    hands.write(page.get_by_label("Title"), "The knee")
    hands.press(page.get_by_role("button", name="Add the lesson"))
    expect(page.get_by_role("heading", name="The knee", level=1)).to_be_visible()
    expect(page.get_by_role("toolbar")).to_be_visible(visible=has_script)

    page.locator("#f-text").fill("## A joint {#joint}\nIt *bends*.\n")
    hands.press(page.get_by_role("button", name="Check and preview"))

    expect(page.locator("#entry-preview").get_by_role("heading", name="A joint")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    hands.press(page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.locator("#f-text")).to_have_value("## A joint {#joint}\nIt *bends*.\n")


def test_the_preview_and_the_faults_follow_what_is_typed(door: Door) -> None:
    page = door.enter("trainer")
    address = create_library(page, Mouse(page), "Lessons while typing")
    page.goto(f"{address}/lesson?path={PATH}")

    page.locator("#f-text").fill("## A joint {#joint}\nIt bends. [@NOBODY]\n")

    expect(page.locator("#entry-preview").get_by_text("It bends.")).to_be_visible()
    fault = page.locator("#f-text-err").get_by_role("link", name="Line 2")
    expect(fault).to_be_visible()
    expect(page.locator("#f-text")).to_have_attribute("aria-invalid", "true")
    fault.click()
    assert read_selected(page) == "It bends. [@NOBODY]"


def test_the_toolbar_writes_where_the_cursor_is_and_can_be_undone(door: Door) -> None:
    page = door.enter("trainer")
    address = create_library(page, Mouse(page), "Lessons with a toolbar")
    page.goto(f"{address}/lesson?path={PATH}")
    text, bar = page.locator("#f-text"), page.get_by_role("toolbar")
    text.fill("One two\nthree")

    put_cursor(page, 4, 7)
    bar.get_by_role("button", name="Bold").click()
    expect(text).to_have_value("One **two**\nthree")
    assert read_selected(page) == "two"
    text.press("Control+z")
    expect(text).to_have_value("One two\nthree")

    put_cursor(page, 0, 3)
    text.press("Control+i")
    expect(text).to_have_value("*One* two\nthree")

    put_cursor(page, 0, 13)
    bar.get_by_role("button", name="List").click()
    expect(text).to_have_value("- *One* two\n- three")

    put_cursor(page, 0, 0)
    bar.get_by_role("button", name="Key term").click()
    expect(text).to_have_value("- *One* two\n\n::: term Name\nIts definition in a sentence or two.\n:::\n\n- three")
    assert read_selected(page) == "Name"


def test_the_toolbar_inserts_a_question_and_a_source_by_name(door: Door) -> None:
    page = door.enter("trainer")
    address = create_library(page, Mouse(page), "Lessons with names")
    page.goto(f"{address}/lesson?path={PATH}")
    text, bar = page.locator("#f-text"), page.get_by_role("toolbar")
    text.fill("## A {#a}\nOne.")
    put_cursor(page, 14, 14)

    bar.get_by_role("combobox").select_option("EXAMPLE")
    bar.get_by_role("button", name="Insert").click()
    expect(text).to_have_value("## A {#a}\nOne. [@EXAMPLE]")
    bar.get_by_role("combobox").select_option("first-practice-1")
    bar.get_by_role("button", name="Insert").click()

    expect(text).to_have_value("## A {#a}\nOne. [@EXAMPLE]\n\n::: check first-practice-1\n:::\n")
    expect(page.get_by_text("The checker finds nothing to fix in this lesson.")).to_be_visible()


def test_the_toolbar_is_one_stop_of_the_tab_key(door: Door) -> None:
    page = door.enter("trainer")
    address = create_library(page, Mouse(page), "Lessons by keyboard")
    page.goto(f"{address}/lesson?path={PATH}")
    page.get_by_role("button", name="Bold").focus()

    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Italic")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Insert")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#f-text")).to_be_focused()
