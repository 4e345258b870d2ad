"""Sections of a test: what each needs to be passed, and how one attempt did in them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SectionRule:
    """A section as an attempt keeps it from its start.

    ``pass_mark_percent`` None: the section needs no score of its own. ``needs_critical_right``: its safety-critical
    questions must be fully right to pass the test.
    """

    title: str
    pass_mark_percent: int | None = None
    needs_critical_right: bool = True

    def dump(self) -> dict[str, object]:
        return asdict(self)


def load_rules(stored: Sequence[Mapping[str, Any]] | None) -> tuple[SectionRule, ...]:
    """Return the sections that an attempt stores; none for an attempt at a module's test."""
    return tuple(SectionRule(**one) for one in stored or ())


@dataclass(frozen=True, slots=True)
class MarkedItem:
    """The parts of a mark that passing depends on. ``section`` is the index of its section, if the test has any."""

    points: float
    max_points: float
    is_right: bool
    is_critical: bool
    section: int | None = None


@dataclass(frozen=True, slots=True)
class SectionOutcome:
    """How an attempt did in one section. ``is_enough`` is None if the section has no pass mark."""

    points: float
    max_points: float
    is_enough: bool | None
    is_critical_missed: bool

    @property
    def is_passed(self) -> bool:
        return self.is_enough is not False and not self.is_critical_missed


def compute_sections(marks: Sequence[MarkedItem], rules: Sequence[SectionRule]) -> tuple[SectionOutcome, ...]:
    """Add up the marks of each section. A section whose questions are all void, or that has none, is passed."""
    return tuple(
        _compute_section([mark for mark in marks if mark.section == index], rule) for index, rule in enumerate(rules)
    )


def _compute_section(marks: Sequence[MarkedItem], rule: SectionRule) -> SectionOutcome:
    points, most = math.fsum(mark.points for mark in marks), math.fsum(mark.max_points for mark in marks)
    is_missed = rule.needs_critical_right and any(mark.is_critical and not mark.is_right for mark in marks)
    is_enough = None
    if rule.pass_mark_percent is not None:
        is_enough = most <= 0 or is_pass_mark_reached(points, most, rule.pass_mark_percent)
    return SectionOutcome(min(points, most), most, is_enough, is_missed)


def is_pass_mark_reached(points: float, max_points: float, pass_mark_percent: int) -> bool:
    """Return whether the points reach the pass mark, with a tolerance of 1e-5 points for rounded thirds."""
    return max_points > 0 and points * 100 + 1e-3 >= pass_mark_percent * max_points
