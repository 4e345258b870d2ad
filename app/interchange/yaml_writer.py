"""Writes drafts as YAML in the form of the author's manual."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from app.content.yaml_nodes import Plain

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_WIDTH = 110


class _Dumper(yaml.SafeDumper):
    """Quotes only what the syntax demands, because every value is read as text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012, the base class has it like this

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = '"' if text in _NOTHING or text != text.strip() else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def write_yaml(documents: Iterable[dict[str, Plain]]) -> str:
    """Write a list of entries; reading it gives the same entries."""
    written: str = yaml.dump(
        list(documents), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH, default_flow_style=False
    )
    return written
