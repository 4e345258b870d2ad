"""The studio: a library from its creation to its zip file, and what each role may do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import db
from app.models import Library, LibraryPerson, LibraryRole
from app.services.libraries import archives, checking, documents, imports, questions
from app.studio import documents as document_pages
from battery.locking import write_lock
from tests.conftest import Clock
from tests.support.attempt_client import get_hidden_field
from tests.support.factory import Factory, Person

LESSON = "1-first-module/lessons/01-first-lesson.md"
QUESTIONS = "1-first-module/questions/first-objective.yaml"


def create(person: Person, name: str = "Our bank") -> str:
    """Create a library through the page, and return its address."""
    reply = person.client.post("/studio", data={"name": name})
    assert reply.status_code == 303, reply.text
    return reply.location


def add(session: Session, address: str, person: Person, role: LibraryRole) -> None:
    library = session.scalars(select(Library).where(Library.slug == address.rpartition("/")[2])).one()
    session.add(LibraryPerson(library_id=library.id, user_id=person.user.id, role=role))
    session.commit()


def save(person: Person, address: str, path: str, text: str, seen: int) -> int:
    reply = person.client.post(f"{address}/text", data={"path": path, "seen": str(seen), "text": text})
    return reply.status_code


def test_the_first_page_says_what_to_do(trainer: Person) -> None:
    page = trainer.client.get("/studio").text

    assert "No library yet" in page
    assert "Create the library" in page


def test_a_new_library_has_a_sound_example(trainer: Person) -> None:
    address = create(trainer)

    page = trainer.client.get(address).text

    assert "The checker finds nothing to fix." in page
    assert LESSON in page
    assert "Our bank" in trainer.client.get("/studio").text


def test_saving_a_text_shows_its_findings_beside_it(trainer: Person) -> None:
    address = create(trainer)

    assert save(trainer, address, "course.yaml", "title: Ours\nmodules: [nowhere]\n", 1) == 303

    page = trainer.client.get(f"{address}/text?path=course.yaml").text
    assert 'the module <code class="monospace">nowhere</code> has no folder' in page
    assert "line 2" in page
    assert "1 finding" in trainer.client.get(address).text


def test_a_lesson_and_questions_have_a_preview(trainer: Person) -> None:
    address = create(trainer)

    lesson = trainer.client.get(f"{address}/text?path={LESSON}").text
    questions = trainer.client.get(f"{address}/text?path={QUESTIONS}").text

    assert "Where a question is asked" in lesson
    assert "When do learners see the key of a practice question?" in lesson
    assert "Which two does the folder of a module contain?" in questions
    assert "Cohorts do not belong to a library." in questions


def test_a_second_editor_sees_both_texts_and_nothing_is_lost(trainer: Person, make: Factory, session: Session) -> None:
    address, other = create(trainer), make.trainer()
    add(session, address, other, LibraryRole.EDITOR)
    assert save(trainer, address, "course.yaml", "title: Mine\nmodules: [first-module]\n", 1) == 303

    reply = other.client.post(
        f"{address}/text", data={"path": "course.yaml", "seen": "1", "text": "title: Theirs\nmodules: [first-module]\n"}
    )

    assert reply.status_code == 409
    assert "Somebody else changed this document meanwhile" in reply.text
    assert "title: Mine" in reply.text
    assert "title: Theirs" in reply.text
    assert get_hidden_field(reply.text, "seen") == "2"
    assert "title: Mine" in trainer.client.get(f"{address}/file?path=course.yaml").text
    assert save(other, address, "course.yaml", "title: Theirs\n", 2) == 303
    history = trainer.client.get(f"{address}/history?path=course.yaml&number=2").text
    assert "title: Mine" in history


def test_an_earlier_version_is_restored(trainer: Person) -> None:
    address = create(trainer)
    before = trainer.client.get(f"{address}/file?path={LESSON}").data
    assert save(trainer, address, LESSON, "Gone", 1) == 303

    reply = trainer.client.post(f"{address}/restore", data={"path": LESSON, "seen": "2", "number": "1"})

    assert reply.status_code == 303
    assert trainer.client.get(f"{address}/file?path={LESSON}").data == before
    assert "Restored" in trainer.client.get(f"{address}/history?path={LESSON}").text


def test_a_removed_document_is_restored_from_its_history(trainer: Person) -> None:
    address = create(trainer)
    before = trainer.client.get(f"{address}/file?path={LESSON}").data

    assert trainer.client.post(f"{address}/remove", data={"path": LESSON, "seen": "1"}).status_code == 303

    assert trainer.client.get(f"{address}/text?path={LESSON}").status_code == 404
    assert "1 removed document" in trainer.client.get(address).text
    page = trainer.client.get(f"{address}/history?path={LESSON}&number=1").text
    form = {"path": LESSON, "seen": get_hidden_field(page, "seen"), "number": "1"}
    assert trainer.client.post(f"{address}/restore", data=form).status_code == 303
    assert trainer.client.get(f"{address}/file?path={LESSON}").data == before


def test_removing_what_somebody_changed_removes_nothing(trainer: Person) -> None:
    address = create(trainer)
    assert save(trainer, address, LESSON, "New", 1) == 303

    trainer.client.post(f"{address}/remove", data={"path": LESSON, "seen": "1"})

    assert trainer.client.get(f"{address}/file?path={LESSON}").text == "New"


def test_a_new_document_begins_with_an_example(trainer: Person) -> None:
    address = create(trainer)

    reply = trainer.client.post(f"{address}/new", data={"path": "2-hand/module.yaml"})

    assert reply.status_code == 303
    assert 'value="hand"' in trainer.client.get(reply.location).text


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("", "Enter a path."),
        ("../x.yaml", "Use the letters A to Z"),
        ("/etc/passwd", "Use the letters A to Z"),
        (".git/config", "Use the letters A to Z"),
        ("con.yaml", "reserved on Windows"),
        ("a/b/c/d/e/f.md", "at most five names"),
        ("Course.yaml", "cannot be in one library"),
        ("course.yaml", "already a document with this path"),
        ("sources.yaml/x.yaml", "cannot be in one library"),
    ],
)
def test_a_path_that_is_not_possible_is_explained(trainer: Person, path: str, says: str) -> None:
    address = create(trainer)

    reply = trainer.client.post(f"{address}/new", data={"path": path})

    assert reply.status_code == 422
    assert says in reply.text


def test_a_library_comes_back_from_its_zip_file_byte_for_byte(trainer: Person) -> None:
    first, second = create(trainer, "First"), create(trainer, "Second")
    assert save(trainer, first, "README.md", "Ours", 0) == 303
    packed = trainer.client.get(f"{first}/library.zip").data

    reply = trainer.client.post(
        f"{second}/upload", data={"file": (io.BytesIO(packed), "first.zip"), "removes_others": "y"}
    )

    assert reply.status_code == 303
    assert trainer.client.get(f"{second}/library.zip").data == packed


def test_an_upload_can_be_undone_from_the_history(trainer: Person) -> None:
    address = create(trainer)
    before = trainer.client.get(f"{address}/file?path=course.yaml").data
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("course.yaml", "title: New\n")
    packed.seek(0)

    trainer.client.post(f"{address}/upload", data={"file": (packed, "x.zip")})

    assert trainer.client.get(f"{address}/file?path=course.yaml").text == "title: New\n"
    trainer.client.post(f"{address}/restore", data={"path": "course.yaml", "seen": "2", "number": "1"})
    assert trainer.client.get(f"{address}/file?path=course.yaml").data == before


def test_what_is_no_zip_file_is_refused_in_a_sentence(trainer: Person) -> None:
    address = create(trainer)

    reply = trainer.client.post(f"{address}/upload", data={"file": (io.BytesIO(b"no zip"), "x.zip")})

    assert reply.status_code == 422
    assert "This is not a zip file." in reply.text


def test_no_file_is_a_sentence_too(trainer: Person) -> None:
    assert "Choose a zip file." in trainer.client.post(f"{create(trainer)}/upload", data={}).text


def test_a_text_in_place_of_the_file_is_a_sentence_too(trainer: Person) -> None:
    reply = trainer.client.post(f"{create(trainer)}/upload", data={"file": "no file"})

    assert reply.status_code == 422
    assert "Choose a zip file." in reply.text


def test_a_file_that_is_too_large_is_refused_on_the_page(
    app: Flask, trainer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "LARGEST_LIBRARY", 1000)
    address = create(trainer)
    data = {"file": (io.BytesIO(b"x" * 1001), "x.zip")}

    reply = trainer.client.post(f"{address}/upload", data=data)

    assert reply.status_code == 413
    assert "more than 20 MB" in reply.text


def test_a_text_that_is_too_large_is_kept_on_the_page(trainer: Person) -> None:
    address = create(trainer)
    text = "x" * (documents.MAX_DOCUMENT_BYTES + 1)

    reply = trainer.client.post(f"{address}/text", data={"path": LESSON, "seen": "1", "text": text})

    assert reply.status_code == 422
    assert "A document has at most 512 KB." in reply.text
    assert text in reply.text


@pytest.mark.sqlite
def test_slow_work_does_not_hold_the_write_lock(
    file_app: Callable[..., Flask], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unpacking, checking and comparing take up to seconds, in which learners must be able to save answers."""
    app, done = file_app(), []

    def spy(module: ModuleType, name: str) -> None:
        original = getattr(module, name)

        def run(*args: Any, **named: Any) -> Any:
            with write_lock(app.config["PALPATE"].data / "palpate.sqlite3"):
                done.append(name)
            return original(*args, **named)

        monkeypatch.setattr(module, name, run)

    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        trainer = Factory(app, session, clock).trainer()
    address = create(trainer)
    packed = trainer.client.get(f"{address}/library.zip").data
    spy(archives, "read_archive")
    spy(checking, "check")
    spy(document_pages, "compare_lines")
    spy(questions, "write_edit")
    spy(imports, "read_bank")
    spy(imports, "write_files")

    reply = trainer.client.post(f"{address}/upload", data={"file": (io.BytesIO(packed), "x.zip")})
    assert reply.status_code == 303
    assert save(trainer, address, LESSON, "x" * (documents.MAX_DOCUMENT_BYTES + 1), 1) == 422
    assert save(trainer, address, LESSON, "Other", 7) == 409
    assert save(trainer, address, LESSON, "Mine", 1) == 303
    question = {"path": QUESTIONS, "base": "1", "seen": "1", "n": "1", "q.stem": "Mine?"}
    assert trainer.client.post(f"{address}/question/check", data=question).status_code == 200
    assert trainer.client.post(f"{address}/questions", data=question | {"act": "copy:1"}).status_code == 303
    assert trainer.client.post(f"{address}/question", data=question | {"q.stem": "Ours?"}).status_code == 303
    assert trainer.client.post(f"{address}/question", data=question | {"q.stem": "Theirs?"}).status_code == 409

    bank = {"file": (io.BytesIO(b"Which? { =This #Yes. ~That #No. }"), "bank.gift")}
    assert trainer.client.post(f"{address}/import/upload", data=bank).status_code == 303
    chosen = {"objective": "first-objective", "level": "recall"}
    assert trainer.client.post(f"{address}/import", data=chosen).status_code == 303

    assert done == [
        *("read_archive", "check", "compare_lines", "check", "check", "write_edit", "write_edit", "check"),
        *("read_bank", "write_files"),
    ]


def test_markup_in_a_document_stays_text(trainer: Person) -> None:
    address = create(trainer)
    attack = "</textarea><script>alert(1)</script>"

    assert save(trainer, address, LESSON, attack, 1) == 303

    for page in (f"{address}/text?path={LESSON}", address, f"{address}/history?path={LESSON}"):
        assert "<script>alert" not in trainer.client.get(page).text


def test_a_text_that_does_not_change_makes_no_version(trainer: Person) -> None:
    address = create(trainer)
    text = trainer.client.get(f"{address}/file?path={LESSON}").text

    assert save(trainer, address, LESSON, text.replace("\n", "\r\n"), 1) == 303

    assert "Version 2" not in trainer.client.get(f"{address}/history?path={LESSON}").text


# -- people ------------------------------------------------------------------------------------------------------------


def test_an_invited_trainer_accepts_and_edits(trainer: Person, make: Factory) -> None:
    address, other = create(trainer), make.trainer(email="editor@example.org")
    assert other.client.get(address).status_code == 404
    trainer.client.post(f"{address}/people", data={"email": "editor@example.org", "role": "editor"})

    page = other.client.get("/studio").text
    form = {"invitation": get_hidden_field(page, "invitation"), "answer": "accept"}
    assert other.client.post("/studio/invitations", data=form).status_code == 303

    assert save(other, address, LESSON, "Edited", 1) == 303


def test_an_invitation_says_the_same_whether_the_address_has_an_account(trainer: Person, make: Factory) -> None:
    make.trainer(email="there@example.org")
    address = create(trainer)
    replies = [
        trainer.client.post(f"{address}/people", data={"email": email, "role": "reader"}, follow_redirects=True).text
        for email in ("there@example.org", "nobody@example.org")
    ]

    assert all("Invited. A trainer with this address" in reply for reply in replies)


def test_an_invitation_of_somebody_who_no_longer_owns_the_library_is_void(
    trainer: Person, make: Factory, session: Session
) -> None:
    address, second, other = create(trainer), make.trainer(), make.trainer(email="late@example.org")
    add(session, address, second, LibraryRole.OWNER)
    second.client.post(f"{address}/people", data={"email": "late@example.org", "role": "owner"})
    invitation = get_hidden_field(other.client.get("/studio").text, "invitation")

    trainer.client.post(f"{address}/people/remove", data={"user": str(second.user.id)})
    other.client.post("/studio/invitations", data={"invitation": invitation, "answer": "accept"})

    assert other.client.get(address).status_code == 404
    assert "invites you" not in other.client.get("/studio").text


def test_an_invitation_of_a_former_trainer_is_void(trainer: Person, make: Factory, session: Session) -> None:
    address, other = create(trainer), make.trainer(email="late@example.org")
    trainer.client.post(f"{address}/people", data={"email": "late@example.org", "role": "owner"})
    invitation = get_hidden_field(other.client.get("/studio").text, "invitation")
    trainer.user.active = False
    session.commit()

    other.client.post("/studio/invitations", data={"invitation": invitation, "answer": "accept"})

    assert other.client.get(address).status_code == 404


def test_nobody_accepts_the_invitation_of_another(trainer: Person, make: Factory) -> None:
    address, other, thief = create(trainer), make.trainer(email="one@example.org"), make.trainer()
    trainer.client.post(f"{address}/people", data={"email": "one@example.org", "role": "editor"})
    invitation = get_hidden_field(other.client.get("/studio").text, "invitation")

    thief.client.post("/studio/invitations", data={"invitation": invitation, "answer": "accept"})

    assert thief.client.get(address).status_code == 404
    assert "invites you" in other.client.get("/studio").text


def test_the_last_owner_stays(trainer: Person) -> None:
    address = create(trainer)

    for path, data in ((f"{address}/people/remove", {}), (f"{address}/people/role", {"role": "reader"})):
        reply = trainer.client.post(path, data={"user": str(trainer.user.id)} | data, follow_redirects=True)
        assert "A library needs an owner." in reply.text

    assert trainer.client.get(f"{address}/people").status_code == 200


def test_a_role_that_is_taken_away_counts_from_the_next_request(
    trainer: Person, make: Factory, session: Session
) -> None:
    address, other = create(trainer), make.trainer()
    add(session, address, other, LibraryRole.EDITOR)
    assert save(other, address, LESSON, "One", 1) == 303

    trainer.client.post(f"{address}/people/role", data={"user": str(other.user.id), "role": "reader"})
    assert save(other, address, LESSON, "Two", 2) == 403

    trainer.client.post(f"{address}/people/remove", data={"user": str(other.user.id)})
    assert other.client.get(address).status_code == 404


def test_an_editor_can_leave_but_not_remove_others(trainer: Person, make: Factory, session: Session) -> None:
    address, other = create(trainer), make.trainer()
    add(session, address, other, LibraryRole.EDITOR)

    assert other.client.post(f"{address}/people/remove", data={"user": str(trainer.user.id)}).status_code == 403
    assert other.client.post(f"{address}/people/remove", data={"user": str(other.user.id)}).status_code == 303
    assert other.client.get(address).status_code == 404


def test_a_former_trainer_sees_no_library(trainer: Person, session: Session) -> None:
    address = create(trainer)
    trainer.user.role = type(trainer.user.role).LEARNER
    session.commit()

    assert trainer.client.get(address).status_code == 403
    assert trainer.client.get(f"{address}/library.zip").status_code == 403


def test_two_libraries_of_one_name_have_different_addresses(trainer: Person) -> None:
    assert create(trainer, "Same") != create(trainer, "Same")


def test_a_name_without_latin_letters_has_an_address(trainer: Person) -> None:
    assert create(trainer, "Библиотека").startswith("/studio/library")


def test_a_library_that_is_too_large_is_not_checked_but_can_be_edited(
    trainer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when a large library keeps a thread busy for half a minute after each change."""
    address = create(trainer)
    monkeypatch.setattr(checking, "MAX_CHECKED_BYTES", 100)
    monkeypatch.setattr(checking, "load_library", lambda _root: pytest.fail("it was checked"))

    page = trainer.client.get(address).text
    document = trainer.client.get(f"{address}/text", query_string={"path": LESSON})

    assert "too much to be checked here" in page
    assert LESSON in page
    assert document.status_code == 200
    assert save(trainer, address, LESSON, "Changed.", 1) == 303
