"""The search for violations finds those that only one of the two looks has."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.support.wcag import find_violations

SOUND = """<!doctype html><html lang="en"><head><title>A page</title><meta name="viewport" content="width=device-width">
<style>{style}</style></head><body><main><h1>A page</h1>{body}</main></body></html>"""

COLUMNS = """main > div { float: left; width: 20% } a, button { display: block; height: 48px }
nav { clear: both; position: sticky; bottom: 0; background: #fff } button { width: 100% }"""
LINKS = "".join(f"<a href='/{n}'>{n}</a>" for n in range(40))
BAR = "<nav><button>Submit</button></nav>"
"""Links at four heights: the button that stays at the bottom covers all but a strip of one of them."""


@pytest.mark.parametrize(
    ("style", "body", "expected"),
    [
        ("", "<button>Save</button>", []),
        ("", "<input>", ["screen, light: label"]),
        ("p { color: #bbb }", "<p>Faint</p>", ["screen, light: color-contrast", "phone, dark: color-contrast"]),
        (
            "@media (prefers-color-scheme: dark) { p { color: #222; background: #000 } }",
            "<p>Faint</p>",
            ["phone, dark: color-contrast"],
        ),
        (
            "@media (max-width: 600px) { button span { display: none } }",
            "<button><span>Save</span></button>",
            ["phone, dark: button-name"],
        ),
        (
            "nav { display: none } @media (max-width: 600px) { nav { display: block } }",
            "<nav><a href='/'><img src='data:,'></a></nav>",
            ["phone, dark: image-alt", "phone, dark: link-name"],
        ),
        (COLUMNS, "".join(f"<div style='padding-top:{12 * n}px'>{LINKS}</div>" for n in range(4)) + BAR, []),
        (
            "a { font-size: 4px; line-height: 4px; display: block }",
            "<a href='/1'>One</a><a href='/2'>Two</a>",
            ["phone, dark: target-size", "screen, light: target-size"],
        ),
    ],
)
def test_a_violation_is_found_in_the_look_that_has_it(
    browser: Browser, style: str, body: str, expected: list[str]
) -> None:
    """Fails when the phone is searched for faults of colour alone although it shows other elements."""
    context = browser.new_context()
    page = context.new_page()
    page.set_content(SOUND.format(style=style, body=body))

    found = find_violations(page)
    context.close()

    assert sorted({": ".join(one.split(": ")[:2]) for one in found}) == sorted(expected)
