"""Publishing the course from its files: what is live, what would change, and the step itself, noted in the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import create_engine, func, insert, select
from sqlalchemy.orm import Session

from app.content import publisher
from app.content.publisher import Changes
from app.db import Base
from app.domain.content import Course, Use
from app.models import (
    LessonRow,
    ModuleRow,
    MuscleRow,
    ObjectiveRow,
    Publication,
    QuestionKey,
    QuestionRow,
    QuestionVersion,
    SourceRow,
    User,
    ZoneRow,
)
from app.services import audit
from app.services.course import catalogue, lifecycle
from app.services.course.lifecycle import Touched

SHOWN = 10
"""How many publications a page lists."""

_CATALOGUE: tuple[type[Base], ...] = (
    Publication,
    SourceRow,
    ZoneRow,
    MuscleRow,
    ModuleRow,
    ObjectiveRow,
    LessonRow,
    QuestionRow,
    QuestionVersion,
    QuestionKey,
)


class OvertakenError(Exception):
    """Somebody published since the preview was made."""


@dataclass(frozen=True, slots=True)
class Live:
    """What learners are taught now: the latest publication, None before the first, and how much there is of each kind."""

    publication: Publication | None
    counts: Sequence[tuple[str, int]]
    earlier: Sequence[Publication]


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing would change, and what it would touch."""

    changes: Changes
    touched: Touched


def live(session: Session) -> Live:
    """Seven statements, whatever the size."""
    publications = session.scalars(select(Publication).order_by(Publication.id.desc()).limit(SHOWN)).all()
    questions = select(func.count(QuestionRow.id)).where(QuestionRow.retired_at.is_(None))
    counts = (
        ("module", select(func.count(ModuleRow.id)).where(ModuleRow.retired_at.is_(None))),
        ("objective", select(func.count(ObjectiveRow.id)).where(ObjectiveRow.retired_at.is_(None))),
        ("lesson", select(func.count(LessonRow.id)).where(LessonRow.retired_at.is_(None))),
        ("practice question", questions.where(QuestionRow.use == Use.PRACTICE)),
        ("test question", questions.where(QuestionRow.use == Use.TEST)),
        ("source", select(func.count(SourceRow.id))),
    )
    return Live(
        publication=publications[0] if publications else None,
        counts=[(what, session.scalar(statement) or 0) for what, statement in counts],
        earlier=publications[1:],
    )


def preview(session: Session, course: Course, now: datetime) -> Preview:
    """Publish into a copy of the catalogue in memory, and say what that changed.

    A rehearsal in the database itself would hold its write lock for a second, and learners' answers would wait.
    """
    engine = create_engine("sqlite://")
    try:
        Base.metadata.create_all(engine, tables=[table.__table__ for table in _CATALOGUE])  # type: ignore[misc]
        with Session(engine) as copy:
            for table in _CATALOGUE:
                _copy(session, copy, table)
            changes = publisher.publish(copy, course, now)
            copy.rollback()
    finally:
        engine.dispose()
    return Preview(changes, lifecycle.touched(session, changes, now))


def publish(
    session: Session,
    actor: User | None,
    course: Course,
    files: str,
    now: datetime,
    *,
    seen: int | None = None,
) -> Preview:
    """Publish ``course``, whose files have the fingerprint ``files``; ``seen`` is the publication that a preview was compared with.

    :raise OvertakenError: there is a later publication than ``seen``.
    """
    latest = catalogue.get_publication(session)
    if seen is not None and (latest.id if latest else 0) != seen:
        raise OvertakenError
    changes = publisher.publish(session, course, now)
    touched = lifecycle.touched(session, changes, now)
    latest = catalogue.get_publication(session)
    assert latest is not None
    latest.files = files
    if changes:
        counts = {kind: len(slugs) for kind, slugs in sorted(changes.by_kind.items())}
        audit.record(session, actor, "content.publish", f"content:{latest.id}", now, changes=counts)
    return Preview(changes, touched)


def _copy(session: Session, copy: Session, table: type[Base]) -> None:
    """Copy what publishing compares with: of publications the latest, of versions the current ones, of keys none."""
    found = select(*table.__table__.columns)
    if table is QuestionKey:
        return
    if table is QuestionVersion:
        found = found.where(QuestionVersion.superseded_at.is_(None))
    if table is Publication:
        found = found.order_by(Publication.id.desc()).limit(1)
    rows = [dict(row) for row in session.execute(found).mappings()]
    if rows:
        copy.execute(insert(table), rows)
