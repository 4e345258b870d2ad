"""Write values as YAML in the form of the author's manual. Reading them gives the same values."""

from __future__ import annotations

import json
import re

import yaml
from yaml.events import ScalarEvent

from app.content.yaml_nodes import Plain

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_EVENTS = 10
"""The number of events of a map with a single key in a list."""

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_HIDDEN = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What a document must not contain as it is (see :mod:`app.content.documents`)."""


def write_scalar(text: str | None, *, is_flow: bool = False, indent: int = 0) -> str:
    """Return a text as the value of a key. ``indent`` is that of lines below the key, if the text has several lines."""
    if text is None:
        return "null" if is_flow else ""
    if _is_plain(text, is_flow=is_flow):
        return text
    if not is_flow and (block := _write_lines(text, indent)):
        return block
    if ('"' in text or "\\" in text) and "\n" not in text and not _HIDDEN.search(text) and "\t" not in text:
        return "'" + text.replace("'", "''") + "'"
    return _HIDDEN.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _is_plain(text: str, *, is_flow: bool) -> bool:
    """Return whether a text can be written without quotes."""
    if text in _NOTHING or text != text.strip() or "\n" in text or "\t" in text or _HIDDEN.search(text):
        return False
    try:
        events = list(yaml.parse(f"- {{k: {text}}}" if is_flow else f"- k: {text}", Loader=_LOADER))
    except yaml.YAMLError:
        return False
    scalars = [event for event in events if isinstance(event, ScalarEvent)]
    return len(events) == _EVENTS and [(one.value, one.tag, one.style or "") for one in scalars] == [
        ("k", None, ""),
        (text, None, ""),
    ]


def _write_lines(text: str, indent: int) -> str | None:
    """Return several lines as a block, or None if it would need more than its lines."""
    lines = text.split("\n")
    is_simple = len(lines) > 1 and lines[0][:1] not in ("", " ") and lines[-1]
    if not is_simple or any(line.isspace() for line in lines) or _HIDDEN.search(text) or "\t" in text:
        return None
    margin = " " * indent
    return "|-\n" + "\n".join(margin + line if line else "" for line in lines)


def write_value(key: str, value: Plain, indent: int) -> str:
    """Return the lines of ``key`` with its value, without the last line end. ``indent`` is that of the key."""
    name = key if _KEY.fullmatch(key) else write_scalar(key, is_flow=True)
    head = " " * indent + name + ":"
    if isinstance(value, dict) and value:
        return head + "\n" + write_map(value, indent + 2)
    if isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        return head + "\n" + "\n".join(write_item(one, indent + 2) for one in value)
    written = write_flow(value) if isinstance(value, dict | list) else write_scalar(value, indent=indent + 2)
    return f"{head} {written}" if written else head


def write_map(value: dict[str, Plain], indent: int) -> str:
    return "\n".join(write_value(key, inner, indent) for key, inner in value.items())


def write_item(value: Plain, indent: int) -> str:
    """Return the lines of an entry of a list. ``indent`` is that of its hyphen."""
    margin = " " * indent
    if isinstance(value, dict) and value:
        return margin + "- " + write_map(value, indent + 2).removeprefix(margin + "  ")
    written = write_flow(value) if isinstance(value, dict | list) else write_scalar(value, indent=indent + 2)
    return f"{margin}- {written}"


def write_flow(value: Plain) -> str:
    """Return a value on a single line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow_key(key)}: {write_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(write_flow, value)) + "]"
    return write_scalar(value, is_flow=True)


def _flow_key(key: str) -> str:
    return key if _KEY.fullmatch(key) else write_scalar(key, is_flow=True)
