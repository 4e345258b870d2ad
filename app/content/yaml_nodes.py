"""Read YAML as plain values with the line of each.

Only the part of YAML that authors need is supported: maps, lists and scalars. The parser's events are used instead of
its values, so that a field decides what a word means: ``no`` stays the text "no" (YAML 1.1 makes it false), ``1:30``
stays a time (not 90), and ``010`` is not eight. The schema converts text for number and true/false fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from app.content.faults import Fault, FileLocation, Spot
from app.content.trees import ContentPath

MAX_DEPTH = 12
MAX_VALUES = 50_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EMPTY = {"", "~", "null", "Null", "NULL"}

Plain = str | None | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class Tree:
    """The content of a file: ``value`` consists of text, None, lists and maps; ``place`` has the line of each."""

    value: Plain
    place: FileLocation
    faults: tuple[Fault, ...] = ()


class _YamlError(Exception):
    """A fault that stops reading."""

    def __init__(self, line: int, rule: str, message: str, expected: str | None = None) -> None:
        super().__init__(message)
        self.line, self.rule, self.message, self.expected = line, rule, message, expected


@dataclass(slots=True)
class _OpenNode:
    """A map or list that has not ended yet. ``key`` is the key whose value comes next."""

    value: list[Plain] | dict[str, Plain]
    spot: Spot
    key: str | None = None


@dataclass(slots=True)
class _YamlReader:
    """Builds the value event by event, without recursion, so that no nesting can exhaust the stack."""

    path: ContentPath
    offset: int
    lines: dict[Spot, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    stack: list[_OpenNode] = field(default_factory=list)
    top: Plain = None
    documents: int = 0

    def take(self, event: Event) -> None:
        assert event.start_mark
        line = event.start_mark.line + 1 + self.offset
        if isinstance(event, DocumentStartEvent):
            self._start_document(line)
        elif isinstance(event, AliasEvent):
            raise _YamlError(
                line, "yaml-alias", f"`*{event.anchor}` is an alias for another value", "the value itself, written out"
            )
        elif isinstance(event, ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, CollectionStartEvent):
            self._open(event, line)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.stack.pop()

    def _start_document(self, line: int) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _YamlError(line, "yaml", "a second document starts here", "one document per file")

    def _scalar(self, event: ScalarEvent, line: int) -> None:
        self._refuse_extras(event, line)
        parent = self.stack[-1] if self.stack else None
        if parent and isinstance(parent.value, dict) and parent.key is None:
            self._key(parent, event.value, line)
            return
        is_plain = event.style in (None, "")
        self._put(None if is_plain and event.value in _EMPTY else event.value, line)

    def _key(self, parent: _OpenNode, key: str, line: int) -> None:
        assert isinstance(parent.value, dict)
        if key in parent.value:
            first = self.lines[(*parent.spot, key)]
            self.faults.append(
                Fault(self.path, line, "duplicate-key", f"`{key}` was already given on line {first}", "each key once")
            )
        else:
            self.lines[(*parent.spot, key)] = line
            parent.value[key] = None  # keeps the position of a key whose value follows
        parent.key = key

    def _open(self, event: CollectionStartEvent, line: int) -> None:
        self._refuse_extras(event, line)
        if len(self.stack) >= MAX_DEPTH:
            raise _YamlError(line, "yaml-depth", "this is nested too deeply", f"{MAX_DEPTH} levels at most")
        parent = self.stack[-1] if self.stack else None
        if parent and isinstance(parent.value, dict) and parent.key is None:
            raise _YamlError(line, "yaml", "there is a list or map in place of a key", "a word and a colon")
        value: list[Plain] | dict[str, Plain] = {} if isinstance(event, MappingStartEvent) else []
        assert isinstance(event, MappingStartEvent | SequenceStartEvent)
        self.stack.append(_OpenNode(value, self._put(value, line)))

    def _put(self, value: Plain, line: int) -> Spot:
        """Add ``value`` to the open map or list, record its line, and return its spot."""
        if not self.stack:
            self.top = value
            self.lines[()] = line
            return ()
        parent = self.stack[-1]
        if isinstance(parent.value, list):
            spot = (*parent.spot, len(parent.value))
            parent.value.append(value)
            self.lines[spot] = line
        else:
            assert parent.key is not None
            spot = (*parent.spot, parent.key)
            parent.value[parent.key] = value
            parent.key = None
        if len(self.lines) > MAX_VALUES:
            raise _YamlError(line, "file-size", "the file contains too many values", f"{MAX_VALUES} at most")
        return spot

    def _refuse_extras(self, event: ScalarEvent | CollectionStartEvent, line: int) -> None:
        if event.anchor:
            raise _YamlError(
                line, "yaml-alias", f"`&{event.anchor}` is an anchor for an alias", "every value written out"
            )
        if event.tag and event.tag != "!":
            raise _YamlError(line, "yaml-tag", f"`{event.tag}` requests a special type", "plain text, a list or a map")


def read_yaml(text: str, path: ContentPath, *, offset: int = 0) -> Tree:
    """Read one YAML document.

    ``offset`` is the number of lines above ``text`` in the file. Never raises: invalid YAML becomes a fault, with a
    value of None.
    """
    reader = _YamlReader(path, offset)
    try:
        for event in _events(text):
            reader.take(event)
    except _YamlError as stop:
        fault = Fault(path, stop.line, stop.rule, stop.message, stop.expected)
        return Tree(None, FileLocation(path), (*reader.faults, fault))
    except yaml.YAMLError as error:
        return Tree(None, FileLocation(path), (*reader.faults, _syntax_fault(error, text, path, offset)))
    return Tree(reader.top, FileLocation(path, reader.lines), tuple(reader.faults))


def _events(text: str) -> Iterator[Event]:
    events: Iterator[Event] = yaml.parse(text, Loader=_LOADER)
    return events


def _syntax_fault(error: yaml.YAMLError, text: str, path: ContentPath, offset: int) -> Fault:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    # The parser often reports an error after the end of the text, where there is no line to show.
    line = min(mark.line, text.rstrip().count("\n")) if mark else 0
    problem = getattr(error, "problem", None) or "this is not YAML"
    hint = "quotes around text with `: `, ` #` or a first character like @ ` % & * [ {, and even indentation"
    return Fault(path, line + 1 + offset, "yaml", problem, hint)
