"""Adding a module to a library: the checker finds nothing, whatever the library has been made into."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.content.new_modules import choose_id, list_module
from app.models import Library
from app.services.libraries import checking, documents, modules, publication
from tests.conftest import Clock
from tests.support.factory import Factory, Person


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title: A\nmodules: [one]\n", "title: A\nmodules: [one, two]\n"),
        ("modules: [\n  one,  # first\n]\ntitle: A\n", "modules: [\n  one, two,  # first\n]\ntitle: A\n"),
        ("title: A\nmodules:\n  - one\n", "title: A\nmodules:\n  - one\n  - two\n"),
        ("modules:\n- zero\n- one  # last\ntitle: A", "modules:\n- zero\n- one\n- two  # last\ntitle: A"),
        ("# Überschrift\nmodules: ['one']\n", "# Überschrift\nmodules: ['one', two]\n"),
        ("title: A\n", None),
        ("modules: []\n", None),
        ("modules: one\n", None),
        ("modules: [one\n", None),
        ("", None),
    ],
)
def test_a_module_is_added_to_the_list_and_nothing_else_changes(before: str, after: str | None) -> None:
    assert list_module(before, "two") == after


@pytest.mark.parametrize(
    ("title", "taken", "name"),
    [
        ("Shoulder", (), "shoulder"),
        ("Shoulder", ("shoulder", "shoulder-2"), "shoulder-3"),
        ("Übung: Knie & Hüfte", (), "ubung-knie-hufte"),
        ("肩", (), "module"),
        ("x" * 90, (), "x" * 40),
    ],
)
def test_the_id_of_a_module_comes_from_its_title(title: str, taken: tuple[str, ...], name: str) -> None:
    assert choose_id(title, taken, "module") == name


def add(session: Session, trainer: Person, library: Library, title: str, clock: Clock) -> tuple[str, bool]:
    listed = documents.list_current(session, library)
    material = checking.check(session, library, listed).material
    added = modules.add_module(session, trainer.user, library, title, material, clock.now)
    session.commit()
    return added


def test_a_new_module_can_be_published_at_once(make: Factory, session: Session, clock: Clock) -> None:
    trainer = make.trainer()
    library = make.library(trainer)

    assert add(session, trainer, library, 'Shoulder: "pain"', clock) == ("2-shoulder-pain", True)
    assert add(session, trainer, library, "Knee", clock) == ("3-knee", True)

    checked = publication.check(session, library)
    assert checked.faults == ()
    assert checked.course is not None
    assert [module.title for module in checked.course.modules] == ["A first module", 'Shoulder: "pain"', "Knee"]


def test_a_new_module_cites_a_source_that_the_library_has(make: Factory, session: Session, clock: Clock) -> None:
    trainer = make.trainer()
    library = make.library(trainer)
    for path in list(documents.read_all(session, library)):
        found = documents.get_current(session, library, path)
        assert found is not None
        body = found.body.replace(b"EXAMPLE", b"OWN-2024")
        documents.save(session, trainer.user, library, path, body, clock.now, seen=1)

    add(session, trainer, library, "Knee", clock)

    assert publication.check(session, library).faults == ()


def test_an_empty_library_gets_everything_that_a_module_needs(make: Factory, session: Session, clock: Clock) -> None:
    trainer = make.trainer()
    library = make.library(trainer)
    documents.upload(session, trainer.user, library, {}, clock.now, removes_others=True)

    add(session, trainer, library, "Knee", clock)

    assert publication.check(session, library).faults == ()
    assert {"course.yaml", "sources.yaml", "1-knee/module.yaml"} <= documents.read_all(session, library).keys()


def test_a_course_that_cannot_be_read_is_left_as_it_is(make: Factory, session: Session, clock: Clock) -> None:
    trainer = make.trainer()
    library = make.library(trainer)
    documents.save(session, trainer.user, library, "course.yaml", b"modules: [", clock.now, seen=1)

    assert add(session, trainer, library, "Knee", clock) == ("2-knee", False)

    assert documents.read_all(session, library)["course.yaml"] == b"modules: ["


def test_a_module_for_examinations_alone_needs_no_practice(make: Factory, session: Session, clock: Clock) -> None:
    trainer = make.trainer()
    library = make.library(trainer)
    texts = documents.read_all(session, library)
    questions = texts["1-first-module/questions/first-objective.yaml"].decode()
    lesson = texts["1-first-module/lessons/01-first-lesson.md"].decode()
    bodies = {
        "1-first-module/module.yaml": texts["1-first-module/module.yaml"]
        .decode()
        .replace("practice:\n  questions: 2\n", ""),
        "1-first-module/questions/first-objective.yaml": questions[questions.index("- id: first-exam-1") :],
        "1-first-module/lessons/01-first-lesson.md": lesson.replace("::: check first-practice-1\n:::\n\n", ""),
    }
    encoded = {path: text.encode() for path, text in bodies.items()}
    documents.upload(session, trainer.user, library, encoded, clock.now, removes_others=False)

    checked = publication.check(session, library)

    assert checked.faults == ()
    assert checked.course is not None
    assert checked.course.modules[0].practice_questions == 0
