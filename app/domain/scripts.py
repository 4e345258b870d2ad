"""Letters that look like others: Cyrillic, Greek and Armenian letters among Latin ones, and digits.

The rules follow Unicode Technical Standard 39 (https://www.unicode.org/reports/tr39/): a word uses one script, or one of
the combinations of East Asia ("highly restrictive"). The table of look-alikes has the letters of these three scripts
that its data file lists beside letters of ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_COMBINATIONS = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
_PREFIXES = {"IDEOGRAPHIC": "CJK", "KATAKANA-HIRAGANA": "", "MODIFIER": "", "HALFWIDTH": "KATAKANA"}
"""What the names of letters begin with if that is not their script. Those with an empty value belong to all."""

_UNJOINED = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL"})

_WORD_ENDS = re.compile(r"[\s\-.,'’()/]+")

_LATIN_FOR = (
    {"а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ј": "j", "ѕ": "s", "ԁ": "d"}
    | {"ԛ": "q", "ԝ": "w", "һ": "h", "ӏ": "l", "в": "b", "н": "h", "к": "k", "м": "m", "т": "t", "г": "r", "ь": "b"}
    | {"А": "a", "В": "b", "Е": "e", "К": "k", "М": "m", "Н": "h", "О": "o", "Р": "p", "С": "c", "Т": "t", "У": "y"}
    | {"Х": "x", "І": "l", "Ј": "j", "Ѕ": "s", "Ԛ": "q", "Ԝ": "w", "Һ": "h", "Ӏ": "l", "Ь": "b"}
    | {"α": "a", "ο": "o", "ν": "v", "ρ": "p", "τ": "t", "υ": "u", "ι": "i", "κ": "k", "η": "n", "χ": "x", "γ": "y"}
    | {"ω": "w", "σ": "o", "ϳ": "j", "ϲ": "c"}
    | {"Α": "a", "Β": "b", "Ε": "e", "Ζ": "z", "Η": "h", "Ι": "l", "Κ": "k", "Μ": "m", "Ν": "n", "Ο": "o", "Ρ": "p"}
    | {"Τ": "t", "Υ": "y", "Χ": "x", "Ϲ": "c"}
    | {"օ": "o", "ս": "u", "ո": "n", "հ": "h", "ց": "g", "ք": "p", "զ": "q", "յ": "j", "լ": "l", "Օ": "o", "Տ": "s"}
    | {"ɑ": "a", "ɡ": "g", "ɩ": "i", "ʏ": "y", "ꜱ": "s"}
)
_SKELETON = str.maketrans(_LATIN_FOR | {"I": "l", "1": "l", "|": "l", "0": "o"})
_TO_LATIN = str.maketrans(_LATIN_FOR)


def mixes_scripts(text: str) -> bool:
    """Return whether a word of ``text`` has letters of scripts that are not written together."""
    return any(_is_mixed(word) for word in _WORD_ENDS.split(text))


def imitates_ascii(text: str) -> bool:
    """Return whether all letters of a text that is not ASCII look like letters of ASCII."""
    return not text.isascii() and text.translate(_TO_LATIN).isascii()


def get_skeleton(text: str) -> str:
    """Return a text with look-alikes replaced, to be compared with that of another text after folding the case."""
    return unicodedata.normalize("NFKC", text).translate(_SKELETON)


def is_joining(character: str) -> bool:
    """Return whether a letter or mark belongs to a script whose letters joiners shape, such as Arabic or Devanagari."""
    return unicodedata.category(character)[0] in "LM" and _get_script(character) not in _UNJOINED


def _is_mixed(word: str) -> bool:
    if word.isascii():
        return False
    scripts = {_get_script(character) for character in unicodedata.normalize("NFKC", word)} - {""}
    return len(scripts) > 1 and not any(scripts <= combination for combination in _COMBINATIONS)


@lru_cache(maxsize=4096)
def _get_script(character: str) -> str:
    """Return the script of a letter, as Unicode names it; empty for what is not a letter."""
    if unicodedata.category(character)[0] != "L":
        return ""
    start = unicodedata.name(character, "").partition(" ")[0]
    return _PREFIXES.get(start, start)
