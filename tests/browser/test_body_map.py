"""The body map by mouse, by keyboard and without JavaScript."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site

CHOSEN = re.compile(r"\?muscle=soleus$")


def _page(browser: Browser, site: Site, *, scripts: bool = True) -> Page:
    page = browser.new_context(java_script_enabled=scripts, reduced_motion="reduce").new_page()
    page.goto(f"{site.url}/body-map")
    return page


def _said(page: Page, words: str) -> None:
    expect(page.locator("#said")).to_have_text(words)


def test_choosing_a_muscle_keeps_the_page_and_going_back_returns(browser: Browser, site: Site) -> None:
    """Fails when a choice loads the whole page anew, or leaves no step to go back to."""
    page = _page(browser, site)
    page.evaluate("window.isSame = true")

    page.get_by_role("link", name="Soleus").click()

    _said(page, "Soleus")
    expect(page).to_have_url(CHOSEN)
    expect(page.locator(".atlas__list [aria-current]")).to_have_text("Soleus")
    expect(page.locator("[data-told]")).to_have_text("Soleus")
    assert page.evaluate("window.isSame")
    assert page.title() == "Soleus, body map · Palpate"

    page.go_back()
    _said(page, "Where does it send pain?")
    page.context.close()


def test_a_tap_on_the_figure_asks_what_could_refer_there(browser: Browser, site: Site) -> None:
    page = _page(browser, site)

    page.locator('.figs > figure a[href="/body-map?place=calf"]').first.click()

    _said(page, "Calf")
    expect(page.get_by_role("link", name="By place")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("navigation", name="Places")).to_be_visible()
    page.context.close()


def test_typing_filters_the_list(browser: Browser, site: Site) -> None:
    page = _page(browser, site)

    page.get_by_label("Find a muscle").fill("big toe")

    expect(page.locator(".atlas__list li:visible")).to_have_text(["Tibialis anterior"])
    expect(page.locator("[data-found]")).to_have_text("1 found.")
    page.context.close()


def test_by_keyboard_alone(browser: Browser, site: Site) -> None:
    """Fails when the figure puts its many places among what Tab reaches, or a list cannot be reached."""
    page = _page(browser, site)
    page.get_by_label("Find a muscle").focus()
    page.keyboard.type("quadratus plantae")

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    _said(page, "Quadratus plantae")
    assert page.locator(".bmap a:not([tabindex='-1'])").count() == 0
    page.context.close()


def test_without_javascript(browser: Browser, site: Site) -> None:
    page = _page(browser, site, scripts=False)

    page.get_by_label("Find a muscle").fill("soleus")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Soleus").click()

    _said(page, "Soleus")
    page.locator("#says").get_by_role("link", name="Achilles tendon").click()
    _said(page, "Achilles tendon")
    page.context.close()
