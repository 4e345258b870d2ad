"""Threat 6: what the next person at a shared computer finds after somebody signed out."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys, single_choice_test
from tests.browser.support.input_devices import Mouse

SAVED = re.compile(r"^Saved")

_KEPT = """async () => JSON.stringify({
  local: Object.entries(localStorage),
  session: Object.entries(sessionStorage),
  databases: (await indexedDB.databases()).map((one) => one.name),
  caches: self.caches ? await caches.keys() : [],
  workers: navigator.serviceWorker ? (await navigator.serviceWorker.getRegistrations()).length : 0,
})"""
_NOTHING = '{"local":[],"session":[],"databases":[],"caches":[],"workers":0}'


def _sign_out(page: Page) -> None:
    page.goto("/")
    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def _attempt_then_sign_out(door: Door, page: Page) -> list[str]:
    """Answer in a test, look at its pages, sign out; return words of the questions that were on them."""
    page.goto("/register")
    journeys.register(Mouse(page))
    single_choice_test.start_test(door, page)
    words = []
    for n in (1, 2):
        expect(page.get_by_role("heading", name=f"Question {n} of")).to_be_visible()
        words.append(page.locator(".answer-option").first.locator("span").last.inner_text())
        page.locator(".answer-option").first.click()
        expect(page.locator("[data-saved]")).to_have_text(SAVED)
        page.locator(".question-bar").get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Question 3 of")).to_be_visible()
    _sign_out(page)
    return words


def test_nothing_of_an_attempt_is_kept_in_the_browser_after_signing_out(door: Door) -> None:
    """Fails when answers or pages are kept in any storage of the browser, and sign-out does not clear it."""
    page = door.enter()
    words = _attempt_then_sign_out(door, page)

    kept = page.evaluate(_KEPT)

    # htmx notes the path of the page that is shown, which is the front page.
    assert kept.replace('["htmx-current-path-for-history","/"]', "") == _NOTHING
    assert not [word for word in words if word in kept]


def test_nothing_of_an_attempt_may_be_stored_on_its_way(door: Door) -> None:
    """Fails when any reply but a static file may be kept by a browser or a shared cache (no ``no-store``)."""
    replies: list[Response] = []
    page = door.enter()
    page.context.on(
        "response", lambda reply: replies.append(reply)
    )  # Playwright marks its listener, which a method does not allow

    _attempt_then_sign_out(door, page)

    personal = [reply for reply in replies if "/static/" not in reply.url]
    assert [reply.url for reply in personal if reply.headers.get("cache-control") != "no-store"] == []
    assert {reply.request.method for reply in personal if "/attempts/" in reply.url} == {"GET", "POST"}


def test_back_after_signing_out_shows_nothing_of_the_attempt(door: Door) -> None:
    """Fails when signing out leaves the session good, or the browser shows the pages without asking the server."""
    page = door.enter()
    words = _attempt_then_sign_out(door, page)
    door.watch.expected = {400, 401, 403, 404}
    seen = []

    for _step in range(6):
        page.go_back(wait_until="load")
        seen.append(page.url)
        text = page.locator("body").inner_text()
        assert not [word for word in words if word in text], page.url
        assert page.get_by_text("Account of").count() == 0, page.url

    assert any("/attempts/" in url for url in seen)
