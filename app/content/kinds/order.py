"""Putting steps in order; the author lists them in the right one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from app.content.faults import Fault, FileLocation
from app.content.figures import Figure
from app.content.interactions import (
    EntryFields,
    EntryInteraction,
    Interaction,
    OrderedStep,
    OrderInteraction,
    drop_empty,
)
from app.content.kinds.base import MapParts, QuestionEntry, QuestionParts, check_repeated
from app.content.schema import Entry, Text
from app.content.yaml_nodes import Plain
from app.domain.kinds.order import OrderKey


class StepEntry(Entry):
    text: Text
    why: Text


class OrderEntry(QuestionEntry):
    kind: Literal["order"]
    steps: list[StepEntry] = Field(min_length=3, max_length=7)

    @classmethod
    def begin(cls) -> dict[str, Plain]:
        return {"steps": [{}, {}, {}]}

    @property
    def choice_texts(self) -> Sequence[str]:
        return [step.text for step in self.steps]

    def faults(self, place: FileLocation) -> Iterator[Fault]:
        yield from check_repeated(place, "steps", "text", self.choice_texts)
        yield from super().faults(place)

    @classmethod
    def read_interaction(cls, interaction: Interaction) -> EntryFields | None:
        if not isinstance(interaction, OrderInteraction):
            return None
        steps: list[Plain] = [drop_empty({"text": one.text, "why": one.feedback}) for one in interaction.steps]
        return EntryFields({"steps": steps})

    def as_interaction(self) -> EntryInteraction:
        return EntryInteraction(OrderInteraction(tuple(OrderedStep(one.text, one.why) for one in self.steps)))

    def ask(self, figures: Mapping[str, Figure | None], parts: MapParts) -> QuestionParts:
        key = OrderKey(tuple(range(len(self.steps))), tuple(step.why for step in self.steps))
        return QuestionParts(tuple(self.choice_texts), key)


ENTRIES: tuple[type[QuestionEntry], ...] = (OrderEntry,)
