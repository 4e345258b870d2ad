"""What a lesson's Markdown becomes."""

from __future__ import annotations

import pytest

from app.content.prose import render_inline
from app.domain.content import LessonCheck, Section
from tests.support.course_folder import Folder

BUTTON = '<button class="cite" type="button" popovertarget="note-{0}" aria-label="Source {0}: {1}">{0}</button>'
LUCAS = BUTTON.format(1, "Lucas and colleagues 2009")
SIMONS = BUTTON.replace("{1}", "Simons &amp; Travell 1999")


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("Some *few* **words**.", "<p>Some <em>few</em> <strong>words</strong>.</p>"),
        ('It\'s a "knot".', "<p>It’s a “knot”.</p>"),
        ("5 < 6 & 7", "<p>5 &lt; 6 &amp; 7</p>"),
        ("## A knot {#knot}\n\n### Closer\n\nText.", '<h2 id="knot">A knot</h2>\n<h3>Closer</h3>\n<p>Text.</p>'),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("3. one\n4. two", '<ol start="3">\n<li>one</li>\n<li>two</li>\n</ol>'),
        ("[a](https://a.example/?b=1&c)", '<p><a href="https://a.example/?b=1&amp;c" rel="noopener">a</a></p>'),
        ('[a](/modules/basics "t")', '<p><a href="/modules/basics">a</a></p>'),
        ("<mailto:a@b.example>", '<p><a href="mailto:a@b.example">mailto:a@b.example</a></p>'),
        ("One test. [@LUCAS-2009]", f'<p>One <span class="keep">test.{LUCAS}</span></p>'),
        ("One test [@LUCAS-2009].", f'<p>One <span class="keep">test{LUCAS}.</span></p>'),
        ("One\ntest.\n[@LUCAS-2009] Two.", f'<p>One\n<span class="keep">test.{LUCAS}</span> Two.</p>'),
        ("A **test**. [@LUCAS-2009]", f'<p>A <strong>test</strong><span class="keep">.{LUCAS}</span></p>'),
        ("A **test** [@LUCAS-2009]", f'<p>A <strong>test</strong><span class="keep">\u2060{LUCAS}</span></p>'),
        ("[@LUCAS-2009] says", f'<p><span class="keep">{LUCAS}</span> says</p>'),
        (
            "One. [@LUCAS-2009; @TS-1999]",
            f'<p><span class="keep">One.{LUCAS}{SIMONS.format(2)}</span></p>',
        ),
        (
            "One. [@LUCAS-2009] [@TS-1999]",
            f'<p><span class="keep">One.{LUCAS}{SIMONS.format(2)}</span></p>',
        ),
        (
            "One. [@TS-1999] Two. [@TS-1999]",
            f'<p><span class="keep">One.{SIMONS.format(1)}</span> <span class="keep">Two.{SIMONS.format(1)}</span></p>',
        ),
        (
            "| Sign | Kappa |\n|---|--:|\n| Band | 0.4 |",
            '<div class="scroll" tabindex="0" role="region" aria-label="Table 1: This lesson"><table class="tbl">'
            '<thead>\n<tr>\n<th scope="col">Sign</th>\n<th scope="col" class="r">Kappa</th>\n</tr>\n</thead>\n'
            '<tbody>\n<tr>\n<td>Band</td>\n<td class="r">0.4</td>\n</tr>\n</tbody>\n</table></div>',
        ),
        (
            "::: term Taut *band*\nA strip.\n:::",
            '<dl class="term" id="term-taut-band"><dt><dfn>Taut <em>band</em></dfn></dt><dd>A strip.</dd></dl>',
        ),
        (
            "::: term Band\nA strip.\n\nNot a spasm.\n:::",
            '<dl class="term" id="term-band"><dt><dfn>Band</dfn></dt><dd><p>A strip.</p>\n<p>Not a spasm.</p></dd></dl>',
        ),
        ("::: recap\n- One\n- Two\n:::", '<ul class="recap">\n<li>One</li>\n<li>Two</li>\n</ul>'),
        (
            "::: flag Call for help\nNumb between the legs: **today**.\n:::",
            '<section class="notice notice--warn" aria-labelledby="flag-1"><svg class="ico" aria-hidden="true">'
            '<use href="/static/icons.svg#i-shield"></use></svg><h3 id="flag-1">Call for help</h3>'
            "<p>Numb between the legs: <strong>today</strong>.</p></section>",
        ),
        (
            "::: disputed\nSome\n: say so.\n\nOthers\n: say no.\n\nFair to *both*.\n:::",
            '<section class="disputed fig--wide" aria-labelledby="disputed"><h3 id="disputed"><svg class="ico" '
            'aria-hidden="true"><use href="/static/icons.svg#i-scale"></use></svg>What is disputed</h3><dl>'
            "<div><dt>Some</dt>\n<dd>say so.</dd></div><div><dt>Others</dt>\n<dd>say no.</dd></div></dl>"
            '<p class="disputed__sum">Fair to <em>both</em>.</p></section>',
        ),
    ],
)
def test_markdown_becomes_the_markup_of_the_look(folder: Folder, markdown: str, html: str) -> None:
    lesson = folder.lesson(markdown)

    assert lesson.parts == (html,)


def test_a_figure_has_its_drawing_a_numbered_caption_and_its_content_as_text(folder: Folder) -> None:
    block = "::: figure band\n**Look.** A strip.\n\n***\n\nOne strip.\n\nStraight.\n:::\n"

    lesson = folder.lesson(block + block.replace("band", "band wide"))

    drawing = (
        '<svg class="plot plot--fig" viewBox="0 0 400 250" role="img" aria-labelledby="figure-{0}-title">'
        '<title id="figure-{0}-title">A fingertip on a band</title><path class="f-band" d="M8 124h384"></path>'
        '<text class="t-ink" x="34" y="232">taut band</text></svg>'
    )
    assert lesson.parts == (
        "\n".join(
            f'<figure class="fig{wide}"><div class="fig__plate">{drawing.format(number)}</div><figcaption>'
            f"<b>Figure {number}.</b> <strong>Look.</strong> A strip.<details>"
            "<summary>Read the figure as text</summary><p>One strip.</p>\n<p>Straight.</p></details>"
            "</figcaption></figure>"
            for number, wide in ((1, ""), (2, " fig--wide"))
        ),
    )


def test_checks_split_the_text_in_the_order_of_reading(folder: Folder) -> None:
    lesson = folder.lesson("One.\n\n::: check a\n:::\n\nTwo.\n\nThree.\n\n::: check b\n:::\n::: check c\n:::\n")

    assert lesson.parts == (
        "<p>One.</p>",
        LessonCheck("a"),
        "<p>Two.</p>\n<p>Three.</p>",
        LessonCheck("b"),
        LessonCheck("c"),
    )


def test_sections_are_the_headings_and_what_is_disputed(folder: Folder) -> None:
    disputed = "::: disputed\nA\n: a\n\nB\n: b\n\nFair.\n:::\n"

    lesson = folder.lesson(f"## One *two* {{#one}}\n\n### Not listed\n\n{disputed}\n## It's short {{#short}}\n\nEnd.")

    assert lesson.sections == (
        Section("one", "One two"),
        Section("disputed", "What is disputed"),
        Section("short", "It’s short"),
    )


def test_sources_stand_in_the_order_of_their_first_citation(folder: Folder) -> None:
    lesson = folder.lesson("::: term A\nOne. [@TS-1999]\n:::\n\nTwo. [@LUCAS-2009; @TS-1999]")

    assert lesson.sources == ("TS-1999", "LUCAS-2009")


@pytest.mark.parametrize(
    ("body", "minutes"),
    [
        ("word", 1),
        ("word " * 299, 1),
        ("word " * 300, 2),
        ("word " * 1000, 5),
        ("word " * 1000 + "\n\n::: check a\n:::", 6),
        ("word " * 1000 + "\n\n::: check a\n:::\n::: check b\n:::", 6),
        # The text alternative is hidden at first and not counted.
        ("word " * 990 + "\n\n::: figure band\nTwo words.\n\n***\n\n" + "hidden " * 400 + "\n:::", 5),
    ],
)
def test_reading_takes_a_minute_for_200_words_and_half_for_a_figure_or_check(
    folder: Folder, body: str, minutes: int
) -> None:
    assert folder.lesson(body).minutes == minutes


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Which is **not** so?", "Which is <strong>not</strong> so?"),
        ("It's 5 < 6", "It’s 5 &lt; 6"),
        ("[a](https://a.example) ![b](c) `d` # e", "[a](https://a.example) ![b](c) `d` # e"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("2 * 3 * 4 and snake_case_word", "2 * 3 * 4 and snake_case_word"),
    ],
)
def test_the_words_of_a_question_know_emphasis_and_nothing_else(text: str, html: str) -> None:
    assert render_inline(text) == html
