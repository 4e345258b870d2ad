"""Questions whose options are chosen: single, several, and true or false."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from app.content.faults import Fault, FileLocation
from app.content.figures import Figure
from app.content.interactions import (
    FULL,
    ChoiceInteraction,
    EntryFields,
    EntryInteraction,
    Interaction,
    Note,
    Option,
    Severity,
    drop_empty,
)
from app.content.kinds import option_rules
from app.content.kinds.base import Giveaway, MapParts, QuestionEntry, QuestionParts, check_repeated
from app.content.schema import OptionEntry
from app.content.words import list_absolutes, truncate
from app.content.yaml_nodes import Plain
from app.domain.kinds.choice import ChoiceKey

_MOST_OPTIONS = 6
"""More options do not fit well on a page."""
_ROUNDED = 0.005
"""Shares that differ by less are the same share, rounded."""


class ChoiceEntry(QuestionEntry):
    """The shared part of single, several and true/false."""

    options: list[OptionEntry] = Field(min_length=2, max_length=12)

    @classmethod
    def begin(cls) -> dict[str, Plain]:
        return {"options": [{}, {}, {}, {}]}

    @property
    def is_markable(self) -> bool:
        return 0 < sum(option.correct for option in self.options) < len(self.options)

    @property
    def choice_texts(self) -> Sequence[str]:
        return [option.text for option in self.options]

    def faults(self, place: FileLocation) -> Iterator[Fault]:
        if not any(option.correct for option in self.options):
            yield place.fault("no-key", "no option is correct", "options", expected="`correct: true` on the right one")
        else:
            yield from self._key_faults(place)
        if len(self.options) > _MOST_OPTIONS:
            message = f"`options` has {len(self.options)} entries"
            yield place.fault("shape", message, "options", expected=f"{_MOST_OPTIONS} at most")
        yield from check_repeated(place, "options", "text", self.choice_texts)
        yield from super().faults(place)

    def _key_faults(self, place: FileLocation) -> Iterator[Fault]:
        right = sum(option.correct for option in self.options)
        if right > 1:
            yield place.fault("key", f"{right} options are correct", "options", expected="one, or `kind: several`")

    def _options(self, *, right: float, wrong: float) -> tuple[Option, ...]:
        """Return the options with what each adds to the mark."""
        return tuple(Option(one.text, right if one.correct else wrong, one.why) for one in self.options)

    def ask(self, figures: Mapping[str, Figure | None], parts: MapParts) -> QuestionParts:
        key = ChoiceKey(
            correct=tuple(index for index, option in enumerate(self.options) if option.correct),
            reasons=tuple(option.why for option in self.options),
        )
        return QuestionParts(tuple(self.choice_texts), key)


class SingleEntry(ChoiceEntry):
    giveaway_rules = option_rules.RULES

    kind: Literal["single"]

    @property
    def only_key(self) -> str:
        return next((option.text for option in self.options if option.correct), "")

    @property
    def guessable(self) -> Sequence[OptionEntry]:
        return self.options

    def giveaways(self) -> Iterator[Giveaway]:
        return option_rules.find_giveaways(self.stem, self.options)

    @classmethod
    def read_interaction(cls, interaction: Interaction) -> EntryFields | None:
        match interaction:
            case ChoiceInteraction(options=options, is_multiple=False, is_truth=False):
                notes = tuple(note for option in options for note in _note_part_marks(option))
                return EntryFields(_write_options(interaction, lambda option: option.fraction >= FULL), notes)
        return None

    def as_interaction(self) -> EntryInteraction:
        options = self._options(right=1.0, wrong=0.0)
        return EntryInteraction(ChoiceInteraction(options, is_shuffled=not self.is_order_fixed))


class SeveralEntry(ChoiceEntry):
    giveaway_rules = option_rules.RULES

    kind: Literal["several"]

    @property
    def guessable(self) -> Sequence[OptionEntry]:
        return self.options

    def _key_faults(self, place: FileLocation) -> Iterator[Fault]:
        right = sum(option.correct for option in self.options)
        wrong = len(self.options) - right
        if wrong < right:
            message = f"{right} options are right and {wrong} wrong, so ticking everything would pay"
            expected = "at least as many wrong options as right ones"
            yield place.fault("several-balance", message, "options", expected=expected)

    def giveaways(self) -> Iterator[Giveaway]:
        return option_rules.find_giveaways(self.stem, self.options)

    @classmethod
    def read_interaction(cls, interaction: Interaction) -> EntryFields | None:
        match interaction:
            case ChoiceInteraction(options=options, is_multiple=True):
                fields = _write_options(interaction, lambda option: option.fraction > 0)
                return EntryFields(fields, tuple(_note_unequal_marks(options)))
        return None

    def as_interaction(self) -> EntryInteraction:
        share = 1 / max(1, sum(option.correct for option in self.options))
        options = self._options(right=share, wrong=-share)
        return EntryInteraction(ChoiceInteraction(options, is_multiple=True, is_shuffled=not self.is_order_fixed))


class TrueFalseEntry(ChoiceEntry):
    giveaway_rules = frozenset({"absolutes"})

    kind: Literal["truefalse"]

    @classmethod
    def begin(cls) -> dict[str, Plain]:
        return {"options": [{"text": "True"}, {"text": "False"}]}

    @property
    def is_order_fixed(self) -> bool:
        return True

    def faults(self, place: FileLocation) -> Iterator[Fault]:
        if self.choice_texts != ["True", "False"]:
            message = "the options are not True and False"
            yield place.fault("truefalse", message, "options", expected='"True", then "False"')
        yield from super().faults(place)

    def giveaways(self) -> Iterator[Giveaway]:
        found = list_absolutes(self.stem)
        if found and self.options[1].correct:
            message = f"the false statement contains “{found[0]}”"
            yield Giveaway("absolutes", ("stem",), message, "a statement without an absolute")

    @classmethod
    def read_interaction(cls, interaction: Interaction) -> EntryFields | None:
        match interaction:
            case ChoiceInteraction(options=options, is_multiple=False, is_truth=True):
                fields = _write_options(interaction, lambda option: option.fraction >= FULL)
                fields.pop("order", None)  # is always fixed
                return EntryFields(fields, tuple(note for option in options for note in _note_part_marks(option)))
        return None

    def as_interaction(self) -> EntryInteraction:
        options = self._options(right=1.0, wrong=0.0)
        return EntryInteraction(ChoiceInteraction(options, is_shuffled=False, is_truth=True))


def _write_options(choice: ChoiceInteraction, is_right: Callable[[Option], bool]) -> dict[str, Plain]:
    options: list[Plain] = [
        drop_empty({"text": one.text, "correct": "true" if is_right(one) else None, "why": one.feedback})
        for one in choice.options
    ]
    fields: dict[str, Plain] = {"options": options}
    return fields if choice.is_shuffled else {**fields, "order": "fixed"}


def _note_part_marks(option: Option) -> Iterator[Note]:
    if 0 < option.fraction < FULL:
        reason = f"“{truncate(option.text)}” earned {option.fraction:.0%} of the mark and now earns nothing"
        yield Note(Severity.LOST, reason)
    elif option.fraction < 0:
        reason = f"“{truncate(option.text)}” cost {-option.fraction:.0%} of the mark and now costs nothing"
        yield Note(Severity.LOST, reason)


def _note_unequal_marks(options: Sequence[Option]) -> Iterator[Note]:
    """Yield a note if marks add up in another way than ours: each right tick earns a share, each wrong one costs it."""
    right = sum(option.fraction > 0 for option in options)
    was = ", ".join(f"{100 * option.fraction:g}%" for option in options)
    if not right:  # the checker reports the missing key
        if any(option.fraction for option in options):
            yield Note(Severity.LOST, f"the marks of the options ({was})")
        return
    share = 1 / right
    if all(abs(abs(option.fraction) - share) < _ROUNDED for option in options):
        return
    now = f"each right tick earns {share:.0%} and each wrong one costs as much"
    yield Note(Severity.CHANGED, f"the marks of the options ({was}) are replaced: {now}")


ENTRIES: tuple[type[QuestionEntry], ...] = (SingleEntry, SeveralEntry, TrueFalseEntry)
