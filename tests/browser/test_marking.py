"""A learner writes an answer, a trainer marks it with the keyboard, and the learner reads the mark; and the same without JavaScript."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.support.wcag import find_violations

TEXT = "I would ask about swelling first.\nThen I would compare both calves."
COMMENT = "Clear. Say why you compare."


def open_marking(page: Page, assignment: int) -> None:
    page.goto(f"/teach/assignments/{assignment}/marking")
    page.get_by_role("link", name=re.compile("^Mark 2 answers")).click()


def test_an_answer_is_written_marked_by_keyboard_and_its_mark_read(door: Door) -> None:
    ids = door.site.stage.ids
    learner, trainer = door.enter("walker"), door.enter("trainer")
    learner.goto(f"/attempts/{ids['walk-attempt']}/1")
    field = learner.get_by_label("Your answer")
    field.press_sequentially(TEXT)
    expect(learner.get_by_text("Words so far: 12.")).to_be_visible()
    field.blur()
    expect(learner.locator("[data-saved]")).to_have_text(re.compile("Saved"))
    assert find_violations(learner) == []
    learner.get_by_role("button", name="Review answers").click()
    learner.get_by_role("button", name=re.compile("Submit")).first.click()
    expect(learner.get_by_role("heading", level=1)).to_have_text("Being marked")
    assert find_violations(learner) == []

    open_marking(trainer, ids["walk"])
    first = trainer.url
    assert find_violations(trainer) == []
    trainer.keyboard.press("j")
    expect(trainer).not_to_have_url(first)
    trainer.keyboard.press("k")
    expect(trainer).to_have_url(first)
    trainer.keyboard.press("?")
    expect(trainer.get_by_role("dialog")).to_be_visible()
    assert find_violations(trainer) == []
    trainer.keyboard.press("Escape")
    for _ in range(2):
        place = trainer.url
        trainer.keyboard.press("m")
        for points in ("2", "1", "1.5"):
            trainer.keyboard.type(points)
            trainer.keyboard.press("Tab")
        trainer.get_by_role("heading", level=1).click()  # out of the field, where letters are keys
        trainer.locator("body").evaluate("() => document.activeElement.blur()")
        trainer.keyboard.press("c")
        trainer.keyboard.type(COMMENT)
        trainer.keyboard.press("Control+Enter")
        expect(trainer).not_to_have_url(place)
    expect(trainer.get_by_text("No answer is waiting for you.")).to_be_visible()

    learner.reload()
    expect(learner.get_by_role("heading", level=1)).to_have_text("Passed")
    learner.locator("#answer-1 summary").click()
    expect(learner.get_by_text(COMMENT)).to_be_visible()
    assert find_violations(learner) == []


def test_it_all_works_without_javascript(door: Door) -> None:
    ids = door.site.stage.ids
    learner = door.enter("walker-plain", java_script_enabled=False)
    trainer = door.enter("trainer", java_script_enabled=False)
    door.watch.expected.add(422)
    learner.goto(f"/attempts/{ids['walk-plain-attempt']}/1")
    learner.get_by_label("Your answer").fill("word " * 151)
    learner.get_by_role("button", name="Review answers").click()
    expect(learner.get_by_role("alert")).to_contain_text("That is 151 words, and 150 are allowed.")
    expect(learner.get_by_label("Your answer")).to_have_value(re.compile("^word word"))
    learner.get_by_label("Your answer").fill(TEXT)
    learner.get_by_role("button", name="Review answers").click()
    learner.get_by_role("button", name=re.compile("Submit")).first.click()
    expect(learner.get_by_role("heading", level=1)).to_have_text("Being marked")

    open_marking(trainer, ids["walk-plain"])
    for _ in range(2):
        trainer.get_by_text("Give one mark for the whole answer instead").click()
        trainer.get_by_label("One mark for the whole").fill("2")
        trainer.get_by_role("button", name="Save and go to the next").click()
    expect(trainer.get_by_text("No answer is waiting for you.")).to_be_visible()

    learner.reload()
    expect(learner.get_by_role("heading", level=1)).to_have_text("Not passed yet")
