"""References to the subjects of audit events: a kind and an id, such as ``attempt:5``."""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, cast, literal
from sqlalchemy.orm import InstrumentedAttribute


def make_reference(kind: str, number: int) -> str:
    return f"{kind}:{number}"


def make_reference_column(kind: str, number: InstrumentedAttribute[int]) -> ColumnElement[str]:
    """Return :func:`make_reference` for a column of ids."""
    return literal(f"{kind}:", String) + cast(number, String)


def parse_reference(reference: str) -> tuple[str, int | None]:
    """Return the kind and the id of a reference. The id is None if missing or malformed: people can type references."""
    kind, _, number = reference.partition(":")
    return kind, int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
