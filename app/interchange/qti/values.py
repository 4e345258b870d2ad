"""The variables of an item of QTI 2 and 3: their declarations, values, and how values are compared."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from app.interchange.qti.xml import get_text

Scalar = str | float | bool


_MOST_VALUES = 1_000
"""In one declaration."""


@dataclass
class StepBudget:
    """How many steps of scoring rules may still be run for the items of one file."""

    left: int = 5_000_000

    def spend(self, steps: int = 1) -> None:
        """Count steps.

        :raise NotUnderstoodError: none are left.
        """
        self.left -= steps
        if self.left < 0:
            raise NotUnderstoodError("too many steps")


class NotUnderstoodError(Exception):
    """The rules of an item use something that is not read: its name."""


@dataclass(frozen=True, slots=True)
class Container:
    """Several values of one variable, ``multiple`` or ``ordered``. An empty one is NULL."""

    values: tuple[Scalar, ...]
    is_ordered: bool = False


Value = Scalar | Container | None
"""None is the NULL of QTI."""


@dataclass(frozen=True, slots=True)
class PointMapping:
    """Points for each value of a response: text of the key to points, and whether case counts for it."""

    entries: Mapping[str, tuple[float, bool]] = field(default_factory=dict)
    default: float = 0.0
    lower: float = -math.inf
    upper: float = math.inf


@dataclass(frozen=True, slots=True)
class Declaration:
    """A response or outcome variable. ``correct`` and ``default`` are the values that its declaration names."""

    identifier: str
    cardinality: str = "single"
    base: str = ""
    correct: Value = None
    default: Value = None
    mapping: PointMapping | None = None
    has_areas: bool = False

    def wrap(self, texts: Iterable[str]) -> Value:
        """Return a value of this variable from texts as they stand in XML."""
        values = tuple(read_scalar(text, self.base) for text in texts)
        if self.cardinality == "single":
            return values[0] if values else None
        return Container(values, self.cardinality == "ordered") if values else None


def read_declaration(element: Element) -> Declaration:
    """Read a declaration.

    :raise NotUnderstoodError: a value is not of the base type.
    """
    bare = Declaration(
        identifier=element.get("identifier", "").strip(),
        cardinality=element.get("cardinality", "single"),
        base=element.get("baseType", ""),
        has_areas=element.find("areaMapping") is not None,
    )
    if bare.cardinality == "record":
        raise NotUnderstoodError("records")
    mapping = element.find("mapping")
    return Declaration(
        bare.identifier,
        bare.cardinality,
        bare.base,
        correct=bare.wrap(_list_values(element.find("correctResponse"))),
        default=bare.wrap(_list_values(element.find("defaultValue"))),
        mapping=_read_mapping(mapping, bare.base) if mapping is not None else None,
        has_areas=bare.has_areas,
    )


def _list_values(element: Element | None) -> list[str]:
    values = [get_text(value) for value in element.iter("value")] if element is not None else []
    if len(values) > _MOST_VALUES:
        raise NotUnderstoodError(f"more than {_MOST_VALUES} values")
    return values


def _read_mapping(element: Element, base: str) -> PointMapping:
    entries: dict[str, tuple[float, bool]] = {}
    for entry in element.iter("mapEntry"):
        key = str(read_scalar(entry.get("mapKey", ""), base))
        is_exact = entry.get("caseSensitive", "true") != "false"
        entries.setdefault(key, (read_number(entry.get("mappedValue", "")), is_exact))
        if len(entries) > _MOST_VALUES:
            raise NotUnderstoodError(f"more than {_MOST_VALUES} values")
    return PointMapping(
        entries,
        read_number(element.get("defaultValue", "0")),
        read_number(element.get("lowerBound", "-inf"), is_open=True),
        read_number(element.get("upperBound", "inf"), is_open=True),
    )


def read_number(text: str, *, is_open: bool = False) -> float:
    """Return a number.

    :raise NotUnderstoodError: it is none, or infinite without ``is_open``.
    """
    try:
        number = float(text.strip())
    except ValueError:
        raise NotUnderstoodError(f"“{text[:40]}” where a number belongs") from None
    if math.isnan(number) or (math.isinf(number) and not is_open) or (abs(number) > 1e12 and not math.isinf(number)):
        raise NotUnderstoodError(f"“{text[:40]}” where a number belongs")
    return number


def read_scalar(text: str, base: str) -> Scalar:
    """Return one value of a base type.

    :raise NotUnderstoodError: the text is not of that type.
    """
    match base:
        case "float" | "integer" | "duration":
            return read_number(text)
        case "boolean":
            return text.strip() in ("true", "1")
        case "pair":
            return " ".join(sorted(text.split()))
        case "directedPair" | "identifier" | "point":
            return " ".join(text.split())
        case _:
            return text.strip()


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def unpack(value: Value) -> tuple[Scalar, ...]:
    """Return the values of a container, the single value, or nothing."""
    if value is None:
        return ()
    return value.values if isinstance(value, Container) else (value,)


def are_equal(left: Value, right: Value) -> bool:
    """Compare as ``match`` of QTI does. NULL equals nothing."""
    if left is None or right is None:
        return False
    one, other = unpack(left), unpack(right)
    if any(isinstance(side, Container) and not side.is_ordered for side in (left, right)):
        return Counter(map(_fold, one)) == Counter(map(_fold, other))
    return [*map(_fold, one)] == [*map(_fold, other)]


def _fold(value: Scalar) -> Scalar:
    """Make numbers comparable to the texts of numbers, which some writers put where numbers belong."""
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def map_value(value: Value, mapping: PointMapping) -> float:
    """Return the points that a mapping gives: each different value counts once."""
    total = sum(_map_one(str(one), mapping) for one in dict.fromkeys(unpack(value)))
    return max(mapping.lower, min(mapping.upper, total))


def _map_one(key: str, mapping: PointMapping) -> float:
    if (found := mapping.entries.get(key)) is not None:
        return found[0]
    folded = key.casefold()
    return next(
        (points for text, (points, is_exact) in mapping.entries.items() if not is_exact and text.casefold() == folded),
        mapping.default,
    )
