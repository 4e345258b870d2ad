"""Unit tests of ``Saver`` (app/static/js/saver.js) in a page of its own: no server, a clock that is moved, replies made by the test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Watch
from tests.conftest import ROOT

ORIGIN = "http://saver.test"
QUESTION = f"{ORIGIN}/attempts/1/1"
STORED = "palpate:unsent:1/1"
SAVED = {"revision": 1, "saved": "10:15", "seconds_left": None}
NOT_SAVED = "Not saved, trying again"

PAGE = """<!doctype html><title>Saver</title>
<template id="script-words" data-say-saved="Saved {time}" data-say-retrying="Not saved, trying again"
  data-say-rejected="Not saved: {reason}" data-say-signed-out="Not saved: you are signed out."
  data-say-sign-in="Sign in to send this answer" data-say-outdated="This page is out of date. Reload it."></template>
<form action="/attempts/1/1" method="post" data-saves="1/1">
  <input type="hidden" name="csrf_token" value="token">
  <input type="hidden" name="revision" value="0">
  <input type="hidden" name="save_id" value="from-the-page">
  <input type="radio" name="option" value="0"> <input type="radio" name="option" value="1">
  <input type="text" name="value"> <button name="go" value="2">Next</button> <span data-saved></span>
</form>
<script type="module">
  window.requests = [];
  window.fetch = (url, { body }) => new Promise((resolve, reject) => requests.push({ body: String(body), resolve, reject }));
  const { Saver } = await import("/static/js/saver.js");
  window.saver = new Saver(document.querySelector("form"));
  document.title = "ready";
</script>"""


class Question:
    """A page with a ``Saver``; the test plays the learner and the server."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.posts: list[str] = []
        page.clock.install(time=0)
        page.clock.pause_at(1000)
        page.route(f"{ORIGIN}/**", self._serve)
        self.open()

    def _serve(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if route.request.method == "POST":
            self.posts.append(route.request.post_data or "")
        if path.startswith("/static/"):
            route.fulfill(path=ROOT / "app" / Path(path[1:]), content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    def open(self) -> None:
        self.page.goto(QUESTION)
        expect(self.page).to_have_title("ready")

    def choose(self, option: int) -> None:
        self.page.locator("[name=option]").nth(option).check()

    @property
    def sent(self) -> list[dict[str, str]]:
        bodies: list[str] = self.page.evaluate("requests.map((request) => request.body)")
        return [{name: values[-1] for name, values in parse_qs(body).items()} for body in bodies]

    @property
    def status(self) -> str:
        return self.page.locator("[data-saved]").inner_text()

    @property
    def stored(self) -> str | None:
        stored: str | None = self.page.evaluate("(key) => localStorage.getItem(key)", STORED)
        return stored

    def answer(self, status: int, body: dict[str, Any] | None = None, **headers: str) -> None:
        """Answer the latest request."""
        self.page.evaluate(
            "([status, body, headers]) => requests.at(-1).resolve(new Response(body, { status, headers }))",
            [status, json.dumps(body or {}), headers],
        )

    def reply(self, status: int, body: dict[str, Any] | None = None, **headers: str) -> None:
        """Answer the latest request, and let the page work on the reply."""
        self.answer(status, body, **headers)
        self.settle()

    def save(self, revision: int = 1) -> None:
        self.reply(200, SAVED | {"revision": revision})

    def lose(self) -> None:
        """Let the latest request fail as the network does."""
        self.page.evaluate("requests.at(-1).reject(new TypeError('Failed to fetch'))")
        self.settle()

    def settle(self) -> None:
        """Wait until the page has read a reply. Its timers stand still meanwhile."""
        self.page.evaluate(
            """async () => {
              for (let turn = 0; turn < 5; turn += 1) {
                const { port1, port2 } = new MessageChannel();
                await new Promise((resolve) => { port1.onmessage = resolve; port2.postMessage(null); });
              }
            }"""
        )

    def wait(self, milliseconds: int) -> None:
        self.page.clock.run_for(milliseconds)


@pytest.fixture
def question(browser: Browser, watch: Watch) -> Iterator[Question]:
    context = browser.new_context()
    watch.over(context)
    yield Question(context.new_page())
    context.close()


def test_a_choice_is_sent_at_once_and_saved_only_when_acknowledged(question: Question) -> None:
    question.choose(1)

    assert [(one["option"], one["revision"]) for one in question.sent] == [("1", "0")]
    assert "go" not in question.sent[0]
    assert question.status == ""
    assert question.stored is not None

    question.save()

    assert question.status == "Saved 10:15"
    assert question.stored is None


def test_changes_wait_for_the_save_in_flight_and_only_the_last_one_is_sent(question: Question) -> None:
    question.choose(0)
    question.choose(1)
    question.choose(0)
    question.choose(1)
    assert len(question.sent) == 1

    question.save(revision=1)

    first, second = question.sent
    assert (first["option"], second["option"]) == ("0", "1")
    assert second["revision"] == "1"
    assert first["save_id"] != second["save_id"]
    assert question.status == ""

    question.save(revision=2)

    assert question.status == "Saved 10:15"
    assert len(question.sent) == 2


def _lose(question: Question) -> None:
    question.lose()


def _overload(question: Question) -> None:
    question.reply(503, None, **{"Retry-After": "1"})


def _limit(question: Question) -> None:
    question.reply(429, None, **{"Retry-After": "60"})


def _break(question: Question) -> None:
    question.reply(500)


def _garble(question: Question) -> None:
    """A proxy's page in place of the server's reply."""
    question.page.evaluate("requests.at(-1).resolve(new Response('<html>'))")
    question.settle()


@pytest.mark.parametrize("fail", [_lose, _overload, _limit, _break, _garble])
def test_a_failed_save_is_sent_again_unchanged_until_acknowledged(question: Question, fail: Any) -> None:
    question.choose(1)
    for attempt, delay in enumerate((1000, 2000, 4000, 8000, 8000), start=1):
        fail(question)
        assert question.status == NOT_SAVED
        question.wait(delay - 100)
        assert len(question.sent) == attempt
        question.wait(200)
        assert len(question.sent) == attempt + 1

    question.save()

    assert all(one == question.sent[0] for one in question.sent)
    assert question.status == "Saved 10:15"
    assert question.stored is None


def test_after_a_success_retries_begin_with_the_shortest_delay(question: Question) -> None:
    question.choose(1)
    question.lose()
    question.wait(1000)
    question.lose()
    question.wait(2000)
    question.save()

    question.choose(0)
    question.lose()
    question.wait(1000)

    assert len(question.sent) == 5


def test_a_change_during_retries_is_sent_after_the_first_is_acknowledged(question: Question) -> None:
    question.choose(0)
    question.lose()
    question.choose(1)
    question.wait(1000)

    assert [one["option"] for one in question.sent] == ["0", "0"]

    question.save()

    assert [one["option"] for one in question.sent] == ["0", "0", "1"]
    assert question.status == NOT_SAVED


def test_coming_online_sends_again_at_once_but_never_beside_a_save_in_flight(question: Question) -> None:
    question.choose(1)
    question.page.evaluate("dispatchEvent(new Event('online'))")
    assert len(question.sent) == 1

    question.lose()
    question.page.evaluate("dispatchEvent(new Event('online'))")
    assert len(question.sent) == 2

    question.wait(20_000)
    assert len(question.sent) == 2


def test_an_unsent_answer_is_sent_under_its_id_by_the_next_page(question: Question) -> None:
    question.choose(1)
    question.lose()
    (lost,) = question.sent

    question.page.on("dialog", lambda dialog: dialog.accept())
    question.open()

    assert question.sent == [lost]


def test_an_answer_typed_behind_a_save_in_flight_keeps_its_id_over_a_reload(question: Question) -> None:
    question.choose(1)
    question.page.locator("[name=value]").press("7")
    question.save()
    assert [one.get("value") for one in question.sent] == [None, "7"]
    lost = question.sent[-1]

    question.page.on("dialog", lambda dialog: dialog.accept())
    question.open()

    assert question.sent == [lost]


def test_typing_is_sent_once_after_a_pause(question: Question) -> None:
    question.page.locator("[name=value]").press_sequentially("12.5")
    question.wait(500)
    assert question.sent == []

    question.wait(200)

    assert [one["value"] for one in question.sent] == ["12.5"]


def test_a_stale_save_posts_the_form_with_its_id_so_that_the_server_shows_both(question: Question) -> None:
    question.choose(1)
    (stale,) = question.sent

    with question.page.expect_navigation():
        question.answer(409, {"error": "stale"})

    assert [parse_qs(post)["save_id"] for post in question.posts] == [[stale["save_id"]]]


def test_a_closed_attempt_loads_the_page_and_posts_nothing_more(question: Question) -> None:
    question.choose(1)

    with question.page.expect_navigation():
        question.answer(409, {"error": "closed"})

    assert question.posts == []
    assert question.stored is None


@pytest.mark.parametrize("status", [400, 403, 404])
def test_signed_out_keeps_the_answer_offers_to_sign_in_and_sends_nothing_more(question: Question, status: int) -> None:
    question.choose(1)
    question.reply(status)
    question.choose(0)
    question.wait(20_000)

    assert len(question.sent) == 1
    assert question.status == "Not saved: you are signed out. Sign in to send this answer"
    assert question.page.locator("[data-saved] a").get_attribute("href") == "/login?next=%2Fattempts%2F1%2F1"
    assert question.stored is not None


def test_a_rejected_answer_is_never_called_saved_and_never_sent_again_unchanged(question: Question) -> None:
    question.page.locator("[name=value]").fill("abc")
    question.wait(700)
    question.reply(
        422, {"error": "BadEntry", "message": "That is not a number. Give one in digits, such as 12 or 0.5."}
    )
    question.wait(20_000)

    assert len(question.sent) == 1
    assert question.status == "Not saved: That is not a number. Give one in digits, such as 12 or 0.5."
    assert question.page.locator("[name=value]").get_attribute("aria-invalid") == "true"

    question.page.locator("[name=value]").fill("12")
    question.wait(700)
    question.save()

    assert question.status == "Saved 10:15"
    assert question.page.locator("[name=value]").get_attribute("aria-invalid") is None


def test_the_next_page_opens_only_after_the_save_is_acknowledged(question: Question) -> None:
    question.choose(1)
    question.page.get_by_role("button", name="Next").click()
    assert question.page.url == QUESTION

    with question.page.expect_navigation():
        question.answer(200, SAVED)

    assert question.page.url == f"{ORIGIN}/attempts/1/2"
    assert question.posts == []
