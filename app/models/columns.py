"""Column types that several tables share."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import JSON, Enum, String, Text
from sqlalchemy.orm import mapped_column

from app.db import UTCDateTime

Key = Annotated[int, mapped_column(primary_key=True)]
Slug = Annotated[str, mapped_column(String(80))]
Line = Annotated[str, mapped_column(String(200))]
Prose = Annotated[str, mapped_column(Text)]
Digest = Annotated[str, mapped_column(String(64))]
Moment = Annotated[datetime, mapped_column(UTCDateTime)]
Document = Annotated[Any, mapped_column(JSON)]


def choice(kind: type[StrEnum], name: str | None = None) -> Enum:
    """A column that stores the values of ``kind`` (not its names) as checked text; ``name`` tells several of one kind in a table apart."""
    return Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=30,
        name=name or kind.__name__.lower(),
    )
