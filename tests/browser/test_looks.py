"""Pages on paper, with forced colours, with more contrast, and from right to left."""

from __future__ import annotations

import itertools
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site
from tests.browser.support.wcag import PHONE, list_wide_elements

LESSON = "/modules/safety/lessons/red-flags"
PAGES = ("/", "/red-flags", LESSON, "/body-map?muscle=soleus")

# The relative luminance of a colour that the page shows.
LUMINANCE = """(name) => {
  const { color } = getComputedStyle(document.body);
  const { backgroundColor } = getComputedStyle(document.documentElement);
  const [r, g, b] = { color, backgroundColor }[name].match(/[\\d.]+/g).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}"""


def _open(browser: Browser, site: Site, path: str, *, theme: str | None = None, **options: object) -> Page:
    context = browser.new_context(reduced_motion="reduce", **options)  # type: ignore[arg-type]
    if theme:
        context.add_cookies([{"name": "theme", "value": theme, "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}{path}")
    return page


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("theme", ["dark", "system", "light"])
def test_paper_is_light_whatever_the_screen_is(browser: Browser, site: Site, path: str, theme: str) -> None:
    """Fails when the rule for paper is weaker than the one for the theme that was chosen."""
    page = _open(browser, site, path, theme=theme, color_scheme="dark")
    if theme != "light":
        assert page.evaluate(LUMINANCE, "backgroundColor") < 0.2

    page.emulate_media(media="print")

    assert page.evaluate(LUMINANCE, "backgroundColor") > 0.9
    assert page.evaluate(LUMINANCE, "color") < 0.3
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_no_heading_is_left_at_the_foot_of_a_page(browser: Browser, site: Site, path: str) -> None:
    page = _open(browser, site, path)
    page.emulate_media(media="print")

    loose = page.evaluate(
        "() => [...document.querySelectorAll('main :is(h1, h2, h3, h4, dt, legend)')]"
        ".filter((e) => e.checkVisibility() && getComputedStyle(e).breakAfter !== 'avoid').map((e) => e.outerHTML)"
    )
    split = page.evaluate(
        "() => [...document.querySelectorAll('main :is(.term, .fig, .notice, .source, .emergency)')]"
        ".filter((e) => e.checkVisibility() && getComputedStyle(e).breakInside !== 'avoid').map((e) => e.outerHTML)"
    )

    assert (loose, split) == ([], [])
    page.context.close()


def test_the_red_flags_fit_on_one_sheet(browser: Browser, site: Site) -> None:
    page = _open(browser, site, "/red-flags")

    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))

    assert sheets == 1
    page.context.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_every_leaflet_fits_on_one_sheet(browser: Browser, site: Site, paper: str) -> None:
    page = _open(browser, site, "/leaflets")
    paths = [link.get_attribute("href") or "" for link in page.locator(".leaflet-list a").all()]
    page.context.close()

    sheets = {}
    for path in paths:
        page = _open(browser, site, path)
        sheets[path] = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper)))
        page.context.close()

    assert len(paths) >= 5
    assert set(sheets.values()) == {1}, sheets


def test_a_leaflet_prints_black_on_white_whatever_the_screen_shows(browser: Browser, site: Site) -> None:
    page = _open(browser, site, "/leaflets/after-needling", color_scheme="dark")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    expect(page.locator("[data-print-hint]")).to_be_hidden()

    page.emulate_media(media="print")

    expect(page.locator(".leaflet")).to_have_css("color", "rgb(0, 0, 0)")
    expect(page.locator(".leaflet")).to_have_css("background-color", "rgb(255, 255, 255)")
    for hidden in (".leaflet-tools", ".top-bar", ".footer"):
        expect(page.locator(hidden)).to_be_hidden()
    page.context.close()


def test_a_card_has_the_size_of_two_bank_cards_and_loses_no_text(browser: Browser, site: Site) -> None:
    page = _open(browser, site, "/leaflets/cauda-equina-card", viewport={"width": 794, "height": 1123})
    page.emulate_media(media="print")

    for card in page.locator(".leaflet-card").all():
        size = card.evaluate("(e) => [e.offsetWidth, e.offsetHeight]")
        assert [round(pixels / 96 * 25.4) for pixels in size] == [171, 54]
        assert card.evaluate("(e) => e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight")
    page.context.close()


def test_a_printed_lesson_shows_its_sources(browser: Browser, site: Site) -> None:
    page = _open(browser, site, LESSON, viewport={"width": 390, "height": 844})
    expect(page.locator("#source-1")).to_be_hidden()

    page.emulate_media(media="print")

    expect(page.locator("#source-1")).to_be_visible()
    expect(page.locator(".lesson-bar")).to_be_hidden()
    page.context.close()


def test_with_forced_colours_only_the_current_choice_looks_current(browser: Browser, site: Site) -> None:
    """Fails when a transparent border, which these colours make visible, marks every tab, or nothing marks any."""
    page = _open(browser, site, "/body-map?muscle=soleus", forced_colors="active")
    looks = """(selector) => [...document.querySelectorAll(selector)].map((e) => {
      const { backgroundColor, borderBottomColor } = getComputedStyle(e);
      return [e.getAttribute("aria-current") !== null, `${backgroundColor} ${borderBottomColor}`];
    })"""

    # The tabs of a cohort need a trainer: the same markup is put into this page.
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('afterbegin', '<nav class=\"tabs\"><ul>"
        '<li><a href="#a" aria-current="page">A</a></li><li><a href="#b">B</a></li></ul></nav>\')'
    )

    for selector in (".tabs a", ".segmented a", ".muscle-list li a", ".main-nav a"):
        found = page.evaluate(looks, selector)
        current = {look for is_current, look in found if is_current}
        others = {look for is_current, look in found if not is_current}
        assert len(current) == 1, selector
        assert not current & others, selector
    page.context.close()


@pytest.mark.parametrize("path", ["/", "/login", "/modules/safety", "/red-flags"])
def test_text_of_twice_the_size_fits_on_a_phone(browser: Browser, site: Site, path: str) -> None:
    page = _open(browser, site, path, viewport=PHONE, locale="de")

    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert list_wide_elements(page) == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_reach_the_drawings(browser: Browser, site: Site, scheme: str) -> None:
    """Fails when a drawing keeps the colours of a theme that was chosen, and is dark on dark."""
    page = _open(browser, site, LESSON, theme="light", forced_colors="active", color_scheme=scheme)

    token, system = page.evaluate(
        "() => ['var(--ink)', 'CanvasText'].map((color) => { const probe = document.createElement('i'); "
        "probe.style.forcedColorAdjust = 'none'; probe.style.color = color; document.body.append(probe); "
        "return getComputedStyle(probe).color; })"
    )

    assert token == system
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_more_contrast_is_given_when_asked_for(browser: Browser, site: Site, scheme: str) -> None:
    page = _open(browser, site, LESSON, color_scheme=scheme)
    usual = page.evaluate(LUMINANCE, "color"), page.evaluate(LUMINANCE, "backgroundColor")

    page.emulate_media(contrast="more")

    text, ground = page.evaluate(LUMINANCE, "color"), page.evaluate(LUMINANCE, "backgroundColor")
    assert abs(text - ground) > abs(usual[0] - usual[1])
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_work_from_right_to_left(browser: Browser, site: Site, path: str, width: int) -> None:
    """Fails when something is fixed to one side and hangs out of the page on the other."""
    page = _open(browser, site, path, viewport={"width": width, "height": 844})
    page.evaluate("document.documentElement.dir = 'rtl'")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    brand = page.locator(".brand").bounding_box()
    assert brand
    assert brand["x"] > width / 2
    page.context.close()


def test_hidden_words_do_not_push_a_button_out_of_balance(browser: Browser, site: Site) -> None:
    """Fails when words for screen readers take room at the end of a button."""
    page = _open(browser, site, "/")
    button = page.locator("main .btn").first

    width = button.evaluate(
        """(one) => {
          const measure = (inner) => {
            one.innerHTML = inner;
            return one.getBoundingClientRect().width;
          };
          const plain = measure("Practise");
          return [plain, measure("\\n Practise<span class='visually-hidden'>: an objective</span>\\n ")];
        }"""
    )

    assert abs(width[0] - width[1]) < 0.5
    page.context.close()


def test_lists_have_one_kind_of_bullet(browser: Browser, site: Site) -> None:
    """Fails when an item has a drawn bullet beside that of the browser."""
    for path in PAGES:
        page = _open(browser, site, path)

        doubled = page.evaluate(
            "() => [...document.querySelectorAll('li')].filter((e) => getComputedStyle(e).listStyleType !== 'none'"
            " && getComputedStyle(e, '::before').content !== 'none').map((e) => e.outerHTML)"
        )

        assert doubled == [], urlsplit(page.url).path
        page.context.close()


def test_numbers_of_sources_are_large_enough_and_apart(browser: Browser, site: Site) -> None:
    page = _open(browser, site, LESSON, viewport={"width": 390, "height": 844})

    boxes = page.evaluate(
        "() => [...document.querySelectorAll('.cite')].map((e) => e.getBoundingClientRect())"
        ".map(({ left, right, top, width, height }) => ({ left, right, top, width, height }))"
    )

    assert len(boxes) > 10
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)
    pairs = itertools.pairwise(boxes)
    assert all(after["left"] - before["right"] >= 3 for before, after in pairs if before["top"] == after["top"])
    page.context.close()


def test_a_section_gives_its_link(browser: Browser, site: Site) -> None:
    page = _open(browser, site, LESSON, permissions=["clipboard-read", "clipboard-write"])

    page.get_by_role("link", name="Copy the link to this section").first.click()

    expect(page.get_by_role("link", name="Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}{LESSON}#cauda"
    page.context.close()


def test_the_next_lesson_is_in_sight_and_leaves_room_when_the_window_is_low(browser: Browser, site: Site) -> None:
    page = _open(browser, site, LESSON, viewport={"width": 390, "height": 844})
    done = page.locator(".lesson-bar").get_by_role("button")

    expect(done).to_be_in_viewport()
    page.set_viewport_size({"width": 390, "height": 360})
    expect(done).not_to_be_in_viewport()
    page.context.close()
