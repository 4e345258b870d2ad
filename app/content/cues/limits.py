"""How often each attack may succeed.

Chance is 25% with four options. A limit of 35% leaves room for the words that any course shares, and for chance
itself: in a module of 60 questions, the result of a blind guesser is within 11 points of 25% in 95 of 100 cases.
Before this course was rewritten, the classifier reached 55%, and a reader of options alone 93%.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.content.cues.bank import CueItem, list_single_answer_items
from app.content.cues.evaluation import CueTrial, cross_validate, validate_across_modules
from app.content.cues.outcome import AttackOutcome, sum_shares
from app.content.cues.rules import RULES, follow_rule
from app.content.faults import Fault, FileLocation
from app.domain.content import Course

CROSS_VALIDATED = "classifier, cross-validated"
ACROSS_MODULES = "classifier, other modules"
REFERRING_CRITICAL = "referring, safety-critical"


@dataclass(frozen=True, slots=True)
class CueLimit:
    """The share of questions that an attack may win, over the course and, if ``per_module``, in each module."""

    at_most: float
    per_module: bool = False


LIMITS: Mapping[str, CueLimit] = {
    CROSS_VALIDATED: CueLimit(0.35, per_module=True),
    ACROSS_MODULES: CueLimit(0.35, per_module=True),
    "cautious": CueLimit(0.35),
    REFERRING_CRITICAL: CueLimit(0.35),
    "no reason clause": CueLimit(0.35),
    "a reason clause": CueLimit(0.35),
}
"""The limited attacks. All others are only reported, because they are at chance or part of these."""

MIN_QUESTIONS = 20
"""No limit applies to fewer questions: a private folder may contain only a handful."""


@dataclass(frozen=True, slots=True)
class CueMeasure:
    """The result of one attack in one module, or over the course if ``module`` is empty.

    ``decided`` is None for the classifier.
    """

    attack: str
    module: str
    overall: AttackOutcome
    decided: AttackOutcome | None = None

    @property
    def limit(self) -> CueLimit | None:
        limit = LIMITS.get(self.attack)
        return limit if limit and (limit.per_module or not self.module) else None

    @property
    def allowed(self) -> int:
        """The number of keys that the attack may find; all, if there is no limit."""
        return int(self.limit.at_most * self.overall.questions) if self.limit else self.overall.questions

    @property
    def is_above(self) -> bool:
        limit = self.limit
        return limit is not None and self.overall.questions >= MIN_QUESTIONS and self.overall.rate > limit.at_most


@dataclass(frozen=True, slots=True)
class CueMeasures:
    """All attacks on a course. ``validated`` and ``across`` are the classifier's trials by question."""

    items: Sequence[CueItem]
    measures: Sequence[CueMeasure]
    validated: Mapping[str, CueTrial]
    across: Mapping[str, CueTrial]

    @property
    def excesses(self) -> list[CueMeasure]:
        return [measure for measure in self.measures if measure.is_above]


def measure(course: Course) -> CueMeasures:
    """Try every attack on a course. The classifier takes some seconds."""
    items = list_single_answer_items(course)
    validated, across = cross_validate(items), validate_across_modules(items)
    measures = [
        CueMeasure(name, module, sum_shares(trials[item.id].found_share for item in some))
        for name, trials in ((CROSS_VALIDATED, validated), (ACROSS_MODULES, across))
        for module, some in _parts(items)
    ]
    return CueMeasures(items, [*measures, *measure_rules(items)], validated, across)


def measure_rules(items: Sequence[CueItem]) -> Iterator[CueMeasure]:
    """Yield the result of each rule over all questions and in each module."""
    for name, score in RULES.items():
        for module, some in _parts(items):
            outcome = follow_rule(score, some)
            yield CueMeasure(name, module, outcome.overall, outcome.decided)
    critical = [item for item in items if item.is_critical]
    for module, some in _parts(critical):
        outcome = follow_rule(RULES["referring"], some)
        yield CueMeasure(REFERRING_CRITICAL, module, outcome.overall, outcome.decided)


def check_cues(course: Course, place: FileLocation, *, with_classifier: bool) -> Iterator[Fault]:
    """Yield a fault for each limit that an attack exceeds.

    The classifier takes seconds, so a caller that only reads a course can leave it out.
    """
    tried = measure(course).measures if with_classifier else measure_rules(list_single_answer_items(course))
    for found in tried:
        if found.is_above:
            yield place.fault("guessable", describe_excess(found), expected=f"{found.allowed} at most")


def describe_excess(found: CueMeasure) -> str:
    """Describe the result of an attack in words."""
    outcome = found.overall
    return f"{found.module or 'all modules'}: “{found.attack}” finds {outcome.won:.1f} of {outcome.questions} keys"


def _parts(items: Sequence[CueItem]) -> list[tuple[str, Sequence[CueItem]]]:
    """Return all items under an empty name, then those of each module."""
    modules = list(dict.fromkeys(item.module for item in items))
    return [("", items), *((module, [item for item in items if item.module == module]) for module in modules)]
