"""Learners' private notes, highlights and bookmarks. Only their owner reads or changes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain.learner_notes import MAX_NOTES, NoteKind, TargetKind, TooManyNotesError, get_note_kind
from app.domain.quotes import Quote, QuotePlace, cut_quote, find_quote, make_text_fragment
from app.models import Learner, LearnerNote
from app.services.attempts.note_targets import NoteTarget


class QuoteNotFoundError(Exception):
    """The quotation is not in the lesson."""


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note on the page of what it is about.

    ``quote`` has the words as they were kept. ``current`` has them as the lesson has them now, for painting and linking;
    None if they are no longer there or nothing was quoted. ``is_changed`` says that they were edited since.
    """

    id: int
    kind: NoteKind
    quote: str
    body: str
    created_at: datetime
    changed_at: datetime
    current: Quote | None = None
    is_changed: bool = False

    @property
    def fragment(self) -> str:
        """The part of a link that shows the words in the lesson."""
        return make_text_fragment(self.current.exact) if self.current else ""

    @property
    def is_orphaned(self) -> bool:
        return bool(self.quote) and self.current is None


@dataclass(frozen=True, slots=True)
class TargetNotes:
    """What a learner keeps about one lesson, question or muscle; the notes in the order of its text, then by time."""

    target: NoteTarget
    is_bookmarked: bool
    notes: tuple[NoteView, ...]


def view_notes(session: Session, learner: Learner | None, target: NoteTarget) -> TargetNotes:
    """Return what a learner keeps about a target; a visitor keeps nothing."""
    if learner is None:
        return TargetNotes(target, is_bookmarked=False, notes=())
    rows = session.scalars(
        select(LearnerNote)
        .where(
            LearnerNote.learner_id == learner.id,
            LearnerNote.target_kind == target.kind,
            LearnerNote.target == target.slug,
        )
        .order_by(LearnerNote.id)
    ).all()
    placed = [(_find_place(row, target), row) for row in rows if not is_bookmark(row)]
    placed.sort(key=lambda pair: pair[0].start if pair[0] else len(target.words))
    notes = tuple(_build_view(row, target, place) for place, row in placed)
    return TargetNotes(target, any(map(is_bookmark, rows)), notes)


def is_bookmark(note: LearnerNote) -> bool:
    return get_note_kind(note.quote, note.body) is NoteKind.BOOKMARK


def _find_place(note: LearnerNote, target: NoteTarget) -> QuotePlace | None:
    if not note.quote:
        return None
    return find_quote(target.words, Quote(note.quote, note.quote_before, note.quote_after))


def _build_view(note: LearnerNote, target: NoteTarget, place: QuotePlace | None) -> NoteView:
    return NoteView(
        id=note.id,
        kind=get_note_kind(note.quote, note.body),
        quote=note.quote,
        body=note.body,
        created_at=note.created_at,
        changed_at=note.changed_at,
        current=cut_quote(target.words, place) if place else None,
        is_changed=place is not None and place.is_changed,
    )


def add_note(
    session: Session, learner: Learner, target: NoteTarget, quote: Quote | None, body: str, now: datetime
) -> LearnerNote:
    """Keep a note, or a highlight if ``body`` is empty. The quotation is stored as the lesson has it.

    :raise QuoteNotFoundError: the quotation is not in the lesson, or the target is no lesson.
    :raise TooManyNotesError: the learner keeps as many as are allowed.
    """
    kept = Quote("")
    if quote is not None:
        place = find_quote(target.words, quote)
        if place is None or place.is_changed:
            raise QuoteNotFoundError
        kept = cut_quote(target.words, place)
    _require_room(session, learner)
    note = _build_row(learner, target, kept, body, now)
    session.add(note)
    session.flush()  # the page that follows needs the id
    return note


def add_bookmark(session: Session, learner: Learner, target: NoteTarget, now: datetime) -> None:
    """Bookmark a target. Repeating it changes nothing.

    :raise TooManyNotesError: the learner keeps as many as are allowed.
    """
    _require_room(session, learner)
    try:
        with session.begin_nested():
            session.add(_build_row(learner, target, Quote(""), "", now))
    except IntegrityError:
        return  # it is there already


def remove_bookmark(session: Session, learner: Learner, kind: TargetKind, slug: str) -> None:
    """Remove the bookmark of a target, which need not exist any more."""
    session.execute(
        delete(LearnerNote).where(
            LearnerNote.learner_id == learner.id,
            LearnerNote.target_kind == kind,
            LearnerNote.target == slug,
            LearnerNote.quote == "",
            LearnerNote.body == "",
        )
    )


def get_for(session: Session, learner: Learner | None, note_id: int) -> LearnerNote | None:
    """Return a note of the learner's own; None for anybody else's."""
    if learner is None:
        return None
    return session.scalar(select(LearnerNote).where(LearnerNote.id == note_id, LearnerNote.learner_id == learner.id))


def list_own(session: Session, learner: Learner, limit: int | None = None) -> Sequence[LearnerNote]:
    """List what a learner keeps, the newest first."""
    mine = select(LearnerNote).where(LearnerNote.learner_id == learner.id)
    return session.scalars(mine.order_by(LearnerNote.id.desc()).limit(limit)).all()


def change_note(note: LearnerNote, body: str, now: datetime) -> None:
    """Write other words. A note with a quotation becomes a highlight if ``body`` is empty; another must have words."""
    if body != note.body:
        note.body, note.changed_at = body, now


def move_notes(session: Session, guest: Learner, learner: Learner) -> int:
    """Move a guest's notes to a learner, and return how many there were. What both bookmarked is bookmarked once.

    It ignores :data:`MAX_NOTES`: nothing is lost.
    """
    bookmarked = {(row.target_kind, row.target) for row in list_own(session, learner) if is_bookmark(row)}
    found = list_own(session, guest)
    for row in found:
        if is_bookmark(row) and (row.target_kind, row.target) in bookmarked:
            session.delete(row)
        else:
            row.learner_id = learner.id
    return len(found)


def _build_row(learner: Learner, target: NoteTarget, quote: Quote, body: str, now: datetime) -> LearnerNote:
    return LearnerNote(
        learner_id=learner.id,
        target_kind=target.kind,
        target=target.slug,
        title=target.title,
        quote=quote.exact,
        quote_before=quote.before,
        quote_after=quote.after,
        body=body,
        created_at=now,
        changed_at=now,
    )


def _require_room(session: Session, learner: Learner) -> None:
    """Count what the learner keeps, locking the learner so that two requests do not count at once.

    :raise TooManyNotesError: there is no room for another.
    """
    session.flush()  # a guest who was made in this request needs an id
    session.execute(lock_rows(select(Learner.id).where(Learner.id == learner.id), Learner))
    kept = session.scalar(select(func.count(LearnerNote.id)).where(LearnerNote.learner_id == learner.id)) or 0
    if kept >= MAX_NOTES:
        raise TooManyNotesError
