"""What a lesson may not hold, and where it is said."""

# ruff: noqa: E501 (tables of literal messages)

from __future__ import annotations

from collections.abc import Callable

import pytest

LESSON = "1-basics/lessons/01-first.md"


@pytest.mark.parametrize(
    ("name", "old", "new", "faults"),
    [
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "Run <b>x</b>. [@TS-1999]",
            ["01-first.md:9: `<b>` is not understood here; expected Markdown only [raw-html]"],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "Run <script>alert(1)</script>. [@TS-1999]",
            ["01-first.md:9: `<script>` is not understood here; expected Markdown only [raw-html]"],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "Run. [@ts-1999]",
            [
                "01-first.md:9: `[@ts-1999]` is not understood here; expected [@ID] or [@ID; @ID], ids in capitals as in sources.yaml [citation]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "Run. [@TS-1999, @LUCAS-2009]",
            [
                "01-first.md:9: `[@TS-1999, @LUCAS-2009]` is not understood here; expected [@ID] or [@ID; @ID], ids in capitals as in sources.yaml [citation]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "# Big\n\nRun. [@TS-1999]",
            ["01-first.md:9: the heading has level 1; expected ## for a section, ### below it [heading]"],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "### Small {#small}\n\nRun. [@TS-1999]",
            ["01-first.md:9: a ### heading has an id; expected ids on ## headings only [heading]"],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "## No id\n\nRun. [@TS-1999]",
            ["01-first.md:9: the section `No id` has no id; expected `## Title {#id}` [heading]"],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "## Two {#band}\n\nRun. [@TS-1999]",
            ["01-first.md:9: two sections have the id `band`; expected each id once in a lesson [section-id]"],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "## Note {#note-1}\n\nRun. [@TS-1999]",
            [
                "01-first.md:9: `note-1` cannot be a section's id; expected kebab-case; leaflets, main, sources and names that begin with note- source- check- figure- flag- theme- term- are taken [section-id]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "## Bad {#Bad One}\n\nRun. [@TS-1999]",
            [
                "01-first.md:9: `Bad One` cannot be a section's id; expected kebab-case; leaflets, main, sources and names that begin with note- source- check- figure- flag- theme- term- are taken [section-id]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "#### Deep\n\nRun. [@TS-1999]",
            ["01-first.md:9: the heading has level 4; expected ## for a section, ### below it [heading]"],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "[a](javascript:alert(1)). [@TS-1999]",
            [
                "01-first.md:9: the link address `javascript:alert(1)` is not allowed; expected https:, mailto: or a path that begins with a single / [link]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "[a](//evil.example). [@TS-1999]",
            [
                "01-first.md:9: the link address `evil.example` is not allowed; expected https:, mailto: or a path that begins with a single / [link]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "[a](http://x.example). [@TS-1999]",
            [
                "01-first.md:9: the link address `http:x.example` is not allowed; expected https:, mailto: or a path that begins with a single / [link]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "[a](#band). [@TS-1999]",
            [
                "01-first.md:9: the link address `#band` is not allowed; expected https:, mailto: or a path that begins with a single / [link]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "[a](data:text/html,x). [@TS-1999]",
            [
                "01-first.md:9: the link address `data:text/html,x` is not allowed; expected https:, mailto: or a path that begins with a single / [link]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "<javascript:alert(1)> [@TS-1999]",
            [
                "01-first.md:9: the link address `javascript:alert(1)` is not allowed; expected https:, mailto: or a path that begins with a single / [link]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "![x](/a.png) [@TS-1999]",
            [
                "01-first.md:9: this is not allowed in a lesson (image); expected `::: figure name` with a drawing in figures/ [markdown]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "Text. [@TS-1999]\n\n---\n\nMore.",
            [
                "01-first.md:11: this is not allowed in a lesson (hr); expected a `##` heading, or `***` inside `::: figure` [markdown]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "> quote [@TS-1999]",
            [
                "01-first.md:9: this is not allowed in a lesson (blockquote); expected running text in quotation marks [markdown]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "```\ncode\n```\n[@TS-1999]",
            ["01-first.md:9: this is not allowed in a lesson (fence); expected running text [markdown]"],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "Run.\n\n    code [@TS-1999]",
            [
                "01-first.md:11: this is not allowed in a lesson (code block); expected a line that does not begin with four spaces [markdown]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "## With [@TS-1999] cite {#x}",
            ["01-first.md:9: a citation is inside a heading or a link; expected citations after a sentence [citation]"],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "[see [@TS-1999]](https://a.example)",
            [
                "01-first.md:9: `](https:a.example)` is not understood here; expected [words](address), without brackets in the words [link]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "Run {.red} [@TS-1999]",
            [
                "01-first.md:9: `{.red}` is not understood here; expected {#id} at the end of a ## heading only [markdown]"
            ],
        ),
        (
            LESSON,
            "Run a fingertip across a muscle. [@TS-1999]",
            "- a\n\n  ## In list {#inl}\n\n[@TS-1999]",
            [
                "01-first.md:11: a heading is inside another element; expected headings in the running text only [markdown]"
            ],
        ),
        (
            LESSON,
            "::: figure band wide",
            "::: figrue band wide",
            [
                "01-first.md:11: there is no block `figrue`; expected check, disputed, figure, fill, flag, recap, term, tick [block]"
            ],
        ),
        (
            LESSON,
            "::: figure band wide",
            "::: figure band large",
            [
                "01-first.md:11: `band large` doesn't name a figure; expected `::: figure name` or `::: figure name wide` [figure]"
            ],
        ),
        (
            LESSON,
            "::: figure band wide",
            "::: figure",
            ["01-first.md:11: `` doesn't name a figure; expected `::: figure name` or `::: figure name wide` [figure]"],
        ),
        (
            LESSON,
            "***\n\nA fingertip presses on one straight strip of fibres.\n",
            "",
            [
                "01-first.md:11: the figure has no text alternative; expected a text with the same content as the picture, below a line `***` [figure-text]"
            ],
        ),
        (
            LESSON,
            "***\n\nA fingertip presses on one straight strip of fibres.\n",
            "***\n",
            [
                "01-first.md:11: the figure has no text alternative; expected a text with the same content as the picture, below a line `***` [figure-text]"
            ],
        ),
        (
            LESSON,
            "**What the finger looks for.** One tight strip. [@LUCAS-2009]\n",
            "",
            [
                "01-first.md:11: the caption is not one paragraph; expected one paragraph, then `***`, then the text alternative [figure]"
            ],
        ),
        (
            LESSON,
            "**What the finger looks for.** One tight strip. [@LUCAS-2009]\n",
            "One. [@LUCAS-2009]\n\nTwo.\n",
            [
                "01-first.md:11: the caption is not one paragraph; expected one paragraph, then `***`, then the text alternative [figure]"
            ],
        ),
        (
            LESSON,
            "::: check band-feel\n:::",
            "::: check\n:::",
            [
                "01-first.md:19: a check must name one question and contain nothing else; expected `::: check question-id`, then `:::` [check]"
            ],
        ),
        (
            LESSON,
            "::: check band-feel\n:::",
            "::: check band-feel\nText\n:::",
            [
                "01-first.md:19: a check must name one question and contain nothing else; expected `::: check question-id`, then `:::` [check]"
            ],
        ),
        (
            LESSON,
            "::: check band-feel\n:::",
            "::: check band-feel\n:::\n::: check band-feel\n:::",
            ["01-first.md:21: `band-feel` is asked twice in this lesson; expected each check once [check]"],
        ),
        (
            LESSON,
            "::: check band-feel\n:::",
            "::: check band-feel",
            [
                "01-first.md:19: a check must name one question and contain nothing else; expected `::: check question-id`, then `:::` [check]",
                "01-first.md:22: `::: recap` is inside `::: check`; expected a line `:::` that closes `check` first [block]",
            ],
        ),
        (
            LESSON,
            "::: check band-feel\n:::",
            "::: check band-feel\n:::\n\n:::",
            ["01-first.md:22: this `:::` closes no block; expected `::: name` above it [block]"],
        ),
        (
            LESSON,
            "::: recap\n- A strip that is harder than its neighbours.\n:::",
            "::: recap\nA strip.\n:::",
            ["01-first.md:23: the recap is not a single list; expected lines that begin with `- ` [recap]"],
        ),
        (
            LESSON,
            "::: recap\n- A strip that is harder than its neighbours.\n:::",
            "::: recap\n- A strip that is harder than its neighbours.",
            ["01-first.md:23: `::: recap` is never closed; expected a line `:::` below it [block]"],
        ),
        (
            LESSON,
            "::: recap\n- A strip",
            "::: term\n- A strip",
            [
                "01-first.md:23: a key term needs a name and a definition; expected `::: term Name`, the definition, `:::` [term]"
            ],
        ),
        (
            LESSON,
            "::: recap\n- A strip that is harder than its neighbours.\n",
            "::: term Band\n",
            [
                "01-first.md:23: a key term needs a name and a definition; expected `::: term Name`, the definition, `:::` [term]"
            ],
        ),
        (
            LESSON,
            "::: recap\n- A strip",
            "::: flag\n- A strip",
            ["01-first.md:23: a flag needs a title and a text; expected `::: flag Title`, the text, `:::` [flag]"],
        ),
        (
            LESSON,
            "::: recap\n- A strip",
            "::: disputed\n- A strip",
            [
                "01-first.md:23: this is not a list of positions followed by a fair summary; expected two or more positions (`Who holds it`, below it `: what they say`), then a paragraph fair to all [disputed]"
            ],
        ),
        (
            LESSON,
            "::: recap\n- A strip that is harder than its neighbours.\n",
            "::: disputed\nOne\n: says so\n\nFair.\n",
            [
                "01-first.md:23: this is not a list of positions followed by a fair summary; expected two or more positions (`Who holds it`, below it `: what they say`), then a paragraph fair to all [disputed]"
            ],
        ),
        (
            LESSON,
            "---\nid: first-lesson",
            "id: first-lesson",
            [
                "01-first.md:1: the file has no head; expected `---`, then the fields of the head, then `---` [lesson-head]"
            ],
        ),
        (
            LESSON,
            "facts: [B004]\n---",
            "facts: [B004]",
            ["01-first.md:1: the head is never closed; expected a second line `---` below the fields [lesson-head]"],
        ),
        (
            LESSON,
            "facts: [B004]\n---",
            "facts: B004]\n---",
            ["01-first.md:6: `facts` is text; expected a list [shape]"],
        ),
        (
            LESSON,
            "::: recap\n- A strip",
            "::: flag [@TS-1999]\n- A strip",
            [
                "01-first.md:23: `[@TS-1999]` is not understood here; expected [@ID] or [@ID; @ID], ids in capitals as in sources.yaml [citation]"
            ],
        ),
    ],
)
def test_a_faulty_lesson_is_refused(
    spoil: Callable[[str, str, str], list[str]], name: str, old: str, new: str, faults: list[str]
) -> None:
    assert spoil(name, old, new) == faults
