"""Exam questions for a module: copies of its test questions, each with a canary in everything that people can read."""

from __future__ import annotations

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.db import Model
from app.domain.content import Use
from app.models import ModuleRow, QuestionKey, QuestionRow, QuestionVersion
from app.services.course import catalogue

CANARY = "zzcanary"


def add_exam_pool(session: Session, module: str = "safety") -> list[int]:
    """Copy the module's test questions as exam questions; return the ids of their versions."""
    found = (
        select(QuestionRow, QuestionVersion, QuestionKey)
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .where(ModuleRow.slug == module, QuestionRow.use == Use.TEST, QuestionVersion.superseded_at.is_(None))
    )
    versions = []
    for question, version, key in session.execute(found).all():
        copied = QuestionRow(**_copy(question) | {"slug": f"{CANARY}-{question.slug}", "use": Use.EXAM})
        session.add(copied)
        session.flush()  # the version needs its id
        shown = _copy(version) | {"question_id": copied.id, "stem": f"{CANARY} {version.stem}"}
        shown["options"] = [f"{CANARY} {option}" for option in version.options]
        made = QuestionVersion(**shown)
        session.add(made)
        session.flush()  # the key needs its id
        session.add(QuestionKey(version_id=made.id, body=key.body, explanation=CANARY, sources=key.sources))
        versions.append(made.id)
    session.commit()
    catalogue.clear_cache(session)  # another test may have had versions with these ids
    return versions


def _copy(row: Model) -> dict[str, object]:
    """The columns of a row without its id."""
    return {one.key: getattr(row, one.key) for one in inspect(type(row)).column_attrs if one.key != "id"}
