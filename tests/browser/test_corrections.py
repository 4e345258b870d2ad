"""A question corrected in a real browser: by mouse, by keyboard alone, and without JavaScript; another region accepted on the picture."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Door, Site
from tests.browser.support.input_devices import Hands, Keyboard, Mouse
from tests.support.question_kinds import REGION, N

WAYS = ("mouse", "keyboard", "without JavaScript")
DONE = re.compile(r"Question corrected\. \d+ marks? (was|were) changed\.")


def _enter(door: Door, who: str, path: str, way: str = "mouse") -> Hands:
    page = door.enter(who, java_script_enabled=way != "without JavaScript")
    page.goto(path)
    return (Keyboard if way == "keyboard" else Mouse)(page)


def _take(hands: Hands, reason: str, name: str) -> None:
    """Say why on the preview, and do it."""
    hands.write(hands.page.get_by_label("Reason"), reason)
    hands.press(hands.page.get_by_role("button", name=name, exact=True))
    expect(hands.page.get_by_text(DONE)).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
def test_a_question_is_credited_and_the_credit_taken_back(door: Door, site: Site, way: str) -> None:
    """Fails when a step can't be taken this way, or the other key is in the way of who does not want it."""
    ids = site.stage.ids
    hands = _enter(door, "trainer", f"/teach/assignments/{ids['set']}/questions/{ids['fresh']}/correct", way)
    page = hands.page

    hands.choose(page.get_by_label("Give everyone full points"))
    expect(page.get_by_role("heading", name="The other answer")).to_be_hidden()
    hands.press(page.get_by_role("button", name="Preview the changes"))
    expect(page.get_by_role("heading", name="Preview of the correction")).to_be_visible()
    _take(hands, f"Credited by {way}.", "Correct the question")
    hands.press(page.get_by_role("button", name=re.compile("^Undo")))
    _take(hands, "It was sound after all.", "Undo the correction")

    expect(page.get_by_text("No correction yet.")).to_be_visible()


def test_another_region_is_accepted_by_pointing_at_it(door: Door, site: Site) -> None:
    version_id = site.stage.ids[f"kind-{N[REGION]}"]
    hands = _enter(door, "admin", f"/admin/questions/{version_id}/correct")
    page = hands.page

    hands.choose(page.get_by_label("Accept another answer as well"))
    page.locator('[data-picks] [data-place="1"]').first.click()
    expect(page.locator("[name=option]:checked")).to_have_value("1")
    hands.press(page.get_by_role("button", name="Preview the changes"))

    expect(page.get_by_text("Also correct:")).to_be_visible()
    expect(page.locator('form[method="post"] input[name="option"]')).to_have_value("1")
