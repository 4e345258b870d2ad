"""Numbers as people type them: in any script's digits, with separators of thousands, signs and units."""

from __future__ import annotations

import re
import unicodedata

MAX_DIGITS = 9

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63\uff0d"
_APOSTROPHES = "'\u2019\u02bc\u2018\u00b4"
_PLAIN = str.maketrans(dict.fromkeys(_DASHES, "-") | dict.fromkeys(_APOSTROPHES, "'") | {"\u066b": ".", "\u066c": "'"})
"""The Arabic decimal and thousands separators are not ambiguous, unlike a comma or a point."""

_NUMBER = re.compile(r"([+-]?) ?([0-9][0-9.,' ]*|[.,][0-9]+)")
_GROUPED = re.compile(r"[0-9]{1,3}(?:(?P<mark>[.,' ])[0-9]{3})(?:(?P=mark)[0-9]{3})*|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")
"""Thousands in groups of three, or of two as in India: ``1 000``, ``1'000'000``, ``1,00,000``."""

_SAME_UNITS = (frozenset({"%", "percent", "pc", "pct"}), frozenset({"degrees", "degree", "\N{DEGREE SIGN}"}))
"""Spellings of one unit, without blanks and case."""


class AmbiguousNumberError(ValueError):
    """The text is one number or another, such as ``1,000``: ``whole`` with thousands, or ``fraction`` as a decimal."""

    def __init__(self, whole: str, fraction: str) -> None:
        super().__init__(f"{whole} or {fraction}")
        self.whole = whole
        self.fraction = fraction


def parse_number(text: str, unit: str | None = None) -> str | None:
    """Return a number such as ``1,5``, ``+3``, ``1 000`` or ``20 mm`` in plain digits; None if the text is empty.

    :raise AmbiguousNumberError: one comma or point is followed by three digits.
    :raise ValueError: the text is not a number.
    """
    bare = _without_unit(_clean(text), unit)
    if not bare:
        return None
    if not (found := _NUMBER.fullmatch(bare)):
        raise ValueError("That is not a number.")
    sign = "-" if found[1] == "-" else ""
    try:
        plain = _read(found[2])
    except AmbiguousNumberError as error:
        raise AmbiguousNumberError(sign + error.whole, sign + error.fraction) from None
    return sign + plain if plain != "0" else plain


def _clean(text: str) -> str:
    """Return the text with ASCII digits, signs and blanks, and without invisible characters."""
    seen = (letter for letter in text if unicodedata.category(letter) != "Cf")
    return " ".join("".join(map(_plain_letter, seen)).translate(_PLAIN).split())


def _plain_letter(letter: str) -> str:
    digit = unicodedata.decimal(letter, None)
    if digit is not None:
        return str(digit)
    # NFKC would turn 5² into 52.
    return letter if unicodedata.category(letter) == "No" else unicodedata.normalize("NFKC", letter)


def _without_unit(text: str, unit: str | None) -> str:
    """Return the text without the unit after the number, in any spelling and case."""
    if not unit or not (found := re.search(r"[^0-9.,' +-].*$", text)):
        return text
    return text[: found.start()].strip() if _unit_names(found[0]) & _unit_names(unit) else text


def _unit_names(text: str) -> frozenset[str]:
    folded = "".join(unicodedata.normalize("NFKC", text).casefold().split()).replace("\u066a", "%").rstrip(".")
    same = next((names for names in _SAME_UNITS if folded in names), frozenset())
    return same | {folded, folded.removesuffix("s") or folded}


def _read(digits: str) -> str:
    """Return digits and separators in plain digits."""
    marks = [letter for letter in digits if not letter.isdigit()]
    if len(marks) == 1 and marks[0] in ".,":
        return _read_single(digits, marks[0])
    whole, fraction = digits, ""
    if len(set(marks)) == 2 and marks[-1] in ".,":
        whole, _, fraction = digits.rpartition(marks[-1])
    if marks and not _GROUPED.fullmatch(whole):
        raise ValueError("That is not a number.")
    return _plain(re.sub("[^0-9]", "", whole), fraction)


def _read_single(digits: str, mark: str) -> str:
    whole, _, fraction = digits.partition(mark)
    if not fraction:
        raise ValueError("That is not a number.")
    if _GROUPED.fullmatch(digits) and not whole.startswith("0"):
        as_fraction = _plain(whole, fraction)
        raise AmbiguousNumberError(
            _plain(whole + fraction, ""), as_fraction if "." in as_fraction else f"{as_fraction}.0"
        )
    return _plain(whole, fraction)


def _plain(whole: str, fraction: str) -> str:
    if max(len(whole), len(fraction)) > MAX_DIGITS:
        raise ValueError("That number is too long.")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
