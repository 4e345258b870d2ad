"""What people do from end to end, written once: with the mouse or the keyboard, with JavaScript or without."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.support.course_keys import answer_question
from tests.browser.support.input_devices import Hands

PASSWORD = "a few words in a row"


def register(hands: Hands, name: str = "Nadia Petrović") -> str:
    """Make an account from the form; return its e-mail address."""
    page, email = hands.page, f"{uuid4().hex[:12]}@example.org"
    hands.write(page.get_by_label("Name"), name)
    hands.write(page.get_by_label("E-mail"), email)
    hands.write(page.get_by_label("Password", exact=True), PASSWORD)
    hands.press(page.get_by_role("main").get_by_role("button", name=re.compile("^Register")))
    expect(page.get_by_text(f"Account of {name}")).to_be_attached()
    return email


def register_and_join(hands: Hands, name: str = "Nadia Petrović") -> str:
    """Make an account from the page of a join link that is open, and join; return the e-mail address."""
    page = hands.page
    link = page.get_by_role("main").get_by_role("link", name=re.compile("^Register|^Create"))
    if link.count():
        hands.press(link)
    email = register(hands, name)
    join = page.get_by_role("button", name="Join this cohort")
    if join.count():
        hands.press(join)
    return email


def sign_in(hands: Hands, email: str, password: str) -> None:
    page = hands.page
    page.goto("/login")
    hands.write(page.get_by_label("E-mail"), email)
    hands.write(page.get_by_label("Password", exact=True), password)
    hands.press(page.get_by_role("main").get_by_role("button", name="Sign in"))
    expect(page.get_by_text("Account of")).to_be_attached()


def practise(hands: Hands, module: str) -> str:
    """Take a practice quiz, the odd questions right and the even ones wrong; return the score in per cent as the result shows it."""
    page = hands.page
    page.goto(f"/modules/{module}")
    hands.press(page.get_by_role("button", name="Practise"))
    last, right = _last(page), 0
    for n in range(1, last + 1):
        expect(page.get_by_role("heading", name=f"Question {n} of {last}")).to_be_visible()
        is_right = n % 2 == 1
        if answer_question(hands, is_right=is_right).step_field is None:  # the last step is checked by its own button
            hands.press(page.get_by_role("button", name="Check", exact=True))
        verdict = page.locator("#verdict").get_by_role("heading")
        expect(verdict).to_have_text("Correct" if is_right else re.compile("Incorrect|Partly correct"))
        expect(page.get_by_role("heading", name="Why")).to_be_visible()
        right += is_right
        if n < last:
            hands.press(page.get_by_role("link", name="Next question", exact=True))
    hands.press(page.get_by_role("button", name="See your result"))
    expect(page.get_by_role("heading", name="Practice finished")).to_be_visible()
    expect(page.locator(".score__words")).to_contain_text(re.compile(rf"^\s*{right} (of {last} )?correct"))
    return page.locator(".score__big").inner_text().partition("%")[0].strip()


def start_test(hands: Hands, module: str) -> None:
    """Go from a module's page to the start page of its own test, and start it."""
    hands.page.goto(f"/modules/{module}")
    hands.press(hands.page.get_by_role("link", name=re.compile("^Open the (self-)?test$")).last)
    press_start(hands)


def press_start(hands: Hands) -> None:
    """Press the button of a start page, on which the clock starts."""
    hands.press(hands.page.get_by_role("button", name=re.compile(r"^Start: \d+ questions")))


def take_test(hands: Hands, *, wrong: int = 0) -> None:
    """Answer every question of the test that was just started, the first ``wrong`` of them wrongly, and hand in."""
    page, last = hands.page, _last(hands.page)
    for n in range(1, last + 1):
        expect(page.get_by_role("heading", name=f"Question {n} of {last}")).to_be_visible()
        answer_question(hands, is_right=n > wrong)
        hands.press(
            page.locator(".question-bar").get_by_role(
                "button", name="Next" if n < last else "Review answers", exact=True
            )
        )
    expect(page.get_by_role("heading", name="All questions are answered")).to_be_visible()
    hands.press(page.get_by_role("button", name="Submit"))


def _last(page: Page) -> int:
    """How many questions the quiz on ``page`` has."""
    heading = page.get_by_role("heading", name="Question 1 of")
    expect(heading).to_be_visible()
    return int(heading.inner_text().split()[-1])
