"""The signs of danger: the flags of the lesson that the course names in ``red_flags``; the first is an emergency."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.content import Source
from app.models import LessonRow, ModuleRow
from app.services.course import catalogue
from app.services.course.leaflets import LeafletLine, list_lines
from app.services.course.memory import get_memory

# As app/content/lessons.py writes it.
_FLAG = re.compile(
    r'<section class="[^"]*" aria-labelledby="(flag-\d+)">.*?<h3 id="\1">(.*?)</h3>(.*?)</section>', re.S
)
_CITATION = re.compile(r'\s*<button class="cite"[^>]*popovertarget="note-(\d+)".*?</button>', re.S)


@dataclass(frozen=True, slots=True)
class FlagCard:
    """One flag: title and text without numbers of sources, and the sources it cites."""

    title: Markup
    signs: Markup
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class RedFlags:
    """The lesson on red flags, its flags and its leaflets. The first flag says what is an emergency."""

    module_slug: str
    lesson_slug: str
    lesson_title: str
    cards: tuple[FlagCard, ...]
    leaflets: tuple[LeafletLine, ...]


def get_red_flags(session: Session) -> RedFlags | None:
    """Return the red flags of the published course, or None if no lesson on them is published."""
    return get_memory(session).remember("red flags", lambda: _read_red_flags(session))


def _read_red_flags(session: Session) -> RedFlags | None:
    publication = catalogue.get_publication(session)
    if publication is None:
        return None
    found = session.execute(
        select(ModuleRow.slug, LessonRow)
        .join(LessonRow, LessonRow.module_id == ModuleRow.id)
        .where(LessonRow.slug == publication.red_flags, LessonRow.retired_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    module_slug, lesson = found
    flags = [flag for part in lesson.body["parts"] if "html" in part for flag in _FLAG.finditer(part["html"])]
    sources = list(catalogue.list_sources(session, lesson.body["sources"]).values()) if flags else []
    return RedFlags(
        module_slug,
        lesson.slug,
        lesson.title,
        tuple(_build_card(flag[2], flag[3], sources) for flag in flags),
        tuple(list_lines(lesson.body.get("leaflets"))),
    )


def _build_card(title: str, text: str, sources: Sequence[Source]) -> FlagCard:
    """Return one flag. It was sanitized when the lesson was published; its citations number the lesson's sources."""
    cited = dict.fromkeys(int(number) for number in _CITATION.findall(text))
    return FlagCard(
        title=Markup(title),  # noqa: S704
        signs=Markup(_CITATION.sub("", text)),  # noqa: S704
        sources=tuple(sources[number - 1] for number in cited if number <= len(sources)),
    )
