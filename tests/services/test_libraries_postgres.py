"""Libraries on PostgreSQL, where two people really write at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.models import DocumentVersion, Library, LibraryInvitation, LibraryPerson, LibraryRole, User
from app.services.libraries import checking, documents, libraries, people
from app.services.libraries.documents import DocumentConflictError
from app.studio.findings import list_findings
from tests.conftest import Clock, settings_for
from tests.support.factory import Factory, Person

pytestmark = pytest.mark.postgres
T = TypeVar("T")
FAULTY, SOUND = b"title: Ours\nmodules: [nowhere]\n", b"title: Ours\nmodules: [first-module]\n"


@pytest.fixture
def server_app(postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context():
        yield app
        db.engine.dispose()


def test_documents_are_saved_listed_and_uploaded(server_app: Flask, clock: Clock) -> None:
    """Fails when a statement is SQLite's alone."""
    with Session(db.engine, expire_on_commit=False) as session:
        trainer = Factory(server_app, session, clock).trainer()
        library = libraries.create(session, trainer.user, "Ours", clock.now)
        done = documents.upload(
            session,
            trainer.user,
            library,
            {f"n{n}.md": b"\0 %d" % n for n in range(50)},
            clock.now,
            removes_others=True,
        )
        documents.upload(session, trainer.user, library, {"n1.md": b"new"}, clock.now, removes_others=True)
        session.commit()

        document = documents.get_document(session, library, "n1.md")
        assert document is not None
        assert len(done.added) == 50
        assert documents.read_all(session, library) == {"n1.md": b"new"}
        assert [line.size for line in documents.list_versions(session, document)] == [3, 3]
        assert [line.documents for line in libraries.list_for(session, trainer.viewer)] == [1]
        assert set(session.scalars(select(DocumentVersion.number))) == {1, 2}


def test_of_two_people_who_save_at_once_one_sees_a_conflict(server_app: Flask, clock: Clock) -> None:
    with Session(db.engine, expire_on_commit=False) as session:
        trainer = Factory(server_app, session, clock).trainer()
        library = Factory(server_app, session, clock).library(trainer)

        _save(session, trainer, library.id, b"mine", clock, seen=1)
        with pytest.raises(DocumentConflictError):
            _do_meanwhile(session, lambda other: _save(other, trainer, library.id, b"theirs", clock, seen=1))

        assert documents.read_all(session, library)["course.yaml"] == b"mine"


def test_an_invitation_that_is_withdrawn_meanwhile_gives_no_role(server_app: Flask, clock: Clock) -> None:
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(server_app, session, clock)
        owner, invited = make.trainer(), make.trainer(email="late@example.org")
        library = make.library(owner)
        people.invite(session, owner.user, library, "late@example.org", LibraryRole.EDITOR, clock.now)
        session.commit()
        number = session.scalars(select(LibraryInvitation.id)).one()

        def accept(other: Session) -> Library | None:
            user = other.get_one(User, invited.user.id)
            return people.accept(other, user, number, clock.now)

        people.withdraw(session, owner.user, library, number, clock.now)

        assert _do_meanwhile(session, accept) is None
        assert session.scalars(select(LibraryPerson.user_id)).all() == [owner.user.id]


def test_an_invitation_that_is_accepted_in_two_tabs_opens_the_library_in_both(server_app: Flask, clock: Clock) -> None:
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(server_app, session, clock)
        owner, invited = make.trainer(), make.trainer(email="late@example.org")
        library = make.library(owner)
        people.invite(session, owner.user, library, "late@example.org", LibraryRole.EDITOR, clock.now)
        session.commit()
        number = session.scalars(select(LibraryInvitation.id)).one()

        def accept(other: Session) -> int:
            found = people.accept(other, other.get_one(User, invited.user.id), number, clock.now)
            return found.id if found else 0

        assert accept(session) == library.id
        assert _do_meanwhile(session, accept) == library.id


def test_findings_belong_to_the_texts_that_were_checked(server_app: Flask, clock: Clock) -> None:
    """Fails when a text that was saved between two statements is remembered as the one before it."""
    with Session(db.engine, expire_on_commit=False) as session:
        trainer = Factory(server_app, session, clock).trainer()
        library = Factory(server_app, session, clock).library(trainer)
        _save(session, trainer, library.id, FAULTY, clock, seen=1)
        session.commit()
        listed = documents.list_current(session, library)
        with Session(db.engine) as other:
            _save(other, trainer, library.id, SOUND, clock, seen=2)
            other.commit()
        checking.check(session, library, listed)

        _save(session, trainer, library.id, FAULTY, clock, seen=3)
        session.commit()
        found = checking.check(session, library, documents.list_current(session, library))

        assert "course.yaml" in list_findings(found)


def _save(session: Session, person: Person, library_id: int, text: bytes, clock: Clock, *, seen: int) -> None:
    library = session.get_one(Library, library_id)
    documents.save(session, person.user, library, "course.yaml", text, clock.now, seen=seen)


def _do_meanwhile(session: Session, action: Callable[[Session], T]) -> T:
    """Do something in another transaction, which has to wait until this one is committed."""
    engine = db.engine

    def run() -> T:
        with Session(engine) as other:
            done = action(other)
            other.commit()
            return done

    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(run)
        sleep(0.3)
        assert not result.done()
        session.commit()
        return result.result()
