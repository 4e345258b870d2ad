"""Entries of the right shape with their locations, and pydantic's errors in words for authors."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from app.content.faults import Fault, FileLocation, Step
from app.content.schema import ID_PATTERN, OUTLINE_PATTERN, POINT_PATTERN, SOURCE_PATTERN, Entry
from app.content.yaml_nodes import Plain

E = TypeVar("E", bound=Entry)

_PATTERNS = {
    ID_PATTERN: "a kebab-case id: a-z, 0-9 and single hyphens",
    SOURCE_PATTERN: "an id in capitals: A-Z, 0-9 and single hyphens",
    POINT_PATTERN: "a place on the sheet: `x,y` in whole units",
    OUTLINE_PATTERN: "places on the sheet: `x,y x,y …` in whole units",
}
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Draft(Generic[E]):
    """An entry of the right shape. Its references are not resolved yet."""

    entry: E
    place: FileLocation

    def fault(self, rule: str, message: str, *spot: Step, expected: str | None = None) -> Fault:
        return self.place.fault(rule, message, *spot, expected=expected)


def read_entry(shape: type[E], value: Plain, place: FileLocation) -> Draft[E] | tuple[Fault, ...]:
    """Return the draft, or all faults of its shape."""
    if value is None:
        return (place.fault("shape", "this is empty", expected=_fields(shape)),)
    if not isinstance(value, dict):
        return (place.fault("shape", f"this is {_kind_of(value)}", expected=f"a map with {_fields(shape)}"),)
    try:
        return Draft(TypeAdapter(shape).validate_python(value), place)
    except ValidationError as error:
        return tuple(_explain(shape, dict(details), place) for details in error.errors(include_url=False))


def _fields(shape: type[Entry]) -> str:
    return ", ".join(shape.model_fields)


def _kind_of(value: Any) -> str:
    return {list: "a list", dict: "a map", str: "text", type(None): "nothing"}.get(type(value), "something else")


def _explain(shape: type[Entry], details: Mapping[str, Any], place: FileLocation) -> Fault:
    spot: tuple[Step, ...] = details["loc"]
    name = _name(spot)
    match details["type"]:
        case "missing":
            return place.fault("missing", f"{name} is missing", *spot, expected=f"a line `{spot[-1]}: …`")
        case "extra_forbidden":
            if misplaced := shape.describe_misplaced(spot):
                own = ", ".join(shape.field_names_at(spot[:-1]))
                return place.fault("unknown-field", f"{name} {misplaced}", *spot, expected=own)
            return place.fault(
                "unknown-field", f"{name} is not a field here", *spot, expected=_close_field(shape, spot)
            )
        case error_type:
            complaint, expected = _complaint(error_type, details)
            return place.fault("shape", f"{name} {complaint}", *spot, expected=expected)


def _complaint(error_type: str, details: Mapping[str, Any]) -> tuple[str, str | None]:
    """Describe what is wrong with a value, and what would be right."""
    value, limits = details["input"], details.get("ctx", {})
    shown = f"`{str(value)[:_SHOWN]}`"
    match error_type:
        case "enum" | "literal_error":
            return f"is {shown}", str(limits["expected"]).replace("'", "")
        case "string_pattern_mismatch":
            return f"is {shown}", _PATTERNS.get(limits["pattern"], _other_pattern(limits["pattern"]))
        case "string_type" | "list_type" | "dict_type" | "model_type" | "model_attributes_type":
            wanted = {"string_type": "text", "list_type": "a list"}.get(error_type, "a map")
            return ("is empty" if value is None else f"is {_kind_of(value)}"), wanted
        case "string_too_long":
            return "is too long", f"{limits['max_length']} characters at most"
        case "too_short":
            return f"has {limits['actual_length']} entries", f"{limits['min_length']} at least"
        case "too_long":
            return f"has {limits['actual_length']} entries", f"{limits['max_length']} at most"
        case "greater_than_equal":
            return f"is {shown}", f"{limits['ge']} or more"
        case "less_than_equal":
            return f"is {shown}", f"{limits['le']} or less"
        case _:
            return details["msg"], limits.get("expected")


def _other_pattern(pattern: str) -> str:
    return "an address that begins with https://" if "http" in pattern else "a lesson's id, or lesson#section"


def _name(spot: tuple[Step, ...]) -> str:
    """Return the name of a value in words: ``why of options 2``."""
    words = [f"`{step}`" if isinstance(step, str) else f"entry {step + 1}" for step in reversed(spot)]
    return " of ".join(words) or "this"


def _close_field(shape: type[Entry], spot: tuple[Step, ...]) -> str:
    fields = shape.field_names_at(spot[:-1])
    close = difflib.get_close_matches(str(spot[-1]), fields, n=1)
    return f"`{close[0]}`" if close else "one of " + ", ".join(fields)
