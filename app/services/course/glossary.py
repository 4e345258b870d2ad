"""The glossary: the key terms of all published lessons, in alphabetical order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from itertools import groupby

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.glossary import TermLinker
from app.domain.content import Source, Term
from app.domain.names import fold_name, has_all_words
from app.models import LessonRow, ModuleRow
from app.services.course import catalogue
from app.services.course.memory import get_memory


@dataclass(frozen=True, slots=True)
class Definition:
    """A term as one lesson explains it, and the address of that lesson. ``anchor`` is the term's box there."""

    html: Markup
    module_slug: str
    lesson_slug: str
    lesson_title: str
    anchor: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, eq=False)
class GlossaryEntry:
    """A term with its definitions, in the order of the course. It is equal only to itself, as a lesson's text is."""

    id: str
    name: str
    definitions: tuple[Definition, ...]

    @property
    def letter(self) -> str:
        return fold_name(self.name)[:1].upper()

    def contains(self, words: str) -> bool:
        """Return whether each of these words (folded) is in the name or in a definition."""
        texts = (unescape(re.sub(r"<[^>]+>", " ", definition.html)) for definition in self.definitions)
        return has_all_words(words, self.name, *texts)

    def is_named(self, words: str) -> bool:
        return has_all_words(words, self.name)


@dataclass(frozen=True, slots=True)
class GlossarySection:
    """Entries under their letter, which is empty for those that a search found."""

    letter: str
    entries: tuple[GlossaryEntry, ...]


def list_entries(session: Session) -> Sequence[GlossaryEntry]:
    """List the terms of the published lessons by name. Definitions link the other terms that they use."""
    return get_memory(session).remember("glossary", lambda: _read_entries(session))


def _read_entries(session: Session) -> tuple[GlossaryEntry, ...]:
    rows = session.execute(
        select(ModuleRow.slug, LessonRow.slug, LessonRow.title, LessonRow.body["terms"])
        .join(ModuleRow, ModuleRow.id == LessonRow.module_id)
        .where(LessonRow.retired_at.is_(None), ModuleRow.retired_at.is_(None), ModuleRow.library_id.is_(None))
        .order_by(ModuleRow.position, LessonRow.position)
    ).all()
    # A lesson that was published before there was a glossary has no terms.
    found = [(module, lesson, title, term) for module, lesson, title, terms in rows for term in terms or ()]
    sources = catalogue.list_sources(session, (slug for *_, term in found for slug in term["sources"]))
    linker = TermLinker(Term(term["id"], term["name"], term["html"]) for *_, term in found)
    definitions: dict[str, list[Definition]] = {}
    names: dict[str, str] = {}
    for module, lesson, title, term in found:
        names.setdefault(term["id"], term["name"])
        definitions.setdefault(term["id"], []).append(
            Definition(
                # Sanitized when the lesson was published.
                html=Markup(linker.link_definition(term["html"], term["id"])),  # noqa: S704
                module_slug=module,
                lesson_slug=lesson,
                lesson_title=title,
                anchor=f"term-{term['id']}",
                sources=tuple(sources[slug] for slug in term["sources"] if slug in sources),
            )
        )
    entries = [GlossaryEntry(term, names[term], tuple(found)) for term, found in definitions.items()]
    return tuple(sorted(entries, key=lambda entry: fold_name(entry.name)))


def group_by_letter(entries: Sequence[GlossaryEntry], query: str = "") -> list[GlossarySection]:
    """Group the entries by their first letter.

    With a ``query``, return those that contain each of its words in one section without a letter, and first those whose
    name does.
    """
    if words := fold_name(query):
        kept = sorted((one for one in entries if one.contains(words)), key=lambda one: not one.is_named(words))
        return [GlossarySection("", tuple(kept))] if kept else []
    return [GlossarySection(letter, tuple(some)) for letter, some in groupby(entries, lambda entry: entry.letter)]
