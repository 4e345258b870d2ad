"""Script in the names of people and cohorts is text: it runs nowhere, and nothing of it becomes part of a page."""

from __future__ import annotations

from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys
from tests.browser.support.input_devices import Mouse
from tests.browser.support.page_acts import unfold

HOSTILE = (
    "<script>window.ran=1</script>",
    "<img src=/x onerror=window.ran=1>",
    "\"><svg onload=window.ran=1>'",
    "{{ 7 * 7 }}${7 * 7}</textarea>",
)


def _is_inert(page: Page, text: str) -> None:
    """The text is there as it was written, nothing of it as an element, and nothing ran."""
    page.wait_for_load_state("load")
    assert text in page.locator("body").evaluate("body => body.textContent")
    assert page.evaluate("window.ran") is None
    # A question with something to drag loads a script of Palpate's own.
    assert page.locator("[onerror], [onload], img[src='/x'], main script:not([src^='/static/'])").count() == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_script_in_a_name_or_a_cohort_title_is_inert_on_every_page_that_shows_it(door: Door, text: str) -> None:
    """Row 19. Fails when any of these pages marks such a text as safe, even where the policy would stop the script."""
    trainer, admin, learner = door.enter("trainer"), door.enter("admin"), door.enter()
    title = f"Cohort {text}"
    trainer.goto("/teach")
    trainer.get_by_label("Title").fill(title)
    trainer.get_by_role("button", name="Create cohort").click()
    _is_inert(trainer, title)
    cohort = trainer.url
    trainer.goto(f"{cohort}/people")
    _is_inert(trainer, title)
    link = trainer.locator("#join-link").input_value()
    trainer.goto(f"{cohort}/join-screen")
    _is_inert(trainer, title)
    trainer.goto(f"{cohort}/assignments/new")
    unfold(trainer)
    trainer.locator("#title").fill(f"Test {text}")
    trainer.get_by_role("button", name="Assign", exact=True).click()

    learner.goto(link)
    _is_inert(learner, title)
    email = journeys.register(Mouse(learner), text)
    _is_inert(learner, text)
    _is_inert(learner, f"Test {text}")
    learner.locator(".due-list").get_by_role("link", name="Open the test").first.click()
    _is_inert(learner, f"Test {text}")
    journeys.press_start(Mouse(learner))
    expect(learner.get_by_role("heading", name="Question 1 of")).to_be_visible()
    _is_inert(learner, f"Test {text}")

    trainer.goto("/teach")
    _is_inert(trainer, title)
    for page in ("gradebook", "people", "settings"):
        trainer.goto(f"{cohort}/{page}")
        _is_inert(trainer, text)
    trainer.goto(cohort)
    _is_inert(trainer, text)
    trainer.get_by_role("link", name=f"Test {text}").click()
    _is_inert(trainer, f"Test {text}")
    trainer.goto(f"{trainer.url}/exceptions")
    _is_inert(trainer, text)
    trainer.goto(f"{cohort}/gradebook?q={quote(text)}")
    _is_inert(trainer, text)
    trainer.locator("tbody td a").first.click()
    _is_inert(trainer, text)
    trainer.get_by_label("You are here").get_by_role("link").last.click()
    _is_inert(trainer, text)
    admin.goto(f"/admin/users?q={email}")
    _is_inert(admin, text)
    admin.locator("main tbody a").click()
    _is_inert(admin, text)


@pytest.mark.parametrize("text", HOSTILE)
def test_script_in_a_list_of_people_is_inert_when_it_is_looked_at_and_when_they_are_invited(
    door: Door, text: str
) -> None:
    """Row 19: imports and their warnings. Fails when a name or a faulty line is taken for markup."""
    trainer = door.enter("trainer")
    trainer.goto(f"/teach/cohorts/{door.site.stage.ids['waiting']}/roster")
    quoted = text.replace('"', '""')
    trainer.get_by_label("Or paste the list").fill(f'"{quoted}";{uuid4().hex}@example.org\n{text}')
    trainer.get_by_role("button", name="Check the list").click()
    _is_inert(trainer, text)
    trainer.get_by_label("Leave out the lines with errors").check()
    trainer.get_by_role("button", name="Invite 1 person").click()
    _is_inert(trainer, text)
    link = trainer.locator("#link-1").input_value()
    trainer.get_by_role("link", name="Back to People").click()
    _is_inert(trainer, text)

    invited = door.enter()
    invited.goto(link)
    invited.wait_for_load_state("load")
    assert invited.get_by_label("Name").input_value() == text
    assert invited.evaluate("window.ran") is None
