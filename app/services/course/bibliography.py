"""The bibliography: the sources that the published course cites, searched, filtered and in pages by letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy.orm import Session

from app.domain.content import Source
from app.domain.names import fold_name, has_all_words
from app.domain.paging import Paged, paginate_list
from app.domain.source_type import SourceType, classify_source
from app.services.course import about
from app.services.course.about import CitingLesson

T = TypeVar("T")

UNDATED = 0
"""Stands for the decade of sources without a year."""

STRENGTHS = (4, 3, 2, 1)
"""The bars of a source, the strongest first."""

PER_PAGE = 25
"""Each entry takes half a screen of a phone."""


@dataclass(frozen=True, slots=True)
class BibliographyQuery:
    """What to list. ``source`` is the id of a source whose page is wanted, in the whole list."""

    words: str = ""
    type: SourceType | None = None
    decade: int | None = None
    strength: int | None = None
    source: str = ""
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        return bool(self.words) or any(one is not None for one in (self.type, self.decade, self.strength))


@dataclass(frozen=True, slots=True)
class BibliographyEntry:
    source: Source
    lessons: Sequence[CitingLesson]
    replacement: Source | None

    @property
    def letter(self) -> str:
        return fold_name(self.source.label)[:1].upper()

    @property
    def type(self) -> SourceType:
        return classify_source(self.source.kind)

    @property
    def decade(self) -> int:
        return self.source.year // 10 * 10 if self.source.year else UNDATED

    def contains(self, words: str) -> bool:
        """Return whether each word (folded) occurs in what the list shows of this source."""
        it = self.source
        return has_all_words(words, it.label, it.title, it.kind, it.says, it.where or "", str(it.year or ""))


@dataclass(frozen=True, slots=True)
class BibliographyPage:
    """One page of the list. ``letters`` are the pages on which the letters begin.

    The counts say how many entries each choice of a filter would list beside the other filters.
    """

    entries: Paged[BibliographyEntry]
    letters: Mapping[str, int]
    types: Mapping[SourceType, int]
    decades: Mapping[int, int]
    strengths: Mapping[int, int]
    all: int


def list_page(session: Session, query: BibliographyQuery) -> BibliographyPage:
    """Return one page of the entries that the query selects, by label."""
    found = about.get_bibliography(session)
    known = {source.id: source for source in found.sources}
    entries = [
        BibliographyEntry(source, found.citing.get(source.id, ()), known.get(source.replaced_by or ""))
        for source in found.sources
    ]
    words = fold_name(query.words)
    matching = [entry for entry in entries if not words or entry.contains(words)]
    kept = _filter(matching, query)
    number = _find_page(kept, query.source) or query.page
    page = paginate_list(kept, number, per_page=PER_PAGE)
    letters: dict[str, int] = {}
    for index, entry in enumerate(kept):
        letters.setdefault(entry.letter, index // PER_PAGE + 1)
    return BibliographyPage(
        entries=page,
        letters=letters,
        types=_count(SourceType, (entry.type for entry in _filter(matching, replace(query, type=None)))),
        decades=_count_decades(_filter(matching, replace(query, decade=None))),
        strengths=_count(STRENGTHS, (one.source.strength for one in _filter(matching, replace(query, strength=None)))),
        all=len(entries),
    )


def _filter(entries: Iterable[BibliographyEntry], query: BibliographyQuery) -> list[BibliographyEntry]:
    return [
        entry
        for entry in entries
        if query.type in (None, entry.type)
        and query.decade in (None, entry.decade)
        and query.strength in (None, entry.source.strength)
    ]


def _count(choices: Iterable[T], values: Iterable[T]) -> dict[T, int]:
    """Count the values by choice, in the order of the choices. Choices without a value are left out."""
    counts = Counter(values)
    return {choice: counts[choice] for choice in choices if counts[choice]}


def _count_decades(entries: Sequence[BibliographyEntry]) -> dict[int, int]:
    """Count the entries by decade, the latest first; UNDATED is the last."""
    decades = [entry.decade for entry in entries]
    return _count(sorted(set(decades), reverse=True), decades)


def _find_page(entries: Sequence[BibliographyEntry], source: str) -> int | None:
    found = (index for index, entry in enumerate(entries) if entry.source.id.lower() == source.lower())
    index = next(found, None)
    return None if index is None else index // PER_PAGE + 1
