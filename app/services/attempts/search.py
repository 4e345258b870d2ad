"""Search of the course, of the questions whose right answers this reader has been shown, and of the reader's own notes.

The three indices are separate, so nothing of a question that the reader has not been shown can be found, be suggested as a
spelling or change the order of results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from app.content.prose import render_inline
from app.domain.learner_notes import TargetKind
from app.domain.question import QuestionText
from app.domain.search.entries import FoundEntry, Passage, SearchEntry, SearchGroup, SpelledWord
from app.domain.search.index import Hit, Matches, SearchIndex, describe
from app.domain.search.words import MAX_QUERY_LENGTH, clean_text, parse_query
from app.models import Learner
from app.services.attempts import learner_notes
from app.services.attempts.shown_questions import ShownQuestion, find_lesson, list_shown
from app.services.course import catalogue, search_index
from app.services.course.memory import get_memory
from app.services.course.outline import CourseOutline, ModuleLine, recall_outline

MAX_IN_GROUP = 4
MAX_LISTED = 50
"""How many results of each group are shown, beside other groups and alone."""

MAX_NOTES_SEARCHED = 400
"""How many notes of a reader, the latest, are searched. The list of notes searches all of them."""


@dataclass(frozen=True, slots=True)
class Result:
    """Something that was found. If it is a question: where the reader has seen it, and the module of that page.

    ``lesson`` is the slug of the lesson that asks it as a check.
    """

    found: FoundEntry
    question: ShownQuestion | None = None
    module: ModuleLine | None = None
    lesson: str = ""


@dataclass(frozen=True, slots=True)
class ResultGroup:
    """Results under one heading. ``total`` counts those that are not listed as well."""

    group: SearchGroup
    results: tuple[Result, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SearchResults:
    """What was found. ``is_partial`` says that nothing has all words, so these results have some of them.

    ``spelled`` are words that occur nowhere with what was looked for instead; ``is_cut`` says that the query was longer
    than what is searched.
    """

    groups: tuple[ResultGroup, ...]
    spelled: tuple[SpelledWord, ...] = ()
    is_partial: bool = False
    is_cut: bool = False

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups)


def search(
    session: Session, learner: Learner | None, query: str, now: datetime, only: SearchGroup | None = None
) -> SearchResults:
    """Find what has the words of a query, the best group first. ``only`` lists one group, at more length."""
    words = parse_query(query)
    is_cut = len(query) > MAX_QUERY_LENGTH
    if not words:
        return SearchResults((), is_cut=is_cut)
    memory = get_memory(session)
    known = recall_outline(session, memory)
    shown = list_shown(session, learner, known, now) if learner else {}
    course = search_index.recall_index(session, memory)
    questions = _index_questions(tuple(catalogue.get_texts(session, shown).values()))
    notes = _index_notes(_describe_notes(session, learner, shown) if learner else ())
    pairs = _match((course, questions, notes), words)
    hits, is_partial = _find(pairs)
    groups = []
    for group, found in _group(hits):
        if only in (None, group):
            listed = found[: MAX_LISTED if only else MAX_IN_GROUP]
            results = tuple(_locate(describe(hit, matches), shown, known) for hit, matches in listed)
            groups.append(ResultGroup(group, results, len(found)))
    similar = {typed: used for _index, matches in pairs for typed, used in matches.similar.items()}
    spelled = tuple(SpelledWord(word, similar[word]) for word in words if word in similar)
    return SearchResults(tuple(groups), spelled, is_partial, is_cut)


def list_examples(session: Session) -> list[str]:
    """List words that find something, for a page on which nothing was searched yet."""
    entries = search_index.recall_index(session, get_memory(session)).entries
    wanted = {SearchGroup.TERMS: 2, SearchGroup.MUSCLES: 1, SearchGroup.PLACES: 1}
    return [
        entry.title for group, count in wanted.items() for entry in [e for e in entries if e.group is group][:count]
    ]


def _match(indices: Sequence[SearchIndex], words: Sequence[str]) -> list[tuple[SearchIndex, Matches]]:
    """Match the words in all indices. A word counts as misspelt only if it occurs in none."""
    missing = {word for word in words if not any(index.knows(word) for index in indices)}
    return [(index, index.match(words, missing)) for index in indices]


def _find(pairs: Iterable[tuple[SearchIndex, Matches]]) -> tuple[list[tuple[Hit, Matches]], bool]:
    """Return what has all words and False or, if nothing has, what has some of them and True."""
    pairs = list(pairs)
    for needs_all in (True, False):
        if found := [(hit, matches) for index, matches in pairs for hit in index.find(matches, needs_all=needs_all)]:
            return found, not needs_all
    return [], False


def _group(hits: Iterable[tuple[Hit, Matches]]) -> list[tuple[SearchGroup, list[tuple[Hit, Matches]]]]:
    """Group what was found, the group with the best hit first."""
    groups: dict[SearchGroup, list[tuple[Hit, Matches]]] = {}
    for hit, matches in hits:
        groups.setdefault(hit.entry.group, []).append((hit, matches))
    order = list(SearchGroup)
    return sorted(groups.items(), key=lambda item: (-item[1][0][0].score, order.index(item[0])))


def _locate(found: FoundEntry, shown: Mapping[int, ShownQuestion], known: CourseOutline) -> Result:
    if found.entry.group is not SearchGroup.QUESTIONS:
        return Result(found)
    question = shown[int(found.entry.slug)]
    modules = {module.id: module for module in known.modules}
    lesson = find_lesson(question, known)
    if lesson:
        return Result(found, question, modules[lesson.module_id], lesson.slug)
    return Result(found, question, modules.get(question.module_id))


# -- questions and notes -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _index_questions(texts: tuple[QuestionText, ...]) -> SearchIndex:
    """Index the text of these questions, without their keys. It is kept while somebody types."""
    return SearchIndex(_describe_question(text) for text in texts)


def _describe_question(text: QuestionText) -> SearchEntry:
    stem = _strip(text.stem)
    others = (text.vignette or "", *text.prompts, *text.options)
    passages = (Passage(" · ".join(_strip(other) for other in others if other)),)
    return SearchEntry(SearchGroup.QUESTIONS, str(text.version_id), stem, passages)


def _describe_notes(session: Session, learner: Learner, shown: Mapping[int, ShownQuestion]) -> tuple[SearchEntry, ...]:
    """Describe a learner's notes and highlights. Only a question that they may see now gives its note a title."""
    versions = {question.slug: version_id for version_id, question in shown.items()}
    texts = catalogue.get_texts(session, versions.values())
    entries = []
    for note in learner_notes.list_own(session, learner, MAX_NOTES_SEARCHED):
        if learner_notes.is_bookmark(note):
            continue
        is_shown = note.target_kind is TargetKind.QUESTION and note.target in versions
        title = _strip(texts[versions[note.target]].stem) if is_shown else clean_text(note.title)
        passages = tuple(Passage(clean_text(text)) for text in (note.body, note.quote) if text)
        entries.append(SearchEntry(SearchGroup.NOTES, str(note.id), title, passages))
    return tuple(entries)


@lru_cache(maxsize=32)
def _index_notes(entries: tuple[SearchEntry, ...]) -> SearchIndex:
    """Index the notes of one reader. It is kept while they type."""
    return SearchIndex(entries)


@lru_cache(maxsize=8192)
def _strip(line: str) -> str:
    return search_index.extract_text(render_inline(line))
