"""Offline reading in a browser: what is kept, when it is shown, when it is replaced, and what is left after signing out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from app import create_app
from app.db import db
from app.domain.content import Course, Picture
from app.services.course.pictures import add_pictures, list_pictures
from app.services.course.publisher import write_course
from app.services.libraries.documents import compute_digest
from tests.browser.conftest import Door, Site
from tests.browser.support import journeys
from tests.browser.support.input_devices import Mouse
from tests.browser.support.offline import disconnect, keep, serve_small_course
from tests.browser.support.proxy import Proxy
from tests.browser.support.wcag import find_violations
from tests.conftest import NOW, settings_for
from tests.support.picture_bytes import draw, save
from tests.support.published_course import load_small_course

LESSON = "/modules/trigger-points/lessons/knots"
COPY = re.compile(r"^Offline copy of \d+ \w+ \d{4}, \d\d:\d\d\.")
NEW_HOOK = "This sentence was published later."

_FACTS = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const list = await (await caches.open(name)).match("/offline/contents");
    found.push(list ? (await list.json()).version : null);
  }
  return found;
}"""
"""The version of each set of copies; null for one that is not complete."""

_RENEWED = f"""async (before) => {{
  for (let tries = 0; tries < 2400; tries++) {{
    const [now, ...others] = await ({_FACTS})();
    if (now && now !== before[0] && !others.length) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }}
  return false;
}}"""
"""Whether there is but one set of copies, of another version, within two minutes."""

_TEXTS = """async () => {
  const texts = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const key of await cache.keys()) texts.push(await (await cache.match(key, { ignoreVary: true })).text());
  }
  return texts;
}"""

_WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).length"


@pytest.fixture(scope="module")
def site(browser: Browser, published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the small course, for this file alone: a test publishes another one."""
    yield from serve_small_course(published, tmp_path_factory.mktemp("offline"))


def _publish(folder: Path, course: Course) -> None:
    app = create_app(settings_for(folder))
    with app.app_context():
        write_course(db.session, course, NOW + timedelta(days=1))
        add_pictures(db.session, list_pictures(course, None))
        db.session.commit()
        db.session.close()
        db.engine.dispose()


def _change_hook(course: Course) -> Course:
    first, *others = course.modules
    lessons = tuple(replace(one, hook=NEW_HOOK) if one.id == "knots" else one for one in first.lessons)
    return replace(course, modules=(replace(first, lessons=lessons), *others))


def _show_picture(course: Course, picture: Picture) -> Course:
    """Let the first lesson show a picture."""
    first, *others = course.modules
    lesson, *lessons = first.lessons
    size = f'width="{picture.width}" height="{picture.height}"'
    svg = f'<svg viewBox="0 0 40 20"><image href="{picture.address}" {size}></image></svg>'
    shown = replace(lesson, parts=(*lesson.parts, svg))
    return replace(course, modules=(replace(first, lessons=(shown, *lessons), pictures=(picture,)), *others))


def _look(page: Page) -> Any:
    return page.evaluate(_FACTS)


def test_what_is_kept_is_read_without_a_connection_and_says_when_it_was_made(door: Door) -> None:
    page = door.enter()
    keep(page)
    disconnect(door, page)

    for path, heading in (
        (LESSON, "What the finger feels"),
        ("/glossary", "Glossary"),
        ("/body-map?muscle=soleus", "Soleus"),
        ("/leaflets/animals", None),
        ("/red-flags", None),
    ):
        page.goto(path)
        expect(page.locator(".offline-copy b")).to_have_text(COPY)
        if heading:
            expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        assert page.locator("form, [data-signs-out]").count() == 0


def test_a_lesson_looks_the_same_without_a_connection(door: Door) -> None:
    """Fails when the styles, the fonts or the icons are not kept."""
    page = door.enter()
    looks = (
        "() => ['fontFamily', 'fontSize', 'color'].map((name) => getComputedStyle(document.querySelector('h1'))[name])"
    )
    fonts = "async () => (await document.fonts.ready, [...document.fonts].map((one) => `${one.family} ${one.status}`))"
    page.goto(LESSON)
    online = page.evaluate(looks), page.evaluate(fonts)
    keep(page)
    disconnect(door, page)

    page.goto(LESSON)

    assert (page.evaluate(looks), page.evaluate(fonts)) == online
    icons = page.evaluate("async () => (await fetch(document.querySelector('.ico use').href.baseVal)).ok")
    assert icons


def test_a_picture_of_a_lesson_is_kept(door: Door) -> None:
    body = save(draw(), "PNG")
    picture = Picture(compute_digest(body), "png", "image/png", 40, 20, body)
    page = door.enter()
    try:
        _publish(door.site.server.folder, _show_picture(load_small_course(), picture))
        keep(page)
        disconnect(door, page)

        page.goto(LESSON)

        assert page.locator("image").get_attribute("href") == picture.address
        assert page.evaluate("async (address) => (await fetch(address)).ok", picture.address)
    finally:
        _publish(door.site.server.folder, load_small_course())


def test_links_lead_from_copy_to_copy(door: Door) -> None:
    page = door.enter()
    keep(page)
    disconnect(door, page)

    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Glossary").click()
    page.get_by_role("link", name="What the finger feels").first.click()
    page.get_by_role("link", name="Kept pages").first.click()

    expect(page.get_by_role("heading", name="No connection")).to_be_visible()


def test_what_needs_a_connection_says_so_and_leads_to_what_is_kept(door: Door) -> None:
    page = door.enter()
    keep(page)
    disconnect(door, page)

    for path in ("/", "/modules/safety/test", "/progress", "/teach", "/account", "/attempts/1/1"):
        page.goto(path)
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        expect(page.get_by_text("Everything else needs a connection: tests")).to_be_visible()
        assert page.url.endswith(path)


def test_with_a_connection_pages_are_the_current_ones(door: Door) -> None:
    page = door.enter()
    keep(page)
    disconnect(door, page)
    page.goto(LESSON)

    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()

    expect(page.get_by_role("button", name="Done")).to_be_visible()
    expect(page.locator(".offline-copy")).to_have_count(0)


def test_a_publication_replaces_the_copies_at_the_next_connection(door: Door) -> None:
    page = door.enter()
    keep(page)
    before = _look(page)
    assert len(before) == 1
    try:
        _publish(door.site.server.folder, _change_hook(load_small_course()))
        page.goto("/")
        assert page.evaluate(_RENEWED, before)
        disconnect(door, page)

        page.goto(LESSON)

        expect(page.locator(".page-head")).to_contain_text(NEW_HOOK)
        assert not [text for text in page.evaluate(_TEXTS) if "Two people look at one card" in text]
    finally:
        _publish(door.site.server.folder, load_small_course())


def test_a_failed_update_keeps_the_copies_as_they_were(door: Door) -> None:
    page = door.enter()
    keep(page)
    before = _look(page)
    disconnect(door, page)

    page.get_by_role("button", name="Update now").click()

    expect(page.get_by_role("alert")).to_contain_text("could not all be kept")
    assert _look(page) == before
    page.goto(LESSON)
    expect(page.locator(".offline-copy")).to_be_visible()


def test_an_update_that_breaks_off_in_the_middle_leaves_one_whole_set(door: Door) -> None:
    """Fails when pages of two publications are mixed, or when half a set is left in the browser."""
    door.watch.is_offline_expected = True
    proxy = Proxy(int(door.site.url.rpartition(":")[2]))
    page = door.context(base_url=proxy.url).new_page()
    keep(page)
    before = _look(page)
    proxy.cut_path = "/glossary"

    page.get_by_role("button", name="Update now").click()

    expect(page.get_by_role("alert")).to_contain_text("could not all be kept")
    assert _look(page) == before
    page.goto("/glossary")
    expect(page.locator(".offline-copy")).to_be_visible()
    proxy.close()


def test_no_browser_has_a_worker_before_somebody_asks_for_one_or_after_removing_the_copies(door: Door) -> None:
    page = door.enter()
    for path in ("/", LESSON, "/offline"):
        page.goto(path)
        assert page.evaluate(_WORKERS) == 0
    keep(page)
    assert page.evaluate(_WORKERS) == 1

    page.get_by_role("button", name="Remove").click()

    expect(page.get_by_text("No pages are kept.")).to_be_visible()
    assert page.evaluate(_WORKERS) == 0
    assert _look(page) == []


def test_two_accounts_in_one_browser_leave_each_other_nothing(door: Door) -> None:
    """Fails when a copy is fetched with cookies, or when signing out leaves copies or the worker behind."""
    page = door.enter()
    page.goto("/register")
    email = journeys.register(Mouse(page), "Zelda Quorum")
    keep(page)
    assert not [text for text in page.evaluate(_TEXTS) if "Zelda" in text or email in text]

    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()

    assert page.evaluate(_WORKERS) == 0
    assert _look(page) == []
    disconnect(door, page)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        page.goto(LESSON)

    page.context.set_offline(False)
    page.goto("/register")
    journeys.register(Mouse(page), "Yann Other")
    keep(page)
    page.context.set_offline(True)
    page.goto(LESSON)
    expect(page.locator(".offline-copy")).to_be_visible()
    assert "Zelda" not in page.content()
    assert "Yann" not in page.content()


def test_without_javascript_the_page_says_what_is_needed(door: Door) -> None:
    page = door.enter(java_script_enabled=False)

    page.goto("/offline")

    expect(page.get_by_text("a browser needs JavaScript and an encrypted connection")).to_be_visible()
    assert page.get_by_role("button", name="Keep for offline reading").count() == 0


def test_copies_and_the_page_in_each_of_its_states_keep_to_wcag(door: Door) -> None:
    page = door.enter()
    keep(page)
    found = find_violations(page)
    disconnect(door, page)
    for path in (LESSON, "/progress", "/body-map?muscle=soleus", "/modules/safety"):
        page.goto(path)
        found += find_violations(page)

    assert not found, "\n".join(found)
