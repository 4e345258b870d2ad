"""What people do from end to end, written once: with the mouse or the keyboard, with JavaScript or without."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.hands import Hands
from tests.browser.knowledge import answer

PASSWORD = "a few words in a row"


def register(hands: Hands, name: str = "Nadia Petrović") -> str:
    """Make an account from the form; return its e-mail address."""
    page, email = hands.page, f"{uuid4().hex[:12]}@example.org"
    hands.write(page.get_by_label("Name"), name)
    hands.write(page.get_by_label("E-mail"), email)
    hands.write(page.get_by_label("Password"), PASSWORD)
    hands.press(page.get_by_role("main").get_by_role("button", name="Register"))
    expect(page.get_by_text(f"Account of {name}")).to_be_attached()
    return email


def sign_in(hands: Hands, email: str, password: str) -> None:
    page = hands.page
    page.goto("/login")
    hands.write(page.get_by_label("E-mail"), email)
    hands.write(page.get_by_label("Password"), password)
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
        answer(hands, is_right=is_right)
        hands.press(page.get_by_role("button", name="Check", exact=True))
        verdict = page.locator("#verdict").get_by_role("heading")
        expect(verdict).to_have_text("Right" if is_right else re.compile("Not this time|Partly right"))
        expect(page.get_by_role("heading", name="Why")).to_be_visible()
        right += is_right
        hands.press(page.get_by_role("link", name="Next question" if n < last else "Finish", exact=True))
    expect(page.get_by_role("heading", name="Every question is answered")).to_be_visible()
    hands.press(page.get_by_role("button", name="See how it went"))
    expect(page.get_by_role("heading", name=f"{right} of {last} right")).to_be_visible()
    return page.locator(".score__big").inner_text().partition("%")[0].strip()


def take_test(hands: Hands, *, wrong: int = 0) -> None:
    """Answer every question of the test that was just started, the first ``wrong`` of them wrongly, and hand in."""
    page, last = hands.page, _last(hands.page)
    for n in range(1, last + 1):
        expect(page.get_by_role("heading", name=f"Question {n} of {last}")).to_be_visible()
        answer(hands, is_right=n > wrong)
        hands.press(page.locator(".steps").get_by_role("button", name="Next" if n < last else "Review", exact=True))
    expect(page.get_by_role("heading", name="Every question is answered")).to_be_visible()
    hands.press(page.get_by_role("button", name="Hand in now"))


def _last(page: Page) -> int:
    """How many questions the quiz on ``page`` has."""
    heading = page.get_by_role("heading", name="Question 1 of")
    expect(heading).to_be_visible()
    return int(heading.inner_text().split()[-1])
