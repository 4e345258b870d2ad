"""What the figures of a question say in words."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from app.domain.analysis.choices import Choices, Part
from app.domain.analysis.items import ItemFigures
from app.domain.content import Kind

TOO_EASY = 95.0
TOO_HARD = 20.0
WEAK_BELOW = 20.0
"""Facility and discrimination in per cent, after the words of Moodle (https://docs.moodle.org/dev/Quiz_report_statistics): from 95 on a
question is "extremely easy", up to 20 "difficult"; discrimination is "very weak" below 20, and below 0 the question is "probably invalid"."""

_EXPECTED = 3.0
"""Where three wrong answers would fall on each wrong option if all were as tempting, chance leaves one of them out once in twenty times."""


class Flag(StrEnum):
    TOO_FEW = "too_few"
    TOO_EASY = "too_easy"
    TOO_HARD = "too_hard"
    NEGATIVE = "negative"
    MAYBE_NEGATIVE = "maybe_negative"
    WEAK = "weak"
    UNCHOSEN = "unchosen"
    PLAIN = "plain"


def flags(figures: ItemFigures, choices: Choices, kind: Kind, guess: float | None) -> tuple[Flag, ...]:
    """What there is to say of a question; of too few answers nothing else is said.

    Too hard is also what is answered no better than by guessing. A negative discrimination whose interval reaches 0 or more may be chance,
    and is told from one that doesn't.
    """
    if not figures.is_enough:
        return (Flag.TOO_FEW,)
    return tuple(_warnings(figures, choices, kind, guess)) or (Flag.PLAIN,)


def _warnings(figures: ItemFigures, choices: Choices, kind: Kind, guess: float | None) -> Iterator[Flag]:
    facility, discrimination = figures.facility or 0.0, figures.discrimination
    is_easy, is_hard = facility >= TOO_EASY, facility <= max(TOO_HARD, guess or 0.0)
    if discrimination is not None and discrimination < 0:
        bounds = figures.discrimination_interval
        yield Flag.MAYBE_NEGATIVE if bounds is not None and bounds.high >= 0 else Flag.NEGATIVE
    if is_easy:
        yield Flag.TOO_EASY
    if is_hard:
        yield Flag.TOO_HARD
    if not (is_easy or is_hard) and discrimination is not None and 0 <= discrimination < WEAK_BELOW:
        yield Flag.WEAK
    if unchosen(choices, kind):
        yield Flag.UNCHOSEN


def unchosen(choices: Choices, kind: Kind) -> tuple[Part, ...]:
    """The wrong options that nobody chose although enough went wrong to choose them, and a right one that nobody chose at all.

    Only where one option is chosen: in a tick list the others say nothing of one.
    """
    if kind not in (Kind.SINGLE, Kind.REGION) or not choices.answered:
        return ()
    wrong = [choice for choice in choices.choices if not choice.is_right]
    is_expected = bool(wrong) and sum(len(choice) for choice in wrong) / len(wrong) >= _EXPECTED
    unused = [choice.part for choice in wrong if is_expected and not choice.at]
    # A map has many right regions; one of them is enough. Who earned the whole point chose a right one.
    right = [choice for choice in choices.choices if choice.is_right]
    if not choices.unread and (kind is Kind.SINGLE or not any(choice.at for choice in right)):
        unused += [choice.part for choice in right if not choice.at]
    return tuple(unused)
