"""An entry of a document as a form on a page: names, texts, rows and findings of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from app.content.entry_forms import TypedEntry, TypedRow, TypedValue, name_spot
from app.content.faults import Fault, Spot
from app.studio.entry_labels import LABELS, describe_row

PREFIX = "q."
"""The start of the names of all fields of an entry, beside which a form has others."""


@dataclass(frozen=True, slots=True)
class FieldFinding:
    """What the checker finds in a field: its name in the form, and where it is in words."""

    name: str
    place: str
    message: str
    expected: str | None


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row of a list. ``name`` is the start of the names of its fields, ``number`` its place from 1."""

    name: str
    number: int
    count: int
    title: str


@dataclass(frozen=True, slots=True)
class EntryForm:
    """What the templates of forms ask. Names are those of :mod:`app.content.entry_forms`.

    ``check_address`` takes the form without saving it, for example to add a row.
    """

    typed: TypedEntry
    findings: Sequence[FieldFinding]
    check_address: str

    @classmethod
    def build(cls, typed: TypedEntry, faults: Sequence[Fault], check_address: str) -> EntryForm:
        return cls(typed, [_describe_fault(typed, fault) for fault in faults], check_address)

    def get_text(self, name: str) -> str:
        found = _find(self.typed, name)
        return found if isinstance(found, str) else ""

    def is_ticked(self, name: str) -> bool:
        return _find(self.typed, name) is True

    def list_rows(self, name: str) -> list[FormRow]:
        found = _find(self.typed, name)
        rows = found if isinstance(found, list) else []
        field = name.rpartition(".")[2]
        return [
            FormRow(f"{name}.{row.number}", place, len(rows), describe_row(field, place))
            for place, row in enumerate(rows, start=1)
        ]

    def list_texts(self, name: str) -> list[str]:
        """Return the texts of a list, in order."""
        found = _find(self.typed, name)
        return [row.value for row in found if isinstance(row.value, str)] if isinstance(found, list) else []

    def get_findings(self, name: str) -> list[FieldFinding]:
        return [finding for finding in self.findings if finding.name == name]

    def get_label(self, name: str) -> str:
        field = name.rpartition(".")[2]
        return str(LABELS.get(field, field))

    def describe(self, name: str, hint: str | None) -> dict[str, str]:
        """Return the attributes that lead from a field to its hint and its findings."""
        own = self.get_id(name)
        said = f"{own}-help {own}-err" if hint else f"{own}-err"
        return {"aria-describedby": said} | ({"aria-invalid": "true"} if self.get_findings(name) else {})

    def get_id(self, name: str) -> str:
        """Return the id of a field on the page."""
        return "f-" + name.replace(".", "-")

    def get_name(self, name: str) -> str:
        """Return the name with which a field is sent."""
        return PREFIX + name

    def has_field(self, name: str) -> bool:
        """Return whether the form shows a field of this name."""
        return name != "" and name.partition(".")[0] in self.typed


def _find(typed: TypedValue, name: str) -> TypedValue | None:
    for step in name.split("."):
        if isinstance(typed, dict):
            typed = typed.get(step, "")
        elif isinstance(typed, list):
            typed = next((row.value for row in typed if str(row.number) == step), "")
        else:
            return None
    return typed


def _describe_fault(typed: TypedEntry, fault: Fault) -> FieldFinding:
    name = name_spot(typed, fault.spot)
    is_empty = fault.rule == "missing" and _find(typed, name) in ("", [])
    message = _("This is still empty.") if is_empty else fault.message
    return FieldFinding(name, _describe_place(typed, fault.spot), message, None if is_empty else fault.expected)


def _describe_place(typed: TypedValue, spot: Spot) -> str:
    """Return where a spot is in words: ``Option 2, Reason``."""
    words: list[str] = []
    field = ""
    for step in spot:
        if isinstance(step, int):
            words[-1:] = [describe_row(field, _find_place(typed, step))]
            rows = _list_kept(typed)
            typed = rows[step].value if step < len(rows) else ""
        else:
            field = step
            words.append(str(LABELS.get(step, step)))
            typed = typed.get(step, "") if isinstance(typed, dict) else ""
    return ", ".join(words)


def _list_kept(typed: TypedValue) -> list[TypedRow]:
    return [row for row in typed if not (row.is_new and row.is_blank)] if isinstance(typed, list) else []


def _find_place(typed: TypedValue, step: int) -> int:
    """Return the place on the page of the row that becomes the entry ``step`` of the document."""
    kept = _list_kept(typed)
    if not isinstance(typed, list) or step >= len(kept):
        return step + 1
    return typed.index(kept[step]) + 1


def split_fields(fields: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return the fields of the entry among those of a form, in order, without the prefix."""
    return [
        (name.removeprefix(PREFIX), text) for name, texts in fields.items() if name.startswith(PREFIX) for text in texts
    ]
