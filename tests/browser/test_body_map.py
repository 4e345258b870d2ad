"""The body map by mouse, by keyboard and without JavaScript."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.web import assets
from tests.browser.conftest import Site

CHOSEN = re.compile(r"\?muscle=soleus$")


def _page(browser: Browser, site: Site, *, scripts: bool = True) -> Page:
    page = browser.new_context(java_script_enabled=scripts, reduced_motion="reduce").new_page()
    page.goto(f"{site.url}/body-map")
    return page


def _said(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#said")).to_have_text(words)


def test_choosing_a_muscle_keeps_the_page_and_going_back_returns(browser: Browser, site: Site) -> None:
    """Fails when a choice loads the whole page anew, or leaves no step to go back to."""
    page = _page(browser, site)
    page.evaluate("window.isSame = true")

    page.locator("summary", has_text="Hip and leg").click()
    page.get_by_role("link", name="Soleus").click()

    _said(page, "Soleus")
    expect(page).to_have_url(CHOSEN)
    expect(page.locator(".atlas__list [aria-current]")).to_have_text("Soleus")
    expect(page.locator("[data-announcement]")).to_have_text("Soleus")
    assert page.evaluate("window.isSame")
    assert page.title() == "Soleus, body map · Palpate"

    page.go_back()
    _said(page, "How to read the map")
    page.context.close()


def test_the_hint_leads_to_the_list(browser: Browser, site: Site) -> None:
    """Fails when the script takes the link for a choice on the map."""
    page = _page(browser, site)

    page.get_by_role("link", name="choose from the list").click()

    expect(page.locator("#list")).to_be_in_viewport()
    expect(page).to_have_url(re.compile(r"/body-map#list$"))
    page.context.close()


# Samples the figure every few pixels: how many points are on the drawn skin, and how many of them lead somewhere.
MEASURE = """([view, paths, step]) => {
  const svg = document.querySelector(`.body-figures > figure [data-picture="${view}"]`);
  const shapes = paths.map((d) => {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    path.setAttribute("pointer-events", "none");
    path.setAttribute("fill", "none");
    return svg.appendChild(path);
  });
  const box = svg.getBoundingClientRect();
  const toSheet = svg.getScreenCTM().inverse();
  const found = { body: 0, live: 0, beside: 0 };
  for (let x = box.left; x < box.right; x += step)
    for (let y = box.top; y < box.bottom; y += step) {
      const point = new DOMPoint(x, y).matrixTransform(toSheet);
      const isBody = shapes.some((path) => path.isPointInFill(point));
      const isLive = document.elementFromPoint(x, y)?.closest("a[href*='place=']") !== null;
      if (isBody) found.body += 1;
      if (isBody && isLive) found.live += 1;
      if (!isBody && isLive) found.beside += 1;
    }
  return found;
}"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("view", ["front", "back"])
def test_the_whole_figure_responds(browser: Browser, site: Site, view: str, width: int) -> None:
    """Fails when parts of the body, such as its left side or its head, lead nowhere."""
    page = browser.new_context(viewport={"width": width, "height": 2400}, reduced_motion="reduce").new_page()
    page.goto(f"{site.url}/body-map")
    drawing = (Path(assets.STATIC) / "body.svg").read_text()
    layer = re.findall(rf'<g id="{view}-skin">(.*?)</g>', drawing)[0]

    found = page.evaluate(MEASURE, [view, re.findall(r' d="([^"]+)"', layer), 3])

    assert found["body"] > 1000
    assert found["live"] / found["body"] >= 0.95
    # Zones may reach a little beyond the skin, but what is not the body leads nowhere.
    assert found["beside"] / found["body"] < 0.1
    page.context.close()


def _tap(page: Page, x: float, y: float, view: str = "back") -> None:
    """Tap on a point of the sheet in the whole figure."""
    picture = page.locator(f'.body-figures > figure [data-picture="{view}"]')
    picture.scroll_into_view_if_needed()
    place = picture.evaluate(
        "(svg, [x, y]) => { const point = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM()); "
        "return [point.x, point.y]; }",
        [x, y],
    )
    page.mouse.click(*place)


LOW_BACK = ("Quadratus lumborum", "Iliocostalis lumborum", "Multifidus (lumbar and sacral)", "Rectus abdominis")


@pytest.mark.parametrize("x", [1126, 1046])
@pytest.mark.parametrize("scripts", [True, False])
def test_a_tap_on_the_low_back_names_all_muscles(browser: Browser, site: Site, x: float, scripts: bool) -> None:
    """Fails when the topmost zone hides the others, when one side does not respond, or when scripts are needed."""
    page = _page(browser, site, scripts=scripts)

    _tap(page, x, 592)

    _said(page, "What could refer here?")
    for muscle in LOW_BACK:
        expect(page.locator("#says").get_by_role("link", name=muscle, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="By place")).to_have_attribute("aria-current", "true")
    expect(page.locator(".atlas__list [aria-current]").first).to_be_attached()
    page.context.close()


def test_a_spot_without_a_zone_says_so_and_names_the_nearest(browser: Browser, site: Site) -> None:
    page = _page(browser, site)

    page.locator('.body-figures > figure a[href*="near=1"]').first.dispatch_event("click")

    _said(page, "No pattern described here")
    expect(page.locator("#says .zones a").first).to_be_visible()
    page.context.close()


def test_a_finger_that_misses_the_body_takes_the_nearest_place(browser: Browser, site: Site) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
    page.goto(f"{site.url}/body-map")

    _tap(page, 1086 + 140, 560)

    _said(page, re.compile("What could|Back|Hip|Chest|Side|Straight|Along"))
    expect(page).to_have_url(re.compile("place="))
    page.context.close()


def test_pointing_at_the_figure_outlines_all_places_there(browser: Browser, site: Site) -> None:
    page = _page(browser, site)
    picture = page.locator('.body-figures > figure [data-picture="back"]')
    spot = picture.locator('a[href*="back-lower"]').first

    spot.dispatch_event("pointerover")

    expect(picture.locator(".zone-hints use").first).to_be_attached()
    assert spot.evaluate("(link) => getComputedStyle(link).cursor") == "pointer"
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_results_are_beside_the_search_field(browser: Browser, site: Site, scripts: bool) -> None:
    """Fails when the results of a search are somewhere below the figure."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{site.url}/body-map")

    page.get_by_label("Find a muscle or a symptom").fill("headache")
    if not scripts:
        page.get_by_role("button", name="Find").click()

    expect(page.locator("[data-found]")).to_have_text(re.compile("Found: [1-9]"))
    expect(page.locator(".atlas__list li a:visible").first).to_be_in_viewport()
    page.locator(".atlas__list li a:visible").first.click()
    expect(page.locator(".atlas--chosen #said")).to_be_in_viewport()
    places = [page.locator(part).bounding_box() for part in ("#said", "#pictures", "#answer")]
    heights = [place["y"] for place in places if place]
    assert heights == sorted(heights), "The name is above the figure, the rest below it."
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_groups_are_folded_but_for_what_is_chosen(browser: Browser, site: Site, scripts: bool) -> None:
    """Fails when a phone shows all muscles below the figure, or hides the one that was chosen."""
    page = _page(browser, site, scripts=scripts)
    expect(page.locator(".atlas__list li:visible")).to_have_count(0)

    page.goto(f"{site.url}/body-map?muscle=soleus")

    expect(page.locator(".muscle-group[open]")).to_have_count(1)
    expect(page.locator(".atlas__list [aria-current]")).to_be_visible()
    page.context.close()


def test_clearing_the_search_folds_the_groups_again(browser: Browser, site: Site) -> None:
    page = _page(browser, site)
    field = page.get_by_label("Find a muscle or a symptom")

    field.fill("big toe")
    expect(page.locator(".muscle-group[open]")).to_have_count(1)
    field.fill("")

    expect(page.locator(".muscle-group[open]")).to_have_count(0)
    page.context.close()


def test_typing_filters_the_list(browser: Browser, site: Site) -> None:
    page = _page(browser, site)

    page.get_by_label("Find a muscle or a symptom").fill("big toe")

    expect(page.locator(".atlas__list li:visible")).to_have_text(["Tibialis anterior"])
    expect(page.locator("[data-found]")).to_have_text("Found: 1")
    page.context.close()


def test_by_keyboard_alone(browser: Browser, site: Site) -> None:
    """Fails when the figure puts its many places among what Tab reaches, or a list cannot be reached."""
    page = _page(browser, site)
    page.get_by_label("Find a muscle or a symptom").focus()
    page.keyboard.type("quadratus plantae")

    for _ in ("Find", "Foot", "Quadratus plantae"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    _said(page, "Quadratus plantae")
    assert page.locator(".body-map a:not([tabindex='-1'])").count() == 0
    page.context.close()


def test_without_javascript(browser: Browser, site: Site) -> None:
    page = _page(browser, site, scripts=False)

    page.get_by_label("Find a muscle or a symptom").fill("soleus")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Soleus").click()

    _said(page, "Soleus")
    page.locator("#says").get_by_role("link", name="Achilles tendon").click()
    _said(page, "Achilles tendon")
    page.context.close()
