"""A library: documents in memory, read by the same loader and checker as a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.content.loader import load_course, load_library
from app.content.trees import DocumentTree
from app.domain.content import Use
from tests.support.course_folder import FILES, Folder


def library(**changes: str | None) -> dict[str, bytes]:
    """Return the documents of a sound library, changed by path; None leaves one out."""
    texts = FILES | {"course.yaml": FILES["course.yaml"].replace("red_flags: first-lesson\n", "")}
    for path, text in changes.items():
        if text is None:
            del texts[path]
        else:
            texts[path] = text
    return {path: text.encode() for path, text in texts.items()}


def test_documents_in_memory_are_the_same_course_as_files_on_disk(folder: Folder) -> None:
    documents = {path: text.encode() for path, text in FILES.items()}

    read = load_library(DocumentTree.build(documents).root)

    assert read.faults == ()
    assert read.course == load_course([folder.path]).course


def test_the_test_course_is_the_same_from_memory_as_from_disk() -> None:
    root = Path(__file__).parent.parent / "course"
    documents = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    read = load_library(DocumentTree.build(documents).root)

    assert read.course is not None
    assert read.course == load_course([root]).course


def test_a_library_needs_no_lesson_of_red_flags() -> None:
    read = load_library(DocumentTree.build(library()).root)

    assert read.faults == ()
    assert read.course is not None
    assert read.course.red_flags == ""


def test_a_question_of_a_library_is_for_examinations_unless_it_says_otherwise() -> None:
    questions = FILES["1-basics/questions/band.yaml"].replace("  use: test\n", "")

    read = load_library(DocumentTree.build(library(**{"1-basics/questions/band.yaml": questions})).root)

    assert read.course is not None
    [module] = read.course.modules
    assert [question.use for question in module.questions] == [Use.PRACTICE, Use.PRACTICE, Use.EXAM]


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        (
            "course.yaml",
            None,
            ":1: there is no course.yaml; expected a file course.yaml in the first folder [missing]",
        ),
        (
            "1-basics/module.yaml",
            None,
            "1-basics:1: the module's folder has no module.yaml; expected a file module.yaml [missing]",
        ),
        (
            "1-basics/lessons/notes.yaml",
            "a: b",
            "1-basics/lessons/notes.yaml:1: `notes.yaml` does not belong here; expected NN-name.md [stray-file]",
        ),
        (
            "1-basics/figures/band.svg",
            "x" * 600 * 1024,
            "1-basics/figures/band.svg:1: the file is too large; expected 512 KB at most [file-size]",
        ),
        (
            "course.yaml",
            "title: Ours\nmodules: [basics]\nred_flags: nowhere\n",
            "course.yaml:3: `nowhere` is not among the lessons; expected an id that exists [unknown-lesson]",
        ),
    ],
)
def test_a_fault_names_the_document_and_the_line(path: str, text: str | None, fault: str) -> None:
    read = load_library(DocumentTree.build(library(**{path: text})).root)

    assert read.course is None
    assert [str(one) for one in read.faults] == [fault]


def test_the_order_of_the_documents_makes_no_difference() -> None:
    documents = library()

    read = load_library(DocumentTree.build(dict(reversed(documents.items()))).root)

    assert read.course == load_library(DocumentTree.build(documents).root).course
