"""Flags: verdicts on the figures of a question."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from app.domain.analysis.choices import ItemChoices
from app.domain.analysis.items import ItemStatistics
from app.domain.kinds.base import Part, QuestionKind

TOO_EASY = 95.0
TOO_HARD = 20.0
WEAK_BELOW = 20.0
"""Facility and discrimination in per cent, after Moodle (https://docs.moodle.org/dev/Quiz_report_statistics).

A question is "extremely easy" from 95 on and "difficult" up to 20. Discrimination is "very weak" below 20; below 0 the
question is "probably invalid".
"""

_EXPECTED = 3.0
"""The mean number of choices of each wrong option from which an unchosen one is noted.

If all wrong options were equally tempting, chance would leave one out once in twenty times.
"""


class ItemFlag(StrEnum):
    TOO_FEW = "too_few"
    TOO_EASY = "too_easy"
    TOO_HARD = "too_hard"
    NEGATIVE = "negative"
    MAYBE_NEGATIVE = "maybe_negative"
    WEAK = "weak"
    UNCHOSEN = "unchosen"
    PLAIN = "plain"


def find_flags(
    figures: ItemStatistics, choices: ItemChoices, kind: QuestionKind[Any], guess: float | None
) -> tuple[ItemFlag, ...]:
    """Return the flags of a question; with too few answers, only that.

    "Too hard" includes questions answered no better than by guessing. A negative discrimination whose interval reaches
    0 may be chance and has a flag of its own.
    """
    if not figures.is_enough:
        return (ItemFlag.TOO_FEW,)
    return tuple(_warnings(figures, choices, kind, guess)) or (ItemFlag.PLAIN,)


def _warnings(
    figures: ItemStatistics, choices: ItemChoices, kind: QuestionKind[Any], guess: float | None
) -> Iterator[ItemFlag]:
    facility, discrimination = figures.facility or 0.0, figures.discrimination
    is_easy, is_hard = facility >= TOO_EASY, facility <= max(TOO_HARD, guess or 0.0)
    if discrimination is not None and discrimination < 0:
        bounds = figures.discrimination_interval
        yield ItemFlag.MAYBE_NEGATIVE if bounds is not None and bounds.high >= 0 else ItemFlag.NEGATIVE
    if is_easy:
        yield ItemFlag.TOO_EASY
    if is_hard:
        yield ItemFlag.TOO_HARD
    if not (is_easy or is_hard) and discrimination is not None and 0 <= discrimination < WEAK_BELOW:
        yield ItemFlag.WEAK
    if list_unchosen(choices, kind):
        yield ItemFlag.UNCHOSEN


def list_unchosen(choices: ItemChoices, kind: QuestionKind[Any]) -> tuple[Part, ...]:
    """Return the wrong options that nobody chose despite enough wrong answers, and right options that nobody chose.

    Only for kinds with one chosen option: in a tick list, the ticked options say nothing about an unticked one.
    """
    if not kind.expects_every_distractor or not choices.answered:
        return ()
    wrong = [choice for choice in choices.choices if not choice.is_right]
    is_expected = bool(wrong) and sum(len(choice) for choice in wrong) / len(wrong) >= _EXPECTED
    unused = [choice.part for choice in wrong if is_expected and not choice.at]
    # If several options are right, one chosen is enough. Unread answers chose one: they earned the whole point.
    right = [choice for choice in choices.choices if choice.is_right]
    if not choices.unread and not (kind.one_right_is_enough and any(choice.at for choice in right)):
        unused += [choice.part for choice in right if not choice.at]
    return tuple(unused)
