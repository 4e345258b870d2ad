"""Run the response processing of an item of QTI 1.2, to learn what each answer would earn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from app.interchange.qti.scoring import Trial
from app.interchange.qti.values import NotUnderstoodError, StepBudget, read_number

FEEDBACK = "feedback"
"""The name under which a trial lists the feedback that was shown."""

_MAX_STEPS = 200_000
_MAX_DEPTH = 60

Answers = Mapping[str, Sequence[str]]


@dataclass
class Conditions:
    """The conditions of one item. ``ordered`` and ``several`` name the responses that hold more than one value."""

    conditions: Sequence[Element]
    ordered: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()
    budget: StepBudget = field(default_factory=StepBudget)
    steps: int = field(default=0)

    def run(self, answers: Answers) -> Trial:
        """Return points and feedback for ``answers``, by response.

        Points are those of SCORE, or of all variables together if none has that name. A condition without ``continue``
        ends the run only if it sets the points: files that add points up leave the attribute out.

        :raise NotUnderstoodError: a condition uses something unknown.
        """
        scores: dict[str, float] = {}
        shown: set[tuple[str, str]] = set()
        for condition in self.conditions:
            self._count_step()
            test = condition.find("conditionvar")
            if test is None or not self._is_met(test, answers):
                continue
            actions = [_set_score(scores, element) for element in condition.iter("setvar")]
            shown |= {(FEEDBACK, one.get("linkrefid", "")) for one in condition.iter("displayfeedback")}
            if condition.get("continue", "No" if "set" in actions else "Yes").lower() != "yes":
                break
        names = [name for name in scores if name.casefold() == "score"] or list(scores)
        return Trial(math.fsum(scores[name] for name in names), frozenset(shown))

    def _is_met(self, test: Element, answers: Answers) -> bool:
        """Return whether all tests hold. Several texts for one response are alternatives, as Canvas writes them."""
        if ordered := self._read_sequence(test):
            name, values = ordered
            return list(answers.get(name, ())) == values
        tests = list(test)
        equal = [one for one in tests if one.tag == "varequal"]
        names = {one.get("respident", "") for one in equal}
        if len(equal) > 1 and len(names) == 1 and names.isdisjoint(self.several):
            rest = [one for one in tests if one.tag != "varequal"]
            return any(self._test(one, answers, 0) for one in equal) and all(
                self._test(one, answers, 0) for one in rest
            )
        return all(self._test(one, answers, 0) for one in tests)

    def _read_sequence(self, test: Element) -> tuple[str, list[str]] | None:
        """Return the order that a test of an ordered response asks for."""
        inner = test.find("and") if len(test) == 1 and test[0].tag == "and" else test
        if inner is None or not len(inner) or any(one.tag != "varequal" for one in inner):
            return None
        names = {one.get("respident", "") for one in inner}
        if len(names) != 1 or not names <= self.ordered:
            return None
        values = sorted(inner, key=lambda one: int(read_number(one.get("index", "0"))))
        return next(iter(names)), [(one.text or "").strip() for one in values]

    def _test(self, element: Element, answers: Answers, depth: int) -> bool:
        self._count_step(depth)
        given = answers.get(element.get("respident", ""), ())
        match element.tag:
            case "and":
                return all(self._test(one, answers, depth + 1) for one in element)
            case "or":
                return any(self._test(one, answers, depth + 1) for one in element)
            case "not":
                return not all(self._test(one, answers, depth + 1) for one in element)
            case "other":
                return True
            case "unanswered":
                return not given
            case "varequal":
                return any(_is_equal(element, value) for value in given)
            case "vargte" | "vargt" | "varlte" | "varlt":
                return any(_compare(str(element.tag), value, read_number(element.text or "")) for value in given)
            case "varsubstring":
                return any((element.text or "").casefold() in value.casefold() for value in given)
            case tag:
                raise NotUnderstoodError(str(tag)[:40])

    def _count_step(self, depth: int = 0) -> None:
        self.budget.spend()
        self.steps += 1
        if self.steps > _MAX_STEPS or depth > _MAX_DEPTH:
            raise NotUnderstoodError("too many steps")

    def list_values(self, *tags: str) -> Iterator[Element]:
        """Yield all tests of these kinds."""
        for condition in self.conditions:
            for element in condition.iter():
                if element.tag in tags:
                    yield element


def _set_score(scores: dict[str, float], element: Element) -> str:
    """Change a variable, and return how."""
    action = element.get("action", "Set").casefold()
    name, value = element.get("varname", "SCORE"), read_number(element.text or "")
    before = scores.get(name, 0.0)
    match action:
        case "set":
            scores[name] = value
        case "add":
            scores[name] = before + value
        case "subtract":
            scores[name] = before - value
        case "multiply":
            scores[name] = before * value
        case "divide" if value:
            scores[name] = before / value
        case _:
            raise NotUnderstoodError(f"setvar {action[:20]}")
    return action


def _is_equal(element: Element, value: str) -> bool:
    expected = (element.text or "").strip()
    if expected == value or (element.get("case", "No").lower() != "yes" and expected.casefold() == value.casefold()):
        return True
    try:
        return math.isclose(float(expected), float(value), rel_tol=1e-12)
    except ValueError:
        return False


def _compare(tag: str, value: str, limit: float) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    match tag:
        case "vargte":
            return number >= limit - 1e-9
        case "vargt":
            return number > limit
        case "varlte":
            return number <= limit + 1e-9
        case _:
            return number < limit
