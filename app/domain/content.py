"""The course as plain values, read from the author's files and checked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.domain.body_map import Muscle, Zone


class Level(StrEnum):
    RECALL = "recall"
    APPLY = "apply"
    REASON = "reason"


class Use(StrEnum):
    """Where a question may be shown.

    A ``TEST`` question never appears in practice, lesson checks or review. An ``EXAM`` question appears only in
    assigned tests that draw exam questions: nobody meets it in a module's own test, which everybody can repeat.
    """

    PRACTICE = "practice"
    TEST = "test"
    EXAM = "exam"


class SeenPart(StrEnum):
    """What of a source was read for the course: its text or a part of it, its abstract, copies of it, or nothing."""

    TEXT = "text"
    ABSTRACT = "abstract"
    COPIES = "copies"
    NOTHING = "nothing"


class SourceStatus(StrEnum):
    """Why a source should no longer be relied on."""

    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the bibliography. ``strength`` is 1 (expert opinion) to 4 (several good trials agree).

    ``unlinked`` is the reason for having no ``link``. A current source has no ``status``; ``status_note`` says what
    happened to another, and ``replaced_by`` is the id of the source to use instead, if there is one.
    """

    id: str
    label: str
    title: str
    kind: str
    says: str
    strength: int
    level: str
    where: str | None = None
    year: int | None = None
    link: str | None = None
    unlinked: str | None = None
    seen: str | None = None
    status: SourceStatus | None = None
    status_note: str | None = None
    replaced_by: str | None = None

    def is_relied_on(self, cited: Collection[str]) -> bool:
        """Return whether something that cites these sources rests on this one, and not on its replacement as well."""
        return self.id in cited and self.replaced_by not in cited


@dataclass(frozen=True, slots=True)
class Question:
    """A question as its author wrote it.

    ``kind`` is the name of its kind (see :mod:`app.domain.kinds`), and ``key`` is a dataclass of that kind. ``options``
    are the choices, or the steps to put in order, in the author's order; ``is_order_fixed`` keeps that order on the
    page. ``prompts`` are the items to which options are matched. ``picture`` is the safe markup of a drawing whose
    regions are the options.
    """

    id: str
    objective: str
    level: Level
    kind: str
    use: Use
    stem: str
    options: tuple[str, ...]
    key: Any
    explanation: str
    sources: tuple[str, ...]
    critical: bool = False
    vignette: str | None = None
    is_order_fixed: bool = False
    prompts: tuple[str, ...] = ()
    unit: str | None = None
    picture: str | None = None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo or scan that figures show, as a file of ``media_type``. ``digest`` is the SHA-256 of its bytes in hex.

    ``suffix`` is that of its name, without the dot.
    """

    digest: str
    suffix: str
    media_type: str
    width: int
    height: int
    body: bytes = field(repr=False)

    @property
    def address(self) -> str:
        """The path at which pages show it."""
        return f"/pictures/{self.digest}.{self.suffix}"


@dataclass(frozen=True, slots=True)
class Objective:
    """One idea for which mastery is tracked. ``read`` is ``lesson`` or ``lesson#section``."""

    id: str
    title: str
    read: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A ``##`` heading of a lesson: its anchor and its title in the table of contents."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Term:
    """A key term as one lesson defines it; ``id`` is its anchor in the glossary.

    ``name`` is plain text, ``html`` the definition without citations. Lessons may define the same term differently.
    """

    id: str
    name: str
    html: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LessonCheck:
    """A practice question between two parts of a lesson's HTML."""

    question: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson rendered to safe HTML.

    ``parts`` alternates HTML and checks in reading order. ``sources`` are the cited ids in the order of first citation:
    a citation shows the position in this tuple, counted from 1. ``minutes`` is the reading time, at least 1.
    """

    id: str
    title: str
    hook: str
    objectives: tuple[str, ...]
    parts: tuple[str | LessonCheck, ...]
    sections: tuple[Section, ...]
    sources: tuple[str, ...]
    minutes: int
    facts: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()


class LeafletLayout(StrEnum):
    """How a leaflet is printed: one page, or a card that folds to the size of a bank card, twice on a page."""

    PAGE = "page"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Leaflet:
    """A page to print for patients, rendered to safe HTML. ``lesson`` is the lesson that teaches its content.

    ``sources`` are the cited ids in the order of first citation, as in a lesson.
    """

    id: str
    title: str
    summary: str
    lesson: str
    html: str
    sources: tuple[str, ...]
    layout: LeafletLayout = LeafletLayout.PAGE


@dataclass(frozen=True, slots=True)
class BlueprintLine:
    """One line of a blueprint: the number of questions on an objective, at one level or at any."""

    objective: str
    questions: int
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Module:
    id: str
    title: str
    summary: str
    pass_mark_percent: int
    objectives: tuple[Objective, ...]
    lessons: tuple[Lesson, ...]
    questions: tuple[Question, ...]
    practice_questions: int
    test_questions: int
    blueprint: tuple[BlueprintLine, ...]
    test_minutes: int | None = None
    asks_certainty: bool = False
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the article on which the course is based.

    ``id`` is the fact that lessons and questions name. ``holds`` is yes, partly, opinion, disputed or unproven;
    ``note`` says why.
    """

    id: str
    says: str
    holds: str
    note: str


@dataclass(frozen=True, slots=True)
class Course:
    """A course or a library. ``red_flags`` is the id of a lesson; it is empty if a library names none."""

    title: str
    modules: tuple[Module, ...]
    sources: tuple[Source, ...]
    red_flags: str
    zones: tuple[Zone, ...] = ()
    muscles: tuple[Muscle, ...] = ()
    statements: tuple[Statement, ...] = ()
    leaflets: tuple[Leaflet, ...] = ()

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """All lessons, in the order of the modules."""
        return tuple(lesson for module in self.modules for lesson in module.lessons)
