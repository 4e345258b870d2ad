"""A question as banks of other systems describe it: what learners do, and what each answer earns.

The names are those of QTI. Texts are Markdown with emphasis at most, as in the author's files; paragraphs are separated
by an empty line. Fractions are shares of the question's mark, from -1 to 1.

:mod:`app.interchange` reads and writes files of these, and each kind of question in :mod:`app.content.kinds` converts
its author's format from and to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.content.yaml_nodes import Plain

FULL = 0.999
"""Fractions from here on earn the whole mark; files round thirds."""


class Severity(StrEnum):
    """What happened to a part of a question on its way from one format to the other."""

    CHANGED = "changed"
    LOST = "lost"
    WARNING = "warning"
    """Nothing is lost, but a person should look at it."""
    REFUSED = "refused"
    """The whole question was left out."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was changed, lost or refused, and why, in plain English. A sentence without its full stop."""

    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice."""

    text: str
    fraction: float = 0.0
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceInteraction:
    """Choosing one option, or several if ``is_multiple``; then the fractions of what is chosen add up.

    ``is_truth`` marks a statement: the options are true, then false.
    """

    options: tuple[Option, ...]
    is_multiple: bool = False
    is_shuffled: bool = True
    is_truth: bool = False


@dataclass(frozen=True, slots=True)
class AcceptedText:
    """An accepted answer; ``*`` stands for any text, or none. ``allows_typo`` accepts one typing error."""

    text: str
    fraction: float = 1.0
    feedback: str = ""
    allows_typo: bool = False


@dataclass(frozen=True, slots=True)
class TextEntryInteraction:
    """Typing a word or a few. The first accepted answer that fits counts.

    ``exact`` names the differences that count: case, accents, spaces, punctuation. ``otherwise`` is the feedback on any
    other answer.
    """

    answers: tuple[AcceptedText, ...]
    exact: tuple[str, ...] = ()
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedNumber:
    """A number with the largest distance from it that still counts, ends included."""

    value: float
    tolerance: float = 0.0
    fraction: float = 1.0
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class NumberInteraction:
    """Typing a number. The first that fits counts. ``unit`` may be typed as well, but need not."""

    answers: tuple[AcceptedNumber, ...]
    unit: str = ""
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt, the choice that belongs to it, and the feedback on this line."""

    left: str
    right: str
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class MatchInteraction:
    """Choosing a right side for each left side. ``extra`` right sides belong to none."""

    pairs: tuple[Pair, ...]
    extra: tuple[str, ...] = ()
    is_shuffled: bool = True


@dataclass(frozen=True, slots=True)
class OrderedStep:
    """A thing to put in order, and the feedback on it."""

    text: str
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class OrderInteraction:
    """Putting steps in order; they are in the right one."""

    steps: tuple[OrderedStep, ...]


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A part of a picture: ``shape`` and ``coordinates`` as QTI writes them (``circle``, ``10,10,5``)."""

    text: str
    shape: str
    coordinates: str
    fraction: float = 0.0
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class HotspotInteraction:
    """Pointing at a part of a picture, which is named as in the bank's pictures."""

    picture: str
    hotspots: tuple[Hotspot, ...]
    is_multiple: bool = False


@dataclass(frozen=True, slots=True)
class ExtendedTextInteraction:
    """Writing a text that a person marks."""

    model_answer: str = ""
    rubric: str = ""
    least_words: int | None = None
    most_words: int | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """A text to read; nothing is asked."""


Interaction = (
    ChoiceInteraction
    | TextEntryInteraction
    | NumberInteraction
    | MatchInteraction
    | OrderInteraction
    | HotspotInteraction
    | ExtendedTextInteraction
    | Description
)


@dataclass(frozen=True, slots=True)
class EntryFields:
    """The fields of an author's entry that depend on its kind, and what became of the rest.

    Numbers and truth values are text, as read from YAML. ``feedback`` fits no field, so it belongs to the explanation.
    """

    fields: dict[str, Plain]
    notes: tuple[Note, ...] = ()
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class EntryInteraction:
    """What an author's entry asks, in the language of other systems; None if none of them can hold it."""

    interaction: Interaction | None
    notes: tuple[Note, ...] = ()


def write_number(value: float) -> str:
    """Write a number as an author does, with nine decimals at most."""
    return f"{value:.9f}".rstrip("0").rstrip(".")


def drop_empty(fields: dict[str, Plain]) -> dict[str, Plain]:
    """Return the fields that have a value; what is empty is left for a person to write."""
    return {name: value for name, value in fields.items() if value}
