"""What is published: modules, lessons, sources, and question versions, which never change and so are kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session

from app.domain.content import Key, Level, Source, Use
from app.domain.paper import Candidate, Line
from app.domain.question import Explained, Shown
from app.models import (
    LessonRow,
    ModuleRow,
    ObjectiveRow,
    Publication,
    QuestionKey,
    QuestionRow,
    QuestionVersion,
    SourceRow,
)

T = TypeVar("T")

KEPT_VERSIONS = 20_000
"""How many question versions a process keeps (about 2 kB each); beyond that it starts afresh."""


@dataclass(frozen=True, slots=True)
class LessonLine:
    """A lesson without its text, for lists."""

    id: int
    slug: str
    module_id: int
    title: str
    hook: str
    minutes: int
    revision: int
    published_at: datetime


class _Kept:
    """What one process keeps of one database. Versions are immutable, so nothing here is ever out of date."""

    __slots__ = ("__weakref__", "keys", "shown")

    def __init__(self) -> None:
        self.shown: dict[int, Shown] = {}
        self.keys: dict[int, Explained] = {}


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()


def _kept_of(session: Session) -> _Kept:
    return _kept.setdefault(session.get_bind().engine, _Kept())


def forget(session: Session) -> None:
    """Forget what is kept of this database: for tests that roll a publication back."""
    _kept.pop(session.get_bind().engine, None)


def _from_memory(kept: dict[int, T], ids: Iterable[int], load: Callable[[list[int]], dict[int, T]]) -> dict[int, T]:
    ids = list(ids)
    missing = [i for i in ids if i not in kept]
    if missing:
        if len(kept) > KEPT_VERSIONS:
            kept.clear()
            missing = ids
        kept.update(load(missing))
    return {i: kept[i] for i in ids}


def shown(session: Session, version_ids: Iterable[int]) -> dict[int, Shown]:
    """What may be shown of these versions, by id: at most one statement, none once they are in memory."""

    def load(missing: list[int]) -> dict[int, Shown]:
        rows = session.scalars(select(QuestionVersion).where(QuestionVersion.id.in_(missing)))
        return {
            row.id: Shown(
                version_id=row.id,
                question_id=row.question_id,
                objective_id=row.objective_id,
                number=row.number,
                kind=row.kind,
                is_critical=row.is_critical,
                vignette=row.vignette,
                stem=row.stem,
                options=tuple(row.options),
                prompts=tuple(row.prompts),
                unit=row.unit,
                picture=row.picture,
            )
            for row in rows
        }

    return _from_memory(_kept_of(session).shown, version_ids, load)


def keys(session: Session, version_ids: Iterable[int]) -> dict[int, Explained]:
    """The keys of these versions: only marking and released feedback ask for them."""

    def load(missing: list[int]) -> dict[int, Explained]:
        rows = session.scalars(select(QuestionKey).where(QuestionKey.version_id.in_(missing)))
        return {
            row.version_id: Explained(
                key=Key(tuple(row.correct), tuple(row.near), row.value, row.tolerance, tuple(row.whys)),
                explanation=row.explanation,
                sources=tuple(row.sources),
            )
            for row in rows
        }

    return _from_memory(_kept_of(session).keys, version_ids, load)


_SOURCES = select(SourceRow.slug, SourceRow.body).where(SourceRow.slug.in_(bindparam("slugs", expanding=True)))


def sources(session: Session, slugs: Iterable[str]) -> dict[str, Source]:
    """These entries of the bibliography by id, in the order asked for; unknown ones are left out."""
    wanted = list(dict.fromkeys(slugs))
    if not wanted:
        return {}
    found = {slug: Source(**body) for slug, body in session.execute(_SOURCES, {"slugs": wanted})}
    return {slug: found[slug] for slug in wanted if slug in found}


def get_publication(session: Session) -> Publication | None:
    return session.scalar(select(Publication).order_by(Publication.id.desc()).limit(1))


# Statements that take an attempt's path are built once: building one costs more than running it.
_MODULE = select(ModuleRow).where(ModuleRow.slug == bindparam("slug"), ModuleRow.retired_at.is_(None))


def get_module(session: Session, slug: str) -> ModuleRow | None:
    """A live module."""
    return session.scalar(_MODULE, {"slug": slug})


def list_modules(session: Session) -> Sequence[ModuleRow]:
    return session.scalars(select(ModuleRow).where(ModuleRow.retired_at.is_(None)).order_by(ModuleRow.position)).all()


_OBJECTIVES = (
    select(ObjectiveRow)
    .join(ModuleRow)
    .where(ObjectiveRow.retired_at.is_(None), ModuleRow.retired_at.is_(None))
    .order_by(ModuleRow.position, ObjectiveRow.position)
)
_OBJECTIVES_OF = _OBJECTIVES.where(ObjectiveRow.module_id == bindparam("module_id"))


def list_objectives(session: Session, module_id: int | None = None) -> Sequence[ObjectiveRow]:
    """The live objectives in the order of the course, of one module or of all."""
    if module_id is None:
        return session.scalars(_OBJECTIVES).all()
    return session.scalars(_OBJECTIVES_OF, {"module_id": module_id}).all()


_LESSONS = (
    select(
        LessonRow.id,
        LessonRow.slug,
        LessonRow.module_id,
        LessonRow.title,
        LessonRow.hook,
        LessonRow.minutes,
        LessonRow.revision,
        LessonRow.published_at,
    )
    .where(LessonRow.retired_at.is_(None))
    .order_by(LessonRow.module_id, LessonRow.position)
)
_LESSONS_OF = _LESSONS.where(LessonRow.module_id == bindparam("module_id"))


def list_lessons(session: Session, module_id: int | None = None) -> list[LessonLine]:
    """The live lessons of one module, or of all, without their text."""
    found = session.execute(_LESSONS) if module_id is None else session.execute(_LESSONS_OF, {"module_id": module_id})
    return [LessonLine(*row) for row in found]


def get_lesson(session: Session, module_id: int, slug: str) -> LessonRow | None:
    return session.scalar(
        select(LessonRow).where(
            LessonRow.slug == slug, LessonRow.module_id == module_id, LessonRow.retired_at.is_(None)
        )
    )


def find_lesson(session: Session, slug: str) -> tuple[str, str] | None:
    """The module and the lesson itself, as slugs, wherever in the course a live lesson is."""
    found = session.execute(
        select(ModuleRow.slug, LessonRow.slug)
        .join(LessonRow, LessonRow.module_id == ModuleRow.id)
        .where(LessonRow.slug == slug, LessonRow.retired_at.is_(None))
    ).one_or_none()
    return (found[0], found[1]) if found else None


# Drawing needs no text: a few small columns a question.
_CANDIDATES = (
    select(
        QuestionRow.id,
        QuestionVersion.id,
        QuestionVersion.objective_id,
        QuestionRow.level,
        QuestionVersion.option_count,
        QuestionVersion.is_order_fixed,
    )
    .join(
        QuestionVersion,
        (QuestionVersion.question_id == QuestionRow.id) & QuestionVersion.superseded_at.is_(None),
    )
    .where(QuestionRow.retired_at.is_(None), QuestionRow.use == bindparam("use", type_=QuestionRow.use.type))
    .order_by(QuestionRow.id)
)
_POOL = _CANDIDATES.where(QuestionRow.module_id == bindparam("module_id"))


def pool(session: Session, module_id: int, use: Use) -> list[Candidate]:
    """The questions of a module that may be drawn now, in a stable order."""
    return [Candidate(*row) for row in session.execute(_POOL, {"module_id": module_id, "use": use})]


def list_checks(session: Session, slugs: Iterable[str]) -> dict[str, Candidate]:
    """Practice questions by their author's ids, for the checks of a lesson."""
    wanted = list(slugs)
    if not wanted:
        return {}
    found = session.execute(
        _CANDIDATES.add_columns(QuestionRow.slug).where(QuestionRow.slug.in_(wanted)), {"use": Use.PRACTICE}
    )
    return {slug: Candidate(*candidate) for *candidate, slug in found}


def blueprint(module: ModuleRow, objectives: Iterable[ObjectiveRow]) -> list[Line]:
    """The blueprint of a module's test with row ids for the objectives' slugs."""
    ids = {objective.slug: objective.id for objective in objectives}
    return [
        Line(ids[line["objective"]], line["questions"], Level(line["level"]) if line.get("level") else None)
        for line in module.blueprint
        if line["objective"] in ids
    ]
