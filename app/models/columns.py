"""Column types for several tables."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import JSON, Enum, String, Text
from sqlalchemy.orm import mapped_column

from app.db import UtcDateTimeType

IntPk = Annotated[int, mapped_column(primary_key=True)]
Slug = Annotated[str, mapped_column(String(80))]
CatalogueSlug = Annotated[str, mapped_column(String(160))]
"""The id that an author gave; in a library, after the slug of the library and a dot."""
Str200 = Annotated[str, mapped_column(String(200))]
LongText = Annotated[str, mapped_column(Text)]
Digest = Annotated[str, mapped_column(String(64))]
UtcDateTime = Annotated[datetime, mapped_column(UtcDateTimeType)]
Json = Annotated[Any, mapped_column(JSON)]


def enum_column(kind: type[StrEnum], name: str | None = None) -> Enum:
    """Build a column type that stores the values of ``kind`` (not its names) as text with a check constraint.

    ``name`` distinguishes the constraints of several columns of one kind in a table.
    """
    return Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=30,
        name=name or kind.__name__.lower(),
    )
