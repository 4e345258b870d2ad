"""Rules that find questions whose wording gives the answer to somebody who does not know it.

Each rule is a heuristic after the item-writing literature (Haladyna, Downing and Rodriguez, "A review of
multiple-choice item-writing guidelines", 2002), with thresholds chosen so that a finding is worth reading. An author
who disagrees with a finding writes ``allow: {rule: reason}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.content.kinds import ENTRIES, Giveaway, QuestionEntry

_NEGATIVE = re.compile(r"\b(?:not|except|least likely|never|cannot)\b|n['’]t\b", re.IGNORECASE)
# A "not" in an aside ("a patient who does not smoke", "although they do not hurt") does not negate the question.
_ASIDE = re.compile(
    r"^(?:if|when|although|because|since|while|after)\b[^,]*,|,\s*not\b[^,]*,"
    r"|(?<=\s)(?:that|who|whom|whose|although|though|because|if|when|where|while|unless|so)\b[^,;.?!]*",
    re.IGNORECASE,
)
_BOLD = re.compile(r"\*\*.+?\*\*|__.+?__")
_APPEAL = re.compile(
    r"\baccording to (?:the|this|our) (?:article|text|lesson|course|module|passage|chapter)\b", re.IGNORECASE
)


def find_giveaways(question: QuestionEntry) -> Iterator[Giveaway]:
    """Yield everything in a single question that gives its answer away."""
    yield from question.giveaways()
    yield from _negative_stem(question)
    yield from _appeal(question)


def _negative_stem(question: QuestionEntry) -> Iterator[Giveaway]:
    asked = _ASIDE.sub(" ", _BOLD.sub(" ", _question_sentence(question.stem)))
    if found := _NEGATIVE.search(asked):
        expected = f"**{found.group().lower()}** in bold, or a positive question"
        yield Giveaway(
            "negative-stem", ("stem",), f"the stem is negative (“{found.group()}”) but does not stress it", expected
        )


def _question_sentence(stem: str) -> str:
    """Return the last sentence of a stem, which asks; the sentences before it describe a case."""
    return re.split(r"(?<=[.!?])\s+", stem.strip())[-1]


def _appeal(question: QuestionEntry) -> Iterator[Giveaway]:
    if found := _APPEAL.search(question.stem):
        message = f"“{found.group()}” asks what was read, not what is true"
        yield Giveaway("according-to", ("stem",), message, "what the evidence shows, or who holds which view")


RULES = frozenset({"negative-stem", "according-to", "answered-elsewhere", "duplicate-stem"}).union(
    *(entry.giveaway_rules for entry in ENTRIES.values())
)
"""The rules that an author may override, including those of :mod:`app.content.checker` on pairs of questions."""
