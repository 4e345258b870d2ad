"""A learner reports a question with a finger on a phone, and reads the reply."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Door
from tests.browser.support import journeys
from tests.browser.support.course_keys import answer_question
from tests.browser.support.input_devices import Mouse, Touch
from tests.browser.support.wcag import find_violations

PHONE = {"width": 390, "height": 844}
SAYS = "Answers A and C could both be right."


def test_a_report_is_confirmed_where_it_was_made_and_its_reply_is_read_from_home(door: Door) -> None:
    learner, admin = Touch(door.enter(viewport=PHONE, has_touch=True)), Mouse(door.enter())
    page = learner.page
    page.goto("/register")
    journeys.register(learner)
    expect(page).not_to_have_url(re.compile("/register"))
    page.goto("/modules/safety")
    learner.press(page.get_by_role("button", name="Practise"))
    if answer_question(learner, is_right=False).step_field is None:  # a case is checked step by step
        learner.press(page.get_by_role("button", name="Check", exact=True))
    learner.press(page.get_by_role("link", name="Report question 1"))
    learner.write(page.get_by_label("What is wrong?"), SAYS)
    assert find_violations(page) == []
    learner.press(page.get_by_role("button", name="Send report"))
    expect(page.get_by_text("Reported. You will see the reply here.")).to_be_in_viewport()
    assert find_violations(page) == []

    journeys.sign_in(admin, *door.site.password("admin"))
    admin.page.goto("/teach/reports?show=open")
    admin.press(admin.page.get_by_role("listitem").filter(has_text=SAYS).get_by_role("link"))
    admin.write(admin.page.get_by_label("Your reply"), "Only A is. We have made C clearer.")
    admin.press(admin.page.get_by_role("button", name="Send reply"))
    expect(admin.page.get_by_text("Reply sent.")).to_be_visible()

    page.goto("/")
    expect(page.get_by_role("heading", name="1 reply to your report")).to_be_in_viewport()
    assert find_violations(page) == []
    learner.press(page.get_by_role("button", name=re.compile("^Read the reply")))
    expect(page.get_by_text("Only A is. We have made C clearer.")).to_be_in_viewport()
    page.goto("/")
    expect(page.get_by_role("heading", name="1 reply to your report")).to_have_count(0)


def test_result_and_progress_are_short_before_the_first_fold_on_a_phone(door: Door) -> None:
    """At most two screens, even where every answer was wrong."""
    learner = Touch(door.enter(viewport=PHONE, has_touch=True))
    page = learner.page
    page.goto("/register")
    journeys.register(learner)
    expect(page).not_to_have_url(re.compile("/register"))
    page.goto("/modules/safety/test")
    learner.press(page.get_by_role("button", name=re.compile("^Start")))
    expect(page.get_by_role("heading", name="Question 1 of")).to_be_visible()
    page.goto(re.sub(r"/\d+$", "/summary", page.url))
    learner.press(page.get_by_role("button", name=re.compile("Submit|Hand in")).first)
    expect(page.get_by_role("heading", level=1)).to_have_text("Not passed yet")
    assert find_violations(page) == []
    heights = [_first_fold(learner)]
    page.goto("/progress")
    # What was wrong comes back for review on another day; now there is something to read.
    expect(page.get_by_role("link", name=re.compile("^Read: "))).to_be_in_viewport()
    assert find_violations(page) == []
    heights.append(_first_fold(learner))

    assert max(heights) <= 2 * PHONE["height"], heights


def _first_fold(hands: Touch) -> float:
    """How far below the top of the page its first folded part begins."""
    return float(
        hands.page.evaluate(
            "document.querySelector('main details:not([open])').getBoundingClientRect().top + window.scrollY"
        )
    )
