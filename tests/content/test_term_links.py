"""Lessons link the key terms of the course to the glossary: the first use of each, and only in running text."""

from __future__ import annotations

import pytest

from app.content.glossary import TermLinker
from app.domain.content import LessonCheck, Term
from tests.support.course_folder import Folder

NAMES = ("Taut band", "Trigger point", "Trigger point injection", "TENS", "Sham", "Spill-over zone", "A & B")
LINKER = TermLinker([Term(name.lower().replace(" & ", "-").replace(" ", "-"), name, "") for name in NAMES])


def link(name: str, words: str) -> str:
    return f'<a class="term-link" href="/glossary#{name}">{words}</a>'


BAND = link("taut-band", "taut band")


@pytest.mark.parametrize(
    ("html", "linked"),
    [
        ("<p>A taut band.</p>", f"<p>A {BAND}.</p>"),
        ("<p>Taut Bands are taut bands.</p>", f"<p>{link('taut-band', 'Taut Bands')} are taut bands.</p>"),
        ("<p>A taut\nband.</p>", "<p>A " + link("taut-band", "taut\nband") + ".</p>"),
        ("<li><strong>taut band</strong></li>", f"<li><strong>{BAND}</strong></li>"),
        ("<p>a trigger point injection</p>", f"<p>a {link('trigger-point-injection', 'trigger point injection')}</p>"),
        ("<p>tens of people had TENS</p>", f"<p>tens of people had {link('tens', 'TENS')}</p>"),
        ("<p>spill-over zones</p>", f"<p>{link('spill-over-zone', 'spill-over zones')}</p>"),
        ("<p>A &amp; B</p>", f"<p>{link('a-b', 'A &amp; B')}</p>"),
        ("<p>a shambles, sham-like, shamed</p>", "<p>a shambles, sham-like, shamed</p>"),
        # The last word is bound to its citation.
        (
            '<p>A taut <span class="keep">band.<button class="cite" aria-label="Source 1: 5 > 4">1</button></span></p>',
            f'<p>A <span class="keep">{BAND}.<button class="cite" aria-label="Source 1: 5 > 4">1</button></span></p>',
        ),
    ],
)
def test_the_first_use_of_a_term_is_linked(html: str, linked: str) -> None:
    assert LINKER.link([html]) == (linked,)


@pytest.mark.parametrize(
    "html",
    [
        '<h2 id="band">A taut band</h2>',
        "<h3>A taut band</h3>",
        '<p><a href="/">a taut band</a></p>',
        "<p><code>taut band</code></p>",
        '<dl class="term" id="term-taut-band"><dt><dfn>Taut band</dfn></dt></dl>',
        "<svg><title>A taut band</title><text>taut band</text></svg>",
        "<details><summary>Read</summary><p>A taut band.</p></details>",
        '<section class="notice notice--warn"><svg></svg><h3>Call</h3><ul><li>A taut band.</li></ul></section>',
        '<table><tr><th scope="col">Taut band</th></tr></table>',
        '<button class="cite" aria-label="Source 1: taut band">1</button>',
    ],
)
def test_what_is_no_running_text_has_no_links(html: str) -> None:
    assert LINKER.link([html]) == (html,)
    assert LINKER.link([html, "<p>A taut band.</p>"]) == (html, f"<p>A {BAND}.</p>")


def test_each_term_is_linked_once_in_a_lesson() -> None:
    check = LessonCheck("question")
    assert LINKER.link(["<p>A taut band.</p>", check, "<p>A taut band.</p>"]) == (
        f"<p>A {BAND}.</p>",
        check,
        "<p>A taut band.</p>",
    )


def test_without_terms_nothing_changes() -> None:
    assert TermLinker([]).link(["<p>A taut band.</p>"]) == ("<p>A taut band.</p>",)


def test_a_lesson_keeps_its_terms_with_their_sources(folder: Folder) -> None:
    lesson = folder.lesson("::: term Taut *band*\nA strip. [@TS-1999; @LUCAS-2009]\n:::\n")

    assert lesson.terms == (
        Term("taut-band", "Taut band", 'A <span class="keep">strip.</span>', ("TS-1999", "LUCAS-2009")),
    )
