"""A document of questions as a list of entries, each of which can be changed, added, moved and removed.

Everything else in the text stays as it is, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from app.content.faults import Fault
from app.content.kinds import get_entry_class
from app.content.trees import DocumentTree
from app.content.yaml_edits import Edited, EditedRow, Editor, RewriteError, apply_changes, keep_rows, strip_rows
from app.content.yaml_nodes import Plain, read_yaml
from app.content.yaml_spans import ListNode, find_spans
from app.content.yaml_words import write_item

_ROOT = DocumentTree.build({}).root


class UnreadableDocumentError(Exception):
    """A document in which no list of questions can be read. ``fault`` is the first reason."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(frozen=True, slots=True)
class QuestionDocument:
    """The entries of a document, with its text. An empty document has none.

    ``order`` are the fields of an entry as they are written. It is empty for questions, which depend on their kinds.
    """

    text: str
    entries: tuple[Plain, ...]
    order: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str, order: tuple[str, ...] = ()) -> QuestionDocument:
        """Read a document.

        :raise UnreadableDocumentError: it is not YAML, or no list.
        """
        tree = read_yaml(text, _ROOT)
        if tree.value is None and not tree.faults:
            return cls(text, (), order)
        if not isinstance(tree.value, list):
            raise UnreadableDocumentError(tree.faults[0] if tree.faults else None)
        return cls(text, tuple(tree.value), order)

    def get_lines(self, at: int) -> str:
        """Return the text of one entry, without the comments above it."""
        node = self._find_list().items[at]
        start = self.text.rfind("\n", 0, node.start) + 1
        return self.text[start : node.end]

    def find(self, name: str) -> int | None:
        """Return the place of the only entry with an id; None if there is none, or several."""
        found = [at for at, entry in enumerate(self.entries) if isinstance(entry, dict) and entry.get("id") == name]
        return found[0] if len(found) == 1 else None

    def change(self, at: int, entry: Edited) -> str:
        """Return the text with one entry changed."""
        rows: list[EditedRow] = [EditedRow(keep_rows(one), place) for place, one in enumerate(self.entries)]
        rows[at] = EditedRow(entry, at)
        return self._write(rows, at)

    def add(self, entry: Edited, at: int | None = None) -> str:
        """Return the text with one more entry, before the one at ``at`` or at the end."""
        rows: list[EditedRow] = [EditedRow(keep_rows(one), place) for place, one in enumerate(self.entries)]
        rows.insert(len(rows) if at is None else at, EditedRow(entry))
        return self._write(rows, None)

    def remove(self, at: int) -> str:
        """Return the text without one entry."""
        rows = [EditedRow(keep_rows(one), place) for place, one in enumerate(self.entries) if place != at]
        return self._write(rows, None)

    def move(self, at: int, to: int) -> str:
        """Return the text with one entry at another place."""
        rows = [EditedRow(keep_rows(one), place) for place, one in enumerate(self.entries)]
        rows.insert(to, rows.pop(at))
        return self._write(rows, None)

    def _find_list(self) -> ListNode:
        node = find_spans(self.text)
        assert isinstance(node, ListNode)
        return node

    def _write(self, rows: list[EditedRow], changed: int | None) -> str:
        """Return the text with these entries. ``changed`` is written anew if its layout has no place for the change."""
        wanted = strip_rows(list(rows))
        if wanted == list(self.entries):
            return self.text
        if not self.entries:
            return self._begin(wanted)
        node = self._find_list()
        for tried in self._list_ways(rows, changed):
            try:
                changes = Editor(self.text, self.order or _list_order(rows)).edit(node, list(self.entries), tried)
                text = apply_changes(self.text, changes)
            except RewriteError:
                continue
            if _reads_as(text, wanted):
                return text if text.endswith("\n") else f"{text}\n"
        return self._rewrite(wanted)

    def _list_ways(self, rows: list[EditedRow], changed: int | None) -> Sequence[list[EditedRow]]:
        if changed is None:
            return (rows,)
        anew = [EditedRow(row.value) if at == changed else row for at, row in enumerate(rows)]
        return (rows, anew)

    def _begin(self, entries: Plain) -> str:
        """Return a document with its first entries, below the comments that it has."""
        assert isinstance(entries, list)
        written = "\n\n".join(write_item(one, 0) for one in entries)
        kept = "\n".join(line for line in self.text.splitlines() if line.lstrip().startswith("#"))
        return f"{kept}\n{written}\n" if kept else f"{written}\n"

    def _rewrite(self, entries: Plain) -> str:
        """Return the whole document written anew. Only documents in an unusual layout need it."""
        assert isinstance(entries, list)
        return "\n\n".join(write_item(one, 0) for one in entries) + "\n"


def _list_order(rows: Sequence[EditedRow]) -> tuple[str, ...]:
    """Return the fields of all kinds among the entries in the order of the manual."""
    kinds = {get_entry_class(strip_rows(row.value)) for row in rows}
    return tuple(dict.fromkeys(name for entry in kinds for name in entry.list_fields()))


def _reads_as(text: str, wanted: Plain) -> bool:
    try:
        return read_yaml(text, _ROOT).value == wanted
    except (yaml.YAMLError, RecursionError):
        return False
