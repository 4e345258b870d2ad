"""Deleting a library: who may, what goes with it, and why a published one stays."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import end_read_transaction
from app.models import (
    AuditEvent,
    BankUpload,
    DocumentVersion,
    Library,
    LibraryDocument,
    LibraryInvitation,
    LibraryPerson,
    LibraryRole,
)
from app.services.libraries.archives import build_archive
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.picture_bytes import draw, save
from tests.support.published_library import publish, unpublish

ROWS = (Library, LibraryPerson, LibraryInvitation, LibraryDocument, DocumentVersion, BankUpload)


def count_rows(session: Session) -> dict[str, int]:
    return {row.__tablename__: session.scalar(select(func.count()).select_from(row)) or 0 for row in ROWS}


@pytest.mark.parametrize("typed", ["Our bank", "  our   BANK "])
def test_a_library_goes_with_everything_in_it_and_leaves_others(
    make: Factory, session: Session, clock: Clock, typed: str
) -> None:
    trainer, reader = make.trainer(), make.trainer()
    make.library(trainer, "Kept")
    before = count_rows(session)
    library = make.library(trainer, "Our bank", (reader, LibraryRole.READER))
    session.add(
        BankUpload(library_id=library.id, author_id=trainer.user.id, file_name="a", body=b"a", uploaded_at=clock())
    )
    session.add(
        LibraryInvitation(
            library_id=library.id,
            email="new@school.test",
            role=LibraryRole.EDITOR,
            invited_by_id=trainer.user.id,
            invited_at=clock(),
        )
    )
    session.commit()
    page = trainer.client.get("/studio/our-bank/delete").text

    reply = trainer.client.post("/studio/our-bank/delete", data={"confirm": typed})

    assert "It was never published" in page
    assert "2 people lose access." in page
    assert (reply.status_code, reply.location) == (303, "/studio")
    assert count_rows(session) == before
    assert trainer.client.get("/studio/our-bank").status_code == 404
    assert "Kept" in trainer.client.get("/studio").text
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "library.delete")).one()
    assert (event.actor_id, event.details["name"]) == (trainer.user.id, "Our bank")


@pytest.mark.parametrize("typed", ["", "Our", "our-bank", "Our bank 2"])
def test_another_name_deletes_nothing(make: Factory, session: Session, typed: str) -> None:
    trainer = make.trainer()
    make.library(trainer, "Our bank")

    reply = trainer.client.post("/studio/our-bank/delete", data={"confirm": typed})

    assert reply.status_code == 422
    assert 'id="confirm-err"' in reply.text
    assert count_rows(session)["library"] == 1


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_a_library_that_was_ever_published_stays(
    make: Factory, session: Session, clock: Clock, *, is_withdrawn: bool
) -> None:
    trainer = make.trainer()
    library = make.library(trainer, "Our bank")
    publish(session, trainer.user, library, clock.now)
    if is_withdrawn:
        unpublish(session, trainer.user, library, clock.now)
    session.commit()

    page = trainer.client.get("/studio/our-bank/delete").text
    reply = trainer.client.post("/studio/our-bank/delete", data={"confirm": "Our bank"})

    assert "so it can’t be deleted" in page
    assert 'name="confirm"' not in page
    assert reply.status_code == 409
    assert count_rows(session)["library"] == 1


def test_only_owners_and_administrators_delete(make: Factory, session: Session) -> None:
    owner, editor, reader, stranger = (make.trainer() for _ in range(4))
    people: list[tuple[Person, LibraryRole]] = [(editor, LibraryRole.EDITOR), (reader, LibraryRole.READER)]
    make.library(owner, "Our bank", *people)
    answers = {
        who: person.client.post("/studio/our-bank/delete", data={"confirm": "Our bank"}).status_code
        for who, person in {"editor": editor, "reader": reader, "stranger": stranger}.items()
    }

    assert answers == {"editor": 403, "reader": 403, "stranger": 404}
    assert count_rows(session)["library"] == 1
    assert make.admin().client.post("/studio/our-bank/delete", data={"confirm": "Our bank"}).status_code == 303


FOLDER = "1-first-module"
QUESTIONS = {"path": f"{FOLDER}/questions/first-objective.yaml", "seen": "1"}
SOURCE = {"path": "sources.yaml", "seen": "1", "base": "1", "n": "1"}


@pytest.mark.parametrize(
    ("module", "path", "form"),
    [
        ("archives", "upload", {"file": build_archive({"course.yaml": b"title: A"})}),
        ("figures", f"figures/new?folder={FOLDER}", {"file": save(draw(), "PNG"), "alternative": "An arm"}),
        ("imports", "import/upload", {"file": b"Which?\nA. One\nB. Two\nANSWER: A\n"}),
        ("lessons", f"lesson/new?folder={FOLDER}", {"title": "Another"}),
        ("question_selection", "questions/selection", {**QUESTIONS, "act": "retire", "chosen": "1"}),
        ("questions", "questions", {**QUESTIONS, "act": "delete:1"}),
        ("source_forms", "source", SOURCE),
    ],
)
def test_what_is_saved_into_a_library_that_is_being_deleted_is_refused(
    make: Factory, monkeypatch: pytest.MonkeyPatch, module: str, path: str, form: dict[str, Any]
) -> None:
    """Somebody deletes the library while a slow request works without the lock."""
    trainer, owner = make.trainer(), make.trainer()
    make.library(trainer, "Our bank", (owner, LibraryRole.OWNER))

    def delete_meanwhile() -> None:
        end_read_transaction()
        done.append(owner.client.post("/studio/our-bank/delete", data={"confirm": "Our bank"}).status_code)

    done: list[int] = []
    monkeypatch.setattr(f"app.studio.{module}.end_read_transaction", delete_meanwhile)
    sent = {name: (BytesIO(value), "a.txt") if isinstance(value, bytes) else value for name, value in form.items()}

    reply = trainer.client.post(f"/studio/our-bank/{path}", data=sent)

    assert done == [303]
    assert reply.status_code == 404
    assert trainer.client.get("/studio").status_code == 200
