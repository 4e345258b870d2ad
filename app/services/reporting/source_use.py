"""What rests on a source: the lessons, questions and tests to look at when a guideline is replaced or a paper withdrawn.

Sources are part of a question's key, so questions are left out for viewers who may not see it
(:func:`app.permissions.examines`, :func:`app.permissions.sits_test_on`), and only counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.domain.content import Source, Use
from app.domain.names import fold_name
from app.domain.question import QuestionText
from app.models import (
    Assignment,
    Cohort,
    LessonRow,
    ModuleRow,
    MuscleRow,
    ObjectiveRow,
    QuestionKey,
    QuestionRow,
    QuestionVersion,
    SourceRow,
)
from app.permissions import Viewer, draws_on, examines, sits_test_on, teaches
from app.services.course import catalogue, compositions

MAX_ASSIGNMENTS = 100
"""The latest ones of the viewer's cohorts that are listed."""


@dataclass(frozen=True, slots=True)
class LessonUse:
    """A lesson that cites a source, itself or in a leaflet. ``is_open``: it does not cite the replacement as well."""

    module_slug: str
    module_title: str
    slug: str
    title: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class QuestionUse:
    """The current version of a question that cites a source. ``is_open``: it does not cite the replacement as well."""

    version_id: int
    text: QuestionText
    module_id: int
    module_title: str
    use: Use
    is_open: bool


@dataclass(frozen=True, slots=True)
class AssignmentAtRisk:
    """An assignment of the viewer whose pool has ``questions`` questions that cite a source and were not revised."""

    assignment_id: int
    title: str
    cohort_title: str
    due_at: datetime | None
    is_past_due: bool
    questions: int


@dataclass(frozen=True, slots=True)
class SourceUse:
    """A source and all that cites it. ``hidden`` counts questions that the viewer may not see with their sources.

    ``muscles`` are names of muscles whose referred pain rests on it.
    """

    source: Source
    replacement: Source | None
    lessons: Sequence[LessonUse]
    questions: Sequence[QuestionUse]
    hidden: int
    muscles: Sequence[str]

    @property
    def open(self) -> int:
        """The number of lessons and questions to read again; none while the source is current."""
        items: Sequence[LessonUse | QuestionUse] = [*self.lessons, *self.questions]
        return sum(item.is_open for item in items) if self.source.status else 0

    @property
    def all(self) -> int:
        return len(self.lessons) + len(self.questions) + len(self.muscles)


def list_outdated(session: Session, viewer: Viewer) -> list[SourceUse]:
    """Return the sources that are superseded or withdrawn, those with most to do first."""
    sources = _load_sources(session)
    outdated = [source for source in sources.values() if source.status]
    uses = _collect(session, viewer, outdated, sources) if outdated else []
    return sorted(uses, key=lambda use: (-use.open, fold_name(use.source.label)))


def get_source(session: Session, viewer: Viewer, source_id: str) -> SourceUse | None:
    """Return one source by its id, whose case does not matter, or None."""
    sources = _load_sources(session)
    source = sources.get(source_id.upper())
    return _collect(session, viewer, [source], sources)[0] if source else None


def list_assignments(session: Session, viewer: Viewer, use: SourceUse, now: datetime) -> list[AssignmentAtRisk]:
    """Return the viewer's assignments that may ask the open questions of ``use``, the latest first."""
    pools: dict[tuple[int, Use], int] = defaultdict(int)
    for question in use.questions:
        pools[question.module_id, question.use] += question.is_open
    wanted = [draws_on(Assignment, module_id, use=pool) for (module_id, pool), count in pools.items() if count]
    if not wanted:
        return []
    rows = session.execute(
        select(
            Assignment.id,
            Assignment.title,
            Cohort.title,
            Assignment.due_at,
            Assignment.module_id,
            Assignment.question_use,
            Assignment.test_id,
        )
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .where(
            teaches(viewer, Cohort.id), Cohort.archived_at.is_(None), Assignment.withdrawn_at.is_(None), or_(*wanted)
        )
        .order_by(Assignment.id.desc())
        .limit(MAX_ASSIGNMENTS)
    ).all()
    test_ids = {row.test_id for row in rows if row.test_id is not None}
    composed = compositions.load(session, test_ids) if test_ids else {}

    def count_open(row: Any) -> int:
        if row.test_id is None:
            return pools[row.module_id, row.question_use]
        return sum(pools[pool.module_id, pool.use] for pool in composed[row.test_id].pools)

    return [
        AssignmentAtRisk(
            row[0], row[1], row[2], row.due_at, row.due_at is not None and row.due_at < now, count_open(row)
        )
        for row in rows
    ]


def _load_sources(session: Session) -> Mapping[str, Source]:
    every = select(SourceRow.slug, SourceRow.body).where(SourceRow.library_id.is_(None))
    return {slug: Source(**body) for slug, body in session.execute(every)}


def _collect(
    session: Session, viewer: Viewer, sources: Iterable[Source], known: Mapping[str, Source]
) -> list[SourceUse]:
    lessons, questions = _load_lessons(session), _load_questions(session, viewer)
    texts = catalogue.get_texts(session, [row.id for row in questions])
    muscles = session.execute(select(MuscleRow.body).order_by(MuscleRow.position)).scalars().all()
    uses = []
    for source in sources:
        citing = [row for row in questions if source.id in row.sources]
        uses.append(
            SourceUse(
                source=source,
                replacement=known.get(source.replaced_by or ""),
                lessons=[
                    LessonUse(row.module_slug, row.module_title, row.slug, row.title, source.is_relied_on(cited))
                    for row, cited in lessons
                    if source.id in cited
                ],
                questions=[
                    QuestionUse(
                        row.id,
                        texts[row.id],
                        row.module_id,
                        row.module_title,
                        row.use,
                        source.is_relied_on(row.sources),
                    )
                    for row in citing
                    if row.is_open_to_viewer
                ],
                hidden=sum(not row.is_open_to_viewer for row in citing),
                muscles=[body["name"] for body in muscles if source.id in body["sources"]],
            )
        )
    return uses


def _load_lessons(session: Session) -> list[tuple[Any, set[str]]]:
    """Return the published lessons in course order, with all sources that they or their leaflets cite."""
    rows = session.execute(
        select(
            ModuleRow.slug.label("module_slug"),
            ModuleRow.title.label("module_title"),
            LessonRow.slug,
            LessonRow.title,
            LessonRow.body["sources"].label("sources"),
            LessonRow.body["leaflets"].label("leaflets"),
        )
        .join(ModuleRow, ModuleRow.id == LessonRow.module_id)
        .where(LessonRow.retired_at.is_(None), ModuleRow.retired_at.is_(None), ModuleRow.library_id.is_(None))
        .order_by(ModuleRow.position, LessonRow.position)
    ).all()
    return [
        (row, {*row.sources, *(source for leaflet in row.leaflets or () for source in leaflet["sources"])})
        for row in rows
    ]


def _load_questions(session: Session, viewer: Viewer) -> Sequence[Any]:
    """Return the current question versions in course order, and whether the viewer may see their keys."""
    is_open = and_(
        or_(QuestionRow.use != Use.EXAM, examines(viewer, ModuleRow.id)),
        or_(QuestionRow.use == Use.PRACTICE, ~sits_test_on(viewer, ModuleRow.id)),
    )
    return session.execute(
        select(
            QuestionVersion.id,
            QuestionRow.use,
            ModuleRow.id.label("module_id"),
            ModuleRow.title.label("module_title"),
            QuestionKey.sources,
            is_open.label("is_open_to_viewer"),
        )
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .join(ObjectiveRow, ObjectiveRow.id == QuestionRow.objective_id)
        .where(
            QuestionRow.retired_at.is_(None), QuestionVersion.superseded_at.is_(None), ModuleRow.library_id.is_(None)
        )
        .order_by(ModuleRow.position, ObjectiveRow.position, QuestionRow.slug)
    ).all()
