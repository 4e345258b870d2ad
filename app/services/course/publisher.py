"""Writes a course or a library to the database, in the caller's transaction. Repeating it changes nothing.

Only the rows of the course, or of that library, are compared and retired.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.content.glossary import TermLinker
from app.domain import kinds
from app.domain.body_map import Muscle, Zone
from app.domain.content import Course, Lesson, LessonCheck, Module, Question, Source
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
from app.services.course import catalogue
from app.services.course.changes import PublicationChanges, compute_digest
from app.services.course.leaflets import update_leaflets


def write_course(session: Session, course: Course, now: datetime, library_id: int | None = None) -> PublicationChanges:
    """Add, change and retire rows so that the database matches ``course``.

    With ``library_id``, it is that library with qualified ids (:mod:`app.domain.qualified_ids`). The caller commits, or
    rolls back for a dry run.
    """
    changes = PublicationChanges()
    _publish_sources(session, course, library_id, changes)
    if library_id is None:
        _publish_map(session, ZoneRow, course.zones, "zone", changes)
        _publish_map(session, MuscleRow, course.muscles, "muscle", changes)
    modules = _publish_modules(session, course.modules, library_id, changes, now)
    own = select(ModuleRow.id).where(ModuleRow.library_id == library_id)
    objectives = _publish_objectives(session, course.modules, modules, own, changes, now)
    # The glossary belongs to the course, so lessons of libraries do not link to it.
    linker = TermLinker(() if library_id else (term for lesson in course.lessons for term in lesson.terms))
    _publish_lessons(session, course, modules, own, linker, changes, now)
    _publish_questions(session, course.modules, modules, objectives, own, changes, now)
    digest = compute_digest([_describe(course)])
    latest = catalogue.get_publication(session, library_id)
    if changes or latest is None or latest.digest != digest:
        session.add(
            Publication(
                library_id=library_id,
                digest=digest,
                title=course.title,
                red_flags=course.red_flags,
                changes=changes.by_kind,
                published_at=now,
            )
        )
    session.flush()  # so that a dry run checks every constraint
    return changes


def _describe(course: Course) -> dict[str, Any]:
    """Return everything about a course but the bytes of its pictures, which the texts that show them name by digest."""
    without = replace(course, modules=tuple(replace(module, pictures=()) for module in course.modules))
    described = asdict(without)
    for module in described["modules"]:
        del module["pictures"]
    return described


def _differs(row: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that differ from a row's."""
    return {name: value for name, value in values.items() if getattr(row, name) != value}


def _assign(row: Any, values: dict[str, Any]) -> bool:
    """Set the values that differ, and return whether any did."""
    changed = _differs(row, values)
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _retire(rows: Iterable[Any], kept: set[str], kind: str, changes: PublicationChanges, now: datetime) -> None:
    for row in rows:
        if row.slug not in kept and row.retired_at is None:
            row.retired_at = now
            changes.note(f"{kind} retired", row.slug)


def _publish_sources(session: Session, course: Course, library_id: int | None, changes: PublicationChanges) -> None:
    own = select(SourceRow).where(SourceRow.library_id == library_id)
    rows = {row.slug: row for row in session.scalars(own)}
    for source in course.sources:
        body = asdict(source)
        row = rows.get(source.id)
        if row is None:
            session.add(SourceRow(library_id=library_id, slug=source.id, body=body))
            changes.note("source added", source.id)
        elif Source(**row.body) != source:
            row.body = body
            changes.note("source changed", source.id)


def _publish_map(
    session: Session,
    table: type[ZoneRow] | type[MuscleRow],
    entries: Sequence[Zone | Muscle],
    kind: str,
    changes: PublicationChanges,
) -> None:
    """Write one table of the body map. Nothing refers to its rows, so rows missing from the files are deleted."""
    found: Sequence[Any] = session.scalars(select(table)).all()
    rows = {row.slug: row for row in found}
    for position, entry in enumerate(entries, start=1):
        # Convert tuples to lists, as JSON columns return them, so that values can be compared.
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
    session: Session, modules: Sequence[Module], library_id: int | None, changes: PublicationChanges, now: datetime
) -> dict[str, ModuleRow]:
    own = select(ModuleRow).where(ModuleRow.library_id == library_id)
    rows = {row.slug: row for row in session.scalars(own)}
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
            rows[module.id] = ModuleRow(library_id=library_id, slug=module.id, **values)
            session.add(rows[module.id])
            changes.note("module added", module.id)
        elif _assign(rows[module.id], values):
            changes.note("module changed", module.id)
    _retire(rows.values(), {module.id for module in modules}, "module", changes, now)
    session.flush()  # objectives and lessons need the modules' ids
    return rows


def _publish_objectives(
    session: Session,
    modules: Sequence[Module],
    module_rows: dict[str, ModuleRow],
    own: Select[int],
    changes: PublicationChanges,
    now: datetime,
) -> dict[str, ObjectiveRow]:
    """Write the objectives of ``modules``. ``own`` selects the ids of the modules that are compared."""
    found = select(ObjectiveRow).where(ObjectiveRow.module_id.in_(own))
    rows = {row.slug: row for row in session.scalars(found)}
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


def _build_lesson_body(lesson: Lesson) -> dict[str, Any]:
    return {
        "parts": [
            {"check": part.question} if isinstance(part, LessonCheck) else {"html": part} for part in lesson.parts
        ],
        "sections": [{"id": section.id, "title": section.title} for section in lesson.sections],
        "sources": list(lesson.sources),
        "objectives": list(lesson.objectives),
    }


def _publish_lessons(
    session: Session,
    course: Course,
    module_rows: dict[str, ModuleRow],
    own: Select[int],
    linker: TermLinker,
    changes: PublicationChanges,
    now: datetime,
) -> None:
    rows = {row.slug: row for row in session.scalars(select(LessonRow).where(LessonRow.module_id.in_(own)))}
    leaflets = update_leaflets(rows.values(), course.leaflets, changes, now)
    kept: set[str] = set()
    for module in course.modules:
        for position, lesson in enumerate(module.lessons, start=1):
            kept.add(lesson.id)
            body = _build_lesson_body(lesson)
            digest = compute_digest([lesson.title, lesson.hook, body])
            row = rows.get(lesson.id)
            if row is None:
                row = LessonRow(slug=lesson.id, revision=0, digest="")
                session.add(row)
                changes.note("lesson added", lesson.id)
            elif row.digest != digest:
                changes.note("lesson changed", lesson.id)
            if row.digest != digest:
                row.title, row.hook, row.minutes = lesson.title, lesson.hook, lesson.minutes
                row.digest, row.revision, row.published_at = digest, row.revision + 1, now
            # A term that another lesson explains makes a link here, but nothing new to read.
            linked = _build_lesson_body(replace(lesson, parts=linker.link(lesson.parts)))
            linked["terms"] = [{**asdict(term), "sources": list(term.sources)} for term in lesson.terms]
            linked["leaflets"] = leaflets.get(lesson.id, [])
            place = {"module_id": module_rows[module.id].id, "position": position, "retired_at": None}
            _assign(row, {**place, "body": linked})
    _retire(rows.values(), kept, "lesson", changes, now)


def _publish_questions(
    session: Session,
    modules: Sequence[Module],
    module_rows: dict[str, ModuleRow],
    objective_rows: dict[str, ObjectiveRow],
    own: Select[int],
    changes: PublicationChanges,
    now: datetime,
) -> None:
    rows = {row.slug: row for row in session.scalars(select(QuestionRow).where(QuestionRow.module_id.in_(own)))}
    versions = (
        select(QuestionVersion)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .where(QuestionRow.module_id.in_(own), QuestionVersion.superseded_at.is_(None))
    )
    current = {version.question_id: version for version in session.scalars(versions)}
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
    changes: PublicationChanges,
    now: datetime,
) -> None:
    """Write a changed question as a new version, so that learners' attempts keep the old one."""
    # Use, level and the author's notes do not affect what learners see or how they are marked.
    digest = compute_digest(
        {name: value for name, value in asdict(question).items() if name not in ("use", "level", "facts")}
    )
    if current is not None and current.digest == digest:
        return
    shown, solution = _shown(question, row), _solution(question)
    if current is not None:
        key = session.get_one(QuestionKey, current.id)
        if not (_differs(current, shown) or _differs(key, solution)):
            current.digest = digest  # only the method of computing it has changed
            return
        current.superseded_at = now
        session.flush()  # a constraint allows one current version, so the old one must go first
        changes.note("question reworded", question.id)
    version = QuestionVersion(
        question_id=row.id,
        number=current.number + 1 if current else 1,
        digest=digest,
        published_at=now,
        **shown,
    )
    session.add(version)
    session.flush()  # the key needs the version's id
    session.add(QuestionKey(version_id=version.id, **solution))


def _shown(question: Question, row: QuestionRow) -> dict[str, Any]:
    """Return the columns of a version."""
    return {
        "objective_id": row.objective_id,
        "kind": question.kind,
        "is_critical": question.critical,
        "is_order_fixed": question.is_order_fixed,
        "vignette": question.vignette,
        "stem": question.stem,
        "options": list(question.options),
        "option_count": len(question.options),
        "prompts": list(question.prompts),
        "unit": question.unit,
        "picture": question.picture,
    }


def _solution(question: Question) -> dict[str, Any]:
    """Return the columns of a key."""
    return {
        "body": kinds.get_kind(question.kind).dump_key(question.key),
        "explanation": question.explanation,
        "sources": list(question.sources),
    }
