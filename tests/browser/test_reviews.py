"""A week of daily reviews in a real browser: by keyboard, by touch, and without JavaScript."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys, server_process
from tests.browser.support.course_keys import answer_question
from tests.browser.support.input_devices import Hands, Keyboard, Mouse, Touch

Way = Literal["keyboard", "touch", "without JavaScript"]

_MOVED = {
    "attempt": ("started_at", "submitted_at"),
    "attempt_item": ("saved_at",),
    "mark": ("marked_at",),
    "memory_card": ("reviewed_at", "due_at"),
}


def _enter(door: Door, way: Way) -> Hands:
    page = door.enter(java_script_enabled=way != "without JavaScript", has_touch=way == "touch")
    if way == "keyboard":
        return Keyboard(page)
    return Touch(page) if way == "touch" else Mouse(page)


def _update_cards(door: Door) -> None:
    """Let the chore run, which the server does each minute."""
    server = door.site.server
    server_process.run_flask(server.folder, int(server.url.rpartition(":")[2]), "chores", "run", "update-cards")


def _let_a_day_pass(door: Door, email: str) -> None:
    """Date everything that this learner did a day earlier."""
    with closing(sqlite3.connect(door.site.stage.database)) as database:
        learner = "(SELECT learner.id FROM learner JOIN user ON user.id = learner.user_id WHERE user.email = ?)"
        for table, columns in _MOVED.items():
            moved = ", ".join(f"{name} = datetime({name}, '-1 day') || '.000000'" for name in columns)
            mine = f"learner_id = {learner}"
            if table == "attempt_item":
                mine = f"attempt_id IN (SELECT id FROM attempt WHERE {mine})"
            database.execute(f"UPDATE {table} SET {moved} WHERE {mine}", (email,))
        database.commit()


def _count_due(page: Page) -> int:
    page.goto("/review")
    heading = page.locator("#today").inner_text()
    found = re.match(r"\d+", heading)
    return int(found[0]) if found else 0


def _answer(hands: Hands, *, is_right: bool) -> None:
    page = hands.page
    if answer_question(hands, is_right=is_right).step_field is None:
        hands.press(page.get_by_role("button", name="Check", exact=True))
    expect(page.locator("#verdict").get_by_role("heading")).to_be_visible()
    expect(page.get_by_role("heading", name="Why")).to_be_visible()


def _undo(hands: Hands) -> None:
    if isinstance(hands, Keyboard):
        hands.page.keyboard.press("u")
    else:
        hands.press(hands.page.get_by_role("button", name="Undo this answer"))
    expect(hands.page.get_by_role("button", name="Undo this answer")).to_have_count(0)


def _review(hands: Hands, due: int, *, undoes: bool) -> int:
    """Do one review of at most five questions, all right in the end; return how many it asked."""
    page, asked = hands.page, min(due, 5)
    hands.choose(page.get_by_role("radio", name="5", exact=True))
    hands.press(page.get_by_role("button", name="Start the review"))
    for n in range(1, asked + 1):
        expect(page.get_by_role("heading", name=f"Question {n} of {asked}")).to_be_visible()
        if undoes and n == 1:
            _answer(hands, is_right=False)
            _undo(hands)
        _answer(hands, is_right=True)
        if n < asked:
            hands.press(page.get_by_role("link", name="Next question", exact=True))
    hands.press(page.get_by_role("button", name="See your result"))
    expect(page.get_by_role("heading", level=1)).to_have_text("All correct")
    return asked


@pytest.mark.parametrize("way", ["keyboard", "touch", "without JavaScript"])
def test_a_week_of_reviews(door: Door, way: Way) -> None:
    """What was practised comes back, is answered, and is not due again on the same day."""
    hands = _enter(door, way)
    page = hands.page
    page.goto("/register")
    email = journeys.register(hands)
    journeys.practise(hands, "safety")
    _update_cards(door)
    reviewed = []

    for _day in range(7):
        _let_a_day_pass(door, email)
        due = _count_due(page)
        if not due:
            reviewed.append(0)
            continue
        page.goto("/")
        hands.press(page.get_by_role("link", name=f"Review: {due} due today"))
        reviewed.append(_review(hands, due, undoes=not any(reviewed)))
        hands.press(page.get_by_role("main").get_by_role("link", name="See what comes next"))
        expect(page.locator("#today")).to_have_text(
            f"{due - reviewed[-1]} due today" if due > reviewed[-1] else "Nothing is due today"
        )
        expect(page.get_by_text(re.compile(rf"^\s*{reviewed[-1]} questions? reviewed today"))).to_be_visible()

    assert reviewed[0] > 0
    assert 0 in reviewed, "what was right comes back later"


def test_a_plan_is_made_by_keyboard(door: Door) -> None:
    hands = Keyboard(door.enter("reviewer"))
    page = hands.page
    page.goto("/review")

    hands.pick(page.get_by_label("How much you want to remember"), "80")
    hands.press(page.get_by_role("button", name="Save the plan"))

    expect(page.get_by_text("Your plan is saved.")).to_be_visible()
    expect(page.get_by_label("How much you want to remember")).to_have_value("80")
    hands.press(page.get_by_role("button", name="Pause reviews"))
    expect(page.locator("#today")).to_have_text("Reviews are paused")
    hands.press(page.get_by_role("button", name="Resume reviews"))
    expect(page.locator("#today")).to_contain_text("due today")
