"""The shape of each type of file, as the author's manual (``questions/README.md``) describes it.

Values arrive as text (see :mod:`app.content.yaml_nodes`); number and true/false fields convert it.
:mod:`app.content.references` checks how fields relate to each other, and :mod:`app.content.kinds` defines the shapes of
questions.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.content.faults import Spot
from app.domain.body_map import BodyArea
from app.domain.content import LeafletLayout, Level, SeenPart, SourceStatus

ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SOURCE_PATTERN = r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$"
POINT_PATTERN = r"^[0-9]{1,4},[0-9]{1,4}$"
OUTLINE_PATTERN = r"^[0-9]{1,4},[0-9]{1,4}( [0-9]{1,4},[0-9]{1,4})*$"
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_CITATION = re.compile(r"\[@[^\]]*\]?")
_ITEM_START = re.compile(r"\n[ \t]*-[ \t]+")
_TAG = re.compile(r"</?[A-Za-z][^>]*>?|<!--")


def tidy(text: str) -> str:
    """Collapse whitespace and line ends, but keep deliberate no-break spaces."""
    if _CONTROL.search(text):
        raise PydanticCustomError(
            "wrong_text", "contains an invisible control character", {"expected": "printable text"}
        )
    if tag := _TAG.search(text):
        raise PydanticCustomError(
            "wrong_text",
            "contains HTML ({tag})",
            {"tag": tag.group()[:30], "expected": "plain text, with **bold** or *italics* at most"},
        )
    if cite := _CITATION.search(text):
        raise PydanticCustomError(
            "wrong_text",
            "contains a citation ({cite})",
            {"cite": cite.group()[:30], "expected": "ids in the list of sources"},
        )
    folded = re.sub(r"[ \t\n]+", " ", text).strip(" ")
    if not folded:
        raise PydanticCustomError("empty", "is empty", {"expected": "some text"})
    return folded


def tidy_list(text: str) -> str:
    """Collapse whitespace and line ends, but let each line that begins with ``- `` stay a line."""
    return "\n- ".join(map(tidy, _ITEM_START.split(text)))


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


Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(tidy)]
TextWithList = Annotated[str, StringConstraints(max_length=4000), AfterValidator(tidy_list)]
ShortText = Annotated[str, StringConstraints(max_length=200), AfterValidator(tidy)]  # the width of the database column
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN, max_length=60)]
SourceId = Annotated[str, StringConstraints(pattern=SOURCE_PATTERN, max_length=60)]
SheetPoint = Annotated[str, StringConstraints(pattern=POINT_PATTERN)]
Outline = Annotated[str, StringConstraints(pattern=OUTLINE_PATTERN, max_length=2000)]
FactId = Annotated[str, StringConstraints(pattern=SOURCE_PATTERN, max_length=20)]
LessonRef = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(#[a-z0-9]+(-[a-z0-9]+)*)?$", max_length=120)
]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/<>\"'\\]+(/[^\s<>\"'\\]*)?$", max_length=500)]
WholeNumber = Annotated[int, BeforeValidator(_number)]
Count = Annotated[int, BeforeValidator(_number), Field(ge=1, le=200)]
Percent = Annotated[int, BeforeValidator(_number), Field(ge=1, le=100)]
Decimal = Annotated[float, BeforeValidator(_decimal)]
Year = Annotated[int, BeforeValidator(_number), Field(ge=1500, le=2100)]
Strength = Annotated[int, BeforeValidator(_number), Field(ge=1, le=4)]
YesNo = Annotated[bool, BeforeValidator(_flag)]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def field_names_at(cls, spot: Spot) -> list[str]:
        """Follow ``spot`` through the shape, including lists, to an entry, and return the names of its fields."""
        shape: type[Entry] = cls
        for step in spot:
            if isinstance(step, str) and step in shape.model_fields:
                annotation = shape.model_fields[step].annotation
                inner = getattr(annotation, "__args__", (annotation,))[0]
                if isinstance(inner, type) and issubclass(inner, Entry):
                    shape = inner
        return list(shape.model_fields)

    @classmethod
    def describe_misplaced(cls, spot: Spot) -> str | None:
        """Return why a field that is unknown here may be known elsewhere; None if it is not."""
        return None


class LibraryEntry(Entry):
    """The ``course.yaml`` of a library."""

    title: ShortText
    modules: list[Id] = Field(min_length=1)
    red_flags: Id | None = None


class CourseEntry(LibraryEntry):
    """The ``course.yaml`` of the server's course, which fills the page of red flags."""

    red_flags: Id


class SourceEntry(Entry):
    id: SourceId
    label: ShortText
    title: Text
    kind: Text
    says: Text
    strength: Strength
    level: ShortText
    where: Text | None = None
    year: Year | None = None
    link: Address | None = None
    unlinked: Text | None = None
    seen: SeenPart | None = None
    status: SourceStatus | None = None
    status_note: Text | None = None
    replaced_by: SourceId | None = None


class OutlineEntry(Entry):
    """The outline of a zone in each view that shows it: ``x,y x,y …``."""

    front: Outline | None = None
    back: Outline | None = None
    side: Outline | None = None
    sole: Outline | None = None


class ZoneEntry(Entry):
    id: Id
    name: ShortText
    group: BodyArea
    shapes: OutlineEntry


class TriggerPointEntry(Entry):
    """A trigger point: its position in words, its zone, and its cross in each view."""

    where: Text
    zone: Id
    front: SheetPoint | None = None
    back: SheetPoint | None = None
    side: SheetPoint | None = None
    sole: SheetPoint | None = None


class LungEntry(Entry):
    """``ask`` says whether the question has an undisputed answer."""

    overlies: YesNo
    ask: YesNo
    note: Text | None = None


class MuscleEntry(Entry):
    id: Id
    name: ShortText
    group: BodyArea
    core: YesNo
    verified: YesNo
    point: TriggerPointEntry
    main: list[Id] = Field(min_length=1)
    spill: list[Id]
    pattern: Text
    mimics: list[ShortText] = Field(min_length=1)
    lung: LungEntry
    sources: list[SourceId] = Field(min_length=1)
    beneath: Text | None = None
    note: Text | None = None


class ObjectiveEntry(Entry):
    id: Id
    title: ShortText
    read: LessonRef | None = None


class BlueprintEntry(Entry):
    objective: Id
    questions: Count
    level: Level | None = None


class PracticeEntry(Entry):
    questions: Count


class TestEntry(Entry):
    questions: Count
    blueprint: list[BlueprintEntry] = Field(min_length=1)
    minutes: Count | None = None


class LibraryModuleEntry(Entry):
    """The ``module.yaml`` of a library. Without ``practice``, all questions may be for examinations."""

    id: Id
    title: ShortText
    summary: Text
    pass_mark: Percent
    objectives: list[ObjectiveEntry] = Field(min_length=1)
    practice: PracticeEntry | None = None
    test: TestEntry
    certainty: YesNo = False


class ModuleEntry(LibraryModuleEntry):
    """The ``module.yaml`` of the server's course."""

    practice: PracticeEntry


class LessonEntry(Entry):
    """The head of a lesson, between its two ``---``."""

    id: Id
    title: ShortText
    hook: Text
    objectives: list[Id] = Field(min_length=1)
    facts: list[FactId] = []


class LeafletEntry(Entry):
    """The head of a leaflet, between its two ``---``."""

    id: Id
    title: ShortText
    summary: Text
    lesson: Id
    layout: LeafletLayout = LeafletLayout.PAGE


class StatementEntry(Entry):
    id: FactId
    says: Text
    holds: Literal["yes", "partly", "opinion", "disputed", "unproven"]
    note: Text


class OptionEntry(Entry):
    """One option of a question."""

    text: Text
    why: Text
    correct: YesNo = False
