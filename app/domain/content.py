"""The course as plain values: what the author's files mean once they were read and found sound."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a question is asked, and thereby how it is marked (see :mod:`app.domain.marking`)."""

    SINGLE = "single"
    SEVERAL = "several"
    TRUE_FALSE = "truefalse"


class Level(StrEnum):
    RECALL = "recall"
    APPLY = "apply"
    REASON = "reason"


class Use(StrEnum):
    """Where a question may be shown. A ``TEST`` question never appears in practice, lesson checks or review."""

    PRACTICE = "practice"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the bibliography. ``strength`` is 1 (expert opinion) to 4 (several good trials agree)."""

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


@dataclass(frozen=True, slots=True)
class Option:
    text: str
    why: str
    correct: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question as its author wrote it. ``options`` are in the author's order; ``is_order_fixed`` keeps it on the page."""

    id: str
    objective: str
    level: Level
    kind: Kind
    use: Use
    stem: str
    options: tuple[Option, ...]
    explanation: str
    sources: tuple[str, ...]
    critical: bool = False
    vignette: str | None = None
    is_order_fixed: bool = False
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Objective:
    """One idea that mastery is kept on. ``read`` is ``lesson`` or ``lesson#section``."""

    id: str
    title: str
    read: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One ``##`` heading of a lesson: the anchor and the words of the contents list."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Check:
    """A practice question inside a lesson: it stands between two parts of the lesson's HTML."""

    question: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson rendered to safe HTML.

    ``parts`` alternates HTML and checks in reading order. ``sources`` are the ids cited, in the order of first citation: the number
    shown at a citation is the position in this tuple, counted from 1. ``minutes`` is the reading time, at least 1.
    """

    id: str
    title: str
    hook: str
    objectives: tuple[str, ...]
    parts: tuple[str | Check, ...]
    sections: tuple[Section, ...]
    sources: tuple[str, ...]
    minutes: int
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """One line of a blueprint: how many questions on an objective, of one level or of any."""

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
    blueprint: tuple[Draw, ...]
    test_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Course:
    title: str
    modules: tuple[Module, ...]
    sources: tuple[Source, ...]
    red_flags: str
