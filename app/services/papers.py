"""What a learner sees of an attempt under way. Nothing here has a field that could carry the key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten

from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.content import Kind
from app.domain.question import Shown
from app.models import AttemptItem
from app.services import catalogue
from app.services.attempts import Loaded

LETTERS = "ABCDEFGH"


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option at its place on the page; ``place`` is what the form sends."""

    place: int
    letter: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One question in the map of questions."""

    n: int
    is_answered: bool
    is_flagged: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """The frame of every page of an attempt: what it is, how far it got, when it ends."""

    attempt_id: int
    number: int
    purpose: Purpose
    title: str
    module_slug: str
    attempts_allowed: int | None
    pass_mark_percent: int
    deadline_at: datetime | None
    steps: tuple[Step, ...]

    @property
    def answered(self) -> int:
        return sum(step.is_answered for step in self.steps)

    @property
    def flagged(self) -> int:
        return sum(step.is_flagged for step in self.steps)

    @property
    def unanswered(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if not step.is_answered)


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question as it is asked. ``is_checked`` means that a practice answer was given and is final."""

    n: int
    kind: Kind
    vignette: str | None
    stem: str
    options: tuple[OptionView, ...]
    revision: int
    certainty: int | None
    is_flagged: bool
    is_checked: bool
    saved_at: datetime | None

    @property
    def is_answered(self) -> bool:
        return any(option.is_chosen for option in self.options)


def paper(loaded: Loaded) -> Paper:
    attempt = loaded.attempt
    return Paper(
        attempt_id=attempt.id,
        number=attempt.number,
        purpose=attempt.purpose,
        title=loaded.assignment.title if loaded.assignment else loaded.module.title,
        module_slug=loaded.module.slug,
        attempts_allowed=attempt.attempts_allowed,
        pass_mark_percent=attempt.pass_mark_percent,
        deadline_at=attempt.deadline_at,
        steps=tuple(Step(item.position, bool(item.response), item.is_flagged) for item in loaded.items),
    )


def question(session: Session, purpose: Purpose, item: AttemptItem) -> QuestionView:
    """One question of a paper, its options in the order frozen at the start."""
    shown = catalogue.shown(session, [item.version_id])[item.version_id]
    chosen = set(item.response or ())
    return QuestionView(
        n=item.position,
        kind=shown.kind,
        vignette=shown.vignette,
        stem=shown.stem,
        options=tuple(
            OptionView(place, LETTERS[place], shown.options[index], index in chosen)
            for place, index in enumerate(item.option_order)
        ),
        revision=item.revision,
        certainty=item.certainty,
        is_flagged=item.is_flagged,
        is_checked=purpose is not Purpose.TEST and bool(item.response),
        saved_at=item.saved_at,
    )


def stems(session: Session, loaded: Loaded) -> dict[int, str]:
    """By position, by what a learner knows a question again in the summary: how its case begins, and what is asked."""
    shown = catalogue.shown(session, [item.version_id for item in loaded.items])
    return {item.position: _told(shown[item.version_id]) for item in loaded.items}


def _told(shown: Shown) -> str:
    case = shorten(shown.vignette, 72, placeholder=" …") + " " if shown.vignette else ""
    return case + shown.stem


def texts_at(view: QuestionView, places: tuple[int, ...]) -> tuple[str, ...]:
    """The texts of these places, for telling a learner what was not saved."""
    return tuple(option.text for option in view.options if option.place in places)
