"""What people type or paste to identify something: join codes and e-mail addresses, cleaned before they are compared."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

CODE_LENGTH = 10

_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_BESIDE_ADDRESS = " <>()[],;:.\"'"
_IN_LINK = re.compile(r"/join/([^/?#&]+)")
_IN_SENTENCE = re.compile(r"(?<![0-9A-Z])(?=([0-9A-Z]{5})([^0-9A-Z]{0,3})([0-9A-Z]{5})(?![0-9A-Z]))")

FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that are blank although Unicode counts them as letters, marks or symbols."""


def drop_invisible(text: str) -> str:
    """Remove characters that nobody can see: controls, zero-width characters, direction marks, variation selectors.

    Blanks stay.
    """
    return "".join(character for character in text if not is_invisible(character))


def is_invisible(character: str) -> bool:
    """Return whether a character shows nothing and takes no room, or only looks like a blank."""
    if character.isascii():
        return not character.isprintable() and not character.isspace()
    is_selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return is_selector or character in FILLERS or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Cn", "Co")


def clean_identifier(typed: str) -> str:
    """Return another identifier, such as a student number, without invisible characters and outer blanks."""
    return " ".join(drop_invisible(unicodedata.normalize("NFKC", typed)).split())


def clean_code(typed: str) -> str:
    """Return a join code as it is stored: only its letters and digits, with O read as 0, and I and L as 1.

    The code may stand in a pasted link (``https://…/join/7K2MD-04XVP``) or in a sentence.
    """
    text = drop_invisible(_replace_digits(unicodedata.normalize("NFKC", unquote(typed))))
    link = _IN_LINK.search(text)
    text = (link[1] if link else text).upper()
    bare = _drop_signs(text)
    if len(bare) != CODE_LENGTH and (found := _IN_SENTENCE.findall(text)):
        first, _gap, second = max(found, key=_rank)
        bare = first + second
    return bare.translate(_LOOKALIKES)


def clean_letters(typed: str) -> str:
    """Return the letters and digits of a code in capitals, with O read as 0, and I and L as 1."""
    text = drop_invisible(_replace_digits(unicodedata.normalize("NFKC", typed)))
    return _drop_signs(text.upper()).translate(_LOOKALIKES)


def _drop_signs(text: str) -> str:
    return "".join(character for character in text if character.isascii() and character.isalnum())


def clean_address(typed: str) -> str:
    """Return an e-mail address without what is not part of it: blanks, invisible characters, ``mailto:`` and brackets.

    Compatibility forms become the usual ones, for example the full-width at sign of a Japanese keyboard. The result is
    lower case, because people mix the cases up, and no mail provider in use distinguishes them.
    """
    text = drop_invisible(unicodedata.normalize("NFKC", typed))
    text = "".join(text.split()).strip(_BESIDE_ADDRESS)
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0].strip(_BESIDE_ADDRESS)
    return text.lower()


def _replace_digits(text: str) -> str:
    """Write the digits of all scripts in ASCII."""
    return "".join(str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in text)


def _rank(found: tuple[str, str, str]) -> tuple[bool, int]:
    """Tell a code from two words of five letters: it is joined by a dash, or else has more digits."""
    first, gap, second = found
    return (not gap or not any(character.isspace() for character in gap), sum(map(str.isdigit, first + second)))
