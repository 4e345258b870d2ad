"""Guessing the encoding of a list of names, which its file does not tell.

Older spreadsheets save text in the encoding of their country. The wrong one turns letters into signs, or puts capitals
and letters of other scripts inside words; the guess is the encoding in which this happens least.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from enum import StrEnum
from itertools import pairwise


class TextEncoding(StrEnum):
    """An encoding that a trainer can choose, in the order of the list. The values are Python's names of codecs."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    WESTERN = "cp1252"
    CENTRAL_EUROPEAN = "cp1250"
    CYRILLIC = "cp1251"
    GREEK = "cp1253"
    TURKISH = "cp1254"
    HEBREW = "cp1255"
    ARABIC = "cp1256"
    BALTIC = "cp1257"
    VIETNAMESE = "cp1258"
    LATIN_1 = "iso8859-1"
    LATIN_2 = "iso8859-2"
    LATIN_9 = "iso8859-15"
    ISO_CYRILLIC = "iso8859-5"
    KOI8 = "koi8-r"
    MAC = "mac-roman"
    MAC_CENTRAL_EUROPEAN = "mac-latin2"
    MAC_CYRILLIC = "mac-cyrillic"
    DOS = "cp850"
    JAPANESE = "cp932"
    CHINESE = "gb18030"
    CHINESE_TRADITIONAL = "big5"
    KOREAN = "cp949"


SAMPLE_BYTES = 50_000
MAX_SAMPLES = 200
"""In lines. Judging more takes long and changes nothing."""

_GUESSED: Sequence[TextEncoding] = (
    TextEncoding.WESTERN,
    TextEncoding.CENTRAL_EUROPEAN,
    TextEncoding.CYRILLIC,
    TextEncoding.GREEK,
    TextEncoding.TURKISH,
    TextEncoding.HEBREW,
    TextEncoding.ARABIC,
    TextEncoding.MAC,
    TextEncoding.KOI8,
    TextEncoding.LATIN_2,
    TextEncoding.DOS,
    TextEncoding.JAPANESE,
    TextEncoding.CHINESE,
    TextEncoding.CHINESE_TRADITIONAL,
    TextEncoding.KOREAN,
)
"""The likeliest first. The others cannot be told from one of these."""

_FREQUENT = {
    TextEncoding.WESTERN: frozenset("äöüßéèêëàâáíóúñçåæøãõôîïùûœÄÖÜÉÅØÇÁ"),
    TextEncoding.MAC: frozenset("äöüßéèêëàâáíóúñçåæøãõôîïùûœÄÖÜÉÅØÇÁ"),
    TextEncoding.DOS: frozenset("äöüßéèêëàâáíóúñçåæøôîïùûÄÖÜÉÅØÇÁ"),
    TextEncoding.CENTRAL_EUROPEAN: frozenset("łąęśćżźńóčřšžěýáíéůúťďňőűăşţŁŚŻČŘŠŽ"),
    TextEncoding.LATIN_2: frozenset("łąęśćżźńóčřšžěýáíéůúťďňőűăşţŁŚŻČŘŠŽ"),
    TextEncoding.TURKISH: frozenset("ğşıçöüİŞĞ"),
}
_WORD = re.compile(r"[^\W\d_]+")


def guess_encoding(data: bytes, headings: Collection[str] = ()) -> TextEncoding | None:
    """Return the likeliest encoding of bytes that are not Unicode, or None if they are not text.

    ``headings`` are the folded words by which a line of column names is known; if they can be read, the encoding fits.
    """
    sample = _take_sample(data)
    scores = {
        encoding: _score(text, encoding, headings)
        for encoding in _GUESSED
        if try_decode(data, encoding) is not None and (text := sample.decode(encoding.value, "ignore"))
    }
    return max(scores, key=lambda encoding: scores[encoding]) if scores else None


def try_decode(data: bytes, encoding: TextEncoding) -> str | None:
    """Decode strictly; None if the bytes are not text in this encoding."""
    try:
        return data.decode(encoding.value).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def list_samples(text: str, most: int = 4) -> list[str]:
    """Return the first different words with letters outside ASCII, by which people tell encodings apart."""
    found: dict[str, None] = {}
    for word in re.split(r"[\s;,]+", text):
        bare = word.strip("\"'<>()")
        if not bare.isascii():
            found.setdefault(bare[:40])
        if len(found) >= most:
            break
    return list(found)


def _take_sample(data: bytes) -> bytes:
    """Return the first line, and as many lines outside ASCII as are enough to judge by."""
    first, *others = data.split(b"\n")
    return b"\n".join([first, *[line for line in others if not line.isascii()][:MAX_SAMPLES]])[:SAMPLE_BYTES]


def _score(text: str, encoding: TextEncoding, headings: Collection[str]) -> float:
    strange = [character for character in text if not character.isascii()]
    score = sum(_rate(character, encoding) for character in strange)
    score += sum(_rate_word(word) for word in _WORD.findall(text) if not word.isascii())
    first = text.lstrip().partition("\n")[0]
    cells = [cell.casefold().strip("*:\" '\r") for cell in re.split("[;,\t]", first)]
    return score / max(1, len(strange)) + 2 * sum(not cell.isascii() and cell in headings for cell in cells)


def _rate(character: str, encoding: TextEncoding) -> float:
    category = unicodedata.category(character)
    if category in ("Cc", "Cn", "Co"):
        return -10
    if category[0] not in "LM":
        return -0.2 if character in "\u2013\u2019\u00a0" else -3
    if character in _FREQUENT.get(encoding, ()):
        return 1.5
    return 1 if category != "Lo" or ord(character) > 0x2FF else 0


def _rate_word(word: str) -> float:
    """Lower the score of a word with letters of two scripts, a capital after a small letter, or only accents."""
    scripts = {unicodedata.name(character, "?").partition(" ")[0] for character in word}
    score = -4.0 * (len(scripts) > 1)
    score -= 2 * sum(before.islower() and after.isupper() for before, after in pairwise(word))
    accented = sum(not character.isascii() for character in word)
    if scripts == {"LATIN"} and accented > 2 and accented > len(word) / 2:
        score -= 2 * accented
    if word[0].islower() and scripts.isdisjoint({"LATIN"}):
        score -= len(word)  # names have capitals in scripts that have them
    return score
