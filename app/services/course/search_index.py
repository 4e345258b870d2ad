"""The index of what everybody may read: lessons, terms, the body map, leaflets and sources, kept in memory.

It is read once by each process for each publication, with :mod:`app.services.course.memory`. No question is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.search.entries import Passage, SearchEntry, SearchGroup
from app.domain.search.index import SearchIndex
from app.domain.search.words import clean_text
from app.models import LessonRow
from app.services.course import about, body_map, glossary
from app.services.course.memory import CourseMemory, get_memory
from app.services.course.outline import recall_outline

# Figures, the numbers of sources, and icons: as app/content writes them.
_UNREAD = re.compile(r'<(svg|button)\b.*?</\1>|<a class="leaflet__cite".*?</a>', re.S)
_INLINE_TAG = re.compile(r"</?(?:a|abbr|b|code|dfn|em|i|mark|q|small|span|strong|sub|sup)\b[^>]*>")
_TAG = re.compile(r"<[^>]+>")
_HEADING = re.compile(r'<h([23]) id="([^"]*)"[^>]*>(.*?)</h\1>', re.S)


def recall_index(session: Session, memory: CourseMemory) -> SearchIndex:
    return memory.remember("search", lambda: SearchIndex(_list_entries(session)))


def extract_text(html: str) -> str:
    """Return the words of a text rendered for a page, without figures and numbers of sources."""
    text = _TAG.sub(" ", _INLINE_TAG.sub("", _UNREAD.sub("", html)))
    return clean_text(" ".join(unescape(text).split()))


def _list_entries(session: Session) -> Iterator[SearchEntry]:
    outline = recall_outline(session, get_memory(session))
    bodies = {
        row.id: row.body
        for row in session.execute(select(LessonRow.id, LessonRow.body).where(LessonRow.retired_at.is_(None)))
    }
    leaflets = []
    for module in outline.modules:
        for line in outline.by_module[module.id]:
            body = bodies.get(line.id, {"parts": []})
            opening = Passage(clean_text(line.hook))
            passages = (opening, *_split_sections(part["html"] for part in body["parts"] if "html" in part))
            yield SearchEntry(SearchGroup.LESSONS, line.slug, line.title, passages, module.slug, module.title)
            leaflets += [(line.title, leaflet) for leaflet in body.get("leaflets") or ()]
    yield from _list_terms(session)
    yield from _list_places(session)
    yield from (_describe_leaflet(lesson, leaflet) for lesson, leaflet in leaflets)
    for source in about.get_bibliography(session).sources:
        text = ". ".join(filter(None, (source.title, source.says)))
        where = " · ".join(filter(None, (source.kind, source.where, str(source.year or ""))))
        yield SearchEntry(
            SearchGroup.SOURCES, source.id, source.label, (Passage(clean_text(text)), Passage(clean_text(where)))
        )


def _split_sections(parts: Iterable[str]) -> Iterator[Passage]:
    """Yield the text of a lesson by section."""
    pieces = _HEADING.split("\n".join(parts))
    # What stands before the first heading, then level, id, heading and text of each.
    if before := extract_text(pieces[0]):
        yield Passage(before)
    for at in range(1, len(pieces), 4):
        _level, anchor, heading, html = pieces[at : at + 4]
        yield Passage(extract_text(html), extract_text(heading), anchor)


def _list_terms(session: Session) -> Iterator[SearchEntry]:
    for entry in glossary.list_entries(session):
        texts = tuple(Passage(extract_text(definition.html)) for definition in entry.definitions)
        first = entry.definitions[0]
        yield SearchEntry(SearchGroup.TERMS, entry.id, entry.name, texts, within_title=first.lesson_title)


def _list_places(session: Session) -> Iterator[SearchEntry]:
    """Yield the muscles, and the places to which they are said to refer pain."""
    atlas = body_map.get_atlas(session)
    for muscle in atlas.muscles.values():
        zones = ", ".join(atlas.names((*muscle.main, *muscle.spill)))
        texts = (muscle.pattern, muscle.where, zones, ", ".join(muscle.mimics), muscle.note or "")
        passages = tuple(Passage(clean_text(text)) for text in texts if text)
        yield SearchEntry(SearchGroup.MUSCLES, muscle.id, muscle.name, passages, within=muscle.group)
    for zone in atlas.zones.values():
        found = atlas.referrers(zone)
        if names := [muscle.name for muscle in (*found.main, *found.spill)]:
            text = Passage(clean_text("; ".join(names)))
            yield SearchEntry(SearchGroup.PLACES, zone.id, zone.name, (text,), within=zone.group)


def _describe_leaflet(lesson: str, leaflet: dict[str, Any]) -> SearchEntry:
    passages = (Passage(clean_text(leaflet["summary"])), *_split_sections([leaflet["html"]]))
    return SearchEntry(SearchGroup.LEAFLETS, leaflet["id"], leaflet["title"], passages, within_title=lesson)
