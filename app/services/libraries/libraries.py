"""Create, list, load, rename and delete libraries."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy import delete as sql_delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.models import Library, LibraryDocument, LibraryPerson, LibraryRole, ModuleRow, Publication, User
from app.permissions import Viewer, may_administer, reads_library, sits_test_on
from app.services.log import audit, subjects

MAX_OWNED = 50
"""How many libraries one person can own."""

_MAX_SLUG = 60
_MAX_TRIES = 5


class TooManyLibrariesError(Exception):
    """The person owns :data:`MAX_OWNED` libraries."""


class PublishedError(Exception):
    """The library is or was published, and so cannot be deleted."""


@dataclass(frozen=True, slots=True)
class OpenLibrary:
    """A library with the viewer's role in it. Having one proves that the viewer may read it.

    ``is_hidden``: they have a test on one of its modules as a learner, and so may not see its documents.
    """

    library: Library
    role: LibraryRole
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class LibraryLine:
    """A library in a list. ``people`` counts the people with a role in it, and ``modules`` the published modules."""

    library: Library
    role: LibraryRole
    documents: int
    people: int
    modules: int


def create(session: Session, actor: User, name: str, now: datetime) -> Library:
    """Create an empty library that ``actor`` owns.

    :raise TooManyLibrariesError: they own too many.
    """
    owned = select(func.count()).where(LibraryPerson.user_id == actor.id, LibraryPerson.role == LibraryRole.OWNER)
    if (session.scalar(owned) or 0) >= MAX_OWNED:
        raise TooManyLibrariesError
    library = _add(session, name, now)
    session.add(LibraryPerson(library_id=library.id, user_id=actor.id, role=LibraryRole.OWNER))
    audit.record(session, actor, "library.create", get_subject(library), now)
    return library


def _add(session: Session, name: str, now: datetime) -> Library:
    """Add a library with an unused slug, even if others take one at the same moment."""
    for _attempt in range(_MAX_TRIES):
        library = Library(name=name, slug=_choose_slug(session, name), created_at=now, stored_bytes=0)
        try:
            with session.begin_nested():
                session.add(library)
        except IntegrityError:
            continue
        return library
    raise RuntimeError("no unused slug")


def get_for(session: Session, viewer: Viewer, slug: str) -> OpenLibrary | None:
    """Return a library if the viewer may read it."""
    its_module = exists().where(ModuleRow.library_id == Library.id, sits_test_on(viewer, ModuleRow.id))
    found = _select_open(viewer).add_columns(its_module.correlate_except(ModuleRow)).where(Library.slug == slug)
    row = session.execute(found).first()
    return OpenLibrary(row[0], _get_role(viewer, row[1]), row[2]) if row else None


def list_for(session: Session, viewer: Viewer) -> list[LibraryLine]:
    """Return the libraries that the viewer may read, by name."""
    documents = (
        select(func.count())
        .where(LibraryDocument.library_id == Library.id, LibraryDocument.removed_at.is_(None))
        .scalar_subquery()
    )
    people = (
        select(func.count()).select_from(LibraryPerson).where(LibraryPerson.library_id == Library.id).correlate(Library)
    ).scalar_subquery()
    modules = (
        select(func.count())
        .where(ModuleRow.library_id == Library.id, ModuleRow.retired_at.is_(None))
        .correlate(Library)
        .scalar_subquery()
    )
    found = _select_open(viewer).add_columns(documents, people, modules).order_by(func.lower(Library.name), Library.id)
    return [LibraryLine(library, _get_role(viewer, role), *counts) for library, role, *counts in session.execute(found)]


def rename(session: Session, actor: User, library: Library, name: str, now: datetime) -> None:
    """Change the name of a library. Its address stays the same."""
    if library.name != name:
        audit.record(session, actor, "library.rename", get_subject(library), now, old=library.name, new=name)
        library.name = name


def was_published(session: Session, library: Library) -> bool:
    """Return whether a library is or was published. Then its questions may be in attempts, and it cannot be deleted."""
    return session.scalar(select(exists().where(Publication.library_id == library.id))) or False


def delete(session: Session, actor: User, library: Library, now: datetime) -> None:
    """Delete a library with all its documents and their history, and end its invitations and roles.

    :raise PublishedError: it is or was published.
    """
    session.execute(lock_rows(select(Library.id).where(Library.id == library.id), Library))
    if was_published(session, library):
        raise PublishedError
    audit.record(session, actor, "library.delete", get_subject(library), now, name=library.name)
    session.execute(sql_delete(Library).where(Library.id == library.id))


def get_subject(library: Library) -> str:
    return subjects.make_reference("library", library.id)


def _select_open(viewer: Viewer) -> Select[Library, LibraryRole | None]:
    user_id = viewer.user.id if viewer.user else None
    return (
        select(Library, LibraryPerson.role)
        .outerjoin(LibraryPerson, (LibraryPerson.library_id == Library.id) & (LibraryPerson.user_id == user_id))
        .where(reads_library(viewer, Library.id))
    )


def _get_role(viewer: Viewer, role: LibraryRole | None) -> LibraryRole:
    """Return the role that counts: administrators have the rights of an owner."""
    return LibraryRole.OWNER if role is None or may_administer(viewer) else role


def _choose_slug(session: Session, name: str) -> str:
    """Return an unused slug made of the letters and digits of a name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    stem = "-".join(words)[:_MAX_SLUG].strip("-") or "library"
    taken = set(session.scalars(select(Library.slug).where(or_(Library.slug == stem, Library.slug.like(f"{stem}-%")))))
    number = 2
    slug = stem
    while slug in taken:
        slug, number = f"{stem}-{number}", number + 1
    return slug
