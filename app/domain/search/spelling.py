"""Which known words were probably meant by a misspelt one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_SHORTEST = 4
"""Shorter words have too many neighbours: *hip* is one letter from *lip*."""

_MAX_COMPARED = 200


class Speller:
    """Known words, found by the pairs of letters that they share with a misspelt one."""

    __slots__ = ("_by_pair",)

    def __init__(self, words: Iterable[str]) -> None:
        self._by_pair: dict[str, list[str]] = {}
        for word in sorted({*words}):
            if len(word) >= _SHORTEST and not word.isdigit():
                for pair in _list_pairs(word):
                    self._by_pair.setdefault(pair, []).append(word)

    def list_similar(self, word: str) -> tuple[str, ...]:
        """List the known words with the fewest slips of the pen from ``word``; none if there are too many slips.

        A slip is a letter too many, too few, wrong, or exchanged with its neighbour. Words of four and five letters may
        have one, longer words two.
        """
        if len(word) < _SHORTEST or word.isdigit():
            return ()
        most = 1 if len(word) < 6 else 2
        pairs = _list_pairs(word)
        # A slip changes at most three pairs.
        fewest = max(1, len(pairs) - 3 * most)
        shared = Counter(known for pair in pairs for known in self._by_pair.get(pair, ()))
        near = [known for known, count in shared.most_common(_MAX_COMPARED) if count >= fewest]
        slips = {known: count_slips(word, known, most) for known in near}
        best = min(slips.values(), default=most + 1)
        return tuple(sorted(known for known, count in slips.items() if count == best)) if best <= most else ()


def count_slips(one: str, other: str, most: int) -> int:
    """Return the optimal string alignment distance of two words, or ``most + 1`` if it is larger than ``most``.

    https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance#Optimal_string_alignment_distance
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        oldest, before, row = before, row, [i]
        for j, its in enumerate(other, start=1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                least = min(least, oldest[j - 2] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _list_pairs(word: str) -> frozenset[str]:
    padded = f" {word} "
    return frozenset(padded[at : at + 2] for at in range(len(padded) - 1))
