"""The operators of QTI's response processing that are understood.

Each takes its element, for its attributes, and the values of its operands. NULL in an operand gives NULL, except where
QTI says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

from app.interchange.qti.values import (
    Container,
    NotUnderstoodError,
    Scalar,
    Value,
    are_equal,
    read_number,
    read_scalar,
    unpack,
)
from app.interchange.text_patterns import PatternError, fits_pattern

Operator = Callable[[Element, Sequence[Value]], Value]

_MOST_VALUES = 1_000


def _base_value(element: Element, values: Sequence[Value]) -> Value:
    return read_scalar("".join(element.itertext()), element.get("baseType", ""))


def _is_null(element: Element, values: Sequence[Value]) -> Value:
    return _first(values) is None or _first(values) == ""


def _not(element: Element, values: Sequence[Value]) -> Value:
    value = _first(values)
    return None if value is None else value is not True


def _and(element: Element, values: Sequence[Value]) -> Value:
    return all(value is True for value in values)


def _or(element: Element, values: Sequence[Value]) -> Value:
    return any(value is True for value in values)


def _any_n(element: Element, values: Sequence[Value]) -> Value:
    count = sum(value is True for value in values)
    return read_number(element.get("min", "0")) <= count <= read_number(element.get("max", "0"))


def _match(element: Element, values: Sequence[Value]) -> Value:
    left, right = _pair(values)
    return None if left is None or right is None else are_equal(left, right)


def _string_match(element: Element, values: Sequence[Value]) -> Value:
    left, right = (None if value is None else str(value) for value in _pair(values))
    if left is None or right is None:
        return None
    if element.get("caseSensitive", "true") != "true":
        left, right = left.casefold(), right.casefold()
    return right in left if element.get("substring") == "true" else left == right


def _pattern_match(element: Element, values: Sequence[Value]) -> Value:
    value = _first(values)
    if value is None:
        return None
    try:
        return fits_pattern(element.get("pattern", ""), str(value))
    except PatternError:
        raise NotUnderstoodError("a pattern that is more than words and gaps") from None


def _substring(element: Element, values: Sequence[Value]) -> Value:
    left, right = _pair(values)
    if left is None or right is None:
        return None
    one, other = str(left), str(right)
    if element.get("caseSensitive", "true") != "true":
        one, other = one.casefold(), other.casefold()
    return one in other


def read_tolerance(element: Element, value: float) -> tuple[float, float]:
    """Return the lowest and the highest number that an ``equal`` accepts for ``value``."""
    mode = element.get("toleranceMode", "exact")
    if mode == "exact":
        return value, value
    sizes = [read_number(size) for size in element.get("tolerance", "0").split()]
    below, above = (sizes or [0.0])[0], (sizes or [0.0])[-1]
    if mode == "relative":
        below, above = abs(value) * below / 100, abs(value) * above / 100
    return value - below, value + above


def _equal(element: Element, values: Sequence[Value]) -> Value:
    left, right = _pair(values)
    if left is None or right is None:
        return None
    low, high = read_tolerance(element, _number(left))
    given = _number(right)
    return low - 1e-9 <= given <= high + 1e-9


def _equal_rounded(element: Element, values: Sequence[Value]) -> Value:
    left, right = _pair(values)
    if left is None or right is None:
        return None
    figures = int(read_number(element.get("figures", "0")))
    if not 0 <= figures <= 15:
        raise NotUnderstoodError("equalRounded")
    if element.get("roundingMode", "significantFigures") == "decimalPlaces":
        return round(_number(left), figures) == round(_number(right), figures)
    return f"{_number(left):.{max(1, figures)}g}" == f"{_number(right):.{max(1, figures)}g}"


def list_rounding_limits(element: Element, value: float) -> tuple[float, float]:
    """Return the numbers around ``value`` at which an ``equalRounded`` changes."""
    places = int(read_number(element.get("figures", "0")))
    if element.get("roundingMode", "significantFigures") != "decimalPlaces":
        places -= 1 + (math.floor(math.log10(abs(value))) if value else 0)
    half = 0.5 * 10.0 ** -max(-12, min(12, places))
    return value - half, value + half


def _compare(test: Callable[[float, float], bool]) -> Operator:
    def compare(element: Element, values: Sequence[Value]) -> Value:
        if any(value is None for value in values):
            return None
        return all(test(_number(one), _number(other)) for one, other in pairwise(values))

    return compare


def _calculate(combine: Callable[[Sequence[float]], float]) -> Operator:
    def calculate(element: Element, values: Sequence[Value]) -> Value:
        numbers = [_number(one) for value in values for one in (unpack(value) or (None,)) if value is not None]
        if any(value is None for value in values) or not numbers:
            return None
        result = combine(numbers)
        if not math.isfinite(result) or abs(result) > 1e12:
            raise NotUnderstoodError("numbers without limit")
        return result

    return calculate


def _member(element: Element, values: Sequence[Value]) -> Value:
    left, right = _pair(values)
    if left is None or right is None:
        return None
    return any(are_equal(left, one) for one in unpack(right))


def _contains(element: Element, values: Sequence[Value]) -> Value:
    left, right = _pair(values)
    if left is None or right is None:
        return None
    rest = list(unpack(left))
    for one in unpack(right):
        if one not in rest:
            return False
        rest.remove(one)
    return True


def _delete(element: Element, values: Sequence[Value]) -> Value:
    left, right = _pair(values)
    found = tuple(one for one in unpack(right) if not are_equal(left, one))
    return Container(found, isinstance(right, Container) and right.is_ordered) if found else None


def _collect(*, is_ordered: bool) -> Operator:
    def collect(element: Element, values: Sequence[Value]) -> Value:
        found = tuple(one for value in values for one in unpack(value))
        if len(found) > _MOST_VALUES:  # a rule that adds a variable to itself doubles it at each step
            raise NotUnderstoodError("too many steps")
        return Container(found, is_ordered) if found else None

    return collect


def _container_size(element: Element, values: Sequence[Value]) -> Value:
    return float(len(unpack(_first(values))))


def _index(element: Element, values: Sequence[Value]) -> Value:
    found = unpack(_first(values))
    at = int(read_number(element.get("n", "1")))
    return found[at - 1] if 1 <= at <= len(found) else None


def _subtract(numbers: Sequence[float]) -> float:
    return numbers[0] - numbers[1] if len(numbers) == 2 else math.nan


def _divide(numbers: Sequence[float]) -> float:
    return numbers[0] / numbers[1] if len(numbers) == 2 and numbers[1] else math.nan


def _first(values: Sequence[Value]) -> Value:
    return values[0] if values else None


def _pair(values: Sequence[Value]) -> tuple[Value, Value]:
    if len(values) != 2:
        raise NotUnderstoodError("a comparison without two sides")
    return values[0], values[1]


def _number(value: Value | Scalar) -> float:
    if isinstance(value, (bool, Container)) or value is None:
        raise NotUnderstoodError("a comparison of something that is not a number")
    return read_number(value) if isinstance(value, str) else float(value)


OPERATORS: Mapping[str, Operator] = {
    "baseValue": _base_value,
    "null": lambda element, values: None,
    "isNull": _is_null,
    "not": _not,
    "and": _and,
    "or": _or,
    "anyN": _any_n,
    "match": _match,
    "stringMatch": _string_match,
    "patternMatch": _pattern_match,
    "substring": _substring,
    "equal": _equal,
    "equalRounded": _equal_rounded,
    "gt": _compare(lambda one, other: one > other),
    "gte": _compare(lambda one, other: one >= other),
    "lt": _compare(lambda one, other: one < other),
    "lte": _compare(lambda one, other: one <= other),
    "sum": _calculate(math.fsum),
    "product": _calculate(math.prod),
    "subtract": _calculate(_subtract),
    "divide": _calculate(_divide),
    "max": _calculate(max),
    "min": _calculate(min),
    "round": _calculate(lambda numbers: float(math.floor(numbers[0] + 0.5))),
    "truncate": _calculate(lambda numbers: float(math.trunc(numbers[0]))),
    "integerToFloat": _calculate(lambda numbers: numbers[0]),
    "member": _member,
    "contains": _contains,
    "delete": _delete,
    "multiple": _collect(is_ordered=False),
    "ordered": _collect(is_ordered=True),
    "containerSize": _container_size,
    "index": _index,
}
