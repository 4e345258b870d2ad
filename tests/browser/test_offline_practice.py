"""Practice without a connection: answers wait in the browser, are sent in order, and each has one effect."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Door, Site
from tests.browser.support import journeys, single_choice_test
from tests.browser.support.input_devices import Mouse
from tests.browser.support.offline import disconnect, keep, serve_small_course
from tests.browser.support.proxy import Proxy
from tests.browser.support.wcag import find_violations

WAITING = "Kept on this device. It is sent when there is a connection."
_COUNT_WAITING = "() => Object.keys(localStorage).filter((key) => key.startsWith('palpate:waiting:')).length"


@pytest.fixture(scope="module")
def site(browser: Browser, published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the small course, whose practice on safety has enough single choices."""
    yield from serve_small_course(published, tmp_path_factory.mktemp("practice"))


@pytest.fixture
def proxy(door: Door) -> Iterator[Proxy]:
    proxy = Proxy(int(door.site.url.rpartition(":")[2]))
    yield proxy
    proxy.close()


def _ask(door: Door, query: str, attempt_id: int) -> list[tuple[int, ...]]:
    with closing(sqlite3.connect(door.site.stage.database)) as database:
        return database.execute(query, (attempt_id,)).fetchall()


def _list_log(door: Door, attempt_id: int) -> list[int]:
    """List the positions of the questions in the answer log, in the order in which they were stored."""
    found = _ask(door, "SELECT position FROM answer_revision WHERE attempt_id = ? ORDER BY id", attempt_id)
    return [position for (position,) in found]


def _list_chosen(door: Door, attempt_id: int) -> dict[int, int]:
    """Return the place on the page of each stored answer, by position."""
    query = "SELECT position, response, option_order FROM attempt_item WHERE attempt_id = ? AND response IS NOT NULL"
    rows = _ask(door, query, attempt_id)
    return {
        position: json.loads(str(order)).index(json.loads(str(response))[0])
        for position, response, order in rows
        if str(response) != "null"
    }


def _answer(page: Page, place: int) -> None:
    page.locator(".answer-option").nth(place).click()
    page.get_by_role("button", name="Check", exact=True).click()


def _open(page: Page, n: int) -> None:
    page.locator(".question-map__link").nth(n - 1).click()
    expect(page.get_by_role("heading", name=f"Question {n} of")).to_be_visible()


def _practise(door: Door, page: Page) -> int:
    """Start practice in a browser with copies, and wait until its questions are there."""
    attempt_id = single_choice_test.start_practice(door, page)
    page.locator("html[data-kept-questions]").wait_for(state="attached")
    return attempt_id


def test_answers_given_offline_are_there_once_and_in_order_after_reconnecting(door: Door) -> None:
    """Fails when an answer is lost, stored twice, or overtakes another, and when the feedback does not follow."""
    page = door.enter()
    keep(page)
    attempt_id = _practise(door, page)
    disconnect(door, page)

    for n, place in ((2, 1), (1, 0), (3, 2)):
        _open(page, n)
        _answer(page, place)
        expect(page.locator("[data-saved]")).to_have_text(WAITING)
        expect(page.locator(".answer-option input").nth(place)).to_be_checked()
    assert _list_log(door, attempt_id) == []
    assert page.locator("#verdict").count() == 0

    page.context.set_offline(False)

    expect(page.get_by_text("Sent: your answers to questions 2, 1, 3.")).to_be_visible()
    expect(page.locator("#verdict")).to_be_visible()
    assert _list_log(door, attempt_id) == [2, 1, 3]
    assert _list_chosen(door, attempt_id) == {1: 0, 2: 1, 3: 2}
    assert page.evaluate(_COUNT_WAITING) == 0
    marks = _ask(door, "SELECT position FROM mark WHERE attempt_id = ? ORDER BY position", attempt_id)
    assert marks == [(1,), (2,), (3,)]


def test_the_next_question_follows_an_answer_that_waits_and_an_earlier_one_shows_it(door: Door) -> None:
    page = door.enter()
    keep(page)
    _practise(door, page)
    disconnect(door, page)

    _answer(page, 3)
    expect(page.get_by_role("link", name="Next question")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Question 2 of")).to_be_focused()
    assert page.url.endswith("/2")
    assert find_violations(page) == []
    _open(page, 1)

    expect(page.locator("[data-saved]")).to_have_text(WAITING)
    expect(page.locator(".answer-option input").nth(3)).to_be_checked()
    expect(page.get_by_role("button", name="Check", exact=True)).to_have_count(0)
    assert find_violations(page) == []


def test_nothing_waits_if_nothing_was_answered(door: Door) -> None:
    page = door.enter()
    single_choice_test.start_practice(door, page)
    disconnect(door, page)

    page.get_by_role("button", name="Check", exact=True).click()

    expect(page.locator("[data-saved]")).to_have_text("Not sent. Try again")
    assert page.evaluate(_COUNT_WAITING) == 0
    page.locator(".answer-option").first.click()
    page.context.set_offline(False)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#verdict")).to_be_visible()


def test_an_answer_that_the_browser_cannot_keep_stays_in_its_form(door: Door) -> None:
    """Fails when the page says that an answer waits although nothing was stored."""
    page = door.enter()
    attempt_id = single_choice_test.start_practice(door, page)
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    disconnect(door, page)

    _answer(page, 1)

    expect(page.locator("[data-saved]")).to_have_text("Not sent. Try again")
    page.context.set_offline(False)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#verdict")).to_be_visible()
    assert _list_chosen(door, attempt_id) == {1: 1}


def test_an_answer_waits_for_another_visit_if_its_page_is_left(door: Door) -> None:
    """Fails when answers are sent by the page alone on which they were given."""
    page = door.enter()
    keep(page)
    attempt_id = _practise(door, page)
    disconnect(door, page)
    _answer(page, 1)
    expect(page.locator("[data-saved]")).to_have_text(WAITING)
    page.goto("/glossary")
    assert page.evaluate(_COUNT_WAITING) == 1

    page.context.set_offline(False)
    page.goto("/")

    expect(page.locator("body")).to_be_visible()
    page.goto(f"/attempts/{attempt_id}/1")
    expect(page.locator("#verdict")).to_be_visible()
    assert _list_log(door, attempt_id) == [1]
    assert _list_chosen(door, attempt_id) == {1: 1}


def test_a_reply_that_is_lost_after_the_commit_leaves_one_answer(door: Door, proxy: Proxy) -> None:
    """Fails when the answer that is sent again counts as another one. This needs no copies: every practice waits."""
    door.watch.is_offline_expected = True
    page = door.context(base_url=proxy.url).new_page()
    attempt_id = single_choice_test.start_practice(door, page)
    proxy.loses_replies = True
    _answer(page, 2)
    expect(page.locator("[data-saved]")).to_have_text(WAITING)
    expect(page.get_by_role("link", name="Next question")).to_have_count(0)
    assert _list_log(door, attempt_id) == [1]

    proxy.loses_replies = False

    expect(page.locator("#verdict")).to_be_visible()
    assert _list_log(door, attempt_id) == [1]
    assert _list_chosen(door, attempt_id) == {1: 2}


def test_another_account_in_the_browser_neither_gets_nor_loses_answers_that_wait(door: Door) -> None:
    """Somebody's sign-in ends while answers wait; a second person signs in; then the first one comes back."""
    door.watch.expected = {400, 401, 403, 404}
    page = door.enter()
    page.goto("/register")
    email = journeys.register(Mouse(page), "Zelda Quorum")
    attempt_id = single_choice_test.start_practice(door, page)
    disconnect(door, page)
    _answer(page, 1)
    expect(page.locator("[data-saved]")).to_have_text(WAITING)
    page.context.clear_cookies()
    page.goto("about:blank")
    page.context.set_offline(False)

    with page.expect_response(re.compile(rf"/attempts/{attempt_id}/1$")):
        page.goto("/register")
    journeys.register(Mouse(page), "Yann Other")
    assert _list_log(door, attempt_id) == []
    page.context.clear_cookies()
    journeys.sign_in(Mouse(page), email, journeys.PASSWORD)
    page.goto(f"/attempts/{attempt_id}/1")

    expect(page.locator("#verdict")).to_be_visible()
    assert _list_log(door, attempt_id) == [1]


def test_a_test_never_waits_and_says_that_it_needs_a_connection(door: Door) -> None:
    page = door.enter()
    page.goto("/register")
    journeys.register(Mouse(page))
    page.goto("/modules/safety/test")
    expect(page.get_by_text("A test needs a connection.")).to_be_visible()
    keep(page)
    single_choice_test.start_test(door, page, "safety")

    assert page.locator("[data-queues], [data-keeps-questions]").count() == 0
    disconnect(door, page)
    page.locator(".answer-option").first.click()

    expect(page.locator("[data-saved]")).to_have_text("Not saved, trying again")
    assert page.evaluate(_COUNT_WAITING) == 0
    page.context.set_offline(False)
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^Saved"))
