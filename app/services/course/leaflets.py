"""Leaflets for patients. They are stored with the lesson that teaches their content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.content import Leaflet, LeafletLayout, Source
from app.models import LessonRow, ModuleRow
from app.services.course import catalogue
from app.services.course.changes import PublicationChanges, compute_digest


@dataclass(frozen=True, slots=True)
class LeafletLine:
    """A leaflet without its text, for lists."""

    slug: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class LeafletView:
    """A leaflet to print. ``copy`` is its text without ids and links, to be printed a second time on a page."""

    slug: str
    title: str
    summary: str
    layout: LeafletLayout
    html: Markup
    copy: Markup
    sources: tuple[Source, ...]
    revision: int
    published_at: datetime
    module_slug: str
    lesson_slug: str
    lesson_title: str


def update_leaflets(
    lessons: Iterable[LessonRow], leaflets: Sequence[Leaflet], changes: PublicationChanges, now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Return what is to be stored with each lesson, by its slug. ``lessons`` hold what was published before.

    A changed leaflet gets the next revision and today's date.
    """
    # A retired lesson keeps its leaflets, which may have moved to another lesson since.
    ordered = sorted(lessons, key=lambda row: row.retired_at is None)
    pairs = [(row, leaflet) for row in ordered for leaflet in row.body.get("leaflets", ())]
    old: dict[str, Mapping[str, Any]] = {leaflet["id"]: leaflet for _row, leaflet in pairs}
    shown = {leaflet["id"] for row, leaflet in pairs if row.retired_at is None}
    stored: dict[str, list[dict[str, Any]]] = {}
    for leaflet in leaflets:
        digest = compute_digest(asdict(leaflet))
        before = old.get(leaflet.id)
        if leaflet.id not in shown:
            changes.note("leaflet added", leaflet.id)
        elif before is not None and before["digest"] != digest:
            changes.note("leaflet changed", leaflet.id)
        is_same = before is not None and before["digest"] == digest
        stored.setdefault(leaflet.lesson, []).append(
            {
                **asdict(leaflet),
                "sources": list(leaflet.sources),
                "digest": digest,
                "revision": before["revision"] + (not is_same) if before else 1,
                "published_at": before["published_at"] if before and is_same else now.isoformat(),
            }
        )
    for slug in shown - {leaflet.id for leaflet in leaflets}:
        changes.note("leaflet removed", slug)
    return stored


_LEAFLETS = (
    select(ModuleRow.slug, LessonRow.slug, LessonRow.title, LessonRow.body["leaflets"])
    .join(ModuleRow, ModuleRow.id == LessonRow.module_id)
    .where(LessonRow.retired_at.is_(None), ModuleRow.retired_at.is_(None), ModuleRow.library_id.is_(None))
    .order_by(ModuleRow.position, LessonRow.position)
)


def list_leaflets(session: Session, module: ModuleRow | None = None) -> list[LeafletLine]:
    """List the leaflets of the course or of one module, in the order of the lessons."""
    rows = session.execute(_LEAFLETS.where(ModuleRow.id == module.id) if module else _LEAFLETS)
    return [line for *_, leaflets in rows for line in list_lines(leaflets)]


def list_lines(leaflets: Iterable[Mapping[str, Any]] | None) -> list[LeafletLine]:
    """List the leaflets that are stored with a lesson; a lesson published before there were any has None."""
    return [LeafletLine(leaflet["id"], leaflet["title"], leaflet["summary"]) for leaflet in leaflets or ()]


def get_leaflet(session: Session, slug: str) -> LeafletView | None:
    for module_slug, lesson_slug, lesson_title, leaflets in session.execute(_LEAFLETS).all():
        for leaflet in leaflets or ():
            if leaflet["id"] == slug:
                return _view_leaflet(session, leaflet, module_slug, lesson_slug, lesson_title)
    return None


def _view_leaflet(
    session: Session, leaflet: Mapping[str, Any], module_slug: str, lesson_slug: str, lesson_title: str
) -> LeafletView:
    return LeafletView(
        slug=leaflet["id"],
        title=leaflet["title"],
        summary=leaflet["summary"],
        layout=LeafletLayout(leaflet["layout"]),
        # Sanitized when the leaflet was published.
        html=Markup(leaflet["html"]),  # noqa: S704
        copy=Markup(_strip_ids(leaflet["html"])),  # noqa: S704
        sources=tuple(catalogue.list_sources(session, leaflet["sources"]).values()),
        revision=leaflet["revision"],
        published_at=datetime.fromisoformat(leaflet["published_at"]),
        module_slug=module_slug,
        lesson_slug=lesson_slug,
        lesson_title=lesson_title,
    )


def _strip_ids(html: str) -> str:
    html = re.sub(r"<a( class=\"[^\"]*\")?[^>]*>(.*?)</a>", r"<span\1>\2</span>", html, flags=re.DOTALL)
    return re.sub(r' (?:id|aria-labelledby)="[^"]*"', "", html)
