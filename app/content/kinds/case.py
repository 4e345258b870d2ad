"""A patient case: steps with options, each of which leads to another step or ends the case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from app.content.faults import Fault, FileLocation
from app.content.figures import Figure
from app.content.interactions import EntryInteraction, Note, Severity
from app.content.kinds import option_rules
from app.content.kinds.base import Giveaway, MapParts, QuestionEntry, QuestionParts, check_repeated
from app.content.schema import Decimal, Entry, Id, OptionEntry, SourceId, Text, TextWithList, YesNo
from app.content.yaml_nodes import Plain
from app.domain.kinds.case_key import build_key
from app.domain.kinds.case_steps import ITEM_START, CaseLink, CaseStep, write_step

_LABEL = re.compile(r"\*\*([^*]+)\*\*")


class CaseOptionEntry(Entry):
    """One option of a step: its share of the step, what follows, and the next step; without ``next`` the case ends."""

    text: Text
    why: Text
    share: Annotated[Decimal, Field(ge=0, le=1)] = 0.0
    harmful: YesNo = False
    harm: Text | None = None
    then: Text | None = None
    next: Id | None = None


class CaseStepEntry(Entry):
    """One decision, with the findings that everybody sees who gets there.

    If the options are labels, ``shows`` ends in a list that says what each of them stands for.
    """

    id: Id
    asks: Text
    sources: list[SourceId] = Field(min_length=1)
    options: list[CaseOptionEntry] = Field(min_length=2, max_length=4)
    shows: TextWithList | None = None


class CaseEntry(QuestionEntry):
    giveaway_rules = option_rules.RULES

    kind: Literal["case"]
    steps: list[CaseStepEntry] = Field(min_length=3, max_length=8)

    @classmethod
    def begin(cls) -> dict[str, Plain]:
        return {"steps": [{"options": [{}, {}]}] * 3}

    @property
    def is_markable(self) -> bool:
        return all(0 < sum(one.share == 1 for one in step.options) < len(step.options) for step in self.steps)

    @property
    def choice_texts(self) -> Sequence[str]:
        return [option.text for step in self.steps for option in step.options]

    def faults(self, place: FileLocation) -> Iterator[Fault]:
        if self.vignette is None:
            yield place.fault("missing", "`vignette` is missing", expected="a line `vignette: …` with the patient")
        yield from check_repeated(place, "steps", "id", [step.id for step in self.steps])
        for at, step in enumerate(self.steps):
            here = place.within("steps", at)
            yield from self._step_faults(here, step)
            yield from check_repeated(here, "options", "text", [option.text for option in step.options])
        yield from self._way_faults(place)
        yield from super().faults(place)

    def _step_faults(self, place: FileLocation, step: CaseStepEntry) -> Iterator[Fault]:
        best = sum(option.share == 1 for option in step.options)
        if not best:
            message = f"no option of the step `{step.id}` earns everything"
            yield place.fault("no-key", message, "options", expected="one with `share: 1`")
        elif best == len(step.options):
            message = f"every option of the step `{step.id}` earns everything"
            yield place.fault("key", message, "options", expected="an option that is wrong")
        for at, source in enumerate(step.sources):
            if source not in self.sources:
                message = f"`{source}` is not among the question's sources"
                yield place.fault("missing", message, "sources", at, expected=f"`{source}` in `sources`")
        for at, option in enumerate(step.options):
            yield from self._option_faults(place.within("options", at), option)
        yield from self._list_faults(place, step)

    def _list_faults(self, place: FileLocation, step: CaseStepEntry) -> Iterator[Fault]:
        """Yield the faults of the list in ``shows``: its labels are those of the options, in the order of the page."""
        text, *items = (step.shows or "").split(ITEM_START)
        if text.startswith(ITEM_START.strip("\n")):
            yield place.fault("list", "the list has no sentence before it", "shows", expected="text before the list")
        if not items:
            return
        labels = [found[1] if (found := _LABEL.match(item)) else None for item in items]
        if None in labels:
            message = f"item {labels.index(None) + 1} of the list does not begin with a label"
            yield place.fault("list", message, "shows", expected="`- **label** …`")
        elif len(labels) != len(step.options) or not all(map(_names, step.options, labels)):
            message = "the labels of the list are not those of the options"
            yield place.fault("list", message, "shows", expected="an item for each option, in the same order")
        if not self.is_order_fixed:
            message = "the list keeps its order, but the options are shuffled"
            yield place.fault("list", message, "shows", expected="`order: fixed` in the question")

    def _option_faults(self, place: FileLocation, option: CaseOptionEntry) -> Iterator[Fault]:
        if option.harmful and option.harm is None:
            message = "a harmful option does not say what it would have done"
            yield place.fault("harm", message, "harmful", expected="a line `harm: …`")
        if option.harm is not None and not option.harmful:
            yield place.fault(
                "harm", "`harm` belongs to a harmful option", "harm", expected="`harmful: true` beside it"
            )
        if option.harmful and option.share > 0:
            yield place.fault("harm", "a harmful option earns part of the point", "share", expected="`share: 0`")
        follows = option.then or next((step.shows for step in self.steps if step.id == option.next), None)
        if option.next is None and option.then is None:
            message = "the case stops here without an outcome"
            yield place.fault("dead-end", message, expected="a line `then: …` with the outcome, or `next: …`")
        elif option.next in self._places and not follows:
            message = "nothing is found after this choice"
            yield place.fault("dead-end", message, expected="a line `then: …`, or `shows: …` in the next step")

    @property
    def _places(self) -> dict[str, int]:
        return {step.id: at for at, step in enumerate(self.steps)}

    def _way_faults(self, place: FileLocation) -> Iterator[Fault]:
        """Yield a fault for each option that leads nowhere or back, and each step that nothing leads to."""
        reached = {0}
        for at, step in enumerate(self.steps):
            for number, option in enumerate(step.options):
                spot = ("steps", at, "options", number, "next")
                if option.next is None:
                    continue
                if option.next not in self._places:
                    expected = "one of " + ", ".join(self._places)
                    yield place.fault("unknown-step", f"the case has no step `{option.next}`", *spot, expected=expected)
                elif self._places[option.next] <= at:
                    message = f"`{option.next}` is not a later step, so the case could go in a circle"
                    yield place.fault("cycle", message, *spot, expected="a step that is written further down")
                elif at in reached:
                    reached.add(self._places[option.next])
        for at, step in enumerate(self.steps):
            if at not in reached:
                message = f"no choice leads to the step `{step.id}`"
                yield place.fault("unreachable", message, "steps", at, "id", expected=f"`next: {step.id}` in an option")

    def giveaways(self) -> Iterator[Giveaway]:
        for at, step in enumerate(self.steps):
            options = [OptionEntry(text=one.text, why=one.why, correct=_yes(one.share == 1)) for one in step.options]
            for one in option_rules.find_giveaways(step.asks, options):
                yield Giveaway(one.rule, ("steps", at, *one.spot), one.message, one.expected)

    def as_interaction(self) -> EntryInteraction:
        reason = "a patient case that unfolds in steps has no counterpart"
        return EntryInteraction(None, (Note(Severity.REFUSED, reason),))

    def ask(self, figures: Mapping[str, Figure | None], parts: MapParts) -> QuestionParts:
        options = [option for step in self.steps for option in step.options]
        steps, first = [], 0
        for step in self.steps:
            links = (
                CaseLink(index, option.then, None if option.next is None else self._places[option.next])
                for index, option in enumerate(step.options, start=first)
            )
            steps.append(CaseStep(step.shows, step.asks, tuple(links)))
            first += len(step.options)
        key = build_key(
            steps,
            shares=[option.share for option in options],
            reasons=[option.why for option in options],
            harms=[option.harm for option in options],
            sources=[step.sources for step in self.steps],
        )
        return QuestionParts(tuple(option.text for option in options), key, prompts=tuple(map(write_step, steps)))


def _names(option: CaseOptionEntry, label: str | None) -> bool:
    return label is not None and label.casefold() in option.text.casefold()


def _yes(value: object) -> str:
    """Return a truth value as an author writes it."""
    return "true" if value else "false"


ENTRIES: tuple[type[QuestionEntry], ...] = (CaseEntry,)
