"""What a learner sees of an attempt under way. Nothing here has a field that could carry the key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.content import Kind
from app.domain.question import Shown
from app.domain.response import CHOICES
from app.models import AttemptItem
from app.services.course import catalogue
from app.services.taking.attempts import Loaded
from app.services.taking.pictures import LETTERS, placed


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option at its place on the page; ``place`` is what the form sends. ``rank`` is the place that a step was given, from 1."""

    place: int
    letter: str
    text: str
    is_chosen: bool
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class PromptView:
    """The left side of a match, and the place of the option that was chosen for it."""

    n: int
    text: str
    chosen: int | None


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
    checks_each: bool

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
    """One question as it is asked. ``is_checked`` means that an answer was given, is marked and final."""

    n: int
    kind: Kind
    vignette: str | None
    stem: str
    options: tuple[OptionView, ...]
    prompts: tuple[PromptView, ...]
    number: str | None
    unit: str | None
    picture: Markup | None
    revision: int
    is_answered: bool
    asks_certainty: bool
    certainty: int | None
    is_flagged: bool
    is_checked: bool
    saved_at: datetime | None


def paper(loaded: Loaded) -> Paper:
    attempt = loaded.attempt
    return Paper(
        attempt_id=attempt.id,
        number=attempt.number,
        purpose=attempt.purpose,
        title=loaded.assignment.title if loaded.assignment else loaded.module.title,
        module_slug=loaded.module.slug,
        attempts_allowed=loaded.attempts_allowed,
        pass_mark_percent=attempt.pass_mark_percent,
        deadline_at=attempt.deadline_at,
        steps=tuple(Step(item.position, item.response is not None, item.is_flagged) for item in loaded.items),
        checks_each=attempt.checks_each,
    )


def question(
    session: Session, item: AttemptItem, *, asks_certainty: bool = False, checks_each: bool = True
) -> QuestionView:
    """One question of a paper, its options in the order frozen at the start."""
    shown = asked(session, item)
    is_answered = item.response is not None
    return QuestionView(
        n=item.position,
        kind=shown.kind,
        vignette=shown.vignette,
        stem=shown.stem,
        options=_options(shown, item),
        prompts=_prompts(shown, item),
        number=item.response if isinstance(item.response, str) else None,
        unit=shown.unit,
        picture=placed(shown, item.option_order) if shown.picture else None,
        revision=item.revision,
        is_answered=is_answered,
        asks_certainty=asks_certainty,
        certainty=item.certainty,
        is_flagged=item.is_flagged,
        is_checked=checks_each and is_answered,
        saved_at=item.saved_at,
    )


def _options(shown: Shown, item: AttemptItem) -> tuple[OptionView, ...]:
    chosen = set(item.response or ()) if shown.kind in CHOICES else set()
    ranks = item.response if shown.kind is Kind.ORDER else None
    return tuple(
        OptionView(place, LETTERS[place], shown.options[index], index in chosen, ranks[index] if ranks else None)
        for place, index in enumerate(item.option_order)
    )


def _prompts(shown: Shown, item: AttemptItem) -> tuple[PromptView, ...]:
    places = {index: place for place, index in enumerate(item.option_order)}
    chosen = item.response or [None] * len(shown.prompts)
    return tuple(PromptView(n, text, places.get(chosen[n])) for n, text in enumerate(shown.prompts))


def asked(session: Session, item: AttemptItem) -> Shown:
    return catalogue.shown(session, [item.version_id])[item.version_id]


def stems(session: Session, loaded: Loaded) -> dict[int, str]:
    """By position, by what a learner knows a question again in the summary: how its case begins, and what is asked."""
    shown = catalogue.shown(session, [item.version_id for item in loaded.items])
    return {item.position: _told(shown[item.version_id]) for item in loaded.items}


def _told(shown: Shown) -> str:
    case = shorten(shown.vignette, 72, placeholder=" …") + " " if shown.vignette else ""
    return case + shown.stem


def stored_fields(view: QuestionView) -> dict[str, list[str]]:
    """The stored answer as the fields of the question's form, for the page's own script."""
    match view.kind:
        case Kind.MATCH:
            return {f"match-{prompt.n}": [_field(prompt.chosen)] for prompt in view.prompts}
        case Kind.ORDER:
            return {f"order-{option.place}": [_field(option.rank)] for option in view.options}
        case Kind.NUMERIC:
            return {"value": [view.number or ""]}
        case _:
            return {"option": [str(option.place) for option in view.options if option.is_chosen]}


def _field(value: int | None) -> str:
    return "" if value is None else str(value)
