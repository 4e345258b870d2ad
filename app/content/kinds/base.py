"""The shared part of the author's formats of all kinds of questions.

Each kind has an entry class. Its fields are the format, and its methods return the faults of an entry, the question,
and the findings that give its answer away. :data:`app.content.kinds.ENTRIES` contains all classes by the name that an
author writes after ``kind:``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from pydantic import Field

from app.content.faults import Fault, FileLocation, Spot
from app.content.figures import Figure
from app.content.interactions import EntryFields, EntryInteraction, Interaction, Note, Severity
from app.content.schema import Entry, FactId, Id, OptionEntry, SourceId, Text, YesNo
from app.content.yaml_nodes import Plain
from app.domain.body_map import Muscle, Zone
from app.domain.content import Level, Use

_FIRST = ("id", "objective", "level", "kind", "use", "critical", "vignette", "stem")
"""The fields that stand before those of a kind."""


@dataclass(frozen=True, slots=True)
class QuestionParts:
    """The parts of :class:`app.domain.content.Question` that depend on its kind."""

    options: tuple[str, ...]
    key: Any
    prompts: tuple[str, ...] = ()
    unit: str | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class MapParts:
    """The sound zones and muscles that a question may name, by id."""

    zones: Mapping[str, Zone]
    muscles: Mapping[str, Muscle]


@dataclass(frozen=True, slots=True)
class Giveaway:
    """One thing that gives an answer away; ``spot`` is its field in the question."""

    rule: str
    spot: Spot
    message: str
    expected: str


class QuestionEntry(Entry, ABC):
    """The fields that questions of all kinds have."""

    giveaway_rules: ClassVar[frozenset[str]] = frozenset()
    """The rules of :meth:`giveaways`, which an author may override."""

    id: Id
    objective: Id
    level: Level
    kind: str
    use: Use
    stem: Text
    explanation: Text
    sources: list[SourceId] = Field(min_length=1)
    critical: YesNo = False
    vignette: Text | None = None
    facts: list[FactId] = Field(default=[])
    order: Literal["shuffled", "fixed"] = "shuffled"
    allow: dict[str, Text] = Field(default={})

    @classmethod
    def kind_name(cls) -> str:
        name: str = get_args(cls.model_fields["kind"].annotation)[0]
        return name

    @classmethod
    def list_fields(cls) -> list[str]:
        """Return the names of all fields in the order in which the author's manual writes them."""
        own = [name for name in cls.model_fields if name not in QuestionEntry.model_fields]
        return [*_FIRST, *own, *(name for name in QuestionEntry.model_fields if name not in _FIRST)]

    @classmethod
    def begin(cls) -> dict[str, Plain]:
        """Return what the form of a new question shows, beside the kind: rows to fill in."""
        return {}

    @classmethod
    def describe_misplaced(cls, spot: Spot) -> str | None:
        """Return a message if an unknown field belongs to another kind."""
        if not any(spot[-1] in entry.field_names_at(spot[:-1]) for entry in _formats(QuestionEntry.__subclasses__())):
            return None
        return f"does not belong to `kind: {cls.kind_name()}`"

    @property
    def is_order_fixed(self) -> bool:
        """Whether a page shows the options in the author's order."""
        return self.order == "fixed"

    @property
    def is_markable(self) -> bool:
        """Whether the question has both right and wrong answers to compare."""
        return True

    @property
    def choice_texts(self) -> Sequence[str]:
        """The texts to choose from or put in order."""
        return ()

    @property
    def only_key(self) -> str:
        """The right answer if it is a single text that another question could give away, else an empty text."""
        return ""

    @property
    def guessable(self) -> Sequence[OptionEntry]:
        """The options that somebody without knowledge may choose by their form."""
        return ()

    @property
    def figure_names(self) -> Sequence[str]:
        """The module's figures that the question shows."""
        return ()

    def faults(self, place: FileLocation) -> Iterator[Fault]:
        """Yield the faults that make the question unmarkable; an author cannot override them."""
        for field, names in (("sources", self.sources), ("facts", self.facts)):
            for name, count in Counter(names).items():
                if count > 1:
                    message = f"`{name}` occurs {count} times in {field}"
                    yield place.fault("repeated", message, field, expected="each once")

    def reference_faults(
        self, place: FileLocation, figures: Mapping[str, Figure | None], parts: MapParts | None
    ) -> Iterator[Fault]:
        """Yield a fault for each name that refers to nothing.

        ``parts`` is None if the body map has faults of its own.
        """
        return iter(())

    def giveaways(self) -> Iterator[Giveaway]:
        """Yield everything that gives the answer away; called only for markable questions."""
        return iter(())

    @classmethod
    def read_interaction(cls, interaction: Interaction) -> EntryFields | None:
        """Return the fields of an entry that asks the same as another system; None if this kind does not fit."""
        return None

    def as_interaction(self) -> EntryInteraction:
        """Return what the entry asks in the language of other systems."""
        reason = f"other systems have nothing like a question of the kind `{self.kind}`"
        return EntryInteraction(None, (Note(Severity.REFUSED, reason),))

    @abstractmethod
    def ask(self, figures: Mapping[str, Figure | None], parts: MapParts) -> QuestionParts:
        """Return the question parts and the key of a sound entry."""


def _formats(entries: Iterable[type[QuestionEntry]]) -> Iterator[type[QuestionEntry]]:
    for entry in entries:
        yield entry
        yield from _formats(entry.__subclasses__())


def check_repeated(place: FileLocation, field: str, part: str, texts: Iterable[str]) -> Iterator[Fault]:
    """Yield a fault for each entry of ``field`` whose ``part`` repeats an earlier one."""
    seen: dict[str, int] = {}
    for at, text in enumerate(texts):
        plain = text.casefold().rstrip(".").strip("*_ ")
        if plain and plain in seen:
            message = f"{field} {seen[plain] + 1} and {at + 1} say the same"
            each = f"each {field.removesuffix('s')} once" if part == "text" else f"each {part} once"
            yield place.fault("duplicate-options", message, field, at, part, expected=each)
        seen.setdefault(plain, at)
