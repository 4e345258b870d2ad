"""Publishing the course or a library: what is published now, a preview of changes, and publishing with an audit event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from app.domain.content import Course, Use
from app.domain.qualified_ids import qualify_course
from app.models import (
    LessonRow,
    Library,
    ModuleRow,
    ObjectiveRow,
    Publication,
    QuestionRow,
    User,
)
from app.services.course import about, catalogue, differences, impact, pictures, publisher, staging
from app.services.course.changes import PublicationChanges
from app.services.course.differences import ChangeGroup
from app.services.course.impact import PublicationImpact
from app.services.course.pictures import ModulePicture
from app.services.course.staging import CatalogueChanges, CatalogueCopy
from app.services.log import audit, subjects

MAX_PUBLICATIONS = 10
"""How many publications a page lists."""


class StalePreviewError(Exception):
    """The course, or the library, was published since the preview was made, or since the publication was prepared."""


@dataclass(frozen=True, slots=True)
class LiveModule:
    """A published module, and how much it contains."""

    slug: str
    title: str
    objectives: int
    lessons: int
    practice_questions: int
    test_questions: int
    exam_questions: int

    @property
    def questions(self) -> int:
        return self.practice_questions + self.test_questions + self.exam_questions


@dataclass(frozen=True, slots=True)
class LiveCourse:
    """The published course or library: the latest publication (None before the first), earlier ones, and the content."""

    publication: Publication | None
    modules: Sequence[LiveModule]
    sources: int
    earlier: Sequence[Publication]

    @property
    def lessons(self) -> int:
        return sum(module.lessons for module in self.modules)

    @property
    def practice_questions(self) -> int:
        return sum(module.practice_questions for module in self.modules)

    @property
    def test_questions(self) -> int:
        return sum(module.test_questions for module in self.modules)

    @property
    def exam_questions(self) -> int:
        return sum(module.exam_questions for module in self.modules)


@dataclass(frozen=True, slots=True)
class PublicationPreview:
    """The changes of a publication, and the attempts and assignments that they affect.

    ``groups`` describe the changes in words, in a preview only.
    """

    changes: PublicationChanges
    touched: PublicationImpact
    groups: tuple[ChangeGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedPublication:
    """A publication that can be written in a short transaction."""

    preview: PublicationPreview
    rows: CatalogueChanges
    pictures: Sequence[ModulePicture] = ()


def get_live(session: Session, library: Library | None = None) -> LiveCourse:
    number = library.id if library else None
    its = select(Publication).where(Publication.library_id == number)
    publications = session.scalars(its.order_by(Publication.id.desc()).limit(MAX_PUBLICATIONS)).all()
    return LiveCourse(
        publication=publications[0] if publications else None,
        modules=_list_modules(session, number),
        sources=len(about.get_bibliography(session).sources) if library is None else 0,
        earlier=publications[1:],
    )


def _list_modules(session: Session, library_id: int | None) -> list[LiveModule]:
    def count(table: type[ObjectiveRow | LessonRow | QuestionRow], *more: ColumnElement[bool]) -> ScalarSelect[int]:
        its = table.module_id == ModuleRow.id, table.retired_at.is_(None)
        return select(func.count(table.id)).where(*its, *more).correlate(ModuleRow).scalar_subquery()

    rows = session.execute(
        select(
            ModuleRow.slug,
            ModuleRow.title,
            count(ObjectiveRow),
            count(LessonRow),
            count(QuestionRow, QuestionRow.use == Use.PRACTICE),
            count(QuestionRow, QuestionRow.use == Use.TEST),
            count(QuestionRow, QuestionRow.use == Use.EXAM),
        )
        .where(ModuleRow.retired_at.is_(None), ModuleRow.library_id == library_id)
        .order_by(ModuleRow.position)
    )
    return [LiveModule(*row) for row in rows]


def preview(session: Session, course: Course, now: datetime, library: Library | None = None) -> PublicationPreview:
    """Publish into a copy of the catalogue in memory, and return the changes."""
    with staging.copy_catalogue(session, library.id if library else None) as copy:
        changes = _write(copy, course, now, library)
        groups = differences.describe_changes(session, copy.session, changes)
        touched = impact.get_impact(session, copy.session, changes, now)
    return PublicationPreview(changes, touched, groups)


def prepare(
    session: Session, course: Course, files: str, now: datetime, library: Library | None = None
) -> PreparedPublication:
    """Find out what publishing ``course`` would write. ``files`` is the fingerprint of its files or documents.

    This takes a second, and only reads: call it without the write lock.
    """
    with staging.copy_catalogue(session, library.id if library else None) as copy:
        changes = _write(copy, course, now, library)
        latest = catalogue.get_publication(copy.session, copy.library_id)
        assert latest is not None
        latest.files = files
        touched = impact.get_impact(session, copy.session, changes, now)
        shown = pictures.list_pictures(course, library)
        return PreparedPublication(PublicationPreview(changes, touched), copy.list_changes(), shown)


def _write(copy: CatalogueCopy, course: Course, now: datetime, library: Library | None) -> PublicationChanges:
    written = qualify_course(course, library.slug) if library else course
    return publisher.write_course(copy.session, written, now, copy.library_id)


def publish(
    session: Session, actor: User | None, prepared: PreparedPublication, now: datetime, *, seen: int | None = None
) -> PublicationPreview:
    """Write a prepared publication.

    ``seen`` is the id of the publication that a preview was compared with, 0 if there was none.

    :raise StalePreviewError: the course was published since the preview, or since it was prepared.
    """
    rows, changes = prepared.rows, prepared.preview.changes
    write(session, prepared, seen=seen)
    if changes:
        counts = {kind: len(slugs) for kind, slugs in sorted(changes.by_kind.items())}
        audit.record(
            session,
            actor,
            "content.publish" if rows.library_id is None else "library.publish",
            _get_subject(session, rows.library_id),
            now,
            changes=counts,
        )
    return prepared.preview


def write(session: Session, prepared: PreparedPublication, *, seen: int | None) -> None:
    """Write the rows of a prepared publication, as :func:`publish` does, but nothing to the audit log."""
    rows = prepared.rows
    if (seen is not None and rows.based_on != seen) or not staging.write_changes(session, rows):
        raise StalePreviewError
    pictures.add_pictures(session, prepared.pictures)


def _get_subject(session: Session, library_id: int | None) -> str:
    """Return the subject of a publication for the audit log."""
    if library_id is not None:
        return subjects.make_reference("library", library_id)
    latest = catalogue.get_publication(session)
    assert latest is not None
    return subjects.make_reference("content", latest.id)
