"""The places of values in a YAML text, so that one value can be replaced and everything else stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from yaml.events import (
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class ScalarNode:
    """A text or nothing, from its first to behind its last character. ``is_flow``: it is within ``[]`` or ``{}``."""

    start: int
    end: int
    is_flow: bool


@dataclass(slots=True)
class MapNode:
    """A map. ``keys`` has the start of each key, ``values`` its value. ``is_flow``: it is written in ``{}``."""

    start: int
    end: int
    is_flow: bool
    column: int
    keys: dict[str, int] = field(default_factory=dict)
    values: dict[str, YamlNode] = field(default_factory=dict)


@dataclass(slots=True)
class ListNode:
    """A list. ``column`` is that of its hyphens, unless it is written in ``[]`` (``is_flow``)."""

    start: int
    end: int
    is_flow: bool
    column: int
    items: list[YamlNode] = field(default_factory=list)


YamlNode = ScalarNode | MapNode | ListNode


def find_spans(text: str) -> YamlNode:
    """Return the nodes of a YAML text that :func:`app.content.yaml_nodes.read_yaml` reads without a fault of syntax."""
    events = (event for event in yaml.parse(text, Loader=_LOADER) if isinstance(event, _NODES))
    return _read(text, next(events), events, within_flow=False)


_NODES = (ScalarEvent, CollectionStartEvent, MappingEndEvent, SequenceEndEvent)


def _read(text: str, event: Event, events: Iterator[Event], *, within_flow: bool) -> YamlNode:
    if isinstance(event, ScalarEvent):
        return _read_scalar(text, event, is_flow=within_flow)
    assert event.start_mark
    assert isinstance(event, CollectionStartEvent)
    start, column, is_flow = event.start_mark.index, event.start_mark.column, bool(event.flow_style)
    node = (MapNode if isinstance(event, MappingStartEvent) else ListNode)(start, start, is_flow, column)
    for inner in events:
        if isinstance(inner, MappingEndEvent | SequenceEndEvent):
            if is_flow:
                assert inner.end_mark
                node.end = inner.end_mark.index
            break
        if isinstance(node, ListNode):
            value = _read(text, inner, events, within_flow=is_flow)
            node.items.append(value)
        else:
            assert isinstance(inner, ScalarEvent)
            assert inner.start_mark
            value = _read(text, next(events), events, within_flow=is_flow)
            node.keys[inner.value] = inner.start_mark.index
            node.values[inner.value] = value
        node.end = max(node.end, value.end)
    return node


def _read_scalar(text: str, event: ScalarEvent, *, is_flow: bool) -> ScalarNode:
    assert event.start_mark
    assert event.end_mark
    start, end = event.start_mark.index, event.end_mark.index
    if event.style in ("|", ">"):  # ends where the next value starts
        end = start + len(text[start:end].rstrip())
    return ScalarNode(start, end, is_flow)
