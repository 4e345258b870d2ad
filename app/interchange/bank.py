"""A bank of questions between two formats, with a note on everything that one of them cannot hold.

A reader makes a bank of a file: each entry of the file is an item, even if it is refused. A writer makes a file of a bank,
and returns the bank with its own notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.content.interactions import Interaction, Note, Severity

MAX_BYTES = 20 * 1024 * 1024
MAX_ITEMS = 10_000


class UnreadableBankError(Exception):
    """A file that cannot be read at all: the reason as one sentence, and the line if it is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.reason = reason
        self.line = line


class RefusedItemError(Exception):
    """Stops reading or writing one question: the reason in plain words, which becomes its note."""


@dataclass(frozen=True, slots=True)
class BankItem:
    """One entry of a bank.

    ``place`` says where in the file it is (``line 12``, ``item Q1``). ``stem`` and ``feedback`` (the general one) are
    Markdown with emphasis at most, in paragraphs separated by empty lines. ``categories`` is the path to it. A refused
    item may have no interaction. ``pictures`` are the names of those that it shows.
    """

    place: str
    title: str = ""
    interaction: Interaction | None = None
    stem: str = ""
    identifier: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    feedback: str = ""
    mark: float = 1.0
    pictures: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def is_refused(self) -> bool:
        return any(note.severity is Severity.REFUSED for note in self.notes)

    def add_notes(self, *notes: Note) -> BankItem:
        """Return the item with further notes, each once."""
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))

    def refuse(self, reason: str) -> BankItem:
        return self.add_notes(Note(Severity.REFUSED, reason))


@dataclass(frozen=True, slots=True)
class QuestionBank:
    """All items of a file in order. ``pictures`` maps safe file names to contents; ``notes`` concern the whole file."""

    items: tuple[BankItem, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenBank:
    """A file, and the bank that it was made from with a note on everything that the format cannot hold."""

    data: bytes
    bank: QuestionBank
