"""How the sections of a composed test went in one attempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.attempt import percent, round_down
from app.domain.sections import MarkedItem, SectionOutcome, SectionRule, compute_sections
from app.models import Attempt, Mark


@dataclass(frozen=True, slots=True)
class SectionScore:
    """One section of a result."""

    rule: SectionRule
    outcome: SectionOutcome

    @property
    def percent(self) -> int:
        return percent(self.outcome.points, self.outcome.max_points)

    @property
    def shown_points(self) -> float:
        return round_down(self.outcome.points)


def score_sections(
    attempt: Attempt, sections: Mapping[int, int | None], marks: Iterable[Mark]
) -> tuple[SectionScore, ...]:
    """Return the scores of the sections that were asked, by the marks so far; none for a module's test.

    ``sections`` are those of the questions, by position.
    """
    rules = attempt.section_rules
    if not rules:
        return ()
    marked = [MarkedItem(mark.points, mark.max_points, mark.is_right, False, sections[mark.position]) for mark in marks]
    asked = {section for section in sections.values() if section is not None}
    outcomes = compute_sections(marked, rules)
    return tuple(SectionScore(rules[index], outcomes[index]) for index in sorted(asked))
