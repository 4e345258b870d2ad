"""Publishing a library: its state, a preview of the consequences, publishing, and ending the publication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.content.faults import Fault
from app.content.publishable import find_course_parts
from app.domain.attempt import AttemptState
from app.domain.content import Course
from app.domain.qualified_ids import drop_library
from app.models import Attempt, Library, LibraryDocument, ModuleRow, User
from app.permissions import asks_about
from app.services.course import publishing
from app.services.course.publishing import LiveCourse, PreparedPublication, PublicationPreview
from app.services.libraries import checking
from app.services.libraries.libraries import get_subject
from app.services.log import audit


class NotPublishableError(Exception):
    """The documents have faults."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(len(faults))
        self.faults = faults


class DocumentsChangedError(Exception):
    """A document was changed since the preview was made."""


@dataclass(frozen=True, slots=True)
class LibraryState:
    """What is published of a library. ``is_current``: exactly the documents that it has now."""

    live: LiveCourse
    is_current: bool

    @property
    def is_published(self) -> bool:
        return bool(self.live.modules)


@dataclass(frozen=True, slots=True)
class CheckedLibrary:
    """The documents of a library as they are now. ``files`` is their fingerprint; ``course`` is None if there are faults."""

    files: str
    course: Course | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class WithdrawalImpact:
    """What ending a publication affects. Assignments are titles with their cohort's."""

    open_attempts: int
    assignments: tuple[str, ...]


def get_state(session: Session, library: Library, listed: Sequence[LibraryDocument]) -> LibraryState:
    """Return what is published. ``listed`` are the current documents."""
    live = publishing.get_live(session, library)
    files = live.publication.files if live.publication else None
    return LibraryState(live, bool(live.modules) and files == checking.compute_key(listed))


def check(session: Session, library: Library) -> CheckedLibrary:
    """Check whether the documents can be published. This may take seconds: call it without the write lock."""
    files, loaded = checking.check_now(session, library)
    faults = loaded.faults or find_course_parts(loaded.material)
    return CheckedLibrary(files, None if faults else loaded.course, faults)


def preview(session: Session, library: Library, course: Course, now: datetime) -> PublicationPreview:
    """Return what publishing would change. Ids are as the author wrote them."""
    found = publishing.preview(session, course, now, library)
    groups = tuple(
        replace(group, items=tuple(replace(item, slug=drop_library(item.slug)) for item in group.items))
        for group in found.groups
    )
    return replace(found, groups=groups)


def prepare(session: Session, library: Library, now: datetime, *, files: str) -> PreparedPublication:
    """Find out what publishing would write. ``files`` is the fingerprint that the preview showed.

    This may take seconds, and only reads: call it without the write lock.

    :raise DocumentsChangedError: a document was changed since.
    :raise NotPublishableError: the documents have faults.
    """
    checked = check(session, library)
    if checked.files != files:
        raise DocumentsChangedError
    if checked.course is None:
        raise NotPublishableError(checked.faults)
    return publishing.prepare(session, checked.course, files, now, library)


def preview_withdrawal(session: Session, library: Library, now: datetime) -> WithdrawalImpact:
    """Return the attempts in progress, and the assignments that could not be started any more."""
    of_library = exists().where(ModuleRow.library_id == library.id, asks_about(Attempt, ModuleRow.id))
    open_attempts = session.scalar(
        select(func.count(Attempt.id)).where(Attempt.state == AttemptState.OPEN, of_library.correlate(Attempt))
    )
    preview = publishing.preview(session, _build_empty(library), now, library)
    return WithdrawalImpact(open_attempts or 0, preview.touched.ended)


def prepare_withdrawal(session: Session, library: Library, now: datetime) -> PreparedPublication:
    """Find out what ending the publication would write: all rows of the library are retired."""
    return publishing.prepare(session, _build_empty(library), "", now, library)


def withdraw(
    session: Session, actor: User, library: Library, prepared: PreparedPublication, now: datetime, *, seen: int
) -> None:
    """End the publication. Attempts in progress and results stay; nothing new can be started.

    :raise StalePreviewError: the library was published since the preview.
    """
    publishing.write(session, prepared, seen=seen)
    audit.record(session, actor, "library.unpublish", get_subject(library), now)


def _build_empty(library: Library) -> Course:
    return Course(title=library.name, modules=(), sources=(), red_flags="")
