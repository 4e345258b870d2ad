"""Matching: each left side has one right side, and there may be extra right sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from app.content.faults import Fault, FileLocation
from app.content.figures import Figure
from app.content.interactions import EntryFields, EntryInteraction, Interaction, MatchInteraction, Pair, drop_empty
from app.content.kinds.base import Giveaway, MapParts, QuestionEntry, QuestionParts, check_repeated
from app.content.schema import Entry, Text
from app.content.words import stem_content_words
from app.content.yaml_nodes import Plain
from app.domain.kinds.match import MatchKey


class PairEntry(Entry):
    """One line: a prompt, the option that belongs to it, and the reason."""

    left: Text
    right: Text
    why: Text


class MatchEntry(QuestionEntry):
    giveaway_rules = frozenset({"match-words"})

    kind: Literal["match"]
    pairs: list[PairEntry] = Field(min_length=3, max_length=6)
    extra: list[Text] = Field(default=[], max_length=3)

    @classmethod
    def begin(cls) -> dict[str, Plain]:
        return {"pairs": [{}, {}, {}], "extra": [""]}

    @property
    def choice_texts(self) -> Sequence[str]:
        return [pair.right for pair in self.pairs]

    def faults(self, place: FileLocation) -> Iterator[Fault]:
        yield from check_repeated(place, "pairs", "left", [pair.left for pair in self.pairs])
        yield from check_repeated(place, "pairs", "right", self.choice_texts)
        yield from super().faults(place)

    def giveaways(self) -> Iterator[Giveaway]:
        """Yield pairs whose sides share a word that no other right side contains.

        They can be matched without knowledge.
        """
        rights = [stem_content_words(text) for text in (*self.choice_texts, *self.extra)]
        for at, pair in enumerate(self.pairs):
            elsewhere = frozenset().union(*(rights[other] for other in range(len(rights)) if other != at))
            if shared := (stem_content_words(pair.left) & rights[at]) - elsewhere:
                message = f"only this pair has “{min(shared)}” on both sides"
                expected = "other words, or the same word in another right side"
                yield Giveaway("match-words", ("pairs", at, "right"), message, expected)

    @classmethod
    def read_interaction(cls, interaction: Interaction) -> EntryFields | None:
        if not isinstance(interaction, MatchInteraction):
            return None
        pairs: list[Plain] = [
            drop_empty({"left": one.left, "right": one.right, "why": one.feedback}) for one in interaction.pairs
        ]
        order = None if interaction.is_shuffled else "fixed"
        return EntryFields(drop_empty({"pairs": pairs, "extra": list(interaction.extra), "order": order}))

    def as_interaction(self) -> EntryInteraction:
        pairs = tuple(Pair(one.left, one.right, one.why) for one in self.pairs)
        return EntryInteraction(MatchInteraction(pairs, tuple(self.extra), is_shuffled=not self.is_order_fixed))

    def ask(self, figures: Mapping[str, Figure | None], parts: MapParts) -> QuestionParts:
        return QuestionParts(
            options=(*self.choice_texts, *self.extra),
            key=MatchKey(tuple(range(len(self.pairs))), tuple(pair.why for pair in self.pairs)),
            prompts=tuple(pair.left for pair in self.pairs),
        )


ENTRIES: tuple[type[QuestionEntry], ...] = (MatchEntry,)
