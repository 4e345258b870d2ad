"""Learners' private notes, highlights and bookmarks."""

from __future__ import annotations

from enum import StrEnum

MAX_NOTE_LENGTH = 5000
"""In characters."""

MAX_NOTES = 1000
"""How many notes, highlights and bookmarks one learner can keep."""


class TargetKind(StrEnum):
    """What a note is about."""

    LESSON = "lesson"
    QUESTION = "question"
    MUSCLE = "muscle"


class NoteKind(StrEnum):
    """What a learner kept: words of their own, words of a lesson, or only the place."""

    NOTE = "note"
    HIGHLIGHT = "highlight"
    BOOKMARK = "bookmark"


class TooManyNotesError(Exception):
    """The learner has :data:`MAX_NOTES` already."""


def get_note_kind(quote: str, body: str) -> NoteKind:
    """Tell a note, which has a body, from a highlight, which has only a quotation, and a bookmark, which has neither."""
    if body:
        return NoteKind.NOTE
    return NoteKind.HIGHLIGHT if quote else NoteKind.BOOKMARK
