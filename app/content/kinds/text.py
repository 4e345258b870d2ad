"""Short text: the accepted answers, each with its share of the point, and the reason why all others are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from app.content.faults import Fault, FileLocation
from app.content.figures import Figure
from app.content.interactions import (
    FULL,
    AcceptedText,
    EntryFields,
    EntryInteraction,
    Interaction,
    Note,
    Severity,
    TextEntryInteraction,
    drop_empty,
    write_number,
)
from app.content.kinds.base import Giveaway, MapParts, QuestionEntry, QuestionParts
from app.content.schema import Decimal, Entry, Text, YesNo, tidy
from app.content.words import has_phrase
from app.content.yaml_nodes import Plain
from app.domain.kinds.text import ANY, MAX_LENGTH, MIN_TYPO_LENGTH, AcceptedAnswer, Exactness, TextKey, fold


class AcceptedEntry(Entry):
    """One answer. ``*`` in its text matches any text, or none."""

    text: Annotated[str, StringConstraints(max_length=MAX_LENGTH), AfterValidator(tidy)]
    share: Annotated[Decimal, Field(ge=0, le=1)] = 1.0
    why: Text | None = None
    typo: YesNo = False


class TextEntry(QuestionEntry):
    giveaway_rules = frozenset({"answer-in-stem"})

    kind: Literal["text"]
    accept: list[AcceptedEntry] = Field(min_length=1, max_length=20)
    otherwise: Text
    exact: list[Literal["case", "accents", "spaces", "punctuation"]] = Field(default=[])

    @classmethod
    def begin(cls) -> dict[str, Plain]:
        return {"accept": [{}]}

    @property
    def exactness(self) -> Exactness:
        return Exactness(**dict.fromkeys(self.exact, True))

    @property
    def answers(self) -> tuple[AcceptedAnswer, ...]:
        return tuple(AcceptedAnswer(one.text, one.share, one.why, one.typo) for one in self.accept)

    @property
    def only_key(self) -> str:
        return next((one.text.replace(ANY, " ") for one in self.accept if one.share == 1), "")

    def faults(self, place: FileLocation) -> Iterator[Fault]:
        if not any(one.share == 1 for one in self.accept):
            yield place.fault("no-key", "no answer earns the whole point", "accept", expected="one with `share: 1`")
        for at, one in enumerate(self.accept):
            yield from self._answer_faults(place.within("accept", at), one)
            yield from self._covered_faults(place, at)
        yield from super().faults(place)

    def _answer_faults(self, place: FileLocation, one: AcceptedEntry) -> Iterator[Fault]:
        letters = fold(one.text, self.exactness)
        if not letters:
            yield place.fault("key", "the answer has nothing to compare", "text", expected="a letter or a digit")
        if one.share < 1 and one.why is None:
            message = "an answer that does not earn the whole point gives no reason"
            yield place.fault("missing", message, expected="a line `why: …`")
        if one.typo and (ANY in one.text or len(letters) < MIN_TYPO_LENGTH):
            expected = f"an answer of {MIN_TYPO_LENGTH} letters or more without `*`"
            yield place.fault("typo", "typing errors cannot be detected in this answer", "typo", expected=expected)

    def _covered_faults(self, place: FileLocation, at: int) -> Iterator[Fault]:
        text = self.accept[at].text.replace(ANY, "")
        for before, one in enumerate(self.answers[:at]):
            plain = AcceptedAnswer(one.text)
            if fold(text, self.exactness) and TextKey((plain,), self.exactness).find(text):
                message = f"answers {before + 1} and {at + 1} accept the same text"
                expected = "each answer once, the narrow one before the wide one"
                yield place.fault("duplicate-options", message, "accept", at, "text", expected=expected)
                return

    def giveaways(self) -> Iterator[Giveaway]:
        """Yield accepted answers that the question itself contains."""
        said = f"{self.vignette or ''} {self.stem}"
        for at, one in enumerate(self.accept):
            words = one.text.replace(ANY, " ").strip()
            if one.share > 0 and words and has_phrase(said, words):
                message = f"the question itself contains the answer (“{words}”)"
                yield Giveaway("answer-in-stem", ("accept", at, "text"), message, "other words in the question")

    @classmethod
    def read_interaction(cls, interaction: Interaction) -> EntryFields | None:
        if not isinstance(interaction, TextEntryInteraction):
            return None
        accept: list[Plain] = [_write_answer(one) for one in interaction.answers]
        notes = tuple(note for one in interaction.answers for note in _note_negative(one))
        exact: list[Plain] = list(interaction.exact)
        return EntryFields(drop_empty({"accept": accept, "otherwise": interaction.otherwise, "exact": exact}), notes)

    def as_interaction(self) -> EntryInteraction:
        answers = tuple(AcceptedText(one.text, one.share, one.why or "", one.typo) for one in self.accept)
        return EntryInteraction(TextEntryInteraction(answers, tuple(self.exact), self.otherwise))

    def ask(self, figures: Mapping[str, Figure | None], parts: MapParts) -> QuestionParts:
        return QuestionParts((), TextKey(self.answers, self.exactness, self.otherwise))


def _write_answer(one: AcceptedText) -> dict[str, Plain]:
    share = None if one.fraction >= FULL else write_number(max(0.0, one.fraction))
    typo = "true" if one.allows_typo else None
    return drop_empty({"text": one.text, "share": share, "why": one.feedback, "typo": typo})


def _note_negative(one: AcceptedText) -> Iterator[Note]:
    if one.fraction < 0:
        yield Note(Severity.CHANGED, f"“{one.text}” cost {-one.fraction:.0%} of the mark and now earns nothing")


ENTRIES: tuple[type[QuestionEntry], ...] = (TextEntry,)
