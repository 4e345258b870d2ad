"""Publishing: the course of the files becomes rows, in the caller's one transaction. Twice changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.body_map import Muscle, Zone
from app.domain.content import Check, Course, Lesson, Module, Question
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
    ZoneRow,
)

NAMED = 12
"""Up to how many changes of a kind are named one by one."""


@dataclass(slots=True)
class Changes:
    """What a publication changes, as author's ids, by kind of change (``question added`` and so on)."""

    by_kind: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, slug: str) -> None:
        self.by_kind.setdefault(kind, []).append(slug)

    def __bool__(self) -> bool:
        return bool(self.by_kind)

    def lines(self) -> list[str]:
        """One line a kind; a long list is counted instead."""
        return [
            f"{kind}: {', '.join(sorted(slugs)) if len(slugs) <= NAMED else len(slugs)}"
            for kind, slugs in sorted(self.by_kind.items())
        ]


def publish(session: Session, course: Course, now: datetime) -> Changes:
    """Make the database teach ``course``: add, change, retire. The caller commits, or rolls back for a dry run."""
    changes = Changes()
    _publish_sources(session, course, changes)
    _publish_map(session, ZoneRow, course.zones, "zone", changes)
    _publish_map(session, MuscleRow, course.muscles, "muscle", changes)
    modules = _publish_modules(session, course.modules, changes, now)
    objectives = _publish_objectives(session, course.modules, modules, changes, now)
    _publish_lessons(session, course.modules, modules, changes, now)
    _publish_questions(session, course.modules, modules, objectives, changes, now)
    digest = _digest([asdict(course)])
    latest = session.scalar(select(Publication).order_by(Publication.id.desc()).limit(1))
    if changes or latest is None or latest.digest != digest:
        session.add(
            Publication(
                digest=digest, title=course.title, red_flags=course.red_flags, changes=changes.by_kind, published_at=now
            )
        )
    session.flush()  # so that a dry run meets every constraint before it rolls back
    return changes


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def _assign(row: Any, values: dict[str, Any]) -> bool:
    """Set what differs; return whether anything did."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _retire(rows: Iterable[Any], kept: set[str], kind: str, changes: Changes, now: datetime) -> None:
    for row in rows:
        if row.slug not in kept and row.retired_at is None:
            row.retired_at = now
            changes.note(f"{kind} retired", row.slug)


def _publish_sources(session: Session, course: Course, changes: Changes) -> None:
    rows = {row.slug: row for row in session.scalars(select(SourceRow))}
    for source in course.sources:
        body = asdict(source)
        row = rows.get(source.id)
        if row is None:
            session.add(SourceRow(slug=source.id, body=body))
            changes.note("source added", source.id)
        elif row.body != body:
            row.body = body
            changes.note("source changed", source.id)


def _publish_map(
    session: Session,
    table: type[ZoneRow] | type[MuscleRow],
    entries: Sequence[Zone | Muscle],
    kind: str,
    changes: Changes,
) -> None:
    """Write one table of the body map. Nothing refers to its rows, so what is gone from the files is deleted."""
    found: Sequence[Any] = session.scalars(select(table)).all()
    rows = {row.slug: row for row in found}
    for position, entry in enumerate(entries, start=1):
        # As JSON gives it back, so that it can be compared: lists for tuples.
        values = {"position": position, "body": json.loads(json.dumps(asdict(entry)))}
        row = rows.pop(entry.id, None)
        if row is None:
            session.add(table(slug=entry.id, **values))
            changes.note(f"{kind} added", entry.id)
        elif _assign(row, values):
            changes.note(f"{kind} changed", entry.id)
    for slug, row in rows.items():
        session.delete(row)
        changes.note(f"{kind} removed", slug)


def _publish_modules(
    session: Session, modules: Sequence[Module], changes: Changes, now: datetime
) -> dict[str, ModuleRow]:
    rows = {row.slug: row for row in session.scalars(select(ModuleRow))}
    for position, module in enumerate(modules, start=1):
        values = {
            "position": position,
            "title": module.title,
            "summary": module.summary,
            "pass_mark_percent": module.pass_mark_percent,
            "practice_questions": module.practice_questions,
            "test_questions": module.test_questions,
            "test_minutes": module.test_minutes,
            "asks_certainty": module.asks_certainty,
            "blueprint": [
                {
                    "objective": draw.objective,
                    "questions": draw.questions,
                    "level": draw.level.value if draw.level else None,
                }
                for draw in module.blueprint
            ],
            "retired_at": None,
        }
        if module.id not in rows:
            rows[module.id] = ModuleRow(slug=module.id, **values)
            session.add(rows[module.id])
            changes.note("module added", module.id)
        elif _assign(rows[module.id], values):
            changes.note("module changed", module.id)
    _retire(rows.values(), {module.id for module in modules}, "module", changes, now)
    session.flush()  # objectives and lessons need the modules' ids
    return rows


def _publish_objectives(
    session: Session, modules: Sequence[Module], module_rows: dict[str, ModuleRow], changes: Changes, now: datetime
) -> dict[str, ObjectiveRow]:
    rows = {row.slug: row for row in session.scalars(select(ObjectiveRow))}
    kept: set[str] = set()
    for module in modules:
        for position, objective in enumerate(module.objectives, start=1):
            kept.add(objective.id)
            values = {
                "module_id": module_rows[module.id].id,
                "position": position,
                "title": objective.title,
                "read": objective.read,
                "retired_at": None,
            }
            if objective.id not in rows:
                rows[objective.id] = ObjectiveRow(slug=objective.id, **values)
                session.add(rows[objective.id])
                changes.note("objective added", objective.id)
            elif _assign(rows[objective.id], values):
                changes.note("objective changed", objective.id)
    _retire(rows.values(), kept, "objective", changes, now)
    session.flush()  # questions need the objectives' ids
    return rows


def _lesson_body(lesson: Lesson) -> dict[str, Any]:
    return {
        "parts": [{"check": part.question} if isinstance(part, Check) else {"html": part} for part in lesson.parts],
        "sections": [{"id": section.id, "title": section.title} for section in lesson.sections],
        "sources": list(lesson.sources),
        "objectives": list(lesson.objectives),
    }


def _publish_lessons(
    session: Session, modules: Sequence[Module], module_rows: dict[str, ModuleRow], changes: Changes, now: datetime
) -> None:
    rows = {row.slug: row for row in session.scalars(select(LessonRow))}
    kept: set[str] = set()
    for module in modules:
        for position, lesson in enumerate(module.lessons, start=1):
            kept.add(lesson.id)
            body = _lesson_body(lesson)
            digest = _digest([lesson.title, lesson.hook, body])
            row = rows.get(lesson.id)
            if row is None:
                row = LessonRow(slug=lesson.id, revision=0, digest="")
                session.add(row)
                changes.note("lesson added", lesson.id)
            elif row.digest != digest:
                changes.note("lesson changed", lesson.id)
            if row.digest != digest:
                row.title, row.hook, row.body, row.minutes = lesson.title, lesson.hook, body, lesson.minutes
                row.digest, row.revision, row.published_at = digest, row.revision + 1, now
            _assign(row, {"module_id": module_rows[module.id].id, "position": position, "retired_at": None})
    _retire(rows.values(), kept, "lesson", changes, now)


def _publish_questions(
    session: Session,
    modules: Sequence[Module],
    module_rows: dict[str, ModuleRow],
    objective_rows: dict[str, ObjectiveRow],
    changes: Changes,
    now: datetime,
) -> None:
    rows = {row.slug: row for row in session.scalars(select(QuestionRow))}
    current = {
        v.question_id: v
        for v in session.scalars(select(QuestionVersion).where(QuestionVersion.superseded_at.is_(None)))
    }
    kept: set[str] = set()
    for module in modules:
        for question in module.questions:
            kept.add(question.id)
            row = rows.get(question.id)
            values = {
                "module_id": module_rows[module.id].id,
                "objective_id": objective_rows[question.objective].id,
                "use": question.use,
                "level": question.level,
                "retired_at": None,
            }
            if row is None:
                row = QuestionRow(slug=question.id, **values)
                session.add(row)
                session.flush()  # the version needs the question's id
                changes.note("question added", question.id)
            elif _assign(row, values):
                changes.note("question changed", question.id)
            _publish_version(session, question, row, current.get(row.id), changes, now)
    _retire(rows.values(), kept, "question", changes, now)


def _publish_version(
    session: Session,
    question: Question,
    row: QuestionRow,
    current: QuestionVersion | None,
    changes: Changes,
    now: datetime,
) -> None:
    """A changed question becomes a new version; what learners were shown stays as it was."""
    # What a learner is shown or marked by makes a version; use, level and the author's notes don't.
    digest = _digest({name: value for name, value in asdict(question).items() if name not in ("use", "level", "facts")})
    if current is not None and current.digest == digest:
        return
    if current is not None:
        current.superseded_at = now
        session.flush()  # a question has one current version at any moment: the old one goes first
        changes.note("question reworded", question.id)
    version = QuestionVersion(
        question_id=row.id,
        objective_id=row.objective_id,
        number=current.number + 1 if current else 1,
        digest=digest,
        kind=question.kind,
        is_critical=question.critical,
        is_order_fixed=question.is_order_fixed,
        vignette=question.vignette,
        stem=question.stem,
        options=list(question.options),
        option_count=len(question.options),
        prompts=list(question.prompts),
        unit=question.unit,
        picture=question.picture,
        published_at=now,
    )
    session.add(version)
    session.flush()  # the key needs the version's id
    session.add(
        QuestionKey(
            version_id=version.id,
            correct=list(question.key.correct),
            near=list(question.key.near),
            value=question.key.value,
            tolerance=question.key.tolerance,
            whys=list(question.key.whys),
            explanation=question.explanation,
            sources=list(question.sources),
        )
    )
