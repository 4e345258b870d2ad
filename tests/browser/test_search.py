"""Searching with the keyboard, while typing, on a phone and without JavaScript."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def _open(browser: Browser, site: Site, path: str, viewport: dict[str, int], *, scripts: bool = True) -> Page:
    page = browser.new_context(viewport=viewport, java_script_enabled=scripts, reduced_motion="reduce").new_page()  # type: ignore[arg-type]
    page.goto(f"{site.url}{path}")
    return page


def test_the_slash_leads_to_the_field_and_typing_shows_results(browser: Browser, site: Site) -> None:
    """Fails when the key is typed into the field, or when the results need another press."""
    page = _open(browser, site, "/glossary", WIDE)

    page.keyboard.press("/")
    expect(page.locator("#top-search")).to_be_focused()
    page.keyboard.type("piriformus")
    expect(page.locator("#top-search")).to_have_value("piriformus")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text("“piriformus”")

    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.locator("#search-words")).to_be_focused()
    page.keyboard.type("soleus")
    expect(page.get_by_role("link", name="Soleus", exact=True)).to_be_visible()
    expect(page.locator("#found-count")).to_contain_text("“soleus”")
    expect(page).to_have_url(re.compile(r"\?q=soleus$"))
    page.context.close()


def test_single_keys_can_be_switched_off(browser: Browser, site: Site) -> None:
    """WCAG 2.1.4: somebody who dictates must be able to turn them off."""
    page = _open(browser, site, "/search?q=soleus", WIDE)
    page.locator("[data-uses-keys]").uncheck()
    page.goto(f"{site.url}/glossary")

    page.keyboard.press("/")

    expect(page.locator("#top-search")).not_to_be_focused()
    page.context.close()


def test_a_phone_without_scripts_finds_by_the_icon(browser: Browser, site: Site) -> None:
    page = _open(browser, site, "/", PHONE, scripts=False)

    page.locator(".top-search__link").click()
    page.get_by_label("Muscle, term, topic or author").fill("trapezious")
    page.get_by_role("button", name="Search").click()

    expect(page.get_by_role("link", name="Trapezius, upper fibres")).to_be_visible()
    page.context.close()
