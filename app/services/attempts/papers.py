"""A learner's view of an open attempt. No class here has a field for the key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any

from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.kinds import QuestionKind
from app.domain.navigation import may_open
from app.domain.question import QuestionText
from app.domain.scope import REVIEW
from app.models import Attempt
from app.services.attempts.attempts import OwnAttempt
from app.services.attempts.reviews import find_latest_answer
from app.services.course import catalogue
from app.services.marking.paper_items import AnyItem

OUTLINE_CASE_LENGTH = 110
"""Characters of a case that the summary shows, which fill one line of a wide screen."""


@dataclass(frozen=True, slots=True)
class PaperStep:
    """One question in the map of questions. ``lacks_certainty``: it is answered without the certainty asked for."""

    n: int
    is_answered: bool
    is_flagged: bool
    lacks_certainty: bool = False
    is_closed: bool = False
    """Whether it cannot be opened now, because the test goes forward only."""


@dataclass(frozen=True, slots=True)
class UndoableAnswer:
    """The number of a question whose answer can be undone, and the revision that a page sends to do so."""

    n: int
    revision: int


@dataclass(frozen=True, slots=True)
class PaperSection:
    """A section of the paper, numbered among those that have questions."""

    number: int
    title: str
    positions: frozenset[int]


@dataclass(frozen=True, slots=True)
class PaperView:
    """The frame of every page of an attempt: title, progress and deadline.

    ``is_reopened`` says that a trainer reopened it or gave more time, and that no answer was saved since.
    """

    attempt_id: int
    number: int
    purpose: Purpose
    title: str
    module_slug: str
    assignment_id: int | None
    cohort_title: str | None
    attempts_allowed: int | None
    pass_mark_percent: int
    deadline_at: datetime | None
    steps: tuple[PaperStep, ...]
    checks_each: bool
    asks_certainty: bool
    is_review: bool = False
    """It asks about objectives that are due, of several modules; ``title`` and ``module_slug`` are of the first."""
    is_reopened: bool = False
    undo: UndoableAnswer | None = None
    """In a review, the answer given last."""
    sections: tuple[PaperSection, ...] = ()
    is_forward_only: bool = False
    furthest: int = 1
    """The position of the question reached, if the test goes forward only."""

    def get_section(self, n: int) -> PaperSection | None:
        """Return the section of question ``n``, if the test has any."""
        return next((section for section in self.sections if n in section.positions), None)

    @property
    def answered(self) -> int:
        return sum(step.is_answered for step in self.steps)

    @property
    def flagged(self) -> int:
        return sum(step.is_flagged for step in self.steps)

    @property
    def unanswered(self) -> tuple[PaperStep, ...]:
        return tuple(step for step in self.steps if not step.is_answered)

    @property
    def to_answer(self) -> tuple[PaperStep, ...]:
        """The unanswered questions that can still be answered."""
        reached = self.furthest if self.is_forward_only else 1
        return tuple(step for step in self.unanswered if step.n >= reached)

    @property
    def without_certainty(self) -> tuple[PaperStep, ...]:
        return tuple(step for step in self.steps if step.lacks_certainty)

    @property
    def complete(self) -> tuple[PaperStep, ...]:
        return tuple(step for step in self.steps if step.is_answered and not step.lacks_certainty)


@dataclass(frozen=True, slots=True)
class QuestionOutline:
    """A question as a line of the summary: its stem, and the start of its case, which may be empty."""

    case: str
    stem: str


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question as it is asked. ``is_checked`` means that its answer is marked and final.

    ``answer`` is the data for the templates of its kind (see :meth:`app.domain.kinds.QuestionKind.view`).
    """

    n: int
    kind: QuestionKind[Any]
    vignette: str | None
    stem: str
    answer: object
    revision: int
    is_answered: bool
    asks_certainty: bool
    certainty: int | None
    is_flagged: bool
    is_checked: bool
    saved_at: datetime | None
    step: int | None = None
    """The number of the step that the page asks, if the answer needs a further one."""


def view_paper(session: Session, loaded: OwnAttempt) -> PaperView:
    attempt = loaded.attempt
    shown = catalogue.get_texts(session, [item.version_id for item in loaded.items])
    return PaperView(
        attempt_id=attempt.id,
        number=attempt.number,
        purpose=attempt.purpose,
        title=loaded.assignment.title if loaded.assignment else loaded.module.title,
        module_slug=loaded.module.slug,
        assignment_id=attempt.assignment_id,
        cohort_title=loaded.cohort_title,
        attempts_allowed=loaded.attempts_allowed,
        pass_mark_percent=attempt.pass_mark_percent,
        deadline_at=attempt.deadline_at,
        steps=tuple(_view_step(item, shown[item.version_id], attempt) for item in loaded.items),
        checks_each=attempt.checks_each,
        asks_certainty=attempt.asks_certainty,
        is_review=attempt.scope == REVIEW,
        is_reopened=_is_reopened(loaded),
        undo=_find_undoable(session, loaded),
        sections=_view_sections(loaded),
        is_forward_only=attempt.is_forward_only,
        furthest=attempt.furthest,
    )


def _view_sections(loaded: OwnAttempt) -> tuple[PaperSection, ...]:
    asked = sorted({item.section for item in loaded.items if item.section is not None})
    rules = loaded.attempt.section_rules
    return tuple(
        PaperSection(
            number, rules[index].title, frozenset(item.position for item in loaded.items if item.section == index)
        )
        for number, index in enumerate(asked, start=1)
    )


def _find_undoable(session: Session, loaded: OwnAttempt) -> UndoableAnswer | None:
    latest = find_latest_answer(loaded)
    if latest is None:
        return None
    shown = get_question(session, latest)
    has_steps = shown.kind.get_next_step(shown, latest.response) is not None
    return None if has_steps else UndoableAnswer(latest.position, latest.revision)


def _view_step(item: AnyItem, shown: QuestionText, attempt: Attempt) -> PaperStep:
    is_answered = item.response is not None and shown.kind.get_next_step(shown, item.response) is None
    lacks_certainty = attempt.asks_certainty and is_answered and item.certainty is None
    is_final = attempt.checks_each and is_answered
    is_closed = attempt.is_forward_only and not may_open(item.position, attempt.furthest, is_final=is_final)
    return PaperStep(item.position, is_answered, item.is_flagged, lacks_certainty, is_closed)


def _is_reopened(loaded: OwnAttempt) -> bool:
    since = loaded.attempt.reopened_at
    return since is not None and not any(item.saved_at is not None and item.saved_at > since for item in loaded.items)


def view_question(
    session: Session, item: AnyItem, *, asks_certainty: bool = False, checks_each: bool = True
) -> QuestionView:
    """Return one question of a paper, with its options in the order fixed at the start."""
    shown = get_question(session, item)
    is_answered = item.response is not None
    step = shown.kind.get_next_step(shown, item.response)
    return QuestionView(
        n=item.position,
        kind=shown.kind,
        vignette=shown.vignette,
        stem=shown.stem,
        answer=shown.kind.view(shown, item.option_order, item.response),
        revision=item.revision,
        is_answered=is_answered,
        asks_certainty=asks_certainty,
        certainty=item.certainty,
        is_flagged=item.is_flagged,
        is_checked=checks_each and is_answered and step is None,
        saved_at=item.saved_at,
        step=step,
    )


def get_question(session: Session, item: AnyItem) -> QuestionText:
    return catalogue.get_texts(session, [item.version_id])[item.version_id]


def list_outlines(session: Session, loaded: OwnAttempt) -> dict[int, QuestionOutline]:
    """Return what the summary shows of each question, by position.

    In a test that goes forward only, nothing is shown of the questions ahead.
    """
    attempt = loaded.attempt
    seen = [item for item in loaded.items if not attempt.is_forward_only or item.position <= attempt.furthest]
    shown = catalogue.get_texts(session, [item.version_id for item in seen])
    return {item.position: _outline(shown[item.version_id]) for item in seen}


def _outline(shown: QuestionText) -> QuestionOutline:
    return QuestionOutline(case=shorten(shown.vignette or "", OUTLINE_CASE_LENGTH, placeholder=" …"), stem=shown.stem)


def get_stored_fields(session: Session, item: AnyItem) -> dict[str, list[str]]:
    """Return the stored answer as the fields of the question's form, for the page's script."""
    shown = get_question(session, item)
    return shown.kind.fill(shown, item.option_order, item.response)
