"""A published question: the text that learners see and, apart from it, the solution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.domain.kinds.base import QuestionKind


@dataclass(frozen=True, slots=True)
class QuestionText:
    """The part of a question version that a learner may always see. No field reveals the key.

    ``options`` and ``prompts`` are in the author's order; a page shows the options in the order frozen with the
    attempt. ``picture`` is markup whose regions name options by the author's index.
    """

    version_id: int
    question_id: int
    objective_id: int
    number: int
    kind: QuestionKind[Any]
    is_critical: bool
    vignette: str | None
    stem: str
    options: tuple[str, ...]
    prompts: tuple[str, ...] = ()
    unit: str | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionSolution:
    """The key of a version, a dataclass of its kind, and the explanation; ``sources`` are ids of the bibliography."""

    key: Any
    explanation: str
    sources: tuple[str, ...]
