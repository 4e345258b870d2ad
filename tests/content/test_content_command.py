"""``python -m app.content``: what an author types."""

from __future__ import annotations

import pytest

from app.content.__main__ import main
from tests.support.course_folder import Folder


def test_a_sound_course_is_counted(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    status = main([str(folder.path)])

    assert status == 0
    counts, _, balance = capsys.readouterr().out.partition("\n\nbalance\n")
    assert balance.startswith("  basics ")
    assert counts.splitlines() == [
        "A small course: 1 modules, 1 lessons, 3 questions, 2 sources",
        "",
        "basics: 1 lessons, 3 questions",
        "  first-lesson                             1 min, 1 figures, 0 terms, 1 checks, 2 sources",
        "  level     apply 1, recall 2",
        "  kind      several 1, single 1, truefalse 1",
        "  use       practice 2, test 1",
        "  critical  no 2, yes 1",
        "  vignette  no 2, yes 1",
        "  objective                                practice  test  exam",
        "  band                                            2     1     0",
        "",
        "all modules",
        "  level     apply 1, recall 2",
        "  kind      several 1, single 1, truefalse 1",
        "  use       practice 2, test 1",
        "  critical  no 2, yes 1",
        "  vignette  no 2, yes 1",
        "",
        "questions by source",
        "  TS-1999                                     3",
        "  LUCAS-2009                                  1",
    ]


def test_each_fault_is_printed_with_file_and_line(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.replace("course.yaml", "red_flags: first-lesson", "red_flags: nowhere")
    folder.replace("sources.yaml", "strength: 1\n", "strength: 9\n")

    status = main([str(folder.path)])

    printed = capsys.readouterr()
    assert status == 1
    assert printed.out.splitlines() == [
        f"{folder.path}/course.yaml:3: `nowhere` is not among the lessons; expected an id that exists [unknown-lesson]",
        f"{folder.path}/sources.yaml:16: `strength` is `9`; expected 4 or less [shape]",
    ]
    assert printed.err == "2 faults; nothing can be published\n"


def test_a_fault_stays_on_one_line_whatever_it_quotes(folder: Folder) -> None:
    folder.replace("course.yaml", "[basics]", '["a\\nb\\x1b[31m"]')

    assert folder.faults()[0].startswith("course.yaml:2: entry 1 of `modules` is `a\\u000ab\\u001b[31m`;")
