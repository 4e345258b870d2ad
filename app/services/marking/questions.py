"""Finding a question version, for administrators who correct it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.models import AttemptItem, ModuleRow, QuestionReport, QuestionRow, QuestionVersion
from app.models.attempt import Correction
from app.services.marking import rulings

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One version; ``open_reports`` counts what learners said of it that nobody replied to."""

    version_id: int
    slug: str
    number: int
    stem: str
    vignette: str | None
    module_title: str
    is_current: bool
    is_corrected: bool
    open_reports: int


@dataclass(frozen=True, slots=True)
class Page:
    lines: Sequence[Line]
    total: int
    number: int
    pages: int


def list_page(session: Session, sought: str, number: int) -> Page:
    """The versions whose id or words contain ``sought``, 50 a page: those with open reports first, then by id, the latest version first."""
    found = _found(sought)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    pages = max(1, -(-total // SHOWN))
    at = min(max(number, 1), pages)
    reports = _open_reports()
    is_corrected = exists().where(Correction.version_id == QuestionVersion.id, rulings.is_in_force())
    rows = session.execute(
        found.add_columns(
            QuestionRow.slug,
            QuestionVersion.number,
            QuestionVersion.stem,
            QuestionVersion.vignette,
            ModuleRow.title,
            and_(QuestionVersion.superseded_at.is_(None), QuestionRow.retired_at.is_(None)),
            is_corrected,
            reports,
        )
        .order_by(reports.desc(), ModuleRow.position, QuestionRow.slug, QuestionVersion.number.desc())
        .offset((at - 1) * SHOWN)
        .limit(SHOWN)
    )
    return Page([Line(*row) for row in rows], total, at, pages)


def _found(sought: str):  # type: ignore[no-untyped-def]
    found = (
        select(QuestionVersion.id)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
    )
    if not sought:
        return found
    names = (QuestionRow.slug, QuestionVersion.stem, QuestionVersion.vignette)
    return found.where(or_(*(column.icontains(sought, autoescape=True) for column in names)))


def _open_reports() -> ColumnElement[int]:
    return (
        select(func.count(QuestionReport.id))
        .join(
            AttemptItem,
            and_(AttemptItem.attempt_id == QuestionReport.attempt_id, AttemptItem.position == QuestionReport.position),
        )
        .where(QuestionReport.answered_at.is_(None), AttemptItem.version_id == QuestionVersion.id)
        .correlate(QuestionVersion)
        .scalar_subquery()
    )
