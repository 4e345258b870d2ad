"""The page of one question: its bar, keys, certainty, dragging, map and timer, at both sizes and without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app.domain.attempt import Purpose
from app.domain.kinds import QuestionKind
from tests.browser.conftest import Door
from tests.browser.support.course_keys import answer_question
from tests.browser.support.every_kind import begin_every_kind
from tests.support.question_kinds import MARKED_BY_KEY, MATCH, NUMERIC, ORDER, SEVERAL, SINGLE, TEXT, TRUE_FALSE, N

SAVED = re.compile(r"^Saved \d\d:\d\d$")
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}
IS_IN_VIEW = """(one) => {
  const box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return box.height > 0 && (top === one || one.contains(top));
}"""


def _open(page: Page, kind: QuestionKind[Any]) -> None:
    page.goto(re.sub(r"\d+$", str(N[kind]), page.url.partition("#")[0]))


def _order(page: Page) -> list[str]:
    """The steps of an ordering question by the places that its drop-downs have."""
    steps: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".match--order > li")]
          .sort((one, other) => one.querySelector("select").value - other.querySelector("select").value)
          .map((one) => one.querySelector("label").textContent.trim())"""
    )
    return steps


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", ["mouse", "without JavaScript"])
def test_the_next_step_and_the_certainty_are_always_in_view(door: Door, size: str, way: str) -> None:
    """Fails when one has to scroll for Next, Check or the certainty, before or after an answer."""
    page = begin_every_kind(door, Purpose.TEST, way, viewport=SIZES[size]).page
    for kind in MARKED_BY_KEY:
        _open(page, kind)
        for target in ("[data-proceeds]", ".certainty__chip >> nth=0", ".certainty__chip >> nth=2"):
            assert page.locator(target).evaluate(IS_IN_VIEW), (kind, target)

    hands = begin_every_kind(door, Purpose.PRACTICE, way, viewport=SIZES[size])
    for kind in MARKED_BY_KEY:
        _open(hands.page, kind)
        assert hands.page.locator("[data-proceeds]").evaluate(IS_IN_VIEW), kind
        answer_question(hands, is_right=False)
        if kind.step_field is None:  # the last step is checked by its own button
            hands.press(hands.page.get_by_role("button", name="Check", exact=True))
        expect(hands.page.locator("#verdict")).to_be_visible()
        assert hands.page.locator("[data-proceeds]").evaluate(IS_IN_VIEW), kind


def test_the_bar_leaves_the_edge_of_a_window_that_is_too_low(door: Door) -> None:
    page = begin_every_kind(door, Purpose.TEST, viewport={"width": 320, "height": 256}).page

    expect(page.locator(".question-bar")).to_have_css("position", "static")


def test_the_map_is_above_the_question_and_does_not_move(door: Door) -> None:
    hands = begin_every_kind(door, Purpose.PRACTICE, viewport=SIZES["desktop"])
    map_ = hands.page.locator(".question-map")
    before = map_.bounding_box()

    answer_question(hands, is_right=False)
    hands.press(hands.page.get_by_role("button", name="Check", exact=True))
    expect(hands.page.locator("#verdict")).to_be_visible()

    after = map_.bounding_box()
    assert before
    assert after
    assert (before["x"], before["y"]) == (after["x"], after["y"])
    heading = hands.page.get_by_role("heading", level=1).bounding_box()
    assert heading
    assert heading["y"] >= after["y"] + after["height"]


def test_the_map_stays_closed_once_it_was_closed(door: Door) -> None:
    """Fails when a reader's choice lives only as long as a page."""
    page = begin_every_kind(door, Purpose.TEST).page
    page.locator(".question-map summary").click()
    expect(page.locator(".question-map ol")).to_be_hidden()

    page.locator("[data-proceeds]").click()
    expect(page.get_by_role("heading", name="Question 2 of")).to_be_visible()
    expect(page.locator(".question-map ol")).to_be_hidden()
    page.locator(".question-map summary").click()
    expect(page.locator(".question-map ol")).to_be_visible()
    page.evaluate(
        "() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))"
    )  # "toggle" is late
    page.reload()

    expect(page.locator(".question-map ol")).to_be_visible()


# -- keys -------------------------------------------------------------------------------------------------------------


def test_letters_choose_digits_say_how_sure_and_enter_goes_on(door: Door) -> None:
    page = begin_every_kind(door, Purpose.TEST).page
    _open(page, SINGLE)

    page.keyboard.press("b")
    expect(page.locator(".answer-option input").nth(1)).to_be_checked()
    page.keyboard.press("C")
    expect(page.locator(".answer-option input").nth(2)).to_be_checked()
    page.keyboard.press("3")
    expect(page.get_by_label("Certain", exact=True)).to_be_checked()
    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=f"Question {N[SINGLE] + 1} of")).to_be_visible()
    _open(page, SEVERAL)
    for letter in "aba":
        page.keyboard.press(letter)
    expect(page.locator(".answer-option input").nth(0)).not_to_be_checked()
    expect(page.locator(".answer-option input").nth(1)).to_be_checked()
    _open(page, TRUE_FALSE)
    expect(page.locator(".answer-option__letter")).to_have_count(0)
    page.keyboard.press("f")
    expect(page.get_by_label("False")).to_be_checked()


def test_enter_goes_from_the_verdict_to_the_next_question(door: Door) -> None:
    page = begin_every_kind(door, Purpose.PRACTICE).page
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_be_focused()

    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Question 2 of")).to_be_visible()


def test_a_question_mark_opens_the_list_of_keys(door: Door) -> None:
    page = begin_every_kind(door, Purpose.TEST).page
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")

    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    page.keyboard.press("b")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.locator(".answer-option input:checked")).to_have_count(0)

    page.get_by_role("button", name="Keyboard shortcuts").click()
    sheet.get_by_label("Use letters and digits as shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("b")
    page.keyboard.press("?")
    expect(sheet).to_be_hidden()
    expect(page.locator(".answer-option input:checked")).to_have_count(0)


@pytest.mark.parametrize("pressed", ["Control+b", "Alt+b", "Meta+b"])
def test_keys_of_the_browser_and_of_screen_readers_are_left_alone(door: Door, pressed: str) -> None:
    page = begin_every_kind(door, Purpose.TEST).page

    page.keyboard.press(pressed)

    expect(page.locator(".answer-option input:checked")).to_have_count(0)


def test_typing_is_not_taken_for_a_key(door: Door) -> None:
    """Fails when digits or letters in a field choose something, or "?" opens the list."""
    page = begin_every_kind(door, Purpose.TEST).page
    for kind, typed in ((TEXT, "back 1?"), (NUMERIC, "12")):
        _open(page, kind)
        page.locator("[name=value]").click()
        page.keyboard.type(typed)
        expect(page.locator("[name=value]")).to_have_value(typed)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator("[name=certainty]:checked")).to_have_count(0)
    _open(page, ORDER)
    page.locator("select").first.focus()
    page.keyboard.press("2")
    expect(page.locator("[name=certainty]:checked")).to_have_count(0)


# -- certainty and blanks ---------------------------------------------------------------------------------------------


def test_certainty_is_explained_once_and_asked_for_in_the_summary(door: Door) -> None:
    hands = begin_every_kind(door, Purpose.TEST, viewport=SIZES["phone"])
    page = hands.page
    expect(page.locator(".certainty-note")).to_contain_text("never change your score")
    _open(page, SEVERAL)
    expect(page.locator(".certainty-note")).to_have_count(0)
    page.get_by_role("button", name="What certainty earns and costs").click()
    expect(page.locator("#certainty-help")).to_be_visible()
    page.locator("#certainty-help").get_by_role("button", name="Close").click()

    answer_question(hands, is_right=True)
    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    page.goto(re.sub(r"\d+$", "summary", page.url))

    expect(page.get_by_text("1 answer without certainty")).to_be_visible()
    unsure = page.locator("section", has=page.get_by_role("heading", name="Without certainty"))
    expect(unsure.locator("li")).to_have_count(1)
    expect(page.get_by_role("link", name="Answer question")).to_have_class(re.compile("btn--main"))


@pytest.mark.parametrize("way", ["mouse", "without JavaScript"])
def test_check_with_nothing_chosen_says_so_and_stays(door: Door, way: str) -> None:
    page = begin_every_kind(door, Purpose.PRACTICE, way).page
    door.watch.expected = {422}
    for kind in MARKED_BY_KEY:
        _open(page, kind)
        page.get_by_role("button", name="Check" if kind.step_field is None else "Decide", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("first.")
        expect(page.get_by_role("heading", name=f"Question {N[kind]} of")).to_be_visible()


# -- dragging ---------------------------------------------------------------------------------------------------------


def _drag(page: Page, what: Locator, onto: Locator, way: str) -> None:
    """Drag by mouse, or by a finger that rests on it first, as the device reports it."""
    start, end = what.bounding_box(), onto.bounding_box()
    assert start
    assert end
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    to_x, to_y = end["x"] + end["width"] / 2, end["y"] + end["height"] * 0.75
    steps = [(x + (to_x - x) * part / 10, y + (to_y - y) * part / 10) for part in range(1, 11)]
    if way == "mouse":
        page.mouse.move(x, y)
        page.mouse.down()
        for at_x, at_y in steps:
            page.mouse.move(at_x, at_y)
            page.wait_for_timeout(20)
        page.wait_for_timeout(200)
        page.mouse.up()
        return
    device = page.context.new_cdp_session(page)

    def send(kind: str, points: list[dict[str, float]]) -> None:
        device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", [{"x": x, "y": y}])
    page.wait_for_timeout(300)
    for at_x, at_y in steps:
        send("touchMove", [{"x": at_x, "y": at_y}])
        page.wait_for_timeout(20)
    page.wait_for_timeout(200)
    send("touchEnd", [])


@pytest.mark.parametrize("way", ["mouse", "touch"])
def test_steps_are_dragged_into_order(door: Door, way: str) -> None:
    page = begin_every_kind(door, Purpose.TEST, way, viewport={"width": 390, "height": 1200}).page
    _open(page, ORDER)
    steps = page.locator(".match--order > li")
    texts = [text.strip() for text in steps.locator("label").all_inner_texts()]

    _drag(page, steps.nth(0).locator(".drag-handle"), steps.nth(2), way)

    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    moved = [texts[1], texts[2], texts[0], *texts[3:]]
    assert _order(page) == moved
    page.reload()
    assert [text.strip() for text in steps.locator("label").all_inner_texts()] == moved


def test_steps_are_moved_by_keys_and_what_happens_is_said(door: Door) -> None:
    page = begin_every_kind(door, Purpose.TEST).page
    _open(page, ORDER)
    steps = page.locator(".match--order > li")
    texts = [text.strip() for text in steps.locator("label").all_inner_texts()]

    page.get_by_role("button", name=f"Move: {texts[0]}").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text(f"Moved to place 2 of {len(texts)}.")).to_be_attached()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")

    expect(page.get_by_role("button", name=f"Move: {texts[0]}")).to_be_focused()
    assert _order(page) == [texts[1], texts[0], *texts[2:]]
    expect(page.locator("[data-saved]")).to_have_text(SAVED)


def test_a_place_from_the_list_swaps_two_steps(door: Door) -> None:
    page = begin_every_kind(door, Purpose.TEST).page
    _open(page, ORDER)
    steps = page.locator(".match--order > li")
    texts = [text.strip() for text in steps.locator("label").all_inner_texts()]

    page.get_by_label(f"Place of: {texts[0]}").select_option("3")

    assert _order(page) == [texts[2], texts[1], texts[0], *texts[3:]]
    expect(page.get_by_label(f"Place of: {texts[0]}")).to_be_focused()
    page.get_by_label(f"Place of: {texts[0]}").select_option("")
    assert page.locator(".match--order select").evaluate_all("all => all.every((one) => one.value === '')")


MARK_BEHIND = "item => getComputedStyle(item, '::after').content"


@pytest.mark.parametrize("way", ["mouse", "touch"])
def test_an_option_is_dragged_onto_its_line_and_then_looks_used(door: Door, way: str) -> None:
    page = begin_every_kind(door, Purpose.TEST, way, viewport={"width": 390, "height": 1400}).page
    _open(page, MATCH)
    options, lines = page.locator(".lettered-list__option"), page.locator(".match > li")
    count = options.count()
    assert options.nth(2).evaluate(MARK_BEHIND) == "none"

    _drag(page, options.nth(2), lines.nth(1), way)

    expect(lines.nth(1).locator("select")).to_have_value("2")
    expect(options).to_have_count(count)
    assert "✓" in options.nth(2).evaluate(MARK_BEHIND)
    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    page.reload()
    expect(lines.nth(1).locator("select")).to_have_value("2")


def test_a_long_choice_is_shown_whole_within_its_field(door: Door) -> None:
    """Fails when a closed drop-down cuts off what was chosen."""
    page = begin_every_kind(door, Purpose.TEST, viewport=SIZES["phone"]).page
    _open(page, MATCH)
    field = page.locator(".match__field").first
    expect(field.locator("[data-chosen]")).to_be_hidden()

    field.locator("select").select_option("1")

    words, box = field.locator("[data-chosen]"), field.locator("select").bounding_box()
    expect(words).to_have_text(re.compile(r"^B: \S"))
    inner = words.bounding_box()
    assert box
    assert inner
    assert box["y"] <= inner["y"]
    assert inner["y"] + inner["height"] <= box["y"] + box["height"]
    assert words.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_a_phone_does_not_offer_keys(door: Door) -> None:
    page = begin_every_kind(door, Purpose.TEST, viewport=SIZES["phone"]).page
    button = page.locator("[data-opens-keys]")
    expect(button).to_be_hidden()

    page.set_viewport_size({"width": 1280, "height": 800})

    expect(button).to_be_visible()


def test_all_parts_of_the_page_begin_at_one_edge(door: Door) -> None:
    """Fails when the title, the map, the question and the bar each have a margin of their own."""
    page = begin_every_kind(door, Purpose.TEST, viewport=SIZES["desktop"]).page
    _open(page, NUMERIC)

    parts = (".test-bar__title", ".question-map__link", ".question-head__number", ".stem", ".question-bar__back")
    edges = {part: page.locator(part).first.evaluate("one => one.getBoundingClientRect().left") for part in parts}

    assert max(edges.values()) - min(edges.values()) < 1, edges


def test_only_pages_with_something_to_drag_load_the_library(door: Door) -> None:
    page = begin_every_kind(door, Purpose.TEST).page
    for kind in MARKED_BY_KEY:
        _open(page, kind)
        expect(page.locator("script[src*=sortable]")).to_have_count(1 if kind in (MATCH, ORDER) else 0)
