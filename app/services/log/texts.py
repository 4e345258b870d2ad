"""Texts that a service defines and a page translates when it shows them."""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]
"""Returns the translation of a text from the catalogue, such as ``flask_babel.gettext``."""


def gettext_noop(text: str) -> str:
    """Mark a text for the catalogue; it stays English until a page translates it."""
    return text


def keep_english(text: str) -> str:
    """Translate nothing: for files, which are the same in every language."""
    return text
