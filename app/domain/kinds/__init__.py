"""The kinds of questions.

A new kind needs a module here, one in ``app/content/kinds`` and a folder in ``templates/kinds``. Every module with a
tuple ``KINDS`` is registered. Nothing outside these three folders names a kind: :func:`get_kind` returns the object,
which implements everything that depends on the kind.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

from app.domain.kinds.base import FeedbackRow, Fields, Part, QuestionKind, Response, RubricCriterion

__all__ = [
    "FREE_TEXT",
    "KINDS",
    "MARKED_BY_PEOPLE",
    "FeedbackRow",
    "Fields",
    "Part",
    "QuestionKind",
    "Response",
    "RubricCriterion",
    "get_kind",
    "is_answer_field",
]

KINDS: tuple[QuestionKind[Any], ...] = tuple(
    sorted(
        (
            kind
            for module in sorted(found.name for found in pkgutil.iter_modules(__path__))
            for kind in getattr(import_module(f"{__name__}.{module}"), "KINDS", ())
        ),
        key=lambda kind: (kind.is_marked_by_people, kind.step_field is not None),
    )
)
"""All kinds, in the order in which they are listed: those answered in steps come late, those marked by people last."""

_BY_NAME = {kind.name: kind for kind in KINDS}

FREE_TEXT = frozenset(kind.name for kind in KINDS if kind.is_free_text)
"""The names of the kinds whose responses are text in the learner's own words."""

MARKED_BY_PEOPLE = frozenset(kind.name for kind in KINDS if kind.is_marked_by_people)
"""The names of the kinds whose responses people mark."""


_FIELD_PREFIXES = tuple({kind.field_prefix for kind in KINDS})


def is_answer_field(name: str) -> bool:
    """Return whether a form field of this name belongs to the answer of any kind."""
    return name.startswith(_FIELD_PREFIXES)


def get_kind(name: str) -> QuestionKind[Any]:
    """Return the kind with this name.

    :raise KeyError: there is none.
    """
    return _BY_NAME[name]
