"""What a publication changes, and how a change is noticed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

MAX_NAMED = 12
"""The maximum number of changes of a kind that are listed by name."""


@dataclass(slots=True)
class PublicationChanges:
    """The changes of a publication, as slugs by kind of change (such as ``question added``)."""

    by_kind: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, slug: str) -> None:
        self.by_kind.setdefault(kind, []).append(slug)

    def __bool__(self) -> bool:
        return bool(self.by_kind)

    def lines(self) -> list[str]:
        """Return one line for each kind, with the number of changes instead of a long list."""
        return [
            f"{kind}: {', '.join(sorted(slugs)) if len(slugs) <= MAX_NAMED else len(slugs)}"
            for kind, slugs in sorted(self.by_kind.items())
        ]


def compute_digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
