"""The author's format of each kind of question.

A new kind needs a module here with the same name as in ``app/domain/kinds``. Every module with a tuple ``ENTRIES`` is
registered.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, Literal, NoReturn

from pydantic import ConfigDict

from app.content.figures import Figure
from app.content.interactions import EntryFields, Interaction
from app.content.kinds.base import Giveaway, MapParts, QuestionEntry, QuestionParts
from app.domain.kinds import KINDS

__all__ = ["ENTRIES", "Giveaway", "MapParts", "QuestionEntry", "QuestionParts", "find_entry_fields", "get_entry_class"]

ENTRIES: dict[str, type[QuestionEntry]] = {
    entry.kind_name(): entry
    for module in sorted(found.name for found in pkgutil.iter_modules(__path__))
    for entry in getattr(import_module(f"{__name__}.{module}"), "ENTRIES", ())
}
"""The format of each kind, by its name."""


class _UnknownKind(QuestionEntry):
    """An entry with a missing or unknown kind; the fields that depend on its kind are not checked."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal[*(kind.name for kind in KINDS)]  # type: ignore[valid-type]

    def ask(self, figures: Mapping[str, Figure | None], parts: MapParts) -> NoReturn:
        raise AssertionError("an entry of an unknown kind is never valid")


def get_entry_class(value: Any) -> type[QuestionEntry]:
    """Return the format of an entry by its ``kind``.

    This replaces a discriminated union, for which pydantic's errors are less precise.
    """
    kind = value.get("kind") if isinstance(value, dict) else None
    return ENTRIES.get(kind, _UnknownKind) if isinstance(kind, str) else _UnknownKind


def find_entry_fields(interaction: Interaction) -> EntryFields | None:
    """Return the fields of the first kind that can ask the same, with the field ``kind``; None if there is none."""
    for name, entry in ENTRIES.items():
        if read := entry.read_interaction(interaction):
            return replace(read, fields={"kind": name, **read.fields})
    return None
