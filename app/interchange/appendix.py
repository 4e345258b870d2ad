"""Paragraphs at the end of a feedback text, for what a format has no field for.

Each begins with a label. They are plain sentences for readers, and are taken back into their fields when the file is
imported again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.content.interactions import (
    Interaction,
    MatchInteraction,
    Note,
    NumberInteraction,
    OrderInteraction,
    Severity,
)
from app.interchange.bank import BankItem
from app.interchange.markup import split_paragraphs

CERTAINTY = (
    "Certainty: in Palpate this question also asks how sure the learner is. A right answer earns 1, 2 or 3 points for "
    "guessing, fairly sure or certain; any other costs 0, 2 or 6."
)
_REASONS, _UNIT, _SOURCES, _DISPUTED = "Reasons: ", "Unit: ", "Sources: ", "Disputed: "
_SOURCE = re.compile(r"\[([A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*)\]")
_OURS = (
    re.compile(re.escape(CERTAINTY)),
    re.compile(r"Disputed: \[[A-Z][A-Z0-9-]*\] .*", re.DOTALL),
    re.compile(r"Sources: \[[A-Z][A-Z0-9-]*\] .*", re.DOTALL),
    re.compile(r"Reasons: \(1\) .*", re.DOTALL),
    re.compile(r"Unit: .{1,30}"),
)


@dataclass(frozen=True, slots=True)
class RestoredItem:
    """An item whose feedback was freed from its appendix, and the ids of the sources that this named."""

    item: BankItem
    sources: tuple[str, ...] = ()


def write_sources(cited: Iterable[Citation]) -> str:
    """Return the paragraph with the sources of a question."""
    return _SOURCES + "; ".join(f"[{one.id}] {one.words}" for one in cited)


def write_disputed(fact: str, words: str) -> str:
    """Return the paragraph on a disputed statement that a question rests on."""
    return f"{_DISPUTED}[{fact}] {words}"


@dataclass(frozen=True, slots=True)
class Citation:
    """A source as readers of another system see it."""

    id: str
    words: str


def move_reasons(item: BankItem) -> BankItem:
    """Move the reasons of single lines or steps to the feedback, for formats that have no field for them."""
    reasons = _list_reasons(item.interaction)
    if not any(reasons):
        return item
    words = " ".join(f"({number}) {reason}" for number, reason in enumerate(reasons, start=1))
    note = Note(Severity.CHANGED, "the reasons of single lines are at the end of the general feedback")
    bare = _set_reasons(item.interaction, [""] * len(reasons))
    return replace(item, interaction=bare, feedback=_append(item.feedback, _REASONS + words)).add_notes(note)


def move_unit(item: BankItem) -> BankItem:
    """Move the unit of a number to the feedback, for formats that have no field for it."""
    if not isinstance(item.interaction, NumberInteraction) or not item.interaction.unit:
        return item
    note = Note(Severity.CHANGED, "the unit is at the end of the general feedback; only the bare number is accepted")
    feedback = _append(item.feedback, _UNIT + item.interaction.unit)
    return replace(item, interaction=replace(item.interaction, unit=""), feedback=feedback).add_notes(note)


def append_paragraphs(feedback: str, paragraphs: Iterable[str]) -> str:
    return "\n\n".join(filter(None, (feedback, *paragraphs)))


def restore_fields(item: BankItem) -> RestoredItem:
    """Take what an export moved to the feedback back into its fields."""
    paragraphs = split_paragraphs(item.feedback)
    taken: list[str] = []
    while paragraphs and any(pattern.fullmatch(paragraphs[-1]) for pattern in _OURS):
        taken.append(paragraphs.pop())
    sources: tuple[str, ...] = ()
    interaction = item.interaction
    kept: list[str] = []
    for paragraph in reversed(taken):
        if paragraph.startswith(_SOURCES):
            sources = tuple(dict.fromkeys(_SOURCE.findall(paragraph)))
        elif paragraph.startswith(_UNIT) and isinstance(interaction, NumberInteraction) and not interaction.unit:
            interaction = replace(interaction, unit=paragraph.removeprefix(_UNIT))
        elif paragraph.startswith(_REASONS) and (reasons := _split_reasons(paragraph, interaction)):
            interaction = _set_reasons(interaction, reasons)
        elif paragraph.startswith((_UNIT, _REASONS)):
            kept.append(paragraph)
    feedback = "\n\n".join((*paragraphs, *kept))
    return RestoredItem(replace(item, interaction=interaction, feedback=feedback), sources)


def _append(feedback: str, paragraph: str) -> str:
    """Put a paragraph before those on sources and disputes, which belong last."""
    paragraphs = split_paragraphs(feedback)
    at = len(paragraphs)
    while at and any(pattern.fullmatch(paragraphs[at - 1]) for pattern in _OURS):
        at -= 1
    return "\n\n".join((*paragraphs[:at], paragraph, *paragraphs[at:]))


def _list_reasons(interaction: Interaction | None) -> list[str]:
    match interaction:
        case MatchInteraction(pairs=pairs):
            return [one.feedback for one in pairs]
        case OrderInteraction(steps=steps):
            return [one.feedback for one in steps]
    return []


def _set_reasons(interaction: Interaction | None, reasons: Sequence[str]) -> Interaction | None:
    match interaction:
        case MatchInteraction(pairs=pairs):
            changed = (replace(one, feedback=reason) for one, reason in zip(pairs, reasons, strict=True))
            return replace(interaction, pairs=tuple(changed))
        case OrderInteraction(steps=steps):
            explained = (replace(one, feedback=reason) for one, reason in zip(steps, reasons, strict=True))
            return replace(interaction, steps=tuple(explained))
    return interaction


def _split_reasons(paragraph: str, interaction: Interaction | None) -> list[str]:
    """Return the reason of each line; none if their number is not that of the lines, or there are reasons already."""
    present = _list_reasons(interaction)
    if any(present):
        return []
    found = list(_cut(paragraph.removeprefix(_REASONS)))
    return found if len(found) == len(present) else []


def _cut(words: str) -> Iterator[str]:
    rest, number = words.removeprefix("(1)"), 2
    while True:
        reason, mark, rest = rest.partition(f" ({number}) ")
        yield reason.strip()
        if not mark:
            return
        number += 1
