"""Feedback on a patient case: one row for each step, as far as the key and the reasons are released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.kinds.base import FeedbackRow, QuestionKind
from app.domain.kinds.case_key import CaseKey, credit_option
from app.domain.kinds.case_steps import CaseStep, PathChoice

if TYPE_CHECKING:
    from app.domain.question import QuestionText


@dataclass(frozen=True, slots=True)
class CaseChoice:
    """An option with its worth and reasons as far as released."""

    text: str
    letter: str | None
    is_right: bool | None = None
    is_near: bool = False
    reason: str | None = None
    harm: str | None = None

    @property
    def name(self) -> str:
        return f"{self.letter}. {self.text}" if self.letter else self.text


@dataclass(frozen=True, slots=True)
class CaseRow(FeedbackRow):
    """One step of a path: what was found, the choice, and the other options, the best one first.

    ``outcome`` is what followed a choice that ended the case.
    """

    number: int = 0
    findings: tuple[str, ...] = ()
    asks: str = ""
    outcome: str | None = None
    harm: str | None = None
    others: tuple[CaseChoice, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowWriter:
    """Writes rows of feedback as far as the key and the reasons are released."""

    kind: QuestionKind[Any]
    question: QuestionText
    order: Sequence[int]
    steps: Sequence[CaseStep]
    key: CaseKey | None
    explained: CaseKey | None

    def row(self, one: PathChoice, number: int, *, is_mine: bool) -> CaseRow:
        step, option = self.steps[one.at], one.link.option
        chosen = self._choice(option)
        others = self._list_others(step, option)
        best = next((other for other in others if other.is_right and not chosen.is_right), None)
        return CaseRow(
            text=chosen.text,
            heading=f"{number}. {chosen.name}",
            is_mine=is_mine,
            mine=chosen.name if is_mine else None,
            right=best.name if best else None,
            is_right=chosen.is_right,
            is_near=chosen.is_near,
            reason=chosen.reason,
            letter=chosen.letter,
            number=number,
            findings=one.findings,
            asks=step.asks,
            outcome=one.link.then if one.link.next is None else None,
            harm=chosen.harm,
            others=others,
            sources=self.explained.cited[one.at] if self.explained and self.explained.cited else (),
        )

    def _list_others(self, step: CaseStep, option: int) -> tuple[CaseChoice, ...]:
        """Return the options that were not chosen, the best one first; none if the key is not released."""
        key = self.key
        if key is None:
            return ()
        others = [link.option for link in step.links if link.option != option]
        return tuple(map(self._choice, sorted(others, key=lambda index: -credit_option(key, index))))

    def _choice(self, option: int) -> CaseChoice:
        credit = credit_option(self.key, option) if self.key else None
        explained = self.explained
        return CaseChoice(
            text=self.question.options[option],
            letter=self.kind.letter(self.question, option, self.order),
            is_right=None if credit is None else credit == 1,
            is_near=credit is not None and 0 < credit < 1,
            reason=explained.reasons[option] if explained and explained.reasons else None,
            harm=explained.harms[option] if explained and explained.harms else None,
        )
