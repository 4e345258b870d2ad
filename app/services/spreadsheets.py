"""Lines of CSV that a spreadsheet shows and never evaluates."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"
"""The first character of a file: the headers say UTF-8, this says it again for Excel."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""


def line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def harmless(text: str) -> str:
    """Text that no spreadsheet evaluates: an apostrophe in front of what looks like a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
