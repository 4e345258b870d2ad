"""Change single values of a YAML text and leave everything else as it is: comments, order, quotes and layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.content.yaml_nodes import Plain
from app.content.yaml_spans import ListNode, MapNode, ScalarNode, YamlNode
from app.content.yaml_words import write_flow, write_item, write_scalar, write_value


class RewriteError(Exception):
    """A change for which the layout of the text has no place, so that the value has to be written anew."""


@dataclass(frozen=True, slots=True)
class EditedRow:
    """An entry of a changed list, with its index in the list as it was; None if it is new."""

    value: Edited
    origin: int | None = None


Edited = str | None | list[EditedRow] | dict[str, "Edited"]
"""A value as it shall be. Keys that are missing are removed."""


@dataclass(frozen=True, slots=True)
class Change:
    """A new text for the characters from ``start`` to before ``end``."""

    start: int
    end: int
    text: str


def strip_rows(value: Edited) -> Plain:
    """Return an edited value as a plain one."""
    if isinstance(value, dict):
        return {key: strip_rows(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [strip_rows(row.value) for row in value]
    return value


def keep_rows(value: Plain) -> Edited:
    """Return a plain value as an edited one without a change."""
    if isinstance(value, dict):
        return {key: keep_rows(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [EditedRow(keep_rows(inner), at) for at, inner in enumerate(value)]
    return value


def apply_changes(text: str, changes: Sequence[Change], start: int = 0, end: int | None = None) -> str:
    """Return the part of ``text`` from ``start`` to before ``end`` with the changes in it."""
    parts, at = [], start
    for change in sorted(changes, key=lambda one: (one.start, one.end)):
        if change.start < at:
            raise RewriteError
        parts += [text[at : change.start], change.text]
        at = change.end
    return "".join([*parts, text[at : len(text) if end is None else end]])


@dataclass(frozen=True, slots=True)
class Editor:
    """Finds the changes that turn the value at a node into another one.

    ``order`` are the keys of entries in the order in which new ones are written.
    """

    text: str
    order: Sequence[str]

    def edit(self, node: YamlNode, old: Plain, new: Edited) -> list[Change]:
        """Return the changes.

        :raise RewriteError: the layout has no place for one of them.
        """
        if strip_rows(new) == old:
            return []
        match node, old, new:
            case MapNode(), dict(), dict():
                return self._edit_map(node, old, new)
            case ListNode(), list(), list():
                return self._edit_list(node, old, new)
            case ScalarNode(), _, str():
                return [self._edit_scalar(node, new)]
        raise RewriteError

    def _edit_scalar(self, node: ScalarNode, new: str) -> Change:
        line = self.text.rfind("\n", 0, node.start) + 1
        indent = len(self.text[line:]) - len(self.text[line:].lstrip(" -"))
        written = write_scalar(new, is_flow=node.is_flow, indent=indent + 2)
        follows = self.text[node.end : self._find_line_end(node.end)]
        if "\n" in written and follows.strip():
            written = write_scalar(new, is_flow=True)  # a comment stands behind it
        before = self.text[node.start - 1 : node.start]
        return Change(node.start, node.end, written if before.isspace() else " " + written)

    # -- maps ----------------------------------------------------------------------------------------------------------

    def _edit_map(self, node: MapNode, old: dict[str, Plain], new: Mapping[str, Edited]) -> list[Change]:
        if node.is_flow and new.keys() != old.keys():
            return [Change(node.start, node.end, write_flow(strip_rows(dict(new))))]
        changes = []
        for key in old:
            if key in new:
                changes += self._edit_value(node, key, old[key], new[key])
            else:
                changes.append(self._remove_key(node, key))
        kept = [key for key in node.keys if key in new]
        return changes + self._add_keys(node, kept, {key: new[key] for key in new if key not in old})

    def _edit_value(self, node: MapNode, key: str, old: Plain, new: Edited) -> list[Change]:
        try:
            return self.edit(node.values[key], old, new)
        except RewriteError:
            if node.is_flow:
                raise
            written = write_value(key, strip_rows(new), node.column).lstrip(" ")
            return [Change(node.keys[key], node.values[key].end, written)]

    def _remove_key(self, node: MapNode, key: str) -> Change:
        start, line_end = node.keys[key], self._find_line_end(node.values[key].end)
        line = self.text.rfind("\n", 0, start) + 1
        if not self.text[line:start].strip():
            return Change(line, min(line_end + 1, len(self.text)), "")
        later = [at for at in node.keys.values() if at > start]
        if not later:
            raise RewriteError
        return Change(start, min(later), "")

    def _add_keys(self, node: MapNode, kept: Sequence[str], added: Mapping[str, Edited]) -> list[Change]:
        """Return the changes that add keys, each behind those that the manual has before it."""
        if added and not kept:
            raise RewriteError
        by_place: dict[int, list[str]] = {}
        for key in sorted(added, key=self._rank):
            before = [there for there in kept if self._rank(there) <= self._rank(key)]
            at = self._find_line_end(max(node.values[there].end for there in before or kept[:1]))
            by_place.setdefault(at, []).append(write_value(key, strip_rows(added[key]), node.column))
        return [Change(at, at, "".join(f"\n{lines}" for lines in written)) for at, written in by_place.items()]

    def _rank(self, key: str) -> int:
        return self.order.index(key) if key in self.order else len(self.order)

    def _find_line_end(self, at: int) -> int:
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found

    # -- lists ---------------------------------------------------------------------------------------------------------

    def _edit_list(self, node: ListNode, old: list[Plain], new: list[EditedRow]) -> list[Change]:
        if [row.origin for row in new] == list(range(len(old))):
            pairs = zip(node.items, old, new, strict=True)
            return [change for item, before, row in pairs for change in self.edit(item, before, row.value)]
        if node.is_flow:
            return [Change(node.start, node.end, write_flow(strip_rows(list(new))))]
        if not new:
            return [Change(node.start, node.end, "[]")]
        lines = _ListLines(self.text, node)
        written = [self._write_row(lines, node, old, row) for row in new]
        return [Change(lines.spans[0][0], lines.spans[-1][1], lines.join(written, [row.origin for row in new]))]

    def _write_row(self, lines: _ListLines, node: ListNode, old: list[Plain], row: EditedRow) -> str:
        if row.origin is None:
            return write_item(strip_rows(row.value), node.column)
        changes = self.edit(node.items[row.origin], old[row.origin], row.value)
        return apply_changes(self.text, changes, *lines.spans[row.origin])


class _ListLines:
    """The lines of each entry of a list, with the comments directly above it, and what is between the entries.

    :raise RewriteError: an entry does not begin on a line of its own.
    """

    def __init__(self, text: str, node: ListNode) -> None:
        self.text = text
        self.spans: list[tuple[int, int]] = []
        before = node.start
        for item in node.items:
            line = self._find_hyphen(node, item, before)
            end = text.find("\n", max(item.end, line))
            end = len(text) if end < 0 else end
            self.spans.append((self._include_comments(line, before) if self.spans else line, end))
            before = end + 1
        self.between = [text[end:start] for (_, end), (start, _) in zip(self.spans, self.spans[1:], strict=False)]

    def _find_hyphen(self, node: ListNode, item: YamlNode, before: int) -> int:
        """Return the start of the line with the hyphen of an entry."""
        line = self.text.rfind("\n", 0, item.start) + 1
        while line >= self.text.rfind("\n", 0, before) + 1:
            rest = self.text[line : line + node.column + 2]
            if rest[: node.column].strip() == "" and rest[node.column : node.column + 1] == "-":
                return line
            if line == 0:
                break
            line = self.text.rfind("\n", 0, line - 1) + 1
        raise RewriteError

    def _include_comments(self, line: int, before: int) -> int:
        while line > before:
            above = self.text.rfind("\n", 0, line - 1) + 1
            if above < before or not self.text[above:line].lstrip(" ").startswith("#"):
                break
            line = above
        return line

    def join(self, written: Sequence[str], origins: Sequence[int | None]) -> str:
        """Return entries with what was between the old ones; an empty line is between new ones if it always was."""
        kept = self._merge_gaps({origin for origin in origins if origin is not None})
        usual = "\n\n" if self.between and all(gap.count("\n") > 1 for gap in self.between) else "\n"
        text, has_old = written[0], origins[0] is not None
        for lines, origin in zip(written[1:], origins[1:], strict=True):
            gap = usual
            if origin is not None:
                if has_old:
                    gap = kept.pop(0)
                has_old = True
            text += gap + lines
        return text

    def _merge_gaps(self, kept: set[int]) -> list[str]:
        """Return what is between the entries that stay. No comment is lost."""
        gaps: list[str] = []
        waiting = ""
        has_old = False
        for at in range(len(self.spans)):
            gap = self.between[at - 1] if at else ""
            waiting = _merge(waiting, gap)
            if at in kept:
                if has_old:
                    gaps.append(waiting)
                waiting, has_old = "", True
        return gaps


def _merge(one: str, other: str) -> str:
    if "#" in one:
        return one + other.lstrip("\n") if "#" in other else one
    return other
