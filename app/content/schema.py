"""The shape of each kind of file, as the author's manual (``questions/README.md``) describes it.

Values arrive as text (see :mod:`app.content.yaml_nodes`); a field that is a number or true/false turns its text into
one. What several fields mean together is looked at in :mod:`app.content.references` and :mod:`app.content.questions`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.domain.body_map import PLATES, Group
from app.domain.content import Kind, Level, Use

ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SOURCE_PATTERN = r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$"
SPOT_PATTERN = r"^[0-9]{1,4},[0-9]{1,4}$"
OUTLINE_PATTERN = r"^[0-9]{1,4},[0-9]{1,4}( [0-9]{1,4},[0-9]{1,4})*$"
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_CITATION = re.compile(r"\[@[^\]]*\]?")
_TAG = re.compile(r"</?[A-Za-z][^>]*>?|<!--")


def _tidy(text: str) -> str:
    """Fold line ends and runs of blanks into one; no-break spaces are meant and stay."""
    if _CONTROL.search(text):
        raise PydanticCustomError("wrong_text", "holds an invisible control character", {"expected": "printable text"})
    if tag := _TAG.search(text):
        raise PydanticCustomError(
            "wrong_text",
            "holds HTML ({tag})",
            {"tag": tag.group()[:30], "expected": "plain text, with **bold** or *italics* at most"},
        )
    if cite := _CITATION.search(text):
        raise PydanticCustomError(
            "wrong_text",
            "holds a citation ({cite})",
            {"cite": cite.group()[:30], "expected": "ids in the list of sources"},
        )
    folded = re.sub(r"[ \t\n]+", " ", text).strip(" ")
    if not folded:
        raise PydanticCustomError("empty", "is empty", {"expected": "some text"})
    return folded


def _number(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}", value.strip()):
        return int(value)
    raise PydanticCustomError("wrong_number", "is not a whole number", {"expected": "a whole number, in digits"})


def _decimal(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", value.strip()):
        return float(value)
    raise PydanticCustomError("wrong_number", "is not a number", {"expected": "a number such as 12 or 0.5"})


def _flag(value: Any) -> Any:
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise PydanticCustomError("wrong_flag", "is neither true nor false", {"expected": "true or false"})


Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_tidy)]
Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_tidy)]  # a column of the database is as wide
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN, max_length=60)]
SourceId = Annotated[str, StringConstraints(pattern=SOURCE_PATTERN, max_length=60)]
SheetSpot = Annotated[str, StringConstraints(pattern=SPOT_PATTERN)]
Outline = Annotated[str, StringConstraints(pattern=OUTLINE_PATTERN, max_length=2000)]
FactId = Annotated[str, StringConstraints(pattern=SOURCE_PATTERN, max_length=20)]
ReadAgain = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(#[a-z0-9]+(-[a-z0-9]+)*)?$", max_length=120)
]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/<>\"'\\]+(/[^\s<>\"'\\]*)?$", max_length=500)]
Count = Annotated[int, BeforeValidator(_number), Field(ge=1, le=200)]
Percent = Annotated[int, BeforeValidator(_number), Field(ge=1, le=100)]
Decimal = Annotated[float, BeforeValidator(_decimal)]
Year = Annotated[int, BeforeValidator(_number), Field(ge=1500, le=2100)]
Strength = Annotated[int, BeforeValidator(_number), Field(ge=1, le=4)]
Flag = Annotated[bool, BeforeValidator(_flag)]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CourseEntry(Entry):
    title: Line
    modules: list[Id] = Field(min_length=1)
    red_flags: Id


class SourceEntry(Entry):
    id: SourceId
    label: Line
    title: Text
    kind: Text
    says: Text
    strength: Strength
    level: Line
    where: Text | None = None
    year: Year | None = None
    link: Address | None = None


class ShapesEntry(Entry):
    """The outline of a zone in each view where it can be seen: ``x,y x,y …``."""

    front: Outline | None = None
    back: Outline | None = None
    side: Outline | None = None
    sole: Outline | None = None


class ZoneEntry(Entry):
    id: Id
    name: Line
    group: Group
    shapes: ShapesEntry


class PlacesEntry(Entry):
    """A trigger point: where it is in words, in which zone, and its cross in each view."""

    where: Text
    zone: Id
    front: SheetSpot | None = None
    back: SheetSpot | None = None
    side: SheetSpot | None = None
    sole: SheetSpot | None = None


class LungEntry(Entry):
    """``ask`` says whether the question has an undisputed answer."""

    overlies: Flag
    ask: Flag
    note: Text | None = None


class MuscleEntry(Entry):
    id: Id
    name: Line
    group: Group
    core: Flag
    verified: Flag
    point: PlacesEntry
    main: list[Id] = Field(min_length=1)
    spill: list[Id]
    pattern: Text
    mimics: list[Line] = Field(min_length=1)
    lung: LungEntry
    sources: list[SourceId] = Field(min_length=1)
    beneath: Text | None = None
    note: Text | None = None


class ObjectiveEntry(Entry):
    id: Id
    title: Line
    read: ReadAgain | None = None


class DrawEntry(Entry):
    objective: Id
    questions: Count
    level: Level | None = None


class PracticeEntry(Entry):
    questions: Count


class TestEntry(Entry):
    questions: Count
    blueprint: list[DrawEntry] = Field(min_length=1)
    minutes: Count | None = None


class ModuleEntry(Entry):
    id: Id
    title: Line
    summary: Text
    pass_mark: Percent
    objectives: list[ObjectiveEntry] = Field(min_length=1)
    practice: PracticeEntry
    test: TestEntry
    certainty: Flag = False


class LessonEntry(Entry):
    """The head of a lesson, between its two ``---``."""

    id: Id
    title: Line
    hook: Text
    objectives: list[Id] = Field(min_length=1)
    facts: list[FactId] = []


class StatementEntry(Entry):
    id: FactId
    says: Text
    holds: Literal["yes", "partly", "opinion", "disputed", "unproven"]
    note: Text


class OptionEntry(Entry):
    """``region`` and ``near`` are for a point-at-a-region question: the part of the picture, and whether it earns half."""

    text: Text
    why: Text
    correct: Flag = False
    near: Flag = False
    region: Id | None = None


class PairEntry(Entry):
    """One line of a match: what is asked about, what belongs to it, and why."""

    left: Text
    right: Text
    why: Text


class StepEntry(Entry):
    text: Text
    why: Text


class NumberEntry(Entry):
    value: Decimal
    tolerance: Annotated[Decimal, Field(ge=0)]
    unit: Annotated[str, StringConstraints(max_length=30), AfterValidator(_tidy)] | None = None


def _plate(value: str) -> str:
    if value not in PLATES:
        raise PydanticCustomError(
            "wrong_text", "is `{name}`", {"name": value[:40], "expected": "one of " + ", ".join(PLATES)}
        )
    return value


class MapEntry(Entry):
    """The body map as a picture: with the ``pain`` of one muscle shaded, or asking for that of one ``muscle``."""

    views: list[Annotated[str, AfterValidator(_plate)]] = Field(min_length=1, max_length=3)
    pain: Id | None = None
    muscle: Id | None = None


class QuestionEntry(Entry):
    id: Id
    objective: Id
    level: Level
    kind: Kind
    use: Use
    stem: Text
    explanation: Text
    sources: list[SourceId] = Field(min_length=1)
    # Which of these a kind has, app.content.questions knows.
    options: list[OptionEntry] = Field(default=[], min_length=2, max_length=12)
    pairs: list[PairEntry] = Field(default=[], min_length=3, max_length=6)
    extra: list[Text] = Field(default=[], max_length=3)
    steps: list[StepEntry] = Field(default=[], min_length=3, max_length=7)
    answer: NumberEntry | None = None
    picture: Id | None = None
    map: MapEntry | None = None
    critical: Flag = False
    vignette: Text | None = None
    facts: list[FactId] = []
    order: Literal["shuffled", "fixed"] = "shuffled"
    allow: dict[str, Text] = {}
