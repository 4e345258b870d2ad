"""The course as plain values: what the author's files mean once they were read and found sound."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.body_map import Muscle, Zone


class Kind(StrEnum):
    """How a question is asked, and thereby how it is marked (see :mod:`app.domain.marking`)."""

    SINGLE = "single"
    SEVERAL = "several"
    TRUE_FALSE = "truefalse"
    MATCH = "match"
    ORDER = "order"
    NUMERIC = "numeric"
    REGION = "region"


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
class Key:
    """What is right, apart from what is asked. All numbers are the author's indexes, from 0.

    - single, several, true/false: ``correct`` are the right options, ``whys`` a reason for each option.
    - region: the same; ``near`` are the options that earn half a point.
    - match: ``correct[i]`` is the option that belongs to prompt i, ``whys[i]`` its reason.
    - order: ``correct`` lists the options in the right order, ``whys`` a reason for each of them.
    - numeric: a response within ``tolerance`` of ``value`` is right, in the question's unit; ``whys`` is empty.
    """

    correct: tuple[int, ...] = ()
    near: tuple[int, ...] = ()
    value: float | None = None
    tolerance: float | None = None
    whys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question as its author wrote it.

    ``options`` are what is chosen from, in the author's order: options, the right sides of a match, steps, regions; none where a number is
    asked for. ``is_order_fixed`` keeps that order on the page. ``prompts`` are the left sides of a match. ``picture`` is the safe markup of
    the drawing whose regions are the options.
    """

    id: str
    objective: str
    level: Level
    kind: Kind
    use: Use
    stem: str
    options: tuple[str, ...]
    key: Key
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
    asks_certainty: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the article that the course starts from: ``id`` is the fact that lessons and questions name.

    ``holds`` is yes, partly, opinion, disputed or unproven; ``note`` says why.
    """

    id: str
    says: str
    holds: str
    note: str


@dataclass(frozen=True, slots=True)
class Course:
    title: str
    modules: tuple[Module, ...]
    sources: tuple[Source, ...]
    red_flags: str
    zones: tuple[Zone, ...] = ()
    muscles: tuple[Muscle, ...] = ()
    statements: tuple[Statement, ...] = ()
