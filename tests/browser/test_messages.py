"""A trainer writes on a phone, and the learner reads it on Home; a test is reopened, and the learner goes on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.support.wcag import violations_on_screen

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def trainer(door: Door) -> Page:
    return door.enter("trainer", viewport=PHONE)


@pytest.fixture
def learner(door: Door) -> Page:
    return door.enter("new", viewport=PHONE)


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_trainer_writes_and_the_learner_reads(door: Door, trainer: Page, learner: Page) -> None:
    """Fails when the message does not arrive, stays after it was read, or a page of it does not fit the phone."""
    cohort = f"/teach/cohorts/{door.site.stage.ids['cohort']}"
    trainer.goto(f"{cohort}/messages/new?to=0")
    trainer.get_by_text("Others in this cohort").click()
    assert violations_on_screen(trainer) == []
    trainer.get_by_role("link", name="Choose everybody").click()
    trainer.get_by_label("Message", exact=True).fill("Bring a towel.\nhttps://example.org/towels")
    assert _fits(trainer)
    trainer.get_by_role("button", name="Send").click()
    expect(trainer.get_by_role("main")).to_contain_text("Sent to")
    trainer.get_by_text("Who has read it").first.click()
    assert violations_on_screen(trainer) == []
    assert _fits(trainer)

    learner.goto("/")
    message = learner.get_by_role("region", name="Message from")
    expect(message).to_contain_text("Bring a towel.")
    expect(message.get_by_role("link", name="https://example.org/towels")).to_be_visible()
    assert violations_on_screen(learner) == []
    assert _fits(learner)
    message.get_by_role("button", name="Mark as read").click()

    expect(learner.get_by_role("main")).to_contain_text("Marked as read.")
    expect(message).to_have_count(0)
    learner.goto("/messages")
    expect(learner.get_by_role("main")).to_contain_text("Bring a towel.")
    trainer.reload()
    expect(trainer.get_by_role("main")).to_contain_text("Read by 1 of")


def test_a_reopened_test_says_so(door: Door, trainer: Page) -> None:
    """The page of the decision names what happens; afterwards the attempt says that it was reopened."""
    door.watch.expected |= {422}
    trainer.goto(f"/teach/attempts/{door.site.stage.ids['classmates']}/reopen")
    expect(trainer.get_by_role("heading", name="What happens")).to_be_visible()
    assert violations_on_screen(trainer) == []
    assert _fits(trainer)
    trainer.get_by_role("button", name="Reopen the test").click()
    expect(trainer.get_by_role("alert")).to_contain_text("Enter a reason.")
    trainer.get_by_label("Reason").fill("The browser closed.")
    trainer.get_by_role("button", name="Reopen the test").click()

    expect(trainer.get_by_role("main")).to_contain_text("The test is open again.")
    expect(trainer.get_by_role("main")).to_contain_text("The browser closed.")
    assert violations_on_screen(trainer) == []
