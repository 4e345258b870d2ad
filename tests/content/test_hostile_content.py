"""Whatever a file holds, what comes out cannot run, load, style or lead astray; the faults are tested elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from app.content.folders import find_course_files
from app.content.material import read_material
from app.content.prose import is_safe_address, render_inline
from tests.support.course_folder import Folder

HARMLESS_TAGS = set(
    """p h2 h3 ul ol li strong em a code br table thead tbody tr th td dl dt dd dfn span button section svg use figure
    figcaption details summary b div title path text""".split()  # noqa: SIM905
)
HARMLESS_ATTRIBUTES = set(
    """href rel id class start scope type popovertarget aria-label aria-labelledby aria-hidden tabindex role viewbox d x
    y""".split()  # noqa: SIM905
)
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](&#x01;javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "[x](/\t/evil.example)",
    '[x](https://a.example" onclick="alert(1))',
    "[x](https://a.example 'y\" onclick=\"alert(1)')",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '![x" onerror="alert(1)](/a.png)',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "</p></div></article><script>alert(1)</script>",
    "<!-- --><script>alert(1)</script>",
    "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "```html\n<script>alert(1)</script>\n```",
    "[a]: javascript:alert(1)\n\n[a]",
    '## x {#x" onclick="alert(1)}',
    "## x {#x onmouseover=alert(1)}",
    '[@A" onclick="alert(1)]',
    "| a | b |\n|---|---|\n| <script>alert(1)</script> | x |",
]
PLACES = [
    "{}",
    "- {}",
    "**{}**",
    "## {} {{#here}}",
    "| {} | b |\n|---|---|\n| c | {} |",
    "::: term {}\n{}\n:::",
    "::: flag {}\n{}\n:::",
    "::: figure band\n{}\n\n***\n\n{}\n:::",
    "::: figure {}\nA.\n\n***\n\nB.\n:::",
    "::: recap\n- {}\n:::",
    "::: disputed\n{}\n: {}\n\nOthers\n: say\n\n{}\n:::",
]


class Suspicion(HTMLParser):
    """Collects what has no business in a lesson, and tags that aren't closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in HARMLESS_TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name not in HARMLESS_ATTRIBUTES:
                self.found.append(f"{name} on <{tag}>")
            if name == "href" and tag != "use" and not is_safe_address(value or ""):
                self.found.append(f"{name}={value}")
            if name == "href" and tag == "use" and not (value or "").startswith("/static/icons.svg#i-"):
                self.found.append(f"{name}={value}")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.found.append(f"</{tag}> closes something else")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"declaration {decl}")


def suspicions(html: str) -> list[str]:
    parser = Suspicion()
    parser.feed(html)
    parser.close()
    return parser.found + [f"<{tag}> is left open" for tag in parser.open]


def rendered(folder: Folder, body: str) -> Iterator[str]:
    """Yield the HTML of a lesson even where its faults would keep it from being published."""
    folder.write(
        "1-basics/lessons/01-first.md",
        f"---\nid: first-lesson\ntitle: T\nhook: H\nobjectives: [band]\n---\n{body}\n\nAnd text.\n",
    )
    [lesson] = read_material(find_course_files([folder.path])).modules["basics"].lessons
    yield from (part for part in lesson.lesson.parts if isinstance(part, str))


def test_the_suspicion_would_be_roused() -> None:
    assert suspicions("<p>a</p>") == []
    for html in ("<script>", "<p onclick='x'>a</p>", "<a href='//x'>a</a>", "<p>a", "<p>a</b></p>", "<!-- a -->"):
        assert suspicions(html), html


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_markdown_stays_inert(folder: Folder, payload: str) -> None:
    """One course serves all places: writing it again for each of them took most of the time."""
    for place in PLACES:
        body = place.replace("{}", payload).replace("{{", "{").replace("}}", "}")

        assert [suspicions(html) for html in rendered(folder, body) if suspicions(html)] == [], place


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_label_of_a_source_stays_inert(folder: Folder, payload: str) -> None:
    label = payload.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\t", " ")
    folder.replace("sources.yaml", '"Simons & Travell 1999"', f'"{label}"')

    for html in rendered(folder, "A claim. [@TS-1999]"):
        assert suspicions(html) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_words_of_a_question_stay_inert(payload: str) -> None:
    assert suspicions(render_inline(payload)) == []


@pytest.mark.parametrize(
    ("href", "is_safe"),
    [
        ("https://a.example/b", True),
        ("mailto:a@b.example", True),
        ("/modules/basics", True),
        ("/", True),
        ("http://a.example", False),
        ("https:a.example", False),
        ("https://", False),
        ("https://[", False),
        ("//a.example", False),
        ("/\\a.example", False),
        ("/a\\..\\b", False),
        ("/a b", False),
        ("mailto:", False),
        ("javascript:alert(1)", False),
        ("a/b", False),
        ("#a", False),
        ("", False),
    ],
)
def test_an_address_leads_to_the_web_a_mailbox_or_this_site(href: str, is_safe: bool) -> None:
    assert is_safe_address(href) is is_safe
