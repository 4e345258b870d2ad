"""Plain text as HTML: escaped, with its web addresses as links, or its commands as code."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_ADDRESS = re.compile(r"\bhttps?://[^\s<>\"']+", re.IGNORECASE)
_AFTER = ".,;:!?»”’*_"
"""Characters that end a sentence or a quotation rather than an address."""


def linked(text: str) -> Markup:
    """Escape a text, and make links of the addresses in it that begin with ``http://`` or ``https://``."""
    parts, end = [], 0
    for found in _ADDRESS.finditer(text):
        address = _trim(found.group())
        parts.append(escape(text[end : found.start()]))
        parts.append(Markup('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>').format(address))
        end = found.start() + len(address)
    return Markup("").join([*parts, escape(text[end:])])


def with_commands(text: str) -> Markup:
    """Escape a text, and mark what is between backticks as code."""
    parts = str(text).split("`")
    code = Markup('<code class="monospace">{}</code>')
    # Parts alternate: every second one is between backticks.
    return Markup("").join(code.format(part) if at % 2 else escape(part) for at, part in enumerate(parts))


def _trim(address: str) -> str:
    """Remove punctuation after an address, and a closing bracket that was opened before it."""
    while address and (address[-1] in _AFTER or (address[-1] == ")" and address.count(")") > address.count("("))):
        address = address[:-1]
    return address
