"""What somebody else changed of an assignment meanwhile, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from wtforms import Field

from app.domain.release import When
from app.jinja import when
from app.services.assigned.assignments import Change
from app.teach.assignment_forms import COUNTS, WHENS, AssignmentForm

NOTHING = {
    "opens_at": "at once",
    "due_at": "never",
    "attempts_allowed": "any number",
    "time_limit_minutes": "none",
    "pretest_id": "nothing",
    "recipient_ids": "nobody by name",
    "lesson_ids": "all",
    "required_ids": "nothing",
}
"""What an empty value of a term means."""

_FIELDS = {
    "opens_at": "opens_date",
    "due_at": "due_date",
    "pretest_id": "pretest",
    "recipient_ids": "recipients",
    "lesson_ids": "lessons",
    "required_ids": "required",
    "is_for_all": "audience",
}
_DERIVED = ("opens_local", "due_local")


@dataclass(frozen=True, slots=True)
class Told:
    """One field that became something else; ``by`` is None where their account is gone."""

    label: str
    old: str
    new: str
    by: str | None
    at: datetime


def told(changes: Iterable[Change], form: AssignmentForm, time_zone: str) -> Iterator[Told]:
    """Each change with the label of its field in the form."""
    for change in changes:
        if change.name not in _DERIVED:
            field = form[_FIELDS.get(change.name, change.name)]
            old, new = (_words(change.name, value, field, time_zone) for value in (change.old, change.new))
            yield Told(field.label.text, old, new, change.by, change.at)


def _words(name: str, value: object, field: Field, time_zone: str) -> str:
    if value is None or value == []:
        return NOTHING.get(name, "nothing")
    if name in ("opens_at", "due_at"):
        return when(datetime.fromisoformat(str(value)), time_zone)
    if name.startswith("release_"):
        return WHENS[When(str(value))]
    if name == "counts":
        return next(words for one, words in COUNTS.items() if one == value)
    if name == "is_for_all":
        return "everybody" if value else "only some"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in _FIELDS:
        return _named(value, field)
    return str(value)


def _named(value: object, field: Field) -> str:
    """Ids in words: the labels of their boxes; who or what is not to choose any more is left out."""
    labels = {str(choice.value): choice.label for choice in field.choices}
    ids = value if isinstance(value, list) else [value]
    return ", ".join(labels[str(one)] for one in ids if str(one) in labels) or "something that is gone"
