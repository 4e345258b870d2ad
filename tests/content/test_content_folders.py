"""Files that are missing, too many or in the wrong place; and a course in several folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.content.loader import load_course
from app.domain.content import Use
from tests.support.course_folder import FIGURE, MODULE, QUESTIONS, SOURCES, Folder


def test_a_sound_folder_becomes_a_course(folder: Folder) -> None:
    course = folder.course()

    [module] = course.modules
    assert (course.title, course.red_flags, len(course.sources)) == ("A small course", "first-lesson", 2)
    assert (module.id, module.pass_mark_percent, module.practice_questions) == ("basics", 80, 2)
    assert (module.test_questions, module.test_minutes) == (1, 15)
    assert [question.id for question in module.questions] == ["band-feel", "band-signs", "band-spasm"]
    assert [question.is_order_fixed for question in module.questions] == [False, False, True]
    assert [question.key.correct for question in module.questions] == [(0,), (0,), (1,)]


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        (
            "course.yaml",
            ["course:1: there is no course.yaml; expected a file course.yaml in the first folder [missing]"],
        ),
        (
            "1-basics/module.yaml",
            ["1-basics:1: the module's folder has no module.yaml; expected a file module.yaml [missing]"],
        ),
        (
            "1-basics/figures/band.svg",
            [
                "01-first.md:11: there is no figure `band`; expected a file figures/band.svg in this module "
                "[unknown-figure]"
            ],
        ),
        (
            "1-basics/questions/band.yaml",
            ["01-first.md:19: `band-feel` is not among the questions; expected an id that exists [unknown-question]"],
        ),
    ],
)
def test_a_missing_file_is_named(folder: Folder, name: str, faults: list[str]) -> None:
    folder.remove(name)

    assert folder.faults() == faults


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (
            "more.yaml",
            "more.yaml:1: `more.yaml` does not belong here; expected course.yaml, sources.yaml, muscles.yaml or article.yaml",
        ),
        (
            "basics/module.yaml",
            "basics:1: `basics` is not a module's folder; expected a number, a hyphen and the module's id",
        ),
        (
            "1-basics/questions/more.yml",
            "more.yml:1: `more.yml` does not belong here; expected name.yaml",
        ),
        ("1-basics/lessons/second.md", "second.md:1: `second.md` does not belong here; expected NN-name.md"),
        (
            "1-basics/figures/My Band.svg",
            "My Band.svg:1: `My Band.svg` does not belong here; expected name.svg, in a-z, 0-9 and hyphens",
        ),
        (
            "1-basics/question/more.yaml",
            "question:1: `question` does not belong here; expected module.yaml, lessons, questions, figures or pictures",
        ),
    ],
)
def test_a_file_that_nothing_reads_is_named(folder: Folder, name: str, fault: str) -> None:
    folder.write(name, "x")

    [found] = folder.faults()

    assert found.rpartition(" [")[0] == fault


def test_hidden_files_copies_of_editors_and_read_me_files_are_passed_over(folder: Folder) -> None:
    for name in (".DS_Store", "README.md", "1-basics/.band.yaml.swp", "1-basics/questions/band.yaml~"):
        folder.write(name, "x")

    assert folder.faults() == []


def test_a_figure_that_no_lesson_shows_is_named(folder: Folder) -> None:
    folder.write("1-basics/figures/spare.svg", FIGURE)

    assert folder.faults() == [
        "spare.svg:1: nothing shows `spare`; expected `::: figure spare` in a lesson of this module, or `picture: spare` in a question [unused-figure]"
    ]


def test_an_objective_and_a_lesson_of_another_module_are_not_taken(folder: Folder) -> None:
    folder.replace("course.yaml", "[basics]", "[basics, more]")
    folder.add_module("more")
    assert folder.faults() == []

    folder.replace("2-more/module.yaml", "read: more-lesson#band", "read: first-lesson#band")
    folder.replace("2-more/module.yaml", "{objective: more-band", "{objective: band")
    folder.replace(
        "2-more/questions/band.yaml", "objective: more-band\n  level: apply", "objective: band\n  level: apply"
    )

    assert folder.faults() == [
        "module.yaml:8: the lesson `first-lesson` belongs to another module; expected a lesson of this module "
        "[unknown-lesson]",
        "module.yaml:15: the objective `band` belongs to another module; expected perhaps `more-band` "
        "[unknown-objective]",
        "band.yaml:18: the objective `band` belongs to another module; expected perhaps `more-band` "
        "[unknown-objective]",
    ]


class TestFurtherFolder:
    """An installation keeps its test questions to itself."""

    @pytest.fixture
    def private(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path / "private")

    def test_its_questions_join_the_module_of_that_name(self, folder: Folder, private: Folder) -> None:
        ours, test = QUESTIONS.split("- id: band-spasm")
        folder.write("1-basics/questions/band.yaml", ours)
        private.write("1-basics/questions/test.yaml", "- id: band-spasm" + test)

        assert [question.id for question in folder.course(private.path).modules[0].questions] == [
            "band-feel",
            "band-signs",
            "band-spasm",
        ]
        assert folder.faults() == [
            "module.yaml:15: the blueprint draws 1 on `band`, which has 0 with `use: test`; expected more questions with "
            "`use: test`, or fewer in the blueprint [blueprint]"
        ]

    @pytest.mark.parametrize(
        ("line", "use"), [("", Use.EXAM), ("  use: exam\n", Use.EXAM), ("  use: test\n", Use.TEST)]
    )
    def test_its_questions_are_for_exams_unless_it_says_otherwise(
        self, folder: Folder, private: Folder, line: str, use: Use
    ) -> None:
        _ours, test = QUESTIONS.split("- id: band-spasm")
        test = test.replace("  use: test\n", line).replace("A taut band is a spasm", "A band is a cramp")
        private.write("1-basics/questions/exam.yaml", "- id: band-cramp" + test)

        uses = {question.id: question.use for question in folder.course(private.path).modules[0].questions}

        assert uses == {
            "band-feel": Use.PRACTICE,
            "band-signs": Use.PRACTICE,
            "band-spasm": Use.TEST,
            "band-cramp": use,
        }

    def test_a_module_may_have_exam_questions_only(self, folder: Folder, private: Folder) -> None:
        ours, test = QUESTIONS.split("- id: band-spasm")
        folder.write("1-basics/questions/band.yaml", ours)
        private.write("1-basics/questions/exam.yaml", "- id: band-spasm" + test.replace("  use: test\n", ""))

        assert folder.faults(private.path) == []

    def test_exam_questions_must_fill_the_blueprint_too(self, folder: Folder, private: Folder) -> None:
        _ours, test = QUESTIONS.split("- id: band-spasm")
        test = test.replace("  use: test\n", "").replace("A taut band is a spasm", "A band is a cramp")
        folder.replace(
            "1-basics/module.yaml", "objective: band, questions", "objective: band, level: recall, questions"
        )
        private.write(
            "1-basics/questions/exam.yaml", "- id: band-cramp" + test.replace("level: recall", "level: apply")
        )

        assert folder.faults(private.path) == [
            "module.yaml:15: the blueprint draws 1 of level recall on `band`, which has 0 with `use: exam`; expected more questions "
            "with `use: exam`, or fewer in the blueprint [blueprint]"
        ]

    def test_a_lesson_must_not_show_an_exam_question(self, folder: Folder, private: Folder) -> None:
        _ours, test = QUESTIONS.split("- id: band-spasm")
        test = test.replace("  use: test\n", "").replace("A taut band is a spasm", "A band is a cramp")
        private.write("1-basics/questions/exam.yaml", "- id: band-cramp" + test)
        folder.replace("1-basics/lessons/01-first.md", "::: check band-feel", "::: check band-cramp")

        assert folder.faults(private.path) == [
            "01-first.md:19: `band-cramp` is an exam question and must not be shown in a lesson; expected a question "
            "with `use: practice` [test-question]"
        ]

    def test_an_id_that_the_course_has_is_refused(self, folder: Folder, private: Folder) -> None:
        private.write("1-basics/questions/test.yaml", QUESTIONS)

        assert folder.faults(private.path) == [
            f"test.yaml:{line}: two questions have the id `{name}` (see band.yaml:{line}); expected a unique id "
            "[duplicate-id]"
            for line, name in ((1, "band-feel"), (17, "band-signs"), (34, "band-spasm"))
        ]

    def test_a_second_module_yaml_is_refused(self, folder: Folder, private: Folder) -> None:
        private.write("1-basics/module.yaml", MODULE)

        assert any(
            fault.startswith("module.yaml:1: the module `basics` already has a module.yaml")
            for fault in folder.faults(private.path)
        )

    def test_its_course_yaml_takes_the_place_of_the_first(self, folder: Folder, private: Folder) -> None:
        private.write("course.yaml", "title: Ours\nmodules: [basics]\nred_flags: first-lesson\n")

        assert folder.course(private.path).title == "Ours"

    def test_it_may_bring_a_module(self, folder: Folder, private: Folder) -> None:
        private.write("course.yaml", "title: Ours\nmodules: [extra, basics]\nred_flags: first-lesson\n")
        private.add_module("extra")

        assert [module.id for module in folder.course(private.path).modules] == ["extra", "basics"]

    def test_it_may_bring_sources(self, folder: Folder, private: Folder) -> None:
        kept, moved = SOURCES.split("- id: TS-1999")
        folder.write("sources.yaml", kept)
        private.write("sources.yaml", "- id: TS-1999" + moved)

        assert [source.id for source in folder.course(private.path).sources] == ["LUCAS-2009", "TS-1999"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    [fault] = load_course([tmp_path / "nowhere"]).faults

    assert (
        str(fault) == f"{tmp_path}/nowhere:1: the folder does not exist; expected a folder with content files [folder]"
    )


def test_pictures_of_imported_questions_are_left_alone(folder: Folder) -> None:
    """They are not written anew and nothing shows them, which would be faults in ``pictures/``."""
    folder.write("1-basics/imported/dot.png", "not a picture")

    assert folder.faults() == []
