"""What happened to each question of a bank, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from app.content.interactions import Note, Severity
from app.interchange.authoring import DraftQuestion
from app.interchange.bank import BankItem, QuestionBank


def describe_import(drafts: Sequence[DraftQuestion], bank: QuestionBank) -> Iterator[str]:
    """Yield lines: each question with its notes, then those on the whole file, then the numbers."""
    for draft in drafts:
        name = draft.document.get("id") if draft.document else None
        kind = draft.document.get("kind") if draft.document else None
        yield f"{_name(draft.item)} → {name} ({kind})" if name else f"{_name(draft.item)}: not imported"
        yield from _indent(draft.item.notes)
    yield from _describe_file(bank.notes)
    imported = sum(draft.document is not None for draft in drafts)
    yield f"Questions that can be imported: {imported} of {len(drafts)}. Pictures: {len(bank.pictures)}."


def describe_export(bank: QuestionBank) -> Iterator[str]:
    """Yield lines: what is left out first, then the questions that change, then the numbers."""
    left_out = [item for item in bank.items if item.is_refused]
    for item in (*left_out, *(one for one in bank.items if one.notes and not one.is_refused)):
        yield f"{item.identifier or _name(item)}: {'left out' if item.is_refused else 'written'}"
        yield from _indent(item.notes)
    yield from _describe_file(bank.notes)
    yield f"Questions that can be written: {len(bank.items) - len(left_out)} of {len(bank.items)}."


def _describe_file(notes: Iterable[Note]) -> Iterator[str]:
    lines = list(_indent(notes))
    if lines:
        yield "The whole file"
        yield from lines


def _indent(notes: Iterable[Note]) -> Iterator[str]:
    ranks = list(Severity)
    for note in sorted(notes, key=lambda note: -ranks.index(note.severity)):
        yield f"    {note.severity}: {_printable(note.reason)}"


def _name(item: BankItem) -> str:
    return _printable(f"{item.place}, “{item.title}”" if item.title else item.place)


def _printable(text: str) -> str:
    """Escape line ends and terminal codes of texts that are quoted from a file."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
