"""Entries of a wrong shape: every fault names its file and line and says what was expected."""

# ruff: noqa: E501 (tables of literal messages)

from __future__ import annotations

from collections.abc import Callable

import pytest

QUESTIONS = "1-basics/questions/band.yaml"
MODULE = "1-basics/module.yaml"
LESSON = "1-basics/lessons/01-first.md"


@pytest.mark.parametrize(
    ("name", "old", "new", "faults"),
    [
        (
            "course.yaml",
            "title: A small course\n",
            "",
            ["course.yaml:1: `title` is missing; expected a line `title: …` [missing]"],
        ),
        (
            "course.yaml",
            "red_flags: first-lesson",
            "red_flag: first-lesson",
            [
                "course.yaml:1: `red_flags` is missing; expected a line `red_flags: …` [missing]",
                "course.yaml:3: `red_flag` is not a field here; expected `red_flags` [unknown-field]",
            ],
        ),
        (
            "course.yaml",
            "modules: [basics]",
            "modules: []",
            ["course.yaml:2: `modules` has 0 entries; expected 1 at least [shape]"],
        ),
        (
            "course.yaml",
            "title: A small course",
            "title: [A, B]",
            ["course.yaml:1: `title` is a list; expected text [shape]"],
        ),
        ("course.yaml", "title: A small course", "title:", ["course.yaml:1: `title` is empty; expected text [shape]"]),
        (
            "course.yaml",
            "title: A small course",
            "title: '  '",
            ["course.yaml:1: `title` is empty; expected some text [shape]"],
        ),
        (
            "course.yaml",
            "title: A small course",
            "title: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            ["course.yaml:1: `title` is too long; expected 200 characters at most [shape]"],
        ),
        (
            "sources.yaml",
            "strength: 1\n",
            "strength: 5\n",
            ["sources.yaml:16: `strength` is `5`; expected 4 or less [shape]"],
        ),
        (
            "sources.yaml",
            "strength: 1\n",
            "strength: strong\n",
            ["sources.yaml:16: `strength` is not a whole number; expected a whole number, in digits [shape]"],
        ),
        (
            "sources.yaml",
            "- id: TS-1999",
            "- id: ts-1999",
            [
                "01-first.md:9: `TS-1999` is not among the sources; expected perhaps `ts-1999` [unknown-source]",
                "band.yaml:16: `TS-1999` is not among the sources; expected perhaps `ts-1999` [unknown-source]",
                "band.yaml:33: `TS-1999` is not among the sources; expected perhaps `ts-1999` [unknown-source]",
                "band.yaml:48: `TS-1999` is not among the sources; expected perhaps `ts-1999` [unknown-source]",
                "sources.yaml:11: `id` is `ts-1999`; expected an id in capitals: A-Z, 0-9 and single hyphens [shape]",
            ],
        ),
        (
            "sources.yaml",
            "link: https://doi.org/10.1097/AJP.0b013e31817e13b6",
            "link: javascript:alert(1)",
            ["sources.yaml:6: `link` is `javascript:alert(1)`; expected an address that begins with https:// [shape]"],
        ),
        (
            "sources.yaml",
            "year: 2009",
            "year: 2009a",
            ["sources.yaml:5: `year` is not a whole number; expected a whole number, in digits [shape]"],
        ),
        (
            "sources.yaml",
            "  kind: Textbook\n",
            "",
            ["sources.yaml:11: `kind` is missing; expected a line `kind: …` [missing]"],
        ),
        (
            MODULE,
            "pass_mark: 80",
            "pass_mark: 800",
            ["module.yaml:4: `pass_mark` is `800`; expected 100 or less [shape]"],
        ),
        (MODULE, "pass_mark: 80", "pass_mark: 0", ["module.yaml:4: `pass_mark` is `0`; expected 1 or more [shape]"]),
        (
            MODULE,
            "id: band\n",
            "id: Band\n",
            [
                "01-first.md:5: `band` is not among the objectives; expected perhaps `Band` [unknown-objective]",
                "module.yaml:6: `id` of entry 1 of `objectives` is `Band`; expected a kebab-case id: a-z, 0-9 and single hyphens [shape]",
            ],
        ),
        (
            MODULE,
            "read: first-lesson#band",
            "read: First lesson",
            [
                "module.yaml:8: `read` of entry 1 of `objectives` is `First lesson`; expected a lesson's id, or lesson#section [shape]"
            ],
        ),
        (
            MODULE,
            "blueprint:\n    - {objective: band, questions: 1}",
            "blueprint: []",
            ["module.yaml:14: `blueprint` of `test` has 0 entries; expected 1 at least [shape]"],
        ),
        (
            MODULE,
            "questions: 1}",
            "questions: 1, level: hard}",
            [
                "module.yaml:15: `level` of entry 1 of `blueprint` of `test` is `hard`; expected recall, apply or reason [shape]"
            ],
        ),
        (
            MODULE,
            "practice:\n  questions: 2",
            "practice: 2",
            ["module.yaml:9: `practice` is text; expected a map [shape]"],
        ),
        (
            MODULE,
            "minutes: 15",
            "minuts: 15",
            ["module.yaml:13: `minuts` of `test` is not a field here; expected `minutes` [unknown-field]"],
        ),
        (
            LESSON,
            "title: What the finger feels\n",
            "",
            ["01-first.md:2: `title` is missing; expected a line `title: …` [missing]"],
        ),
        (LESSON, "facts: [B004]", "facts: B004", ["01-first.md:6: `facts` is text; expected a list [shape]"]),
        (
            LESSON,
            "objectives: [band]",
            "objectives: [band, [x]]",
            ["01-first.md:5: entry 2 of `objectives` is a list; expected text [shape]"],
        ),
        (
            QUESTIONS,
            "level: apply",
            "level: medium",
            ["band.yaml:19: `level` is `medium`; expected recall, apply or reason [shape]"],
        ),
        (
            QUESTIONS,
            "use: test",
            "use: quiz",
            ["band.yaml:38: `use` is `quiz`; expected practice, test or exam [shape]"],
        ),
        (QUESTIONS, "  use: test\n", "", ["band.yaml:34: `use` is missing; expected a line `use: …` [missing]"]),
        (
            QUESTIONS,
            "critical: true",
            "critical: yes",
            ["band.yaml:39: `critical` is neither true nor false; expected true or false [shape]"],
        ),
        (
            QUESTIONS,
            "kind: truefalse",
            "kind: true-false",
            [
                "band.yaml:37: `kind` is `true-false`; expected single, several, truefalse, match, numeric, order, region, text, case or written [shape]"
            ],
        ),
        (
            QUESTIONS,
            "      why: The rest of the muscle feels so.\n",
            "",
            ["band.yaml:11: `why` of entry 2 of `options` is missing; expected a line `why: …` [missing]"],
        ),
        (
            QUESTIONS,
            "    - text: A wide, soft sheet\n",
            "    - texts: A wide, soft sheet\n",
            [
                "band.yaml:11: `text` of entry 2 of `options` is missing; expected a line `text: …` [missing]",
                "band.yaml:11: `texts` of entry 2 of `options` is not a field here; expected `text` [unknown-field]",
            ],
        ),
        (
            QUESTIONS,
            "sources: [LUCAS-2009, TS-1999]",
            "sources: []",
            ["band.yaml:33: `sources` has 0 entries; expected 1 at least [shape]"],
        ),
        (
            QUESTIONS,
            "sources: [LUCAS-2009, TS-1999]",
            "sources: LUCAS-2009",
            ["band.yaml:33: `sources` is text; expected a list [shape]"],
        ),
        (
            QUESTIONS,
            "  vignette: A swimmer has a sore shoulder.\n",
            "  order: sorted\n",
            ["band.yaml:22: `order` is `sorted`; expected shuffled or fixed [shape]"],
        ),
        (
            QUESTIONS,
            "text: A red swelling",
            "text: A <b>red</b> swelling",
            [
                "band.yaml:28: `text` of entry 2 of `options` contains HTML (<b>); expected plain text, with **bold** or *italics* at most [shape]"
            ],
        ),
        (
            QUESTIONS,
            "text: A red swelling",
            'text: "A red\\u0007 swelling"',
            [
                "band.yaml:28: `text` of entry 2 of `options` contains an invisible control character; expected printable text [shape]"
            ],
        ),
        (
            QUESTIONS,
            "  vignette: A swimmer has a sore shoulder.\n",
            "  allow: [longest-key]\n",
            ["band.yaml:22: `allow` is a list; expected a map [shape]"],
        ),
        (
            QUESTIONS,
            "text: A red swelling",
            "text: A red swelling [@TS-1999]",
            [
                "band.yaml:28: `text` of entry 2 of `options` contains a citation ([@TS-1999]); expected ids in the list of sources [shape]"
            ],
        ),
    ],
)
def test_an_entry_of_wrong_shape_is_refused(
    spoil: Callable[[str, str, str], list[str]], name: str, old: str, new: str, faults: list[str]
) -> None:
    assert spoil(name, old, new) == faults
