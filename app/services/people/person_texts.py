"""Finding a person in stored texts and documents: by the whole name, and by the whole address."""

from __future__ import annotations

import json
import re
from typing import Any

REMOVED = "(removed with the account)"


class Mentions:
    """Finds one person: the address in any case, the name as it is written, neither as a part of a longer one."""

    def __init__(self, name: str, email: str) -> None:
        self._email = re.compile(rf"(?<![\w.%+-]){re.escape(email)}(?![\w-])(?!\.\w)", re.IGNORECASE)
        self._name = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        self.texts = (name, email)
        # As JSON on the disk has them: letters beyond ASCII are escaped there.
        self.written = tuple(json.dumps(text)[1:-1] for text in (name, email))

    def has_address(self, value: Any) -> bool:
        """Whether any text within a document has the address."""
        return any(self._email.search(text) for text in _texts(value))

    def found_in(self, value: Any) -> bool:
        return any(self._email.search(text) or self._name.search(text) for text in _texts(value))

    def removed(self, text: str) -> str:
        """A text without the person."""
        return self._name.sub("(erased)", self._email.sub("(erased)", text))

    def lines_with(self, document: Any) -> list[Any]:
        """The entries of the lists of a document that have the address."""
        if isinstance(document, dict):
            return [line for value in document.values() for line in self.lines_with(value)]
        return [entry for entry in document if self.has_address(entry)] if isinstance(document, list) else []

    def without_lines(self, document: Any) -> Any:
        """A document without those entries, and without the person in what is left."""
        if isinstance(document, dict):
            return {key: self.without_lines(value) for key, value in document.items()}
        if isinstance(document, list):
            return [entry for entry in document if not self.has_address(entry)]
        return self.removed(document) if isinstance(document, str) else document


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, one in value.items() for text in (*_texts(key), *_texts(one))]
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in _texts(one)]
    return []
