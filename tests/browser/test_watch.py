"""The watch itself: what it is there to see, it sees."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Door


def _seen(door: Door) -> list[str]:
    """What the watch wrote down; taken from it, because here it is what the test is about."""
    seen, door.watch.troubles = door.watch.troubles, []
    return seen


def _goes_wrong(page: Page, script: str) -> None:
    page.goto("/login")
    page.evaluate(script)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")


def test_an_inline_script_does_not_run_and_is_seen(door: Door) -> None:
    """Fails when the policy allows inline scripts, or the watch overlooks a violation."""
    page = door.enter()

    _goes_wrong(page, "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")

    assert page.evaluate("window.ran") is None
    assert any("policy violated: script-src" in trouble for trouble in _seen(door))


def test_an_inline_style_is_seen(door: Door) -> None:
    page = door.enter()

    _goes_wrong(page, "document.body.setAttribute('style', 'color: red')")

    assert any("policy violated: style-src" in trouble for trouble in _seen(door))


def test_an_error_in_a_script_is_seen(door: Door) -> None:
    page = door.enter()

    _goes_wrong(page, "setTimeout(() => { throw new Error('broken') })")

    assert any("broken" in trouble for trouble in _seen(door))


def test_a_missing_file_is_seen(door: Door) -> None:
    page = door.enter()

    _goes_wrong(page, "fetch('/static/none.css').then(() => 1)")

    assert any(trouble.startswith("404: GET") for trouble in _seen(door))


def test_a_lost_request_is_seen(door: Door) -> None:
    page = door.enter()
    page.route("**/progress", lambda route: route.abort())

    _goes_wrong(page, "fetch('/progress').catch(() => 1)")

    assert any(trouble.startswith("failed: GET") for trouble in _seen(door))
