"""A published question: what is shown, and, apart from it, its key."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.content import Kind


@dataclass(frozen=True, slots=True)
class Shown:
    """What a learner may see of a question version at any time. It has no field that could give the key away.

    ``options`` are in the author's order; a page shows them in the order frozen with the attempt.
    """

    version_id: int
    question_id: int
    objective_id: int
    number: int
    kind: Kind
    is_critical: bool
    vignette: str | None
    stem: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """The key of a version: ``correct`` are author's indexes, ``whys`` one reason for each option, ``sources`` ids of the bibliography."""

    correct: tuple[int, ...]
    whys: tuple[str, ...]
    explanation: str
    sources: tuple[str, ...]
