"""Ids that lead nowhere, keys that cannot be marked, and counts that cannot work out."""

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
            MODULE,
            "read: first-lesson#band",
            "read: frist-lesson#band",
            [
                "module.yaml:8: `frist-lesson` is not among the lessons; expected perhaps `first-lesson` [unknown-lesson]"
            ],
        ),
        (
            MODULE,
            "read: first-lesson#band",
            "read: first-lesson#bond",
            [
                "module.yaml:8: the lesson `first-lesson` has no section `bond`; expected perhaps `band` [unknown-section]"
            ],
        ),
        (
            MODULE,
            "{objective: band,",
            "{objective: bond,",
            ["module.yaml:15: `bond` is not among the objectives; expected perhaps `band` [unknown-objective]"],
        ),
        (
            MODULE,
            "questions: 1}",
            "questions: 2}",
            [
                "module.yaml:14: the lines of the blueprint add up to 2, but `questions` is 1; expected lines that add up to 1 [blueprint]",
                "module.yaml:15: the blueprint draws 2 on `band`, which has 1 with `use: test`; expected more questions with `use: test`, or fewer in the blueprint [blueprint]",
            ],
        ),
        (
            MODULE,
            "test:\n  questions: 1",
            "test:\n  questions: 2",
            [
                "module.yaml:14: the lines of the blueprint add up to 1, but `questions` is 2; expected lines that add up to 2 [blueprint]"
            ],
        ),
        (
            MODULE,
            "questions: 1}",
            "questions: 1, level: reason}",
            [
                "module.yaml:15: the blueprint draws 1 of level reason on `band`, which has 0 with `use: test`; expected more questions with `use: test`, or fewer in the blueprint [blueprint]"
            ],
        ),
        (
            MODULE,
            "practice:\n  questions: 2",
            "practice:\n  questions: 3",
            [
                "module.yaml:10: a practice quiz cannot draw 3 questions from 2; expected 2 or fewer, or more questions [practice-questions]"
            ],
        ),
        (
            MODULE,
            "id: basics",
            "id: bases",
            ["module.yaml:1: the folder 1-basics holds the module `bases`; expected `basics` [module-folder]"],
        ),
        (
            "course.yaml",
            "red_flags: first-lesson",
            "red_flags: red-flags",
            ["course.yaml:3: `red-flags` is not among the lessons; expected an id that exists [unknown-lesson]"],
        ),
        (
            "course.yaml",
            "modules: [basics]",
            "modules: [basics, evidence]",
            ["course.yaml:2: the module `evidence` has no folder; expected a folder N-evidence [modules]"],
        ),
        (
            "course.yaml",
            "modules: [basics]",
            "modules: [basics, basics]",
            ["course.yaml:2: `basics` is listed twice; expected each module once [modules]"],
        ),
        (
            "course.yaml",
            "modules: [basics]",
            "modules: [evidence]",
            [
                "1-basics:1: course.yaml does not list the module `basics`; expected `basics` among `modules` of course.yaml [modules]",
                "course.yaml:2: the module `evidence` has no folder; expected a folder N-evidence [modules]",
            ],
        ),
        (
            "sources.yaml",
            "  link: https://doi.org/10.1097/AJP.0b013e31817e13b6\n",
            "",
            [
                "sources.yaml:1: `LUCAS-2009` has no link and no reason for it; expected `link`, or "
                "`unlinked` with the reason [link]"
            ],
        ),
        (
            "sources.yaml",
            "  unlinked: A printed book.\n",
            "  unlinked: A printed book.\n  link: https://a.example\n",
            [
                "sources.yaml:11: `TS-1999` has a link and a reason for having none; expected "
                "`link`, or `unlinked` with the reason [link]"
            ],
        ),
        (
            "sources.yaml",
            "  strength: 3\n",
            "  strength: 3\n  status: superseded\n",
            [
                "sources.yaml:1: `LUCAS-2009` has a status without a note; expected `status` and, in `status_note`, what "
                "happened [status]"
            ],
        ),
        (
            "sources.yaml",
            "  strength: 3\n",
            "  strength: 3\n  status_note: A new edition.\n",
            [
                "sources.yaml:1: `LUCAS-2009` has a note without a status; expected `status` and, in `status_note`, what "
                "happened [status]"
            ],
        ),
        (
            "sources.yaml",
            "  strength: 3\n",
            "  strength: 3\n  replaced_by: TS-1999\n",
            [
                "sources.yaml:10: `LUCAS-2009` is replaced but has no status; expected `status: superseded` [status]",
            ],
        ),
        (
            "sources.yaml",
            "  strength: 3\n",
            "  strength: 3\n  status: withdrawn\n  status_note: Why.\n  replaced_by: LUCAS-2009\n",
            [
                "sources.yaml:12: `LUCAS-2009` is not current either; expected the source that is used now [status]",
            ],
        ),
        (
            "sources.yaml",
            "  strength: 3\n",
            "  strength: 3\n  status: old\n  status_note: Why.\n",
            [
                "sources.yaml:10: `status` is `old`; expected superseded or withdrawn [shape]",
            ],
        ),
        (
            "sources.yaml",
            "  strength: 3\n",
            "  strength: 3\n  status: superseded\n  status_note: Why.\n  replaced_by: LUKAS-2009\n",
            [
                "sources.yaml:12: `LUKAS-2009` is not among the sources; expected perhaps `LUCAS-2009` [unknown-source]",
            ],
        ),
        (
            "sources.yaml",
            "- id: LUCAS-2009",
            "- id: TS-1999",
            [
                "01-first.md:12: `LUCAS-2009` is not among the sources; expected an id that exists [unknown-source]",
                "band.yaml:33: `LUCAS-2009` is not among the sources; expected an id that exists [unknown-source]",
                "sources.yaml:11: two sources have the id `TS-1999` (see sources.yaml:1); expected a unique id [duplicate-id]",
            ],
        ),
        (
            LESSON,
            "[@TS-1999]",
            "[@TS-1998]",
            ["01-first.md:9: `TS-1998` is not among the sources; expected perhaps `TS-1999` [unknown-source]"],
        ),
        (
            LESSON,
            "objectives: [band]",
            "objectives: [bands]",
            ["01-first.md:5: `bands` is not among the objectives; expected perhaps `band` [unknown-objective]"],
        ),
        (
            LESSON,
            "::: check band-feel",
            "::: check band-feels",
            [
                "01-first.md:19: `band-feels` is not among the questions; expected perhaps `band-feel` [unknown-question]"
            ],
        ),
        (
            LESSON,
            "::: check band-feel",
            "::: check band-spasm",
            [
                "01-first.md:19: `band-spasm` is a test question and must not be shown in a lesson; expected a question with `use: practice` [test-question]"
            ],
        ),
        (
            LESSON,
            "::: figure band wide",
            "::: figure bands wide",
            [
                "01-first.md:11: there is no figure `bands`; expected a file figures/bands.svg in this module [unknown-figure]"
            ],
        ),
        (
            QUESTIONS,
            "sources: [LUCAS-2009, TS-1999]",
            "sources: [LUCAS-2009, LUCAS-2010]",
            ["band.yaml:33: `LUCAS-2010` is not among the sources; expected perhaps `LUCAS-2009` [unknown-source]"],
        ),
        (
            QUESTIONS,
            "sources: [LUCAS-2009, TS-1999]",
            "sources: [LUCAS-2009, LUCAS-2009]",
            ["band.yaml:33: `LUCAS-2009` occurs 2 times in sources; expected each once [repeated]"],
        ),
        (
            QUESTIONS,
            "- id: band-signs",
            "- id: band-feel",
            [
                "band.yaml:17: two questions have the id `band-feel` (see band.yaml:1); expected a unique id [duplicate-id]"
            ],
        ),
        (
            QUESTIONS,
            "  objective: band\n  level: apply",
            "  objective: bend\n  level: apply",
            ["band.yaml:18: `bend` is not among the objectives; expected perhaps `band` [unknown-objective]"],
        ),
        (
            QUESTIONS,
            "  level: apply\n  kind: several\n  use: practice",
            "  level: apply\n  kind: several\n  use: test",
            [
                "module.yaml:6: `band` has too few practice questions (1); expected 2 or more [practice-questions]",
                "module.yaml:10: a practice quiz cannot draw 2 questions from 1; expected 1 or fewer, or more questions [practice-questions]",
            ],
        ),
        (
            QUESTIONS,
            "      correct: true\n      why: It belongs to the picture.",
            "      why: It belongs to the picture.",
            ["band.yaml:24: no option is correct; expected `correct: true` on the right one [no-key]"],
        ),
        (
            QUESTIONS,
            "      why: The rest of the muscle feels so.",
            "      correct: true\n      why: The rest of the muscle feels so.",
            ["band.yaml:7: 2 options are correct; expected one, or `kind: several` [key]"],
        ),
        (
            QUESTIONS,
            "      why: That points to something else.",
            "      correct: true\n      why: That points to something else.",
            [
                "band.yaml:24: 2 options are right and 1 wrong, so ticking everything would pay; expected at least as many wrong options as right ones [several-balance]"
            ],
        ),
        (
            QUESTIONS,
            'text: "True"',
            'text: "Yes"',
            ['band.yaml:41: the options are not True and False; expected "True", then "False" [truefalse]'],
        ),
        (
            QUESTIONS,
            "text: A red swelling",
            "text: a tender knot.",
            [
                "band.yaml:28: options 1 and 2 say the same; expected each option once [duplicate-options]",
                "band.yaml:28: one option differs from the rest (full stop at the end); expected options of the same form [unlike-option]",
            ],
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(
    spoil: Callable[[str, str, str], list[str]], name: str, old: str, new: str, faults: list[str]
) -> None:
    assert spoil(name, old, new) == faults
