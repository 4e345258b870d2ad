"""Descriptions of the changes that others made to an assignment meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field

from app.domain.content import Use
from app.domain.release import ReleaseMoment
from app.services.assignments.assignments import TermsChange
from app.teach.assignment_forms import COUNTS_LABELS, MOMENT_LABELS, QUESTION_USE_LABELS, AssignmentForm
from app.web.templating import when

EMPTY_LABELS = {
    "opens_at": _l("at once"),
    "due_at": _l("never"),
    "attempts_allowed": _l("unlimited"),
    "time_limit_minutes": _l("no limit"),
    "pretest_id": _l("not measured"),
    "recipient_ids": _l("none selected"),
    "lesson_ids": _l("all"),
    "required_ids": _l("none"),
}
"""The meaning of an empty value, by the name of the term."""

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
class FieldChange:
    """A changed field. ``by`` is None if the account no longer exists."""

    label: str
    old: str
    new: str
    by: str | None
    at: datetime


def describe_changes(changes: Iterable[TermsChange], form: AssignmentForm, time_zone: str) -> Iterator[FieldChange]:
    """Describe each change with the label of its form field."""
    for change in changes:
        if change.name not in _DERIVED:
            field = form[_FIELDS.get(change.name, change.name)]
            old, new = (_format_value(change.name, value, field, time_zone) for value in (change.old, change.new))
            yield FieldChange(str(field.label.text), old, new, change.by, change.at)


def _format_value(name: str, value: object, field: Field, time_zone: str) -> str:
    if value is None or value == []:
        return str(EMPTY_LABELS.get(name, _("none")))
    if name in ("opens_at", "due_at"):
        return when(datetime.fromisoformat(str(value)), time_zone)
    if name.startswith("release_"):
        return str(MOMENT_LABELS[ReleaseMoment(str(value))])
    if name == "counts":
        return next(str(words) for one, words in COUNTS_LABELS.items() if one == value)
    if name == "question_use":
        return str(QUESTION_USE_LABELS[Use(str(value))])
    if name == "is_for_all":
        return _("everybody") if value else _("selected learners")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in _FIELDS:
        return _format_ids(value, field)
    return str(value)


def _format_ids(value: object, field: Field) -> str:
    """Return the labels of the ids. Ids that can no longer be chosen are left out."""
    labels = {str(choice.value): str(choice.label) for choice in field.choices}
    ids = value if isinstance(value, list) else [value]
    return ", ".join(labels[str(one)] for one in ids if str(one) in labels) or _("no longer available")
