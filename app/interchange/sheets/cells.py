"""Cells of question sheets: safe in any spreadsheet, and unchanged when they come back."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_INVISIBLE = " \u00a0\u200b\u200c\u200d\u2060\ufeff"


@cache
def _formula_start() -> re.Pattern[str]:
    """Return the pattern of a place where some spreadsheet may see the beginning of a formula.

    Such a place is the start of a cell, or follows a separator, because a program that expects another separator than the
    file's begins a new cell there. The groups are the separator and the apostrophes that are already there.
    """
    signs = {chr(code) for code in range(0x10000) if unicodedata.normalize("NFKC", chr(code))[:1] in frozenset("=+-@")}
    dangerous = "".join(map(re.escape, sorted(signs | {"\t", "\r", "\n"})))
    return re.compile(rf'(\A|[,;\t])(\'*)(?=[{_INVISIBLE}"]*[{dangerous}])')


_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def protect(text: str) -> str:
    """Put an apostrophe before whatever a spreadsheet might take for a formula; a bare number is none."""
    if _PLAIN_NUMBER.fullmatch(text):
        return text
    return _formula_start().sub(r"\1'\2", text)


def unprotect(text: str) -> str:
    """Return the text from which :func:`protect` made a cell."""
    return _formula_start().sub(lambda found: found[1] + found[2].removeprefix("'"), text)
