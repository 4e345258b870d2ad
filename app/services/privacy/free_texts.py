"""Find and remove a person in stored texts and documents, by the full name and the full address."""

from __future__ import annotations

import json
import re
from typing import Any

REMOVED = "(removed with the account)"


class Mentions:
    """Finds one person: the address in any case and the name as written, neither as part of a longer one."""

    def __init__(self, name: str, email: str) -> None:
        self._email = re.compile(rf"(?<![\w.%+-]){re.escape(email)}(?![\w-])(?!\.\w)", re.IGNORECASE)
        self._name = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        self.texts = (name, email)
        # As stored JSON contains them: non-ASCII letters are escaped.
        self.written = tuple(json.dumps(text)[1:-1] for text in (name, email))

    def has_address(self, value: Any) -> bool:
        """Whether any text in a document contains the address."""
        return any(self._email.search(text) for text in _list_texts(value))

    def found_in(self, value: Any) -> bool:
        return any(self._email.search(text) or self._name.search(text) for text in _list_texts(value))

    def removed(self, text: str) -> str:
        """Return a text without the person."""
        return self._name.sub("(erased)", self._email.sub("(erased)", text))

    def lines_with(self, document: Any) -> list[Any]:
        """Return the list entries of a document that contain the address."""
        if isinstance(document, dict):
            return [line for value in document.values() for line in self.lines_with(value)]
        return [entry for entry in document if self.has_address(entry)] if isinstance(document, list) else []

    def without_lines(self, document: Any) -> Any:
        """Return a document without the list entries that contain the address.

        The person is also removed from texts outside lists.
        """
        if isinstance(document, dict):
            return {key: self.without_lines(value) for key, value in document.items()}
        if isinstance(document, list):
            return [entry for entry in document if not self.has_address(entry)]
        return self.removed(document) if isinstance(document, str) else document


def _list_texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, one in value.items() for text in (*_list_texts(key), *_list_texts(one))]
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in _list_texts(one)]
    return []
