"""Entries as the texts of a form, and back. What the form does not know, and what nobody changed, stays as it is.

A form's field has the path of its value as its name, with dots: ``options.2.why``. A number is that of the row: rows of
the document have their index, new ones a higher number, and the order of the fields is the order of the rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from types import UnionType
from typing import Any, Union, get_args, get_origin

from app.content.faults import Spot
from app.content.schema import Entry
from app.content.yaml_edits import Edited, EditedRow, keep_rows
from app.content.yaml_nodes import Plain

FIRST_NEW = 100_000
"""The lowest number of a row that a form adds. No document has as many values."""

MAX_NEW = 100
"""How many new rows a list of a form can have; no kind of question needs as many."""

_MAX_STEPS = 10
_NUMBER = re.compile(r"[0-9]{1,6}")


class FieldType(Enum):
    """How a form shows a field of an entry."""

    TEXT = auto()
    FLAG = auto()
    NAMES = auto()
    """A list of texts."""
    ROWS = auto()
    """A list of entries."""
    GROUP = auto()
    """An entry."""


@dataclass(frozen=True, slots=True)
class FieldShape:
    """A field of an entry. ``inner`` is the entry in it, or in its list."""

    role: FieldType
    inner: type[Entry] | None = None


@dataclass(frozen=True, slots=True)
class TypedRow:
    """A row of a list in a form. ``is_new``: the document does not have it."""

    number: int
    value: TypedValue
    is_new: bool = False

    @property
    def is_blank(self) -> bool:
        return _is_blank(self.value)


TypedEntry = dict[str, "TypedValue"]
TypedValue = str | bool | list[TypedRow] | TypedEntry


def list_shapes(entry: type[Entry]) -> dict[str, FieldShape]:
    """Return the fields of an entry that a form can show."""
    found = {name: _find_shape(about.annotation) for name, about in entry.model_fields.items()}
    return {name: shape for name, shape in found.items() if shape}


def _find_shape(annotation: Any) -> FieldShape | None:
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    if hasattr(annotation, "__metadata__"):  # Annotated
        annotation = annotation.__origin__
    if annotation is bool:
        return FieldShape(FieldType.FLAG)
    if get_origin(annotation) is dict:
        return None
    if get_origin(annotation) is list:
        inner = get_args(annotation)[0]
        is_entry = isinstance(inner, type) and issubclass(inner, Entry)
        return FieldShape(FieldType.ROWS, inner) if is_entry else FieldShape(FieldType.NAMES)
    if isinstance(annotation, type) and issubclass(annotation, Entry):
        return FieldShape(FieldType.GROUP, annotation)
    return FieldShape(FieldType.TEXT)


# -- from the document to the form -------------------------------------------------------------------------------------


def show_entry(shape: type[Entry], value: Plain) -> TypedEntry:
    """Return what a form shows of an entry."""
    known = value if isinstance(value, dict) else {}
    return {name: _show(one, known.get(name)) for name, one in list_shapes(shape).items()}


def _show(shape: FieldShape, value: Plain) -> TypedValue:
    match shape.role:
        case FieldType.FLAG:
            return isinstance(value, str) and value.strip().lower() == "true"
        case FieldType.NAMES:
            names = value if isinstance(value, list) else [value] if isinstance(value, str) else []
            return [TypedRow(at, _show_text(one)) for at, one in enumerate(names)]
        case FieldType.ROWS:
            rows = value if isinstance(value, list) else []
            assert shape.inner
            return [TypedRow(at, show_entry(shape.inner, one)) for at, one in enumerate(rows)]
        case FieldType.GROUP:
            assert shape.inner
            return show_entry(shape.inner, value)
    return _show_text(value)


def _show_text(value: Plain) -> str:
    return value if isinstance(value, str) else ""


# -- from the request to the form --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sent:
    """The fields below a name: the last value of the name itself, and what follows a dot."""

    value: str | None = None
    inner: dict[str, _Sent] = field(default_factory=dict)


def read_typed(shape: type[Entry], value: Plain, fields: Iterable[tuple[str, str]]) -> TypedEntry:
    """Return what was typed into the form of an entry. Fields that were not sent are as in the entry (``value``)."""
    top = _Sent()
    for name, text in fields:
        node = top
        for step in name.split(".", _MAX_STEPS):
            node = node.inner.setdefault(step, _Sent())
        node.value = text
    return _read_entry(shape, value, top)


def _read_entry(shape: type[Entry], value: Plain, sent: _Sent) -> TypedEntry:
    known = value if isinstance(value, dict) else {}
    typed: TypedEntry = {}
    for name, one in list_shapes(shape).items():
        here = sent.inner.get(name)
        typed[name] = _show(one, known.get(name)) if here is None else _read(one, known.get(name), here)
    return typed


def _read(shape: FieldShape, value: Plain, sent: _Sent) -> TypedValue:
    match shape.role:
        case FieldType.FLAG:
            return sent.value == "true"
        case FieldType.NAMES | FieldType.ROWS:
            return _read_rows(shape, value, sent)
        case FieldType.GROUP:
            assert shape.inner
            return _read_entry(shape.inner, value, sent)
    return _join_lines(sent.value or "")


def _read_rows(shape: FieldShape, value: Plain, sent: _Sent) -> list[TypedRow]:
    known = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    rows: list[TypedRow] = []
    numbers = [number for number in sent.inner if _NUMBER.fullmatch(number)]
    new = [number for number in numbers if int(number) >= len(known)]
    left_out = set(new[MAX_NEW:])
    for number in numbers:
        if number in left_out:
            continue
        at, row = int(number), sent.inner[number]
        old = known[at] if at < len(known) else None
        typed = _read_entry(shape.inner, old, row) if shape.inner else _join_lines(row.value or "")
        rows.append(TypedRow(at, typed, is_new=at >= len(known)))
    return rows


def _join_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


# -- from the form to the document -------------------------------------------------------------------------------------


def edit_entry(shape: type[Entry], value: Plain, typed: Mapping[str, TypedValue]) -> dict[str, Edited]:
    """Return an entry with what was typed. A field that was emptied is removed, and so is an empty new row."""
    known = value if isinstance(value, dict) else {}
    edited: dict[str, Edited] = {name: keep_rows(one) for name, one in known.items()}
    for name, one in list_shapes(shape).items():
        if name not in typed:
            continue
        old, new = known.get(name), typed[name]
        if new == _show(one, old):
            continue
        found = _edit(one, old, new)
        if found is None:
            edited.pop(name, None)
        else:
            edited[name] = found
    return edited


def _edit(shape: FieldShape, old: Plain, new: TypedValue) -> Edited:
    """Return the new value of a field, or None for none."""
    match shape.role, new:
        case FieldType.FLAG, bool():
            return "true" if new else None
        case FieldType.NAMES, list():
            texts = [_trim(row.value) for row in new if isinstance(row.value, str) and _trim(row.value)]
            return [EditedRow(text) for text in texts] or None
        case FieldType.ROWS, list():
            return [_edit_row(shape, old, row) for row in drop_blank(new)] or None
        case FieldType.GROUP, dict():
            assert shape.inner
            return edit_entry(shape.inner, old, new) or None
    assert isinstance(new, str)
    if _trim(new) == _trim(_show_text(old)):
        return keep_rows(old)
    return _trim(new) or None


def drop_blank(rows: Sequence[TypedRow]) -> list[TypedRow]:
    """Return the rows that become entries of the document."""
    return [row for row in rows if not (row.is_new and row.is_blank)]


def _edit_row(shape: FieldShape, old: Plain, row: TypedRow) -> EditedRow:
    assert shape.inner
    assert isinstance(row.value, dict)
    before = old[row.number] if isinstance(old, list) and not row.is_new else None
    if row.value == show_entry(shape.inner, before) and not row.is_new:
        return EditedRow(keep_rows(before), row.number)
    return EditedRow(edit_entry(shape.inner, before, row.value), None if row.is_new else row.number)


def _trim(text: str) -> str:
    """Return a text without spaces and line ends around it. Other white space is kept, because it was meant."""
    return text.strip(" \t\n")


def _is_blank(value: TypedValue) -> bool:
    if isinstance(value, str):
        return not _trim(value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return all(row.is_blank for row in value)
    return all(map(_is_blank, value.values()))


# -- rows --------------------------------------------------------------------------------------------------------------


class RowAct(Enum):
    """What a button of a form does with a row of a list, or with the list."""

    ADD = "add"
    REMOVE = "remove"
    UP = "up"
    DOWN = "down"


def change_rows(shape: type[Entry], typed: TypedEntry, act: RowAct, name: str) -> TypedEntry:
    """Return a form with a row added to the list ``name``, or with the row ``name`` moved or removed.

    A name that does not exist changes nothing.
    """
    return _change(list_shapes(shape), typed, act, name.split("."))


def _change(shapes: Mapping[str, FieldShape], typed: TypedEntry, act: RowAct, steps: Sequence[str]) -> TypedEntry:
    name, rest = steps[0], steps[1:]
    shape, value = shapes.get(name), typed.get(name)
    if shape and shape.role is FieldType.GROUP and isinstance(value, dict) and rest and shape.inner:
        return {**typed, name: _change(list_shapes(shape.inner), value, act, rest)}
    if not shape or not isinstance(value, list):
        return typed
    if not rest:
        return {**typed, name: _add_row(shape, value)} if act is RowAct.ADD else typed
    at = next((at for at, row in enumerate(value) if str(row.number) == rest[0]), None)
    if at is None:
        return typed
    if len(rest) == 1:
        return {**typed, name: _move_row(value, act, at)}
    row, inner = value[at], shape.inner
    if not inner or not isinstance(row.value, dict):
        return typed
    changed = replace(row, value=_change(list_shapes(inner), row.value, act, rest[1:]))
    return {**typed, name: [*value[:at], changed, *value[at + 1 :]]}


def _add_row(shape: FieldShape, rows: list[TypedRow]) -> list[TypedRow]:
    number = max((row.number for row in rows), default=-1) + 1
    value: TypedValue = show_entry(shape.inner, None) if shape.inner else ""
    # The number of a removed row of the document is not used again: it would stand for that row.
    return [*rows, TypedRow(max(number, FIRST_NEW), value, is_new=True)]


def _move_row(rows: list[TypedRow], act: RowAct, at: int) -> list[TypedRow]:
    rest = rows[:at] + rows[at + 1 :]
    match act:
        case RowAct.REMOVE:
            return rest
        case RowAct.UP:
            return [*rest[: max(at - 1, 0)], rows[at], *rest[max(at - 1, 0) :]]
        case RowAct.DOWN:
            return [*rest[: at + 1], rows[at], *rest[at + 1 :]]
    return rows


# -- faults ------------------------------------------------------------------------------------------------------------


def name_spot(typed: TypedValue, spot: Spot) -> str:
    """Return the name of the form's field at a spot of the entry, or of the nearest one around it."""
    names: list[str] = []
    for step in spot:
        if isinstance(step, int) and isinstance(typed, list):
            rows = [row for row in typed if not (row.is_new and row.is_blank)]
            if step >= len(rows):
                break
            names.append(str(rows[step].number))
            typed = rows[step].value
        elif isinstance(step, str) and isinstance(typed, dict) and step in typed:
            names.append(step)
            typed = typed[step]
        else:
            break
    return ".".join(names)
