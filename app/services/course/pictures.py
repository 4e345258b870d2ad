"""The pictures that figures of published modules show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, insert, or_, select
from sqlalchemy.orm import Session

from app.domain.content import Course, Picture
from app.domain.qualified_ids import qualify_course
from app.models import Assignment, Attempt, Learner, LessonRow, Library, ModuleRow, PictureRow, QuestionVersion
from app.permissions import Viewer, asks_about, draws_on, opens_module, teaches
from app.services.course import catalogue
from app.services.course.memory import get_memory

_ADDRESS = re.compile(r"/pictures/[0-9a-f]{64}\.[a-z]+")


@dataclass(frozen=True, slots=True)
class ModulePicture:
    """A picture of the module with a slug."""

    slug: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class PictureFile:
    """The bytes of a picture as browsers get them. ``is_public``: everybody may see it."""

    media_type: str
    body: bytes
    is_public: bool = False


def list_pictures(course: Course, library: Library | None) -> list[ModulePicture]:
    """Return the pictures of a course or a library by the slugs that its modules have in the catalogue."""
    modules = (qualify_course(course, library.slug) if library else course).modules
    return [ModulePicture(module.id, picture) for module in modules for picture in module.pictures]


def add_pictures(session: Session, shown: Sequence[ModulePicture]) -> None:
    """Add the pictures that are not stored yet. Their modules are published."""
    if not shown:
        return
    modules = select(ModuleRow.slug, ModuleRow.id).where(ModuleRow.slug.in_({one.slug for one in shown}))
    numbers = {slug: number for slug, number in session.execute(modules)}
    stored = select(PictureRow.module_id, PictureRow.digest).where(PictureRow.module_id.in_(numbers.values()))
    present = {(number, digest) for number, digest in session.execute(stored)}
    rows = {(numbers[one.slug], one.picture.digest): one.picture for one in shown}
    added = [
        {"module_id": number, "digest": digest, "media_type": picture.media_type, "body": picture.body}
        for (number, digest), picture in rows.items()
        if (number, digest) not in present
    ]
    if added:
        session.execute(insert(PictureRow), added)


def list_shown(session: Session) -> tuple[str, ...]:
    """Return the addresses of the pictures that the current lessons of the course show, also in their checks.

    Other pictures belong to other questions, or to earlier versions.
    """
    return get_memory(session).remember("pictures", lambda: _find_shown(session))


def _find_shown(session: Session) -> tuple[str, ...]:
    found = (
        select(LessonRow.body)
        .join(ModuleRow, ModuleRow.id == LessonRow.module_id)
        .where(LessonRow.retired_at.is_(None), ModuleRow.library_id.is_(None), ModuleRow.retired_at.is_(None))
    )
    parts = [part for body in session.scalars(found) for part in body["parts"]]
    asked = catalogue.list_checks(session, {part["check"] for part in parts if "check" in part}).values()
    versions = [candidate.version_id for candidate in asked]
    drawn = session.scalars(select(QuestionVersion.picture).where(QuestionVersion.id.in_(versions))) if versions else ()
    markup = [*(part["html"] for part in parts if "html" in part), *filter(None, drawn)]
    return tuple(sorted({address for one in markup for address in _ADDRESS.findall(one)}))


def get_picture_for(session: Session, viewer: Viewer, digest: str) -> PictureFile | None:
    """Return a picture of a module that the viewer may open, has attempted, or has assigned as a trainer of a cohort."""
    its_cohorts = exists().where(draws_on(Assignment, ModuleRow.id), teaches(viewer, Assignment.cohort_id))
    sees = [opens_module(viewer, ModuleRow.id, ModuleRow.library_id), its_cohorts.correlate(ModuleRow)]
    if viewer.learner is not None:
        sees.append(_has_attempted(viewer.learner))
    found = (
        select(PictureRow.media_type, PictureRow.body, ModuleRow.library_id)
        .join(ModuleRow, ModuleRow.id == PictureRow.module_id)
        .where(PictureRow.digest == digest, or_(*sees))
        .order_by(ModuleRow.library_id.is_not(None))
        .limit(1)
    )
    row = session.execute(found).first()
    return PictureFile(row[0], row[1], is_public=row[2] is None) if row else None


def _has_attempted(learner: Learner) -> ColumnElement[bool]:
    """Build the condition that a paper of the learner has questions of the statement's ``ModuleRow``."""
    its = exists().where(asks_about(Attempt, ModuleRow.id), Attempt.learner_id == learner.id)
    return its.correlate_except(Attempt)
