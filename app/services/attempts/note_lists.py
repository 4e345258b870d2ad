"""All notes, highlights and bookmarks of one learner, by module, with a filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from app.domain.learner_notes import NoteKind, TargetKind, get_note_kind
from app.domain.paging import Paged, paginate_list
from app.domain.search.words import clean_text, parse_query, split_words
from app.models import LearnerNote
from app.permissions import Viewer
from app.services.attempts import learner_notes
from app.services.attempts.note_targets import Key, NoteTarget, list_targets


@dataclass(frozen=True, slots=True)
class ListedNote:
    """A note in the list. ``target`` is None if its lesson, question or muscle is gone or may not be seen now.

    ``title`` is then the title at the time of the note, which is empty for a question.
    """

    note: LearnerNote
    kind: NoteKind
    target: NoteTarget | None
    title: str


@dataclass(frozen=True, slots=True)
class NoteGroup:
    """Notes under one heading: the title of a module, or else what they have in common.

    ``is_gone`` says that what they are about is not there any more, or may not be seen now.
    """

    module_title: str
    is_gone: bool
    notes: tuple[ListedNote, ...]


@dataclass(frozen=True, slots=True)
class NoteList:
    """One page of the list. ``total`` counts all notes of the learner, also those that the filter leaves out."""

    groups: tuple[NoteGroup, ...]
    page: Paged[ListedNote]
    total: int


def list_notes(
    session: Session, viewer: Viewer, now: datetime, query: str = "", kind: NoteKind | None = None, number: int = 1
) -> NoteList:
    """List a learner's notes by module in the order of the course, the newest first.

    ``query`` keeps those with all of its words; ``kind`` those of one kind.
    """
    rows = learner_notes.list_own(session, viewer.learner) if viewer.learner else []
    targets = list_targets(session, viewer, rows, now)
    words = parse_query(query)
    listed = [one for one in _describe(rows, targets) if kind in (None, one.kind) and _has_words(one, words)]
    listed.sort(key=_get_place)
    page = paginate_list(listed, number)
    groups = tuple(
        NoteGroup(_get_module_title(notes[0]), notes[0].target is None, tuple(notes))
        for _place, found in groupby(page.items, _get_place)
        for notes in [list(found)]
    )
    return NoteList(groups, page, len(rows))


def _describe(rows: Iterable[LearnerNote], targets: Mapping[Key, NoteTarget]) -> Iterable[ListedNote]:
    for row in rows:
        target = targets.get((row.target_kind, row.target))
        title = get_title(target) if target else row.title
        yield ListedNote(row, get_note_kind(row.quote, row.body), target, title)


def get_title(target: NoteTarget) -> str:
    """Return what names a target: the title of a lesson or muscle, the stem of a question."""
    return target.question.stem if target.question else target.title


def _get_module_title(listed: ListedNote) -> str:
    return listed.target.module.title if listed.target and listed.target.module else ""


def _get_place(listed: ListedNote) -> tuple[int, str, int, str]:
    """Return the place of the group of a note: modules of the course, of libraries, the body map, and the rest."""
    target = listed.target
    if target is None:
        return (3, "", 0, "")
    if target.module is None:
        return (2, "", int(target.kind is TargetKind.QUESTION), "")
    library, _dot, slug = target.module.slug.rpartition(".")
    return (int(bool(library)), library, target.module.position, slug)


def _has_words(listed: ListedNote, words: Iterable[str]) -> bool:
    """Return whether each word (folded) is the beginning of one in the title, the quotation or the note."""
    note = listed.note
    found = {word.folded for text in (listed.title, note.quote, note.body) for word in split_words(clean_text(text))}
    return all(any(known.startswith(word) for known in found) for word in words)
