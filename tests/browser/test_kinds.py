"""Every kind of question, answered by mouse, by touch, by keyboard alone and without JavaScript; and how a screen reader speaks it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from app.domain.attempt import Purpose
from app.domain.kinds import QuestionKind
from tests.browser.conftest import Door
from tests.browser.support.course_keys import answer_question, right_places
from tests.browser.support.every_kind import begin_every_kind
from tests.browser.support.input_devices import Hands
from tests.support.question_kinds import (
    CASE,
    MARKED_BY_KEY,
    MATCH,
    NUMERIC,
    ORDER,
    REGION,
    SEVERAL,
    SINGLE,
    TEXT,
    TRUE_FALSE,
    N,
)

WAYS = ("mouse", "touch", "keyboard", "without JavaScript")
SAVED = re.compile(r"^Saved \d\d:\d\d$")


def _answer(hands: Hands, way: str, *, is_right: bool = True) -> bool:
    """Answer as people do this way: whoever points, points at the picture. Return whether each step has its button."""
    picture = hands.page.locator("[data-picks]")
    if way in ("mouse", "touch") and picture.count() and is_right:
        region = picture.locator(f'[data-place="{right_places(hands.page)[0]}"]').first
        region.tap() if way == "touch" else region.click()
        expect(hands.page.locator("[name=option]:checked")).to_have_count(1)
        return False
    return answer_question(hands, is_right=is_right).step_field is not None


@pytest.mark.parametrize("way", WAYS)
def test_each_kind_is_practised(door: Door, way: str) -> None:
    """Fails when a kind can't be operated this way, or its answer does not arrive as it was given."""
    hands = begin_every_kind(door, Purpose.PRACTICE, way)
    page = hands.page
    for n in range(1, len(MARKED_BY_KEY) + 1):
        expect(page.get_by_role("heading", name=f"Question {n} of {len(MARKED_BY_KEY)}")).to_be_visible()
        if not _answer(hands, way):
            hands.press(page.get_by_role("button", name="Check", exact=True))
        expect(page.locator("#verdict").get_by_role("heading")).to_have_text("Correct")
        if n < len(MARKED_BY_KEY):
            hands.press(page.get_by_role("link", name="Next question", exact=True))
    hands.press(page.get_by_role("button", name="See your result"))

    expect(page.get_by_role("heading", level=1)).to_have_text("All correct")
    expect(page.locator(".score__words")).to_have_text(f"{len(MARKED_BY_KEY)} of {len(MARKED_BY_KEY)} correct")


@pytest.mark.parametrize("way", WAYS)
def test_each_kind_is_saved_with_its_certainty_and_counts_when_handed_in(door: Door, way: str) -> None:
    hands = begin_every_kind(door, Purpose.TEST, way)
    page = hands.page
    for n in range(1, len(MARKED_BY_KEY) + 1):
        expect(page.get_by_role("heading", name=f"Question {n} of {len(MARKED_BY_KEY)}")).to_be_visible()
        _answer(hands, way, is_right=n != 1)
        hands.choose(page.get_by_label("Certain", exact=True))
        if way != "without JavaScript":
            expect(page.locator("[data-saved]")).to_have_text(SAVED)
        name = "Next" if n < len(MARKED_BY_KEY) else "Review answers"
        hands.press(page.locator(".question-bar").get_by_role("button", name=name, exact=True))
    expect(page.get_by_role("heading", name="All questions are answered")).to_be_visible()
    hands.press(page.get_by_role("button", name="Submit"))

    expect(page.locator(".score__words")).to_have_text(f"{len(MARKED_BY_KEY) - 1} of {len(MARKED_BY_KEY)} correct")
    # All certain and right but one, which is certain and wrong.
    right, many = len(MARKED_BY_KEY) - 1, len(MARKED_BY_KEY)
    hands.press(page.locator("summary").filter(has_text="How well you judged your certainty"))
    certainty = page.locator("details").filter(has_text="How well you judged your certainty")
    expect(certainty.get_by_text(f"Certainty points: {3 * right - 6} of {3 * many}.")).to_be_visible()
    expect(certainty).to_contain_text(f"{right} of {many}")


@pytest.mark.parametrize("kind", [MATCH, ORDER, NUMERIC, TEXT], ids=str)
def test_a_saved_answer_is_there_again_after_a_reload(door: Door, kind: QuestionKind[Any]) -> None:
    hands = begin_every_kind(door, Purpose.TEST)
    page = hands.page
    page.goto(re.sub(r"1$", str(N[kind]), page.url))
    answer_question(hands, is_right=True)
    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    fields = page.locator("fieldset").first.locator("select, [name=value]")
    given = [fields.nth(at).input_value() for at in range(fields.count())]

    page.reload()

    assert fields.count() == len(given)
    for at, value in enumerate(given):
        expect(fields.nth(at)).to_have_value(value)
    assert all(given)


def test_what_is_no_number_is_said_and_not_saved(door: Door) -> None:
    """Fails when the page says "Saved", or goes on trying what can never be stored."""
    hands = begin_every_kind(door, Purpose.TEST)
    page = hands.page
    door.watch.expected = {422}
    page.goto(re.sub(r"1$", str(N[NUMERIC]), page.url))

    page.locator("[name=value]").fill("about seven")

    expect(page.locator("[data-saved]")).to_contain_text("Not saved: That is not a number")
    expect(page.locator("[name=value]")).to_have_value("about seven")
    page.locator(".question-bar").get_by_role("button", name="Next").click()
    expect(page.locator("[name=value]")).to_be_focused()
    page.locator("[name=value]").fill("7")
    expect(page.locator("[data-saved]")).to_have_text(SAVED)


def test_what_was_typed_a_moment_ago_is_saved_before_the_page_is_left(door: Door) -> None:
    """Fails when a number that waits for more to be typed is forgotten by Next."""
    hands = begin_every_kind(door, Purpose.TEST)
    page, n = hands.page, N[NUMERIC]
    page.goto(re.sub(r"1$", str(n), page.url))

    page.locator("[name=value]").fill("42")
    page.locator(".question-bar").get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name=f"Question {n + 1} of")).to_be_visible()
    page.go_back()

    expect(page.locator("[name=value]")).to_have_value("42")


LINES_OPEN, STEPS_OPEN = "Choose something for each line first.", "Give each step a different place first."


# With the script a chosen place swaps two steps, so that an order is complete once one of them is moved.
@pytest.mark.parametrize(
    ("way", "kind", "fault"),
    [
        ("mouse", MATCH, LINES_OPEN),
        ("without JavaScript", MATCH, LINES_OPEN),
        ("without JavaScript", ORDER, STEPS_OPEN),
    ],
)
def test_an_unfinished_answer_is_not_checked_and_what_was_chosen_stays(
    door: Door, way: str, kind: QuestionKind[Any], fault: str
) -> None:
    hands = begin_every_kind(door, Purpose.PRACTICE, way)
    page = hands.page
    door.watch.expected = {422}
    page.goto(re.sub(r"1$", str(N[kind]), page.url))
    page.locator("select").first.select_option(index=2)
    chosen = page.locator("select").first.input_value()

    page.get_by_role("button", name="Check", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text(fault)
    expect(page.locator("select").first).to_have_value(chosen)


def test_an_order_that_was_not_touched_is_not_checked(door: Door) -> None:
    page = begin_every_kind(door, Purpose.PRACTICE).page
    door.watch.expected = {422}
    page.goto(re.sub(r"1$", str(N[ORDER]), page.url))

    page.get_by_role("button", name="Check", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Choose an answer first.")


SPOKEN = {
    SINGLE: r"- radio ",
    SEVERAL: r"- checkbox ",
    TRUE_FALSE: r'- radio "True"',
    MATCH: r"""- '?combobox "Taut band"'?:\n\s+- option "Choose" \[selected\]\n\s+- '?option "A: """,
    ORDER: r"""- '?combobox "Place of: [^"]+"'?:\n\s+- option "–" \[selected\]\n\s+- option "1\"""",
    NUMERIC: r'- textbox "Your answer in points"',
    TEXT: r'- textbox "Your answer"',
    REGION: r'- radio "[^"]+"',
    CASE: r"- radio ",
}


@pytest.mark.parametrize("kind", MARKED_BY_KEY, ids=str)
def test_a_screen_reader_speaks_role_name_and_state(door: Door, kind: QuestionKind[Any]) -> None:
    """Fails when an input has no name of its own, another role than it acts, or keeps its state from the accessibility tree."""
    hands = begin_every_kind(door, Purpose.TEST)
    page = hands.page
    page.goto(re.sub(r"1$", str(N[kind]), page.url))
    group = page.locator("fieldset").first
    stem = " ".join(page.locator(".stem").inner_text().split())

    before = group.aria_snapshot()
    answer_question(hands, is_right=True)
    after = group.aria_snapshot()

    assert before.startswith(f'- group "{stem}"')
    assert re.search(SPOKEN[kind], before), before
    if kind.step_field is None:
        assert _states(after) > _states(before), after
    else:
        assert ("Chosen:" in before, "Chosen:" in after) == (False, True), after
    assert "- radio:" not in before
    assert "- combobox:" not in before


def _states(snapshot: str) -> int:
    """How much the tree says to be chosen or filled in."""
    filled = re.findall(r'- textbox "[^"]+": ', snapshot)
    chosen = [
        line for line in re.findall(r"""- '?option "([^"]+)" \[selected\]""", snapshot) if line not in ("Choose", "–")
    ]
    return len(re.findall(r"\[checked\]", snapshot)) + len(filled) + len(chosen)


def test_the_regions_of_a_picture_are_one_stop_and_tell_nothing(door: Door) -> None:
    """Threat 4. Fails when a region carries its author's name or index, or the picture is a second stop for the keyboard."""
    hands = begin_every_kind(door, Purpose.TEST)
    page = hands.page
    page.goto(re.sub(r"1$", str(N[REGION]), page.url))
    picture = page.locator("[data-picks]")

    assert picture.locator("[tabindex], a, button, input").count() == 0
    assert "data-region" not in picture.inner_html()
    letters = [text.strip() for text in picture.locator(".region__letter").all_text_contents()]
    assert sorted(letters) == [key.inner_text() for key in page.locator(".answer-option__letter").all()]
