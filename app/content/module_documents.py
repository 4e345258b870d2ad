"""A document that is a single entry, such as a module.yaml: change some fields and leave everything else as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.content.trees import DocumentTree
from app.content.yaml_edits import Edited, Editor, RewriteError, apply_changes, strip_rows
from app.content.yaml_nodes import Plain, read_yaml
from app.content.yaml_spans import find_spans
from app.content.yaml_words import write_map

_ROOT = DocumentTree.build({}).root


@dataclass(frozen=True, slots=True)
class EntryDocument:
    """The entry of a document, with its text."""

    text: str
    entry: dict[str, Plain]

    @classmethod
    def read(cls, text: str) -> EntryDocument | None:
        """Return the document, or None if it is not YAML or no map."""
        tree = read_yaml(text, _ROOT)
        if tree.value is None and not tree.faults:
            return cls(text, {})
        return cls(text, tree.value) if isinstance(tree.value, dict) else None

    def change(self, entry: dict[str, Edited], order: Sequence[str]) -> str:
        """Return the text with the entry changed. ``order`` are the fields in the order of the manual."""
        wanted = strip_rows(entry)
        assert isinstance(wanted, dict)
        if wanted == self.entry:
            return self.text
        if self.entry:
            try:
                changes = Editor(self.text, order).edit(find_spans(self.text), dict(self.entry), entry)
                text = apply_changes(self.text, changes)
            except RewriteError:
                text = ""
            if text and read_yaml(text, _ROOT).value == wanted:
                return text
        return write_map(wanted, 0) + "\n"
