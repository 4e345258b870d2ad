"""The published course: modules, lessons, sources and questions. Question versions never change, so they are cached."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.orm import Session

from app.domain import kinds
from app.domain.content import Level, Source, Use
from app.domain.paper import Candidate, DrawRule, PoolSize
from app.domain.question import QuestionSolution, QuestionText
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
from app.permissions import Viewer, assigns_module, opens_module
from app.services.course.memory import CourseMemory, clear_memory

T = TypeVar("T")

MAX_CACHED = 20_000
"""How many question versions (about 2 kB each) a process caches. Above that, the cache is cleared."""


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


class _VersionCache:
    """A process's cache for one database. Versions are immutable, so entries never become outdated."""

    __slots__ = ("__weakref__", "keys", "shown")

    def __init__(self) -> None:
        self.shown: dict[int, QuestionText] = {}
        self.keys: dict[int, QuestionSolution] = {}


_caches: WeakKeyDictionary[Engine, _VersionCache] = WeakKeyDictionary()


def _get_cache(session: Session) -> _VersionCache:
    return _caches.setdefault(session.get_bind().engine, _VersionCache())


def clear_cache(session: Session) -> None:
    """Clear the caches of this database, for tests that roll back a publication."""
    clear_memory(session)
    _caches.pop(session.get_bind().engine, None)


def _get_cached(kept: dict[int, T], ids: Iterable[int], load: Callable[[list[int]], dict[int, T]]) -> dict[int, T]:
    ids = list(ids)
    missing = [i for i in ids if i not in kept]
    if missing:
        if len(kept) > MAX_CACHED:
            kept.clear()
            missing = ids
        kept.update(load(missing))
    return {i: kept[i] for i in ids}


def get_texts(session: Session, version_ids: Iterable[int]) -> dict[int, QuestionText]:
    """Return the texts of these versions, without their keys, by id."""

    def load(missing: list[int]) -> dict[int, QuestionText]:
        rows = session.scalars(select(QuestionVersion).where(QuestionVersion.id.in_(missing)))
        return {
            row.id: QuestionText(
                version_id=row.id,
                question_id=row.question_id,
                objective_id=row.objective_id,
                number=row.number,
                kind=kinds.get_kind(row.kind),
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

    return _get_cached(_get_cache(session).shown, version_ids, load)


def get_solutions(session: Session, version_ids: Iterable[int]) -> dict[int, QuestionSolution]:
    """Return the keys and explanations of these versions by id. Use them only for marking and released feedback."""

    def load(missing: list[int]) -> dict[int, QuestionSolution]:
        rows = session.execute(
            select(QuestionVersion.kind, QuestionKey)
            .join(QuestionVersion, QuestionVersion.id == QuestionKey.version_id)
            .where(QuestionKey.version_id.in_(missing))
        )
        return {
            row.version_id: QuestionSolution(
                key=kinds.get_kind(kind).load_key(row.body), explanation=row.explanation, sources=tuple(row.sources)
            )
            for kind, row in rows
        }

    return _get_cached(_get_cache(session).keys, version_ids, load)


_SOURCES = select(SourceRow.slug, SourceRow.body).where(SourceRow.slug.in_(bindparam("slugs", expanding=True)))


def list_sources(session: Session, slugs: Iterable[str]) -> dict[str, Source]:
    """Return these entries of the bibliography by slug, in the given order. Unknown ones are left out."""
    wanted = list(dict.fromkeys(slugs))
    if not wanted:
        return {}
    found = {slug: Source(**body) for slug, body in session.execute(_SOURCES, {"slugs": wanted})}
    return {slug: found[slug] for slug in wanted if slug in found}


def recall_sources(session: Session, memory: CourseMemory) -> Mapping[str, Source]:
    """Return the whole bibliography of the course or of a library by slug, from memory."""
    every = select(SourceRow.slug, SourceRow.body).where(SourceRow.library_id == memory.library_id)
    return memory.remember("sources", lambda: {slug: Source(**body) for slug, body in session.execute(every)})


def get_publication(session: Session, library_id: int | None = None) -> Publication | None:
    """Return the live publication of the course or of a library."""
    its = select(Publication).where(Publication.library_id == library_id)
    return session.scalar(its.order_by(Publication.id.desc()).limit(1))


# Statements that attempts run are built once, because building one takes longer than running it.
_MODULE = select(ModuleRow).where(ModuleRow.slug == bindparam("slug"), ModuleRow.retired_at.is_(None))


def get_module(session: Session, slug: str) -> ModuleRow | None:
    return session.scalar(_MODULE, {"slug": slug})


def get_module_for(session: Session, viewer: Viewer, slug: str) -> ModuleRow | None:
    """Return a current module that the viewer may open. Modules of the course cost no further statement."""
    module = get_module(session, slug)
    if module is None or module.library_id is None:
        return module
    may_open = opens_module(viewer, ModuleRow.id, ModuleRow.library_id)
    return session.scalar(select(ModuleRow).where(ModuleRow.id == module.id, may_open))


_MODULES = select(ModuleRow).where(ModuleRow.retired_at.is_(None)).order_by(ModuleRow.position)


def list_modules(session: Session, library_id: int | None = None) -> Sequence[ModuleRow]:
    """List the current modules of the course, or of a library."""
    return session.scalars(_MODULES.where(ModuleRow.library_id == library_id)).all()


def list_assignable_modules(session: Session, viewer: Viewer) -> Sequence[ModuleRow]:
    """List the current modules that the viewer may assign: those of the course, then those of each library."""
    may = assigns_module(viewer, ModuleRow.library_id)
    order = (func.coalesce(ModuleRow.library_id, 0), ModuleRow.position)
    return session.scalars(select(ModuleRow).where(ModuleRow.retired_at.is_(None), may).order_by(*order)).all()


_OBJECTIVES_OF = (
    select(ObjectiveRow)
    .join(ModuleRow)
    .where(ObjectiveRow.retired_at.is_(None), ModuleRow.retired_at.is_(None))
    .where(ObjectiveRow.module_id == bindparam("module_id"))
    .order_by(ObjectiveRow.position)
)


def list_objectives(session: Session, module_id: int) -> Sequence[ObjectiveRow]:
    """List the current objectives of a module in their order."""
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
_LESSONS_OF_MANY = _LESSONS.where(LessonRow.module_id.in_(bindparam("module_ids", expanding=True)))


def list_lessons(session: Session, module_id: int) -> list[LessonLine]:
    """List the current lessons of a module, without their text."""
    return [LessonLine(*row) for row in session.execute(_LESSONS_OF, {"module_id": module_id})]


def list_lessons_of(session: Session, modules: Iterable[ModuleRow]) -> list[LessonLine]:
    """List the current lessons of these modules, without their text."""
    ids = [module.id for module in modules]
    return [LessonLine(*row) for row in session.execute(_LESSONS_OF_MANY, {"module_ids": ids})] if ids else []


_LESSON = select(LessonRow).where(
    LessonRow.slug == bindparam("slug"), LessonRow.module_id == bindparam("module_id"), LessonRow.retired_at.is_(None)
)


def get_lesson(session: Session, module_id: int, slug: str) -> LessonRow | None:
    return session.scalar(_LESSON, {"slug": slug, "module_id": module_id})


# Drawing needs no text, only a few small columns of each question.
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
_POOL_ON = _CANDIDATES.where(QuestionVersion.objective_id.in_(bindparam("objective_ids", expanding=True)))


def list_pool(session: Session, module_id: int, use: Use) -> list[Candidate]:
    """List the questions of a module that can be drawn now, in a stable order."""
    return [Candidate(*row) for row in session.execute(_POOL, {"module_id": module_id, "use": use})]


def list_practice_pool(session: Session, objective_ids: Iterable[int]) -> list[Candidate]:
    """List the practice questions on these objectives that can be drawn now, in a stable order."""
    found = session.execute(_POOL_ON, {"objective_ids": list(objective_ids), "use": Use.PRACTICE})
    return [Candidate(*row) for row in found]


@dataclass(frozen=True, slots=True)
class ObjectivePool:
    """The number of questions of one pool, objective and level. ``read`` is the objective's lesson and section."""

    module_id: int
    use: Use
    objective: str
    read: str | None
    size: PoolSize


_POOL_SIZES = (
    select(
        ObjectiveRow.module_id,
        QuestionRow.use,
        ObjectiveRow.slug,
        ObjectiveRow.read,
        ObjectiveRow.id,
        QuestionRow.level,
        func.count(QuestionRow.id),
    )
    .join(QuestionVersion, QuestionVersion.objective_id == ObjectiveRow.id)
    .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
    .where(
        QuestionVersion.superseded_at.is_(None),
        ObjectiveRow.retired_at.is_(None),
        QuestionRow.module_id == ObjectiveRow.module_id,
        QuestionRow.retired_at.is_(None),
        QuestionRow.use != Use.PRACTICE,
        ObjectiveRow.module_id.in_(bindparam("module_ids", expanding=True)),
    )
    .group_by(
        *(ObjectiveRow.module_id, QuestionRow.use, ObjectiveRow.slug, ObjectiveRow.read, ObjectiveRow.id),
        QuestionRow.level,
    )
)


def list_pool_sizes(session: Session, module_ids: Collection[int]) -> list[ObjectivePool]:
    """Count the test and exam questions that can be drawn now in these modules, by objective and level."""
    rows = session.execute(_POOL_SIZES, {"module_ids": list(module_ids)}) if module_ids else ()
    return [
        ObjectivePool(module_id, use, slug, read, PoolSize(objective_id, level, questions))
        for module_id, use, slug, read, objective_id, level, questions in rows
    ]


_CHECKS = _CANDIDATES.add_columns(QuestionRow.slug).where(QuestionRow.slug.in_(bindparam("slugs", expanding=True)))


def list_checks(session: Session, slugs: Iterable[str]) -> dict[str, Candidate]:
    """Return practice questions by slug, for the checks of a lesson."""
    wanted = list(slugs)
    if not wanted:
        return {}
    found = session.execute(_CHECKS, {"use": Use.PRACTICE, "slugs": wanted})
    return {slug: Candidate(*candidate) for *candidate, slug in found}


def get_blueprint(module: ModuleRow, ids: Mapping[str, int]) -> list[DrawRule]:
    """Return the rules by which a module's test is drawn, limited to the objectives with these slugs and ids."""
    return [
        DrawRule(ids[line["objective"]], line["questions"], Level(line["level"]) if line.get("level") else None)
        for line in module.blueprint
        if line["objective"] in ids
    ]
