"""A column with a person's folded name and address, by which people are searched and sorted on both databases.

The databases' own ``lower()`` and collations differ from each other and from :func:`app.domain.names.fold_name`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, String, and_, true
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Mapper, mapped_column
from sqlalchemy.sql import ColumnElement

from app.domain.names import fold_name


def fold_person(name: str | None, email: str | None) -> str:
    """Return what is stored: the folded name and address. Sorting by it sorts by the name first."""
    return f"{fold_name(name or email or '')}\n{fold_name(email or '')}"


def folded_column() -> Mapped[str]:
    """Build the column. It is compared by code point on both databases."""
    kind = String().with_variant(String(collation="C"), "postgresql")
    return mapped_column(kind, default=_fold_parameters)


def contains_words(column: InstrumentedAttribute[str], sought: str) -> ColumnElement[bool]:
    """Return whether a folded column contains every word of ``sought``, in any order."""
    words = fold_name(sought).split()
    return and_(true(), *(column.contains(word, autoescape=True) for word in words))


def fold_updated(_mapper: Mapper[Any], _connection: Connection, person: Any) -> None:
    """Keep the column up to date. Register it for ``before_update``."""
    person.folded = fold_person(person.name, person.email)


def _fold_parameters(context: DefaultExecutionContext) -> str:
    given: Mapping[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return fold_person(given.get("name"), given.get("email"))
