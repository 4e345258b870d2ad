"""Rules that find options which give the key away.

Each rule is a heuristic after the item-writing literature (Haladyna, Downing and Rodriguez, "A review of
multiple-choice item-writing guidelines", 2002), with thresholds chosen so that a finding is worth reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence

from app.content.faults import Spot
from app.content.kinds.base import Giveaway
from app.content.ranges import parse_range
from app.content.schema import OptionEntry
from app.content.words import (
    HEDGES,
    STRONG_HEDGES,
    count_words,
    has_phrase,
    list_absolutes,
    split_words,
    stem_content_words,
    strip_emphasis,
    truncate,
)

LONGER_BY_SHARE = 1.25
LONGER_BY_CHARACTERS = 12
SHARED_WORDS_MORE = 2
MIN_TO_COMPARE = 3
_ARTICLES = frozenset({"a", "an", "the"})
_ALL_OR_NONE = re.compile(
    r".*\bof the above\b.*|(?:all|none|both|neither|any|either)(?: of (?:the others?|the options|these|them|those))?\W*"
    r"|(?:all|both) (?:the )?(?:above|others|answers|options)\W*|(?:both |neither )?[a-f] (?:and|or|nor) [a-f]\W*",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\b(an?) ?(?:…|\.\.\.|_+|:)?$", re.IGNORECASE)
# Sounds, not letters: "an hour", "a unit".
_VOWEL_SOUND = re.compile(r"(?:[ai]|e(?!u)|o(?!ne\b)|u(?!ni|se|su|ti)|hour|honest|heir)", re.IGNORECASE)


def _keys_and_distractors(options: Sequence[OptionEntry]) -> tuple[list[OptionEntry], list[OptionEntry]]:
    return [o for o in options if o.correct], [o for o in options if not o.correct]


def _longest_key(stem: str, options: Sequence[OptionEntry]) -> Iterator[Giveaway]:
    keys, distractors = _keys_and_distractors(options)
    shortest_key = min(len(strip_emphasis(key.text)) for key in keys)
    longest = max(len(strip_emphasis(option.text)) for option in distractors)
    if shortest_key > longest * LONGER_BY_SHARE and shortest_key - longest >= LONGER_BY_CHARACTERS:
        message = f"the key has {shortest_key} characters and the longest distractor {longest}"
        yield Giveaway("longest-key", _key_spot(options), message, "options of similar length")


def _hedged_key(stem: str, options: Sequence[OptionEntry]) -> Iterator[Giveaway]:
    keys, distractors = _keys_and_distractors(options)
    if all(count_words(key.text, STRONG_HEDGES) for key in keys) and not any(
        count_words(option.text, HEDGES) for option in distractors
    ):
        hedge = next(word for word in split_words(keys[0].text) if word in STRONG_HEDGES)
        yield Giveaway(
            "hedged-key", _key_spot(options), f"only the key hedges (“{hedge}”)", "options of similar certainty"
        )


def _stem_words_in_key(stem: str, options: Sequence[OptionEntry]) -> Iterator[Giveaway]:
    keys, distractors = _keys_and_distractors(options)
    asked = stem_content_words(stem)
    shared = min(len(stem_content_words(key.text) & asked) for key in keys)
    if shared - max(len(stem_content_words(option.text) & asked) for option in distractors) >= SHARED_WORDS_MORE:
        repeated = ", ".join(sorted(stem_content_words(keys[0].text) & asked))
        message = f"the key repeats words of the stem that the other options don't ({repeated}…)"
        yield Giveaway("stem-words-in-key", _key_spot(options), message, "other words, or the same in a distractor")


def _article_cue(stem: str, options: Sequence[OptionEntry]) -> Iterator[Giveaway]:
    article = _ARTICLE.search(" ".join(strip_emphasis(stem).split()))
    if not article:
        return
    wants_vowel = article.group(1).lower() == "an"
    for at, option in enumerate(options):
        begins_with_article = split_words(option.text)[:1] in {("a",), ("an",), ("the",)}
        if begins_with_article or bool(_VOWEL_SOUND.match(strip_emphasis(option.text))) != wants_vowel:
            message = f"the stem ends in “{article.group(1)}”, which this option cannot follow"
            yield Giveaway("article-cue", ("options", at, "text"), message, "the article in each option")


def _all_or_none(stem: str, options: Sequence[OptionEntry]) -> Iterator[Giveaway]:
    for at, option in enumerate(options):
        if _ALL_OR_NONE.fullmatch(strip_emphasis(option.text)):
            message = f"“{truncate(option.text)}” is an option"
            yield Giveaway("all-of-the-above", ("options", at, "text"), message, "an option with a content of its own")


def _absolutes(stem: str, options: Sequence[OptionEntry]) -> Iterator[Giveaway]:
    keys, distractors = _keys_and_distractors(options)
    if any(list_absolutes(key.text) for key in keys):
        return
    for option in distractors:
        if found := list_absolutes(option.text):
            spot = ("options", options.index(option), "text")
            yield Giveaway(
                "absolutes", spot, f"“{found[0]}” occurs only in distractors", "no absolute, or one in the key too"
            )


def _overlap(stem: str, options: Sequence[OptionEntry]) -> Iterator[Giveaway]:
    for at, option in enumerate(options):
        for other in options:
            if option is not other and _lies_within(option.text, other.text):
                message = f"this option overlaps another one (“{truncate(other.text)}”)"
                yield Giveaway(
                    "overlapping-options", ("options", at, "text"), message, "options that exclude each other"
                )
                break


def _lies_within(narrow: str, wide: str) -> bool:
    if split_words(narrow) != split_words(wide) and stem_content_words(narrow) and has_phrase(wide, narrow):
        return True
    first, second = parse_range(narrow), parse_range(wide)
    return bool(first and second and first != second and first.unit == second.unit and first.overlaps(second))


def _unlike(stem: str, options: Sequence[OptionEntry]) -> Iterator[Giveaway]:
    """Yield an option that alone differs in visible form: its end, its first letter, a number, its first words."""
    texts = [strip_emphasis(option.text).strip() for option in options]
    if len(texts) < MIN_TO_COMPARE:
        return
    seen = set()
    for name, values, only_key in _forms(texts):
        odd = _odd_one(values)
        is_harmless = odd is not None and only_key and values[odd] and not options[odd].correct
        if odd is None or odd in seen or is_harmless:
            continue
        seen.add(odd)
        message = f"one option differs from the rest ({name})"
        yield Giveaway("unlike-option", ("options", odd, "text"), message, "options of the same form")


def _forms(texts: list[str]) -> Iterator[tuple[str, list[Hashable], bool]]:
    """Yield the name of a form, whether each option has it, and whether having it alone matters only for the key."""
    yield "full stop at the end", [text.endswith(".") for text in texts], False
    yield "question mark at the end", [text.endswith("?") for text in texts], False
    yield "small first letter", [text[:1].islower() for text in texts], False
    yield "a number", [bool(re.search(r"\d", text)) for text in texts], True
    if len(texts) > MIN_TO_COMPARE:
        starts = [tuple(word for word in split_words(text) if word not in _ARTICLES)[:2] for text in texts]
        common, count = Counter(starts).most_common(1)[0]
        # The rest must share two words, because a single common first word means little.
        if count == len(texts) - 1 and len(common) > 1:
            yield "first words", [start[:1] == common[:1] for start in starts], False


def _odd_one(values: list[Hashable]) -> int | None:
    """Return the index of the only value that differs if all others are equal."""
    for at, value in enumerate(values):
        rest = values[:at] + values[at + 1 :]
        if len(set(rest)) == 1 and value != rest[0]:
            return at
    return None


def _key_spot(options: Sequence[OptionEntry]) -> Spot:
    return ("options", next(at for at, option in enumerate(options) if option.correct), "text")


_RULES: tuple[Callable[[str, Sequence[OptionEntry]], Iterator[Giveaway]], ...] = (
    _longest_key,
    _hedged_key,
    _stem_words_in_key,
    _article_cue,
    _all_or_none,
    _absolutes,
    _overlap,
    _unlike,
)
RULES = frozenset(
    {
        "longest-key",
        "hedged-key",
        "stem-words-in-key",
        "article-cue",
        "all-of-the-above",
        "absolutes",
        "overlapping-options",
        "unlike-option",
    }
)
"""The names of the rules."""


def find_giveaways(stem: str, options: Sequence[OptionEntry]) -> Iterator[Giveaway]:
    """Yield the findings on options, of which at least one is right and one is wrong."""
    for rule in _RULES:
        yield from rule(stem, options)
