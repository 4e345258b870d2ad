"""The statements of the article are all taught, and the table that shows where is true."""

from __future__ import annotations

import pytest

from app.content.__main__ import main
from app.content.coverage import group_lessons_by_fact, group_questions_by_fact
from tests.support.course_folder import Folder
from tests.support.steady_course import load_steady_course

ARTICLE = """\
- {id: B004, says: There is a band., holds: partly, note: Examiners agree only moderately.}
"""


def test_every_statement_of_the_built_in_course_is_taught_and_most_are_asked_about() -> None:
    course = load_steady_course()
    lessons, questions = group_lessons_by_fact(course), group_questions_by_fact(course)

    assert len(course.statements) >= 40
    assert [one.id for one in course.statements if not lessons.get(one.id)] == []
    assert sum(bool(questions.get(one.id)) for one in course.statements) >= 0.6 * len(course.statements)
    assert len(lessons) > 250


def test_the_table_names_lessons_and_questions(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write("article.yaml", ARTICLE)
    folder.replace("1-basics/questions/band.yaml", "  critical: true\n", "  critical: true\n  facts: [B004]\n")

    status = main(["--coverage", str(folder.path)])

    assert status == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 statements of the article, all taught, 1 of them asked about",
        "",
        "B004  There is a band.",
        "  holds: partly. Examiners agree only moderately.",
        "  lessons: first-lesson",
        "  questions: band-spasm",
        "",
        "1 facts are used: lessons, questions",
        "  B004     1   1",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("B004", "B005", "article.yaml:1: no lesson teaches the statement `B005`"),
        (
            "partly",
            "perhaps",
            "article.yaml:1: `holds` is `perhaps`; expected yes, partly, opinion, disputed or unproven",
        ),
        ("says: There is a band., ", "", "article.yaml:1: `says` is missing"),
    ],
)
def test_a_statement_that_is_not_taught_or_not_whole_is_named(folder: Folder, old: str, new: str, fault: str) -> None:
    folder.write("article.yaml", ARTICLE.replace(old, new))

    assert [shown.startswith(fault) for shown in folder.faults()] == [True]
