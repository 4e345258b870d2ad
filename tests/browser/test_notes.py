"""Highlights and notes on selected words: with a mouse, a finger and the keyboard, and without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site
from tests.browser.support.page_acts import select_words

LESSON = "/modules/trigger-points/lessons/knots"
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SENTENCE = "Somewhere along it the person flinches."


def _open(browser: Browser, site: Site, **device: Any) -> Page:
    """Open the lesson as a visitor."""
    page = browser.new_context(reduced_motion="reduce", **device).new_page()
    page.goto(f"{site.url}{LESSON}")
    return page


def _count_painted(page: Page) -> int:
    return int(page.evaluate("CSS.highlights.get('own-notes')?.size ?? 0"))


@pytest.mark.parametrize("device", [WIDE, PHONE], ids=["wide", "phone"])
def test_selected_words_are_highlighted_and_stay_so(browser: Browser, site: Site, device: dict[str, Any]) -> None:
    page = _open(browser, site, **device)
    select_words(page)

    page.get_by_role("button", name="Highlight").click()

    expect(page.locator(".own-note__quote")).to_have_text(SENTENCE)
    expect(page.locator(".note-tool")).to_be_hidden()
    assert _count_painted(page) == 1
    page.reload()
    expect(page.locator(".own-note__quote")).to_have_text(SENTENCE)
    assert _count_painted(page) == 1
    page.context.close()


def test_a_note_on_selected_words_is_written_beside_them(browser: Browser, site: Site) -> None:
    """Fails when a click elsewhere loses what was typed, or when the page moves to the list."""
    page = _open(browser, site, **PHONE)
    select_words(page)

    page.get_by_role("button", name="Write a note").tap()
    page.get_by_label("Note on the selected words").fill("Ask about this")
    page.locator("h1").tap()
    expect(page.get_by_label("Note on the selected words")).to_have_value("Ask about this")
    page.locator(".note-tool").get_by_role("button", name="Save note").tap()

    expect(page.locator(".own-note__body")).to_have_text("Ask about this")
    expect(page.locator(".own-note__quote")).to_have_text(SENTENCE)
    expect(page.locator("[data-note-status]")).to_contain_text("Saved")
    assert page.evaluate("scrollY") < 1000
    page.context.close()


def test_the_keyboard_reaches_the_tool_from_the_selection(browser: Browser, site: Site) -> None:
    page = _open(browser, site, **WIDE)
    page.get_by_text("Draw a fingertip across").dblclick(position={"x": 5, "y": 5})
    for _ in range(3):
        page.keyboard.press("Control+Shift+ArrowRight")
    expect(page.locator(".note-tool")).to_be_visible()

    button = page.get_by_role("button", name="Highlight")
    for _ in range(6):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(".own-note__quote")).to_have_text("Draw a fingertip across")
    page.context.close()


def test_words_outside_the_lesson_and_in_checks_are_not_offered(browser: Browser, site: Site) -> None:
    page = _open(browser, site, **WIDE)
    select_words(page)

    page.evaluate("getSelection().selectAllChildren(document.querySelector('.check legend'))")

    expect(page.locator(".note-tool")).to_be_hidden()
    page.context.close()


def test_without_scripts_a_note_quotes_what_is_pasted(browser: Browser, site: Site) -> None:
    page = _open(browser, site, **PHONE, java_script_enabled=False)

    page.get_by_role("textbox", name="Your note", exact=True).fill("Without scripts")
    page.get_by_text("Quote words of the lesson").click()
    page.get_by_label("Words of the lesson", exact=True).fill(SENTENCE)
    page.get_by_role("button", name="Save note").click()

    expect(page.locator(".own-note__body")).to_have_text("Without scripts")
    expect(page.locator(".own-note__quote")).to_have_text(SENTENCE)
    expect(page.get_by_role("link", name="Show in the lesson")).to_have_attribute(
        "href", "#:~:text=Somewhere%20along%20it%20the%20person%20flinches."
    )
    page.context.close()


def test_a_lesson_is_bookmarked_in_place(browser: Browser, site: Site) -> None:
    page = _open(browser, site, **WIDE)

    page.get_by_role("button", name="Bookmark", exact=True).click()
    expect(page.get_by_role("button", name="Remove bookmark")).to_be_focused()
    page.get_by_role("button", name="Remove bookmark").click()

    expect(page.get_by_role("button", name="Bookmark", exact=True)).to_be_focused()
    page.context.close()
