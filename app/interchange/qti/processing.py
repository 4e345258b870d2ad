"""Run the response processing of an item of QTI 2 and 3, to learn what each answer would earn.

Reading the rules by their shape would understand the templates only. Running them understands whatever is built from
the operators below, including the rules that authoring tools write by themselves. The rules come from strangers: they are
interpreted, never translated to code; the number of steps is limited; nothing is random, and regular expressions are
not run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from app.interchange.qti import operators
from app.interchange.qti.values import (
    Container,
    Declaration,
    NotUnderstoodError,
    StepBudget,
    Value,
    are_equal,
    map_value,
    unpack,
)

MAX_STEPS = 200_000
"""Operators run for one item, over all answers that are tried."""

_MAX_DEPTH = 60


class _Exit(Exception):
    """An ``exitResponse``."""


@dataclass
class Processing:
    """The rules of one item. ``run`` is called once for each answer that is tried."""

    rules: Element | None
    responses: Mapping[str, Declaration]
    outcomes: Mapping[str, Declaration]
    budget: StepBudget = field(default_factory=StepBudget)
    steps: int = field(default=0)

    def run(self, answers: Mapping[str, Value]) -> dict[str, Value]:
        """Return the outcome variables after ``answers``, by response identifier.

        :raise NotUnderstoodError: the rules use an unknown operator, or take too long.
        """
        variables: dict[str, Value] = {"numAttempts": 1.0, "completionStatus": "completed"}
        for outcome in self.outcomes.values():
            zero = 0.0 if outcome.base in ("float", "integer") and outcome.cardinality == "single" else None
            variables[outcome.identifier] = outcome.default if outcome.default is not None else zero
        variables |= {name: answers.get(name) for name in self.responses}
        template = _get_template(self.rules)
        if template or self.rules is None:
            self._run_template(template, variables)
            return variables
        try:
            self._run_rules(self.rules, variables)
        except _Exit:
            pass
        except (OverflowError, ZeroDivisionError, ValueError) as error:
            raise NotUnderstoodError("arithmetic that has no result") from error
        return variables

    def _run_template(self, name: str, variables: dict[str, Value]) -> None:
        total = 0.0
        for response in self.responses.values():
            value = variables[response.identifier]
            if name.lower().endswith("map_response") or (not name and response.mapping):
                total += map_value(value, response.mapping) if response.mapping and value is not None else 0.0
            elif name.lower().endswith(("match_correct", "cc2_match", "cc2_match_basic")) or not name:
                total += are_equal(value, response.correct)
            else:
                raise NotUnderstoodError(f"the template {name[:40]}")
        variables["SCORE"] = total

    def _run_rules(self, block: Element, variables: dict[str, Value], depth: int = 0) -> None:
        for rule in block:
            self._count_step(depth)
            match rule.tag:
                case "responseCondition":
                    self._run_condition(rule, variables, depth)
                case "setOutcomeValue":
                    variables[rule.get("identifier", "")] = self._set(rule, variables, depth)
                case "responseProcessingFragment":
                    self._run_rules(rule, variables, depth + 1)
                case "exitResponse":
                    raise _Exit
                case "lookupOutcomeValue":
                    raise NotUnderstoodError("lookupOutcomeValue")
                case _:
                    pass  # the condition of a responseIf, evaluated before

    def _set(self, rule: Element, variables: dict[str, Value], depth: int) -> Value:
        if len(rule) != 1:
            raise NotUnderstoodError("an outcome without a value")
        value = self.evaluate(rule[0], variables, depth + 1)
        declared = self.outcomes.get(rule.get("identifier", ""))
        if value is not None and declared and declared.cardinality == "single" and isinstance(value, Container):
            return value.values[0]
        if declared and declared.cardinality != "single" and value is not None and not isinstance(value, Container):
            return Container((value,), declared.cardinality == "ordered")
        return value

    def _run_condition(self, rule: Element, variables: dict[str, Value], depth: int) -> None:
        for branch in rule:
            if branch.tag == "responseElse":
                self._run_rules(branch, variables, depth + 1)
                return
            if (
                branch.tag in ("responseIf", "responseElseIf")
                and len(branch)
                and self.evaluate(branch[0], variables, depth + 1) is True
            ):
                self._run_rules(branch, variables, depth + 1)
                return

    def evaluate(self, element: Element, variables: Mapping[str, Value], depth: int = 0) -> Value:
        """Return the value of an expression."""
        self._count_step(depth)
        identifier = element.get("identifier", "")
        match element.tag:
            case "variable":
                return variables.get(identifier)
            case "correct":
                return self._get_response(identifier).correct
            case "default":
                declared = self.outcomes.get(identifier) or self.responses.get(identifier)
                return declared.default if declared else None
            case "mapResponse":
                mapping = self._get_response(identifier).mapping
                if mapping is None:
                    raise NotUnderstoodError("mapResponse without a mapping")
                return map_value(variables.get(identifier), mapping)
        operator: Callable[[Element, Sequence[Value]], Value] | None = operators.OPERATORS.get(element.tag)
        if operator is None:
            raise NotUnderstoodError(element.tag[:40])
        values = [self.evaluate(operand, variables, depth + 1) for operand in element]
        return operator(element, values)

    def _get_response(self, identifier: str) -> Declaration:
        if (found := self.responses.get(identifier)) is None:
            raise NotUnderstoodError(f"the unknown response {identifier[:40]}")
        return found

    def _count_step(self, depth: int) -> None:
        self.budget.spend()
        self.steps += 1
        if self.steps > MAX_STEPS or depth > _MAX_DEPTH:
            raise NotUnderstoodError("too many steps")

    def list_constants(self, *, in_outcomes: bool = False) -> Iterator[tuple[str, Element]]:
        """Yield each constant that the rules compare with, and its element.

        Constants that only set an outcome are left out.
        """
        if self.rules is None:
            return
        skipped = set()
        for rule in self.rules.iter("setOutcomeValue"):
            skipped |= {id(inner) for inner in rule.iter("baseValue")}
        for element in self.rules.iter("baseValue"):
            if in_outcomes or id(element) not in skipped:
                yield "".join(element.itertext()).strip(), element


def get_score(outcomes: Mapping[str, Value]) -> float:
    """Return the points among the outcomes.

    :raise NotUnderstoodError: there is no number of points.
    """
    value = outcomes.get("SCORE")
    if value is None:
        return 0.0
    if isinstance(value, (bool, str, Container)) or not math.isfinite(value):
        raise NotUnderstoodError("an outcome SCORE that is not a number")
    return float(value)


def list_shown(outcomes: Mapping[str, Value]) -> set[tuple[str, str]]:
    """Return the pairs of outcome variable and value by which feedback is chosen."""
    return {(name, str(one)) for name, value in outcomes.items() for one in unpack(value)}


def _get_template(rules: Element | None) -> str:
    if rules is None or len(rules):
        return ""
    name = (rules.get("template") or rules.get("templateLocation") or "").rstrip("/").rpartition("/")[2]
    return name.removesuffix(".xml") or ""
