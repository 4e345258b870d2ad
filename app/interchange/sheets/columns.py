"""The columns of question sheets, and the types of questions that they can hold.

A question is a row. Its answers are groups of columns, numbered from 1: the answer, its partner in a match, the share of
the mark that it earns, and the feedback on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class SheetType(StrEnum):
    """What the column ``type`` says."""

    SINGLE = "one option"
    SEVERAL = "several options"
    TRUTH = "true or false"
    TEXT = "short text"
    NUMBER = "number"
    MATCH = "matching"
    ORDER = "ordering"
    ESSAY = "long text"
    DESCRIPTION = "text only"


_OTHER_NAMES: Mapping[str, SheetType] = {
    "single choice": SheetType.SINGLE,
    "multiple choice": SheetType.SINGLE,
    "multichoice": SheetType.SINGLE,
    "mc": SheetType.SINGLE,
    "multiple response": SheetType.SEVERAL,
    "multiple answers": SheetType.SEVERAL,
    "true/false": SheetType.TRUTH,
    "truefalse": SheetType.TRUTH,
    "tf": SheetType.TRUTH,
    "short answer": SheetType.TEXT,
    "shortanswer": SheetType.TEXT,
    "fill in the blank": SheetType.TEXT,
    "numerical": SheetType.NUMBER,
    "numeric": SheetType.NUMBER,
    "match": SheetType.MATCH,
    "order": SheetType.ORDER,
    "essay": SheetType.ESSAY,
    "description": SheetType.DESCRIPTION,
}


def find_type(text: str) -> SheetType | None:
    word = " ".join(text.casefold().replace("_", " ").split())
    return next((one for one in SheetType if one.value == word), _OTHER_NAMES.get(word))


@dataclass(frozen=True, slots=True)
class Column:
    """A column that occurs once: its heading, other headings by which it is known, and what it means."""

    name: str
    meaning: str
    others: tuple[str, ...] = ()
    width: int = 16


COLUMNS = (
    Column("id", "A name for the question that no other question has. Optional.", ("identifier",), 14),
    Column("type", "One of: " + ", ".join(SheetType) + ".", ("question type", "kind"), 16),
    Column("title", "A short title for lists. Optional.", ("name",), 20),
    Column("category", "Where it belongs, outermost first, separated by “ / ”. Optional.", ("categories", "topic"), 20),
    Column("tags", "Words to find it by, separated by semicolons. Optional.", ("tag", "keywords"), 20),
    Column("question", "The text of the question. **bold** and *italics* are possible.", ("stem", "question text"), 50),
    Column("mark", "How many points it is worth; 1 if left out.", ("points", "default mark"), 8),
    Column("explanation", "Shown after the answer, whatever it was.", ("feedback", "general feedback"), 40),
    Column("otherwise", "Feedback on a typed answer that is not listed.", ("feedback otherwise",), 30),
    Column("unit", "The unit of a number, if it has one.", (), 8),
    Column("exact", "For short texts: what must match, of: case, accents, spaces, punctuation.", (), 14),
    Column(
        "typing errors", "For short texts: the numbers of the answers in which one typing error is accepted.", (), 14
    ),
    Column("shuffle", "yes or no: whether the options are shown in random order; yes if left out.", (), 8),
    Column("rubric", "For long texts: how to mark them.", (), 30),
    Column("words", "For long texts: the number of words, as in 50-200.", (), 10),
)

ANSWER_COLUMNS = (
    Column(
        "answer",
        "An option, an accepted answer, the left side of a match, or a step, in the right order.",
        ("option",),
        30,
    ),
    Column(
        "partner",
        "For matching: the right side. A partner without an answer belongs to none.",
        ("match", "right side"),
        30,
    ),
    Column(
        "percent",
        "The share of the mark that it earns, in per cent. Left out: 0 for options, 100 for others.",
        ("fraction", "share"),
        9,
    ),
    Column("feedback", "The feedback on this answer.", ("reason", "why"), 30),
)

MOST_ANSWERS = 50

HEADINGS: Mapping[str, str] = {known: one.name for one in COLUMNS for known in (one.name, *one.others)}
ANSWER_HEADINGS: Mapping[str, str] = {known: one.name for one in ANSWER_COLUMNS for known in (one.name, *one.others)}


@dataclass(frozen=True, slots=True)
class Place:
    """Which cell a column is: its name, and the number of the answer, or 0."""

    name: str
    number: int = 0


def read_heading(text: str) -> Place | None:
    """Return what a heading names, or None if it is unknown."""
    words = " ".join(text.casefold().replace("_", " ").strip(" *:").split())
    bare = words.rstrip("0123456789")
    digits = words[len(bare) :]
    if digits and len(digits) <= 3 and (name := ANSWER_HEADINGS.get(bare.strip())) and 0 < int(digits) <= MOST_ANSWERS:
        return Place(name, int(digits))
    return Place(HEADINGS[words]) if words in HEADINGS else None
