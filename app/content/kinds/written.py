"""Written answer: the limit in words, the rubric and a model answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from app.content.faults import Fault, FileLocation
from app.content.figures import Figure
from app.content.interactions import (
    EntryFields,
    EntryInteraction,
    ExtendedTextInteraction,
    Interaction,
    Note,
    Severity,
    drop_empty,
)
from app.content.kinds.base import MapParts, QuestionEntry, QuestionParts, check_repeated
from app.content.schema import Entry, Text, WholeNumber
from app.content.yaml_nodes import Plain
from app.domain.content import Use
from app.domain.kinds import RubricCriterion
from app.domain.kinds.written import MAX_WORDS, WrittenKey, count_words, write_limit

MIN_WORDS = 10
_POINTS = re.compile(r"(.*\S)\s*\(([1-9][0-9]?)\)", re.DOTALL)


class CriterionEntry(Entry):
    """One thing that the answer must contain, and the points that it earns."""

    text: Text
    points: Annotated[WholeNumber, Field(ge=1, le=20)]


class WrittenEntry(QuestionEntry):
    kind: Literal["written"]
    words: Annotated[WholeNumber, Field(ge=MIN_WORDS, le=MAX_WORDS)]
    rubric: list[CriterionEntry] = Field(min_length=1, max_length=12)
    model: Text

    @classmethod
    def begin(cls) -> dict[str, Plain]:
        return {"rubric": [{}]}

    @property
    def is_markable(self) -> bool:
        """False: there are no wrong answers to compare with."""
        return False

    def faults(self, place: FileLocation) -> Iterator[Fault]:
        if self.use is Use.PRACTICE:
            message = "people mark this question, and nobody marks practice"
            yield place.fault("marked-by-people", message, "use", expected="`use: test` or `use: exam`")
        if self.critical:
            message = "a safety-critical question must be fully right, which a written answer seldom is"
            yield place.fault("marked-by-people", message, "critical", expected="the line removed")
        words = count_words(self.model)
        if words > self.words:
            message = f"the model answer has {words} words, and learners may write {self.words}"
            yield place.fault("too-long", message, "model", expected=f"{self.words} words at most")
        yield from check_repeated(place, "rubric", "text", (one.text for one in self.rubric))
        yield from super().faults(place)

    @classmethod
    def read_interaction(cls, interaction: Interaction) -> EntryFields | None:
        if not isinstance(interaction, ExtendedTextInteraction):
            return None
        words = str(_limit(interaction.most_words)) if interaction.most_words else ""
        fields: dict[str, Plain] = {
            "words": words,
            "rubric": _read_rubric(interaction),
            "model": " ".join(interaction.model_answer.split()),
        }
        return EntryFields(drop_empty(fields), tuple(_note_lost(interaction)))

    def as_interaction(self) -> EntryInteraction:
        lines = (f"{one.text} ({one.points})" for one in self.rubric)
        written = ExtendedTextInteraction(self.model, "\n\n".join(lines), most_words=self.words)
        return EntryInteraction(written)

    def ask(self, figures: Mapping[str, Figure | None], parts: MapParts) -> QuestionParts:
        criteria = tuple(RubricCriterion(one.text, one.points) for one in self.rubric)
        return QuestionParts((), WrittenKey(criteria, self.model), prompts=(write_limit(self.words),))


def _read_rubric(interaction: ExtendedTextInteraction) -> list[Plain]:
    """Return a criterion for each paragraph; points in brackets at its end are its points."""
    rubric: list[Plain] = []
    for paragraph in filter(None, (one.strip() for one in interaction.rubric.split("\n\n"))):
        found = _POINTS.fullmatch(paragraph)
        rubric.append({"text": found[1], "points": found[2]} if found else {"text": paragraph})
    return rubric


def _note_lost(interaction: ExtendedTextInteraction) -> Iterator[Note]:
    most = interaction.most_words
    if most and not MIN_WORDS <= most <= MAX_WORDS:
        yield Note(Severity.CHANGED, f"at most {most} words became {_limit(most)}")
    if interaction.least_words:
        yield Note(Severity.LOST, f"the least number of words ({interaction.least_words})")


def _limit(most: int) -> int:
    return min(max(most, MIN_WORDS), MAX_WORDS)


ENTRIES: tuple[type[QuestionEntry], ...] = (WrittenEntry,)
