"""A made-up translation into a language that is written from right to left, and whose texts are a third longer."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tests.support.messages import extract_messages

CODE = "ar"
"""Babel takes direction and plurals from a language that exists."""

LONGEST_WORD = 30
"""How many letters are added to a text without a space."""

_PART = re.compile(r"(%\(\w+\)s|%%|<[^>]*>|&\w+;)")
_ACCENTS = str.maketrans("aceinouyACEINOUY", "áçéîñöûýÁÇÉÎÑÖÛÝ")


def translate(text: str) -> str:
    """Accent the letters of a text, and lengthen it. Placeholders and markup stay."""
    parts = [part if _PART.fullmatch(part) else part.translate(_ACCENTS) for part in _PART.split(text)]
    more, rest = divmod(len(text) // 3, LONGEST_WORD)
    return "".join(parts) + " ".join([*["~" * LONGEST_WORD] * more, "~" * rest])


def write_catalogue(folder: Path) -> None:
    """Write ``<folder>/ar/LC_MESSAGES/messages.mo``."""
    catalogue = Catalog(locale=CODE)
    for message in extract_messages():
        if not message.id:
            continue
        # gettext finds the singular of a plural for a text alone, too.
        singular = message.id if isinstance(message.id, str) else message.id[0]
        made = translate(singular)
        catalogue.add(message.id, made if isinstance(message.id, str) else (made,) * catalogue.num_plurals)
    file = folder / CODE / "LC_MESSAGES" / "messages.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as out:
        write_mo(out, catalogue)
