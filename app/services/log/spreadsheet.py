"""CSV lines whose cells spreadsheets display but never evaluate as formulas."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

BYTE_ORDER_MARK = "\ufeff"
"""The start of a file. Without it, Excel does not recognize UTF-8."""

_FORMULA_STARTS = frozenset("=+-@")
_CONTROL_STARTS = frozenset("\t\r\n")
_INVISIBLE = " \u00a0\u200b\u200c\u200d\u2060\ufeff"
"""Spaces and zero-width characters that a spreadsheet may skip before a formula."""


_SEPARATOR = re.compile(rf'[,;\t](?=([{_INVISIBLE}"]*[^{_INVISIBLE}"]))')
"""A separator. Its group is what follows, up to the first visible character that is not a quotation mark."""


class Separator(StrEnum):
    """What separates the cells of a line. Where numbers have a decimal comma, spreadsheets expect semicolons."""

    COMMA = ","
    SEMICOLON = ";"
    TAB = "\t"

    @property
    def decimal_point(self) -> str:
        return "," if self is Separator.SEMICOLON else "."


def format_line(cells: Iterable[str], separator: Separator = Separator.COMMA) -> str:
    """Return a CSV line with its line ending, neutralized and quoted where necessary."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator.value).writerow([neutralize(cell) for cell in cells])
    return out.getvalue()


def neutralize(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet might take for a formula.

    Such text begins with ``=``, ``+``, ``-`` or ``@``, or a full-width or other variant of these, or with a tab or line
    break. It may also follow a separator within the cell, because a spreadsheet that expects another separator than the
    file's begins a new cell there. Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    start = len(text) - len(text.lstrip(_INVISIBLE + "\t\r\n"))
    safe = text[:start] + _SEPARATOR.sub(_neutralize_part, text[start:])
    return f"'{safe}" if _is_formula(safe) else safe


def _neutralize_part(found: re.Match[str]) -> str:
    return f"{found[0]}'" if _is_formula(found[1].replace('"', "")) else found[0]


def _is_formula(text: str) -> bool:
    if text[:1].isalnum():
        return False  # skip the checks below for nearly every cell
    seen = text.lstrip(_INVISIBLE)
    if not seen:
        return False
    return unicodedata.normalize("NFKC", seen[0])[:1] in _FORMULA_STARTS or seen[0] in _CONTROL_STARTS
