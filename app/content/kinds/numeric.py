"""A number with its tolerance and unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from app.content.figures import Figure
from app.content.interactions import (
    FULL,
    AcceptedNumber,
    EntryFields,
    EntryInteraction,
    Interaction,
    Note,
    NumberInteraction,
    Severity,
    drop_empty,
    write_number,
)
from app.content.kinds.base import MapParts, QuestionEntry, QuestionParts
from app.content.schema import Decimal, Entry, tidy
from app.domain.kinds.numeric import NumericKey


class NumberEntry(Entry):
    value: Decimal
    tolerance: Annotated[Decimal, Field(ge=0)]
    unit: Annotated[str, StringConstraints(max_length=30), AfterValidator(tidy)] | None = None


class NumericEntry(QuestionEntry):
    kind: Literal["numeric"]
    answer: NumberEntry

    @classmethod
    def read_interaction(cls, interaction: Interaction) -> EntryFields | None:
        if not isinstance(interaction, NumberInteraction):
            return None
        right = next((one for one in interaction.answers if one.fraction >= FULL), None)
        notes = tuple(_note_dropped(interaction, right))
        if right is None:
            return EntryFields({}, notes, interaction.otherwise)
        answer = {"value": write_number(right.value), "tolerance": write_number(right.tolerance)}
        fields = drop_empty({"answer": drop_empty({**answer, "unit": interaction.unit})})
        return EntryFields(fields, notes, "\n\n".join(filter(None, (right.feedback, interaction.otherwise))))

    def as_interaction(self) -> EntryInteraction:
        number = AcceptedNumber(self.answer.value, self.answer.tolerance)
        return EntryInteraction(NumberInteraction((number,), self.answer.unit or ""))

    def ask(self, figures: Mapping[str, Figure | None], parts: MapParts) -> QuestionParts:
        return QuestionParts((), NumericKey(self.answer.value, self.answer.tolerance), unit=self.answer.unit)


def _note_dropped(interaction: NumberInteraction, kept: AcceptedNumber | None) -> Iterator[Note]:
    """Yield a note for each further number: a question here has a single one."""
    if kept is None:
        yield Note(Severity.WARNING, "no number earns the whole mark")
    for one in interaction.answers:
        if one is not kept:
            number = f"{write_number(one.value)} (± {write_number(one.tolerance)}, {one.fraction:.0%} of the mark)"
            feedback = f", with its feedback “{one.feedback}”" if one.feedback else ""
            yield Note(Severity.LOST, f"the further answer {number} is left out{feedback}")


ENTRIES: tuple[type[QuestionEntry], ...] = (NumericEntry,)
