"""Documents of questions as forms: what nobody touched stays byte for byte, and what was typed is what is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.entry_forms import (
    FIRST_NEW,
    MAX_NEW,
    FieldShape,
    FieldType,
    RowAct,
    TypedEntry,
    TypedRow,
    TypedValue,
    change_rows,
    edit_entry,
    list_shapes,
    name_spot,
    read_typed,
    show_entry,
)
from app.content.kinds import ENTRIES, get_entry_class
from app.content.question_documents import QuestionDocument, UnreadableDocumentError
from app.content.schema import Entry
from app.content.yaml_edits import strip_rows
from app.content.yaml_nodes import Plain
from app.content.yaml_words import write_item
from tests.conftest import ROOT

HOSTILE = (
    "yes", "no", "null", "~", "1e3", "0x1F", "1:30", "2001-01-01", "true", "- a", "a: b", ": a", "a #b", "#a", "| a", "> a",
    "'a", '"a', "it's", 'a "b" c', "\\n", "a\\", "[a", "{a}", "a, b", "*a*", "**a**", "&a", "!a", "%a", "@a", "`a`", "?", "-",
    "a\tb", "a\nb", "a\n\nb", "a\n  - b\n", "a\n# b", "---", "...", "é ü 漢 🦴", "\u200e", "\u2028", "\x85", "\x07", "x" * 5000,
)  # fmt: skip
TEXTS = st.sampled_from(HOSTILE) | st.text(st.sampled_from("ab: #-|>'\"\\\t\n[]{},*&!%@?é"), max_size=12)
LAYOUT = """\
# The head of the file.

- id: first   # a name
  objective:   one
  kind: single
  level: 'recall'
  use: "test"
  unknown: stays
  stem: >-
    A folded stem
    in two lines.
  # About the options.
  options:
  - text: One
    why: Because.
    correct: true
    also: unknown
  # The second.
  - {text: Two, why: "Not, because."}

  - text: |
      Three
    why: No.
  explanation: Plain
    in two lines.
  sources: [A-1,  B-2]  # both

# A heading.

- objective: two
  id: second
  kind: numeric
  stem: How many?
  answer: {value: 3, tolerance: 0}
  sources:
    - A-1

- just a text
- id: third
  kind: single
  options: nothing
"""


def read_all(text: str) -> list[Plain]:
    return list(QuestionDocument.read(text).entries)


def change(text: str, at: int, act: Callable[[type[Entry], TypedEntry], TypedEntry]) -> str:
    """Change what the form of an entry shows, and write it."""
    document = QuestionDocument.read(text)
    shape = get_entry_class(document.entries[at])
    typed = act(shape, show_entry(shape, document.entries[at]))
    return document.change(at, edit_entry(shape, document.entries[at], typed))


def put(name: str, value: TypedValue) -> Callable[[type[Entry], TypedEntry], TypedEntry]:
    return lambda _shape, typed: {**typed, name: value}


@pytest.mark.parametrize("at", [0, 1, 3])
def test_an_untouched_form_leaves_an_unusual_document_byte_for_byte(at: int) -> None:
    assert change(LAYOUT, at, lambda _shape, typed: typed) == LAYOUT


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*/*/*/questions/*.yaml")) + sorted(ROOT.glob("questions/*/questions/*.yaml"))[::5]
)
def test_the_form_of_every_question_of_the_courses_shows_what_is_there(path: Path) -> None:
    document = QuestionDocument.read(path.read_text())

    for at, entry in enumerate(document.entries):
        shape = get_entry_class(entry)
        edited = edit_entry(shape, entry, show_entry(shape, entry))
        assert strip_rows(edited) == entry
        assert document.change(at, edited) == document.text


@pytest.mark.parametrize(
    ("field", "typed", "old", "new"),
    [
        ("stem", "New?", "  stem: >-\n    A folded stem\n    in two lines.\n", "  stem: New?\n"),
        ("id", "other", "- id: first   # a name\n", "- id: other   # a name\n"),
        ("explanation", "a: b", "  explanation: Plain\n    in two lines.\n", '  explanation: "a: b"\n'),
        ("critical", True, '  use: "test"\n', '  use: "test"\n  critical: true\n'),
        ("level", "", "  level: 'recall'\n", ""),
        ("vignette", "One.\nTwo.", "  stem: >-\n", "  vignette: |-\n    One.\n    Two.\n  stem: >-\n"),
    ],
)
def test_one_change_leaves_the_rest_byte_for_byte(field: str, typed: TypedValue, old: str, new: str) -> None:
    changed = change(LAYOUT, 0, put(field, typed))

    assert old in LAYOUT
    if field in ("critical", "vignette"):
        assert read_all(changed)[0][field] == ("true" if typed is True else typed)  # type: ignore[index, call-overload]
        assert all(line in changed.splitlines() for line in LAYOUT.splitlines())
    else:
        assert changed == LAYOUT.replace(old, new)


def test_moving_a_row_takes_its_comment_and_unknown_fields_along() -> None:
    changed = change(LAYOUT, 0, lambda shape, typed: change_rows(shape, typed, RowAct.UP, "options.1"))

    first = changed.index('  # The second.\n  - {text: Two, why: "Not, because."}\n')
    assert first < changed.index("  - text: One\n    why: Because.\n    correct: true\n    also: unknown\n")
    assert sorted(changed.splitlines()) == sorted(LAYOUT.splitlines())


def test_removing_and_adding_rows_leaves_the_others_as_they_are() -> None:
    def act(shape: type[Entry], typed: TypedEntry) -> TypedEntry:
        typed = change_rows(shape, typed, RowAct.REMOVE, "options.2")
        typed = change_rows(shape, typed, RowAct.ADD, "options")
        assert isinstance(typed["options"], list)
        typed["options"][-1].value["text"] = "Four"  # type: ignore[index, call-overload]
        return typed

    changed = change(LAYOUT, 0, act)

    assert [one["text"] for one in read_all(changed)[0]["options"]] == ["One", "Two", "Four"]  # type: ignore[index, call-overload, union-attr]
    assert "    also: unknown\n  # The second.\n  - {text: Two" in changed
    assert changed.endswith(LAYOUT[LAYOUT.index("# A heading.") :])


def test_a_new_row_without_a_text_is_left_out() -> None:
    assert change(LAYOUT, 0, lambda shape, typed: change_rows(shape, typed, RowAct.ADD, "options")) == LAYOUT


def test_entries_are_added_moved_copied_and_removed_between_the_others() -> None:
    document = QuestionDocument.read(LAYOUT)

    added = document.add({"id": "fourth", "kind": "single"})
    moved = QuestionDocument.read(document.move(0, 1)).move(1, 0)
    removed = document.remove(1)

    assert added == LAYOUT + "\n- id: fourth\n  kind: single\n" or added == LAYOUT + "- id: fourth\n  kind: single\n"
    assert moved == LAYOUT
    assert read_all(removed) == [one for at, one in enumerate(document.entries) if at != 1]
    assert "# A heading." in removed
    assert removed.startswith(LAYOUT[: LAYOUT.index("# A heading.")])


def test_a_document_can_become_empty_and_begin_again() -> None:
    text = QuestionDocument.read("# Ours\n- id: a\n").remove(0)

    assert read_all(text) == []
    assert read_all(QuestionDocument.read(text).add({"id": "b"})) == [{"id": "b"}]
    assert "# Ours" in text
    assert QuestionDocument.read("").add({"id": "b"}) == "- id: b\n"


@pytest.mark.parametrize("text", ["a: b", "- [", "- *a", "text", "- a\n---\n- b"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(UnreadableDocumentError):
        QuestionDocument.read(text)


def test_fields_that_were_not_sent_stay() -> None:
    entry = read_all(LAYOUT)[0]
    shape = ENTRIES["single"]

    typed = read_typed(
        shape, entry, [("stem", "New?"), ("options.1.text", "x"), ("no.such.0.field", "x"), ("", "x"), ("..", "")]
    )

    edited = strip_rows(edit_entry(shape, entry, typed))
    assert isinstance(edited, dict)
    assert isinstance(entry, dict)
    assert {**edited, "stem": None, "options": None} == {**entry, "stem": None, "options": None}


def test_a_hostile_form_is_read_without_harm() -> None:
    entry = read_all(LAYOUT)[0]
    fields = [
        ("." * 500_000, "x"),
        ("options.0." + "options.0." * 10_000, "x"),
        ("options.999999999", "x"),
        ("options.-1", "x"),
    ]
    fields += [(f"options.{number}.text", "x") for number in range(5000)]

    typed = read_typed(ENTRIES["single"], entry, fields)

    assert isinstance(typed["options"], list)
    assert len(typed["options"]) == 3 + MAX_NEW


def test_a_fault_is_named_by_the_row_that_is_shown() -> None:
    typed = show_entry(ENTRIES["single"], read_all(LAYOUT)[0])
    assert isinstance(typed["options"], list)
    typed["options"].insert(0, TypedRow(FIRST_NEW, show_entry(Entry, None), is_new=True))

    assert name_spot(typed, ("options", 1, "why")) == "options.1.why"
    assert name_spot(typed, ("options", 9, "why")) == "options"
    assert name_spot(typed, ("nowhere",)) == ""


# -- for every kind ----------------------------------------------------------------------------------------------------


@st.composite
def entries(draw: st.DrawFn, shape: type[Entry]) -> dict[str, Plain]:
    """Entries with any text in any field, and with fields that the form does not know."""
    entry: dict[str, Plain] = {}
    for name, one in list_shapes(shape).items():
        if draw(st.booleans()):
            entry[name] = draw(values(one))
    if draw(st.booleans()):
        entry["unknown"] = draw(TEXTS)
    return entry or {"text": "a"}


def values(shape: FieldShape) -> st.SearchStrategy[Any]:
    match shape.role:
        case FieldType.FLAG:
            return st.sampled_from(["true", "false", "True", "maybe"])
        case FieldType.NAMES:
            return st.lists(TEXTS, min_size=1, max_size=3)
        case FieldType.ROWS:
            assert shape.inner
            return st.lists(entries(shape.inner), min_size=1, max_size=3)
        case FieldType.GROUP:
            assert shape.inner
            return entries(shape.inner)
    return TEXTS


@st.composite
def typings(draw: st.DrawFn, shape: type[Entry], typed: TypedEntry) -> TypedEntry:
    """Forms with some fields typed anew, and rows moved, removed and added."""
    result: TypedEntry = {}
    for name, one in list_shapes(shape).items():
        result[name] = draw(typed_values(one, typed[name]))
    return result


@st.composite
def typed_values(draw: st.DrawFn, shape: FieldShape, value: TypedValue) -> TypedValue:
    if not draw(st.booleans()):
        return value
    if isinstance(value, bool):
        return draw(st.booleans())
    if isinstance(value, dict):
        assert shape.inner
        return draw(typings(shape.inner, value))
    if isinstance(value, list):
        rows = draw(st.permutations(value))[: draw(st.integers(0, len(value)))]
        blank: TypedValue = show_entry(shape.inner, None) if shape.inner else ""
        if draw(st.booleans()):
            rows = [*rows, TypedRow(FIRST_NEW, blank, is_new=True)]
        return [TypedRow(row.number, draw(typed_row(shape, row.value)), row.is_new) for row in rows]
    return draw(TEXTS)


def typed_row(shape: FieldShape, value: TypedValue) -> st.SearchStrategy[Any]:
    return typings(shape.inner, value) if shape.inner and isinstance(value, dict) else TEXTS


def expect(shape: type[Entry], entry: Plain, typed: TypedEntry) -> Any:
    """Return what reading the form of a changed entry shows: the typed texts without white space around them."""
    return {name: expect_value(one, typed[name]) for name, one in list_shapes(shape).items()}


def expect_value(shape: FieldShape, value: TypedValue) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        rows = [row for row in value if not (row.is_new and row.is_blank)]
        if shape.inner:
            return [expect(shape.inner, None, row.value) for row in rows]  # type: ignore[arg-type]
        return [row.value for row in rows]
    if isinstance(value, dict):
        assert shape.inner
        return expect(shape.inner, None, value)
    return value


def simplify(value: Any) -> Any:
    """Return what a form shows without the numbers of rows."""
    if isinstance(value, dict):
        return {name: simplify(one) for name, one in value.items()}
    if isinstance(value, list):
        found = [simplify(row.value if isinstance(row, TypedRow) else row) for row in value]
        return [one for one in found if one != ""]
    return value.strip(" \t\n") if isinstance(value, str) else value


@pytest.mark.parametrize("kind", sorted(ENTRIES))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_form_writes_what_was_typed_and_nothing_else(kind: str, data: st.DataObject) -> None:
    shape = ENTRIES[kind]
    entry: dict[str, Plain] = {**data.draw(entries(shape)), "kind": kind}
    others: list[Plain] = [{"id": "before", "kind": kind}, {"id": "after", "stem": data.draw(TEXTS)}]
    head, tail = f"# Head\n{write_item(others[0], 0)}\n\n", f"\n\n# Tail\n{write_item(others[1], 0)}\n"
    text = head + write_item(entry, 0) + tail
    document = QuestionDocument.read(text)
    assert list(document.entries) == [others[0], entry, others[1]]
    shown = show_entry(shape, entry)
    typed = data.draw(typings(shape, shown))
    typed["kind"] = kind

    untouched = document.change(1, edit_entry(shape, entry, shown))
    written = document.change(1, edit_entry(shape, entry, typed))

    assert untouched == text
    assert written.startswith(head)
    assert written.endswith(tail)
    after = QuestionDocument.read(written)
    assert [after.entries[0], after.entries[2]] == others
    assert simplify(show_entry(shape, after.entries[1])) == simplify(expect(shape, entry, typed))
    assert isinstance(after.entries[1], dict)
    assert after.entries[1].get("unknown") == entry.get("unknown")
