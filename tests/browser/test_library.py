"""A trainer's own module, by mouse: from an empty studio to a learner's score in the gradebook."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys
from tests.browser.support.input_devices import Mouse
from tests.browser.support.wcag import violations_on_screen

RIGHT = ("In exams", "True")
"""The right options of the two exam questions that a new module has."""


def test_from_a_new_module_to_the_gradebook(door: Door) -> None:
    """Fails when a step of it can't be found or operated, or the score does not arrive."""
    trainer, learner = Mouse(door.enter("author")), Mouse(door.enter())
    code, cohort = _make_a_cohort(trainer, "Ward class")
    learner.page.goto("/register")
    journeys.register(learner, "Ana Reyes")
    _join(learner, code)

    _write_a_module(trainer, "Ward rounds", "Gait")
    _publish(trainer)
    _assign(trainer, "Ward class", "Ward rounds: 2. Gait")
    _read(learner)
    _take(learner)
    expect(learner.page.locator(".score__big")).to_contain_text("100")

    trainer.page.goto(f"{cohort}/gradebook")
    expect(trainer.page.get_by_role("row", name="Ana Reyes")).to_contain_text("100")


def _clean(page: Page) -> None:
    page.wait_for_load_state()
    assert violations_on_screen(page) == []


def _make_a_cohort(hands: Mouse, title: str) -> tuple[str, str]:
    """Return the code to join, and the address of the cohort."""
    page = hands.page
    page.goto("/teach")
    hands.write(page.get_by_label("Title"), title)
    hands.press(page.get_by_role("button", name="Create cohort"))
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    hands.press(page.get_by_role("navigation", name="This cohort").get_by_role("link", name="People"))
    expect(page.locator(".code").first).to_be_visible()
    return page.locator(".code").first.inner_text(), page.url.removesuffix("/people")


def _join(hands: Mouse, code: str) -> None:
    page = hands.page
    page.goto("/join")
    hands.write(page.get_by_label("Code"), code)
    hands.press(page.get_by_role("button", name="Continue"))
    hands.press(page.get_by_role("button", name="Join this cohort"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def _write_a_module(hands: Mouse, library: str, title: str) -> None:
    page = hands.page
    page.goto("/studio")
    hands.write(page.get_by_label("Name"), library)
    hands.press(page.get_by_role("button", name="Create the library"))
    expect(page.get_by_text("The checker finds nothing to fix.")).to_be_visible()
    hands.press(page.get_by_role("link", name="Add a module"))
    hands.write(page.get_by_label("Title"), title)
    hands.press(page.get_by_role("button", name="Add the module"))
    expect(page.get_by_text(f"{title} created")).to_be_visible()
    expect(page.get_by_text("The checker finds nothing to fix.")).to_be_visible()
    _clean(page)


def _publish(hands: Mouse) -> None:
    page = hands.page
    hands.press(page.get_by_role("link", name="Publish it"))
    hands.press(page.get_by_role("link", name="Check and preview"))
    expect(page.get_by_role("heading", name="Modules added")).to_be_visible()
    _clean(page)
    hands.press(page.get_by_role("button", name="Publish"))
    expect(page.get_by_text("Published. Now you can assign it.")).to_be_visible()
    _clean(page)


def _assign(hands: Mouse, cohort: str, module: str) -> None:
    page = hands.page
    hands.press(page.get_by_role("link", name=cohort))
    select = page.get_by_label("Module", exact=True)
    value = select.locator("option").filter(has_text=module).get_attribute("value")
    assert value
    hands.pick(select, value)
    hands.press(page.get_by_text("Who can see the correct answers"))
    expect(page.get_by_text("The trainers of this cohort")).to_be_visible()
    _clean(page)
    hands.press(page.get_by_role("button", name="Assign", exact=True))
    expect(page.get_by_text("Gait assigned.")).to_be_visible()


def _read(hands: Mouse) -> None:
    """Answer the check in the lesson, without leaving the page."""
    page = hands.page
    page.goto("/")
    hands.press(page.get_by_role("link", name="Gait").first)
    page.goto(re.sub(r"/assignments/.*", "/modules/ward-rounds.gait", page.url))
    hands.press(page.get_by_role("main").get_by_role("link", name="What is in a library").first)
    hands.choose(page.locator("label").filter(has_text="After their answer").locator("input"))
    hands.press(page.get_by_role("button", name="Check"))
    expect(page.locator(".check").get_by_text("Practice is for learning")).to_be_visible()
    _clean(page)


def _take(hands: Mouse) -> None:
    page = hands.page
    page.goto("/")
    hands.press(page.get_by_role("link", name="Open the test").first)
    journeys.press_start(hands)
    for n, last in ((1, "Next"), (2, "Review answers")):
        expect(page.get_by_role("heading", name=f"Question {n} of 2")).to_be_visible()
        right = page.locator("label").filter(has_text=re.compile(rf"^\W*\w?\W*({'|'.join(RIGHT)})\W*$"))
        hands.choose(right.locator("input"))
        hands.press(page.locator(".question-bar").get_by_role("button", name=last, exact=True))
    hands.press(page.get_by_role("button", name="Submit"))
