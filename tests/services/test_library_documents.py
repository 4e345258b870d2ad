"""Documents of a library: limits, conflicts and uploads."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain import line_changes
from app.domain.differences import PieceKind
from app.domain.document_paths import PathProblem, find_collision, find_path_problem
from app.domain.line_changes import compare_lines
from app.models import DocumentVersion, Library
from app.services.libraries import documents, libraries
from app.services.libraries.documents import (
    DocumentConflictError,
    DocumentTooLargeError,
    LibraryFullError,
    PathCollisionError,
    WrongPathError,
)
from tests.conftest import Clock
from tests.support.factory import Factory, Person


@pytest.fixture
def library(session: Session, trainer: Person, clock: Clock) -> Library:
    return libraries.create(session, trainer.user, "Ours", clock.now)


class Editor:
    """Saves documents of one library as one trainer."""

    def __init__(self, session: Session, person: Person, library: Library, clock: Clock) -> None:
        self.session, self.person, self.library, self.clock = session, person, library, clock

    def save(self, path: str, body: bytes, seen: int = 0) -> bool:
        return documents.save(self.session, self.person.user, self.library, path, body, self.clock.now, seen=seen)

    def remove(self, path: str, seen: int) -> None:
        documents.remove(self.session, self.person.user, self.library, path, self.clock.now, seen=seen)

    def upload(self, bodies: dict[str, bytes], *, removes_others: bool = False) -> documents.Upload:
        return documents.upload(
            self.session, self.person.user, self.library, bodies, self.clock.now, removes_others=removes_others
        )

    @property
    def texts(self) -> dict[str, bytes]:
        return documents.read_all(self.session, self.library)


@pytest.fixture
def editor(session: Session, trainer: Person, library: Library, clock: Clock) -> Editor:
    return Editor(session, trainer, library, clock)


def test_a_text_is_saved_only_over_the_version_that_its_author_has_seen(editor: Editor) -> None:
    editor.save("a.md", b"1")
    editor.save("a.md", b"2", seen=1)

    for seen in (0, 1, 3):
        with pytest.raises(DocumentConflictError) as conflict:
            editor.save("a.md", b"3", seen=seen)
        assert conflict.value.current is not None
        assert (conflict.value.current.revision, conflict.value.current.body) == (2, b"2")

    assert editor.texts == {"a.md": b"2"}


def test_saving_what_somebody_removed_is_a_conflict_and_then_creates_it_again(editor: Editor) -> None:
    editor.save("a.md", b"1")
    editor.remove("a.md", 1)

    with pytest.raises(DocumentConflictError) as conflict:
        editor.save("a.md", b"2", seen=1)
    assert conflict.value.current is None

    editor.save("a.md", b"2", seen=0)
    assert editor.texts == {"a.md": b"2"}


def test_every_version_stays(editor: Editor, session: Session) -> None:
    editor.save("a.md", b"1")
    editor.save("a.md", b"2", seen=1)
    editor.remove("a.md", 2)
    editor.save("a.md", b"4")

    document = documents.get_document(session, editor.library, "a.md")
    assert document is not None
    versions = [documents.get_version(session, document, number) for number in (1, 2, 3, 4)]
    assert [version and version.body for version in versions] == [b"1", b"2", b"", b"4"]
    assert [line.number for line in documents.list_versions(session, document)] == [4, 3, 2, 1]


def test_a_document_and_a_library_have_limits(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_DOCUMENT_BYTES", 10)
    monkeypatch.setattr(documents, "MAX_LIBRARY_BYTES", 15)
    monkeypatch.setattr(documents, "MAX_DOCUMENTS", 2)
    monkeypatch.setattr(documents, "MAX_STORED_BYTES", 40)

    with pytest.raises(DocumentTooLargeError):
        editor.save("a.md", b"x" * 11)
    editor.save("a.md", b"x" * 10)
    with pytest.raises(LibraryFullError):
        editor.save("b.md", b"x" * 6)
    editor.save("b.md", b"")
    with pytest.raises(LibraryFullError):
        editor.save("c.md", b"")
    with pytest.raises(LibraryFullError):
        editor.upload({"c.md": b""})
    editor.save("a.md", b"y" * 10, seen=1)
    editor.save("a.md", b"z" * 10, seen=2)
    editor.save("a.md", b"x" * 10, seen=3)
    with pytest.raises(LibraryFullError):
        editor.save("a.md", b"y", seen=4)


def test_an_upload_says_what_it_did(editor: Editor) -> None:
    editor.upload({"a.md": b"1", "b.md": b"2", "c.md": b"3"})

    done = editor.upload({"a.md": b"1", "b.md": b"new", "d.md": b"4"}, removes_others=True)

    assert done == documents.Upload(added=("d.md",), changed=("b.md",), removed=("c.md",), same=("a.md",))
    assert editor.texts == {"a.md": b"1", "b.md": b"new", "d.md": b"4"}


def test_an_upload_of_the_same_documents_stores_nothing(editor: Editor, session: Session) -> None:
    editor.upload({"a.md": b"1", "b.md": b"2"})
    before = session.scalar(select(func.count()).select_from(DocumentVersion))

    done = editor.upload({"a.md": b"1", "b.md": b"2"}, removes_others=True)

    assert (done.added, done.changed, done.removed) == ((), (), ())
    assert session.scalar(select(func.count()).select_from(DocumentVersion)) == before


def test_an_upload_can_turn_a_folder_into_a_document(editor: Editor) -> None:
    editor.upload({"a/b.md": b"1"})

    with pytest.raises(PathCollisionError):
        editor.upload({"a": b"2"})
    editor.upload({"a": b"2"}, removes_others=True)

    assert editor.texts == {"a": b"2"}


def test_a_wrong_path_is_refused(editor: Editor) -> None:
    with pytest.raises(WrongPathError):
        editor.save("../a.md", b"")


def test_a_library_is_not_changed_through_another(
    editor: Editor, make: Factory, session: Session, clock: Clock
) -> None:
    other = make.trainer()
    theirs = libraries.create(session, other.user, "Theirs", clock.now)
    editor.save("a.md", b"1")

    documents.upload(session, other.user, theirs, {"a.md": b"2"}, clock.now, removes_others=True)

    assert editor.texts == {"a.md": b"1"}


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("course.yaml", None),
        ("1-basics/lessons/01-a_b.md", None),
        ("README.md", None),
        ("", PathProblem.EMPTY),
        ("a" * 201, PathProblem.LENGTH),
        ("a/b/c/d/e/f", PathProblem.DEPTH),
        ("a//b", PathProblem.NAME),
        ("/a", PathProblem.NAME),
        ("a/", PathProblem.NAME),
        ("..", PathProblem.NAME),
        (".a", PathProblem.NAME),
        ("a.", PathProblem.NAME),
        ("a b", PathProblem.NAME),
        ("a\\b", PathProblem.NAME),
        ("a\n", PathProblem.NAME),
        ("é", PathProblem.NAME),
        ("x/NUL.yaml", PathProblem.RESERVED),
        ("com1", PathProblem.RESERVED),
    ],
)
def test_which_paths_are_possible(path: str, problem: PathProblem | None) -> None:
    assert find_path_problem(path) is problem


@pytest.mark.parametrize(
    ("path", "other"),
    [("A.md", "a.md"), ("a", "a/b.md"), ("a/b.md", "a"), ("A/c.md", "a")],
)
def test_paths_that_cannot_be_unpacked_together_collide(path: str, other: str) -> None:
    assert find_collision(path, ["x", other]) == other


def test_paths_in_one_folder_do_not_collide() -> None:
    assert find_collision("a/b.md", ["a/c.md", "ab", "a.md"]) is None


def test_long_texts_are_one_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when the comparison of two texts with thousands of equal lines takes minutes."""
    monkeypatch.setattr(line_changes, "MAX_COMPARED_LINES", 5)

    [place] = compare_lines("a\nb\nc", "a\nB\nc")

    assert [line.kind for line in place] == [PieceKind.REMOVED] * 3 + [PieceKind.ADDED] * 3
    assert compare_lines("a\nb\nc", "a\nb\nc") == ()


def test_a_comparison_shows_changed_lines_with_those_around_them() -> None:
    before = "\n".join("abcdefghij")

    [place] = compare_lines(before, before.replace("e", "E\nX"))

    assert [(line.kind, line.number, line.text) for line in place] == [
        (PieceKind.SAME, 2, "b"),
        (PieceKind.SAME, 3, "c"),
        (PieceKind.SAME, 4, "d"),
        (PieceKind.REMOVED, 5, "e"),
        (PieceKind.ADDED, 5, "E"),
        (PieceKind.ADDED, 6, "X"),
        (PieceKind.SAME, 7, "f"),
        (PieceKind.SAME, 8, "g"),
        (PieceKind.SAME, 9, "h"),
    ]
