"""A published library with texts that can be recognised, and a cohort to assign its module to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Library, ModuleRow, User
from app.services.course import publishing
from app.services.libraries import documents, publication

MODULE = "first-module"
QUESTIONS = "1-first-module/questions/first-objective.yaml"


def publish(session: Session, actor: User, library: Library, now: datetime) -> publication.LibraryState:
    """Publish a library as it is, and return its state."""
    files = publication.check(session, library).files
    prepared = publication.prepare(session, library, now, files=files)
    publishing.publish(session, actor, prepared, now)
    session.commit()
    return publication.get_state(session, library, documents.list_current(session, library))


def unpublish(session: Session, actor: User, library: Library, now: datetime) -> None:
    prepared = publication.prepare_withdrawal(session, library, now)
    publication.withdraw(session, actor, library, prepared, now, seen=prepared.rows.based_on)
    session.commit()


def get_module(session: Session, library: Library, name: str = MODULE) -> ModuleRow:
    """The row of a published module, as another process would read it."""
    found = select(ModuleRow).where(ModuleRow.slug == f"{library.slug}.{name}")
    return session.scalars(found.execution_options(populate_existing=True)).one()


def replace_text(session: Session, actor: User, library: Library, path: str, old: str, new: str, now: datetime) -> None:
    """Change a document of a library."""
    before = documents.get_current(session, library, path)
    assert before is not None
    assert old.encode() in before.body
    body = before.body.replace(old.encode(), new.encode())
    documents.save(session, actor, library, path, body, now, seen=before.revision)
    session.commit()
