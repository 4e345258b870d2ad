"""Battery row R9: a browser that is offline, cut off after the commit, signed out, or loaded again, beside another on the same test.

The screen says "Saved" only for what the server has, and within ten seconds of reconnecting both agree, with one row an answer.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys, single_choice_test
from tests.browser.support.input_devices import Mouse
from tests.browser.support.proxy import Proxy

AGREE_MS = 10_000
SAVED = re.compile(r"^Saved")
NOT_SAVED = re.compile(r"^Not saved")

_WATCH = """() => {
  const status = document.querySelector("[data-saved]");
  const chosen = () => [...document.querySelectorAll("[name=option]")].findIndex((option) => option.checked);
  const tell = () => window.tellsSaved(status.textContent, chosen());
  if (status) new MutationObserver(tell).observe(status, {childList: true, subtree: true});
}"""


@pytest.fixture
def proxy(door: Door) -> Iterator[Proxy]:
    proxy = Proxy(int(door.site.url.rpartition(":")[2]))
    yield proxy
    proxy.close()


@dataclass
class Screen:
    """A browser on the first question of a test. ``false`` is what it said although the server did not have it."""

    door: Door
    page: Page
    email: str
    false: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", _leave_anyway)
        self.door.watch.is_offline_expected = True

    def watch(self) -> None:
        """Compare every "Saved" with the database, at the moment when it is said, on this page and all that come after it."""
        self.page.expose_function("tellsSaved", self._told)
        self.page.add_init_script(f"addEventListener('DOMContentLoaded', {_WATCH})")
        self.page.evaluate(_WATCH)

    def _told(self, words: str, chosen: int) -> None:
        if SAVED.match(words) and self.stored() != chosen:
            self.false.append(f"{words}, of option {chosen}; stored is {self.stored()}")

    @property
    def attempt_id(self) -> int:
        found = re.search(r"/attempts/(\d+)", self.page.url)
        assert found
        return int(found[1])

    def choose(self, place: int) -> None:
        self.page.locator(".answer-option").nth(place).click()

    def says(self, words: re.Pattern[str]) -> None:
        expect(self.page.locator("[data-saved]")).to_have_text(words, timeout=AGREE_MS)

    def shows(self, place: int) -> None:
        expect(self.page.locator("[name=option]").nth(place)).to_be_checked(timeout=AGREE_MS)

    def rows(self) -> list[str]:
        """The log of the first question: the id of each save."""
        return [
            save_id
            for (save_id,) in self._ask(
                "SELECT save_id FROM answer_revision WHERE attempt_id = ? AND position = 1 ORDER BY id"
            )
        ]

    def stored(self) -> int | None:
        """The place on the page of the option that the server has as the answer."""
        [(response, order)] = self._ask(
            "SELECT response, option_order FROM attempt_item WHERE attempt_id = ? AND position = 1"
        )
        return json.loads(order).index(json.loads(response)[0]) if response and response != "null" else None

    def agrees(self, place: int) -> None:
        """What is chosen on the screen is what the server has, and nothing else was ever said to be saved."""
        self.shows(place)
        assert self.stored() == place
        assert self.false == []

    def _ask(self, query: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.door.site.stage.database)) as database:
            return database.execute(query, (self.attempt_id,)).fetchall()


def _leave_anyway(dialog: Dialog) -> None:
    dialog.accept()


@pytest.fixture
def screen(door: Door, proxy: Proxy) -> Screen:
    """A new learner's browser at the first question, behind the proxy."""
    page = door.context(base_url=proxy.url).new_page()
    page.goto("/register")
    email = journeys.register(Mouse(page))
    single_choice_test.start_test(door, page)
    screen = Screen(door, page, email)
    screen.watch()
    return screen


def _beside(screen: Screen) -> Screen:
    """Another device of the same learner, on the same question, with a network of its own."""
    page = screen.door.context().new_page()
    journeys.sign_in(Mouse(page), screen.email, journeys.PASSWORD)
    page.goto(f"/attempts/{screen.attempt_id}/1")
    return Screen(screen.door, page, screen.email)


def test_an_answer_given_offline_is_saved_once_the_network_is_back(screen: Screen, proxy: Proxy) -> None:
    """Fails when the page says "Saved" on change or on sending, gives up, or tries again too rarely."""
    proxy.is_cut = True
    screen.choose(1)
    screen.says(NOT_SAVED)
    assert screen.rows() == []

    proxy.is_cut = False

    screen.says(SAVED)
    screen.agrees(1)
    assert len(screen.rows()) == 1


def test_offline_in_the_middle_of_an_answer_the_last_choice_is_what_is_saved(screen: Screen, proxy: Proxy) -> None:
    """Fails when what was changed offline is dropped, or when the first choice is told to be saved as the last."""
    screen.choose(0)
    screen.says(SAVED)
    proxy.is_cut = True
    screen.choose(1)
    screen.says(NOT_SAVED)
    screen.choose(2)

    proxy.is_cut = False

    screen.says(SAVED)
    screen.agrees(2)
    assert len(set(screen.rows())) == len(screen.rows())


def test_a_reply_lost_after_the_commit_leaves_one_row_and_one_truth(screen: Screen, proxy: Proxy) -> None:
    """Fails when the save is stored twice, told as a conflict with oneself, or told as saved before a reply came."""
    proxy.loses_replies = True
    screen.choose(1)
    screen.says(NOT_SAVED)
    assert proxy.lost[0] == 200
    assert len(screen.rows()) == 1

    proxy.loses_replies = False

    screen.says(SAVED)
    screen.agrees(1)
    assert len(screen.rows()) == 1


def test_a_page_loaded_again_after_a_lost_reply_agrees_with_the_server(screen: Screen, proxy: Proxy) -> None:
    """Fails when the answer is kept in the page alone, or when the kept one is sent as a new one."""
    proxy.loses_replies = True
    screen.choose(1)
    screen.says(NOT_SAVED)
    proxy.loses_replies = False

    screen.page.reload()

    screen.says(SAVED)
    screen.agrees(1)
    assert len(screen.rows()) == 1


def test_a_sign_in_that_ended_is_said_and_the_answer_is_sent_after_the_next(screen: Screen, door: Door) -> None:
    """Fails when the page takes the sign-in page for an acknowledgement, or when the answer does not outlive the way there."""
    door.watch.expected = {400, 401, 403, 404}
    here = screen.page.url
    screen.page.context.clear_cookies()
    screen.choose(1)
    screen.says(re.compile("^Not saved: you are signed out"))
    assert screen.rows() == []

    journeys.sign_in(Mouse(screen.page), screen.email, journeys.PASSWORD)
    screen.page.goto(here)

    screen.says(SAVED)
    screen.agrees(1)
    assert len(screen.rows()) == 1


def test_two_devices_agree_with_the_server_after_a_reply_was_lost(screen: Screen, proxy: Proxy, door: Door) -> None:
    """One device's reply is lost after the commit; the other one sees that answer and changes it. When the first is back, it is shown
    what is stored, and does not say "Saved" beside its old choice.

    Fails when a save that is sent again is acknowledged although it is no longer what is stored, and when it is stored again over it.
    """
    door.watch.expected = {409}
    proxy.loses_replies = True
    screen.choose(0)
    screen.says(NOT_SAVED)
    other = _beside(screen)
    other.agrees(0)
    other.choose(1)
    other.says(SAVED)

    proxy.loses_replies = False

    screen.agrees(1)
    expect(screen.page.get_by_role("heading", name="Another tab or device saved a different answer")).to_be_visible()
    other.agrees(1)
    assert len(screen.rows()) == 2


def test_two_devices_agree_after_one_was_offline(screen: Screen, proxy: Proxy, door: Door) -> None:
    """Fails when the later save wins silently."""
    door.watch.expected = {409}
    other = _beside(screen)
    proxy.is_cut = True
    screen.choose(0)
    screen.says(NOT_SAVED)
    other.choose(1)
    other.says(SAVED)

    proxy.is_cut = False

    screen.agrees(1)
    expect(screen.page.get_by_role("heading", name="Another tab or device saved a different answer")).to_be_visible()
    assert len(screen.rows()) == 1
