"""A published question: what is shown, and, apart from it, how it is answered for."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.content import Key, Kind


@dataclass(frozen=True, slots=True)
class Shown:
    """What a learner may see of a question version at any time. It has no field that could give the key away.

    ``options`` and ``prompts`` are in the author's order; a page shows the options in the order frozen with the attempt. ``picture`` is
    markup whose regions name options by the author's index.
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
    prompts: tuple[str, ...] = ()
    unit: str | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """The key of a version with what explains it; ``sources`` are ids of the bibliography."""

    key: Key
    explanation: str
    sources: tuple[str, ...]
