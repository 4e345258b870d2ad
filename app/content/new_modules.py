"""A new module among the documents of a library: where it is listed, and what it is called."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable

import yaml

_MAX_ID = 40


def choose_id(title: str, taken: Collection[str], otherwise: str) -> str:
    """Return an unused id made of the letters and digits of a title, or of ``otherwise`` if it has none."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    stem = "-".join(words)[:_MAX_ID].strip("-") or otherwise
    found, number = stem, 2
    while found in taken:
        found, number = f"{stem}-{number}", number + 1
    return found


def list_module_folders(paths: Iterable[str]) -> dict[str, int]:
    """Return the numbers of the modules' folders by the ids in their names, such as ``3-treatment``."""
    found = {}
    for path in paths:
        folder, slash, _rest = path.partition("/")
        number, hyphen, name = folder.partition("-")
        if slash and hyphen and number.isascii() and number.isdecimal():
            found[name] = int(number)
    return found


def list_module(text: str, name: str) -> str | None:
    """Add a module to the list in ``course.yaml``, and leave everything else as it is written.

    Return None if there is no such list.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    if not isinstance(root, yaml.MappingNode):
        return None
    listed = next((value for name, value in root.value if name.value == "modules"), None)
    if not isinstance(listed, yaml.SequenceNode) or not listed.value:
        return None
    last = listed.value[-1].end_mark.index
    if listed.flow_style:
        return f"{text[:last]}, {name}{text[last:]}"
    indent = " " * (listed.value[-1].start_mark.column - 2)
    return f"{text[:last]}\n{indent}- {name}{text[last:]}"
