"""Saving in a test: what the screen says is what the server has; what it has not is kept and sent again, and forgotten when it must be."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys, single_choice_test
from tests.browser.support.input_devices import Mouse

SAVED = re.compile(r"^Saved \d\d:\d\d$")
NOT_SAVED = "Not saved, trying again"
SAVES = re.compile(r"/attempts/\d+/\d+$")


def _begin(door: Door, module: str = "evidence") -> Page:
    """A new learner at the first question of a test."""
    page = door.enter()
    page.goto("/register")
    journeys.register(Mouse(page))
    single_choice_test.start_test(door, page, module)
    return page


def _choose(page: Page, place: int) -> None:
    page.locator(".answer-option").nth(place).click()


def _answers(door: Door, page: Page) -> list[str]:
    """What the log holds of this attempt's first question, as places on the page would be chosen again by a reload."""
    attempt_id = int(re.search(r"/attempts/(\d+)/", page.url)[1])  # type: ignore[index]
    with closing(sqlite3.connect(door.site.stage.database)) as database:
        rows = database.execute(
            "SELECT save_id FROM answer_revision WHERE attempt_id = ? AND position = 1 ORDER BY id", (attempt_id,)
        )
        return [save_id for (save_id,) in rows]


def _on_save(page: Page, handle: Callable[[Route], None]) -> None:
    """Let ``handle`` decide what becomes of each save; pages are loaded as ever."""
    page.route(SAVES, lambda route: handle(route) if route.request.method == "POST" else route.continue_())


class Gate:
    """Holds saves back until it is opened; then lets all through."""

    def __init__(self, page: Page) -> None:
        self.held: list[Route] = []
        self.is_open = False
        _on_save(page, self._arrive)

    def _arrive(self, route: Route) -> None:
        if self.is_open:
            route.continue_()
        else:
            self.held.append(route)

    def open(self) -> None:
        self.is_open = True
        for route in self.held:
            route.continue_()


def _kept(page: Page) -> list[str]:
    return list(page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('palpate:'))"))


def _expect_nothing_kept(page: Page) -> None:
    """The page says what the server has before it has tidied up what it kept itself."""
    page.wait_for_function("!Object.keys(localStorage).some((key) => key.startsWith('palpate:'))")


def _leave_anyway(dialog: Dialog) -> None:
    dialog.accept()


def test_saved_is_said_only_when_the_server_has_acknowledged(door: Door) -> None:
    """Fails when the page says "Saved" on change, or on sending."""
    page = _begin(door)
    gate = Gate(page)

    _choose(page, 0)
    expect(page.locator("[name=option]").first).to_be_checked()
    page.wait_for_function("localStorage.length > 0")
    assert page.locator("[data-saved]").inner_text() == ""
    assert _answers(door, page) == []
    gate.open()

    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    assert len(_answers(door, page)) == 1


@pytest.mark.parametrize("fault", ["no connection", "503"])
def test_what_was_not_saved_is_said_and_sent_again_by_itself(door: Door, fault: str) -> None:
    """Fails when a lost save is forgotten, said to be saved, or sent anew under another id."""
    page = _begin(door)
    door.watch.is_offline_expected, door.watch.expected = True, {503}
    sent: list[str | None] = []

    def fail(route: Route) -> None:
        sent.append(route.request.post_data)
        if fault == "503":
            route.fulfill(status=503, headers={"Retry-After": "2"}, body="{}")
        else:
            route.abort("connectionrefused")

    _on_save(page, fail)

    _choose(page, 1)
    expect(page.locator("[data-saved]")).to_have_text(NOT_SAVED)
    assert _answers(door, page) == []
    page.unroute(SAVES)

    def note(route: Route) -> None:
        sent.append(route.request.post_data)
        route.continue_()

    _on_save(page, note)

    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    assert len(sent) >= 2
    assert set(sent) == {sent[0]}
    assert len(_answers(door, page)) == 1


def test_a_reply_that_was_lost_after_saving_leaves_one_answer(door: Door) -> None:
    """Fails when sending again stores it again, or ends in a conflict with oneself."""
    page = _begin(door)
    door.watch.is_offline_expected = True
    lost: list[int] = []

    def lose_the_reply(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    _on_save(page, lose_the_reply)

    _choose(page, 0)
    expect(page.locator("[data-saved]")).to_have_text(NOT_SAVED)
    page.unroute(SAVES)

    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    assert lost[0] == 200
    assert len(_answers(door, page)) == 1


def test_changes_in_quick_succession_end_with_the_last_one_saved(door: Door) -> None:
    """Fails when a change made while a save is on its way is dropped (as hx-sync does) or overtakes it."""
    page = _begin(door)
    gate = Gate(page)
    _choose(page, 0)
    page.wait_for_function("localStorage.length > 0")
    _choose(page, 1)

    gate.open()
    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    page.reload()

    expect(page.locator("[name=option]").nth(1)).to_be_checked()
    assert len(_answers(door, page)) == 2


def test_an_unsent_answer_outlives_a_reload_and_is_then_sent(door: Door) -> None:
    """Fails when the page alone holds what was not saved."""
    page = _begin(door)
    page.on("dialog", _leave_anyway)
    door.watch.is_offline_expected = True
    _on_save(page, lambda route: route.abort("connectionrefused"))
    _choose(page, 1)
    expect(page.locator("[data-saved]")).to_have_text(NOT_SAVED)
    page.unroute(SAVES)

    page.reload()

    expect(page.locator("[name=option]").nth(1)).to_be_checked()
    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    _expect_nothing_kept(page)
    assert len(_answers(door, page)) == 1


def test_a_reply_that_was_lost_before_a_reload_leaves_one_answer(door: Door) -> None:
    """Fails when the page that is loaded again sends the kept answer as a new one, or runs into a conflict with itself."""
    page = _begin(door)
    page.on("dialog", _leave_anyway)
    door.watch.is_offline_expected = True

    def lose_the_reply(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    _on_save(page, lose_the_reply)
    _choose(page, 1)
    expect(page.locator("[data-saved]")).to_have_text(NOT_SAVED)
    page.unroute(SAVES)

    page.reload()

    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    expect(page.locator("[name=option]").nth(1)).to_be_checked()
    _expect_nothing_kept(page)
    assert len(_answers(door, page)) == 1


def _with_something_unsent(door: Door) -> Page:
    page = _begin(door)
    page.on("dialog", _leave_anyway)
    door.watch.is_offline_expected = True
    _on_save(page, lambda route: route.abort("connectionrefused"))
    _choose(page, 0)
    expect(page.locator("[data-saved]")).to_have_text(NOT_SAVED)
    assert len(_kept(page)) == 1
    return page


def test_nothing_is_kept_in_the_browser_after_handing_in(door: Door) -> None:
    page = _with_something_unsent(door)

    page.goto(re.sub(r"\d+$", "summary", page.url))
    page.get_by_role("button", name="Submit").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Not passed yet")
    _expect_nothing_kept(page)


def test_nothing_is_kept_in_the_browser_after_signing_out(door: Door) -> None:
    """Fails when the next person at a shared computer finds the answers of the last one."""
    page = _with_something_unsent(door)

    page.goto("/")
    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    _expect_nothing_kept(page)


def test_going_on_waits_for_the_save_that_is_on_its_way(door: Door) -> None:
    """Fails when Next leaves the page before the answer is acknowledged, or sends it once more beside itself."""
    page = _begin(door)
    gate = Gate(page)
    _choose(page, 0)
    page.wait_for_function("localStorage.length > 0")

    page.locator(".question-bar").get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Question 1 of")).to_be_visible()
    assert len(gate.held) == 1
    gate.open()

    expect(page.get_by_role("heading", name="Question 2 of")).to_be_visible()
    page.go_back()
    expect(page.locator("[name=option]").first).to_be_checked()


def test_a_second_tab_overwrites_nothing_and_shows_both_answers(door: Door) -> None:
    """Fails when the later save wins silently."""
    first = _begin(door)
    door.watch.expected = {409}
    second = first.context.new_page()
    second.goto(first.url)
    wanted = second.locator(".answer-option").nth(1).locator("span").last.inner_text()

    _choose(first, 0)
    expect(first.locator("[data-saved]")).to_have_text(SAVED)
    _choose(second, 1)

    expect(second.get_by_role("heading", name="Another tab or device saved a different answer")).to_be_visible()
    expect(second.get_by_role("alert")).to_contain_text(wanted)
    expect(second.locator("[name=option]").first).to_be_checked()
    assert len(_answers(door, first)) == 1

    # The page says already when the other answer was saved: the acknowledgement itself is waited for.
    with second.expect_response(lambda response: response.request.method == "POST") as acknowledged:
        _choose(second, 1)
    assert acknowledged.value.ok
    assert len(_answers(door, first)) == 2


def test_an_answer_to_what_another_tab_handed_in_is_refused_and_said(door: Door) -> None:
    page = _begin(door)
    door.watch.expected = {409}
    other = page.context.new_page()
    other.goto(re.sub(r"\d+$", "summary", page.url))
    other.get_by_role("button", name="Submit").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Not passed yet")

    _choose(page, 0)

    expect(page.get_by_role("heading", level=1)).to_have_text("Not passed yet")
    _expect_nothing_kept(page)
