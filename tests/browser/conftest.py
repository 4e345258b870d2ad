"""Fixtures: one Chromium and one real server for all browser tests of a worker; whatever goes wrong in a page fails its test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    WebError,
    expect,
    sync_playwright,
)

from bench.server import find_free_port
from tests.browser.support import chromium, pseudo_locale, server_process
from tests.browser.support.stage import fill_stage
from tests.browser.support.stage_learners import Stage

HERE = Path(__file__).parent
PATIENCE_MS = 20_000
"""For a machine that does much else. What is waited for usually happens at once."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All tests of a file go to one worker, which then needs but one server for them. Without Chromium one line says so for all."""
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.xdist_group(f"browser-{item.path.stem}"))
    if ours and chromium.find_chromium() is None:
        first, *others = ours
        first.add_marker(pytest.mark.skip(reason=f"{len(ours)} {chromium.SKIP_REASON}"))
        items[:] = [item for item in items if item not in others]
        config.hook.pytest_deselected(items=others)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = chromium.launch_chromium(playwright)
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Site:
    """A running server and who and what is on it."""

    server: server_process.Server
    stage: Stage

    @property
    def url(self) -> str:
        return self.server.url

    def password(self, who: str) -> tuple[str, str]:
        """``(e-mail, password)`` of the demo's admin, trainer or (first) learner."""
        lines = (self.server.folder / "accounts.txt").read_text().splitlines()
        email, password, _role = next(line.split() for line in lines if line.endswith(f" {who}"))
        return email, password


@pytest.fixture(scope="session")
def site(browser: Browser, published_real_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo on a real server. (A browser first: without one this need not be made.)"""
    folder, port = tmp_path_factory.mktemp("site"), find_free_port()
    shutil.copy(published_real_course, folder / "palpate.sqlite3")
    pseudo_locale.write_catalogue(folder / "translations")
    stage = fill_stage(folder, port)
    server = server_process.serve(folder, port)
    yield Site(server, stage)
    server.stop()


@dataclass
class Watch:
    """What went wrong in the pages of one test. ``expected`` are answers that the test is about, such as 404.

    Without slots: Playwright keeps notes on whoever listens.
    """

    troubles: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    is_offline_expected: bool = False

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        # Chromium says most violations on the console as well; this one says all.
        context.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => "
            "console.error(`policy violated: ${event.effectiveDirective} ${event.blockedURI}`))"
        )

    def _console(self, message: ConsoleMessage) -> None:
        # Answers and lost requests are judged below, where their address is known; htmx names each lost one as well.
        if self.is_offline_expected and message.text.startswith(("htmx:sendError", "htmx:afterRequest")):
            return
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.troubles.append(f"console: {message.text}")

    def _error(self, error: WebError) -> None:
        self.troubles.append(f"error in the page: {error.error}")

    def _failed(self, request: Request) -> None:
        # Aborted is what the browser itself calls off when a page is left.
        if request.failure != "net::ERR_ABORTED" and not self.is_offline_expected:
            self.troubles.append(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.troubles.append(f"{response.status}: {response.request.method} {response.url}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fail the test on a console error, an error in a page, a violation of the policy, or a request that went wrong."""
    watch = Watch()
    yield watch
    assert not watch.troubles, "\n".join(watch.troubles)


class Door:
    """Lets people in: each gets a browser of their own, with nothing of anybody else's in it."""

    def __init__(self, browser: Browser, site: Site, watch: Watch) -> None:
        self.browser, self.site, self.watch = browser, site, watch
        self.contexts: list[BrowserContext] = []

    def context(self, who: str = "visitor", **options: Any) -> BrowserContext:
        options = {"viewport": {"width": 1280, "height": 900}, "base_url": self.site.url} | options
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        self.watch.over(context)
        self.contexts.append(context)
        if who != "visitor":
            cookie = self.site.stage.cookies[who]
            context.add_cookies([{"name": "palpate", "value": cookie, "url": self.site.url}])
        return context

    def enter(self, who: str = "visitor", **options: Any) -> Page:
        return self.context(who, **options).new_page()

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def door(browser: Browser, site: Site, watch: Watch) -> Iterator[Door]:
    door = Door(browser, site, watch)
    yield door
    door.close()
