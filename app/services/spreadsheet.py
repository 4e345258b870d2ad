"""Lines of CSV that a spreadsheet shows and never evaluates."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"
"""First in a file: without it Excel takes UTF-8 for something else."""

_FORMULA_STARTS = frozenset("=+-@")
_CONTROL_STARTS = frozenset("\t\r\n")
_UNSEEN = " \u00a0\u200b\u200c\u200d\u2060\ufeff"
"""Blanks and signs without width that a spreadsheet may skip before it looks for a formula."""


def line(cells: Iterable[str]) -> str:
    """One line with its end, quoted as far as need be."""
    out = io.StringIO()
    csv.writer(out).writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def harmless(text: str) -> str:
    """Text with an apostrophe in front where a spreadsheet might take it for a formula.

    That is where it begins with one of ``= + - @``, in whichever width (https://owasp.org/www-community/attacks/CSV_Injection), or with a
    tab or the end of a line.
    """
    if text[:1].isalnum():
        return text  # nearly every cell
    seen = text.lstrip(_UNSEEN)
    if not seen:
        return text
    is_formula = unicodedata.normalize("NFKC", seen[0])[:1] in _FORMULA_STARTS or seen[0] in _CONTROL_STARTS
    return f"'{text}" if is_formula else text
