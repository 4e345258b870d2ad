"""What in a single question tells the answer to somebody who doesn't know it.

Each rule is a heuristic after the item-writing literature (Haladyna, Downing and Rodriguez, "A review of
multiple-choice item-writing guidelines", 2002), with thresholds chosen so that a finding is worth reading. An author
who disagrees says so with ``allow: {rule: reason}``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from app.content.faults import Spot
from app.content.ranges import range_of
from app.content.schema import OptionEntry, QuestionEntry
from app.content.words import (
    HEDGES,
    STRONG_HEDGES,
    absolutes,
    bare,
    content_words,
    count_of,
    cut,
    holds_phrase,
    words,
)
from app.domain.content import Kind

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
_NEGATIVE = re.compile(r"\b(?:not|except|least likely|never|cannot)\b|n['’]t\b", re.IGNORECASE)
# A "not" in an aside ("a patient who does not smoke", "although they do not hurt") doesn't turn the question round.
_ASIDE = re.compile(
    r"^(?:if|when|although|because|since|while|after)\b[^,]*,|,\s*not\b[^,]*,"
    r"|(?<=\s)(?:that|who|whom|whose|although|though|because|if|when|where|while|unless|so)\b[^,;.?!]*",
    re.IGNORECASE,
)
_BOLD = re.compile(r"\*\*.+?\*\*|__.+?__")
_ARTICLE = re.compile(r"\b(an?)\s*(?:…|\.\.\.|_+|:)?\s*$", re.IGNORECASE)
# Sounds, not letters: "an hour", "a unit".
_VOWEL_SOUND = re.compile(r"(?:[ai]|e(?!u)|o(?!ne\b)|u(?!ni|se|su|ti)|hour|honest|heir)", re.IGNORECASE)
_APPEAL = re.compile(
    r"\baccording to (?:the|this|our) (?:article|text|lesson|course|module|passage|chapter)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that gives an answer away. ``spot`` is the field of the question that it stands in."""

    rule: str
    spot: Spot
    message: str
    expected: str


def findings(question: QuestionEntry) -> Iterator[Finding]:
    """Yield what the question gives away by itself."""
    for rule in _RULES:
        yield from rule(question)


def _keys_and_distractors(question: QuestionEntry) -> tuple[list[OptionEntry], list[OptionEntry]]:
    return [o for o in question.options if o.correct], [o for o in question.options if not o.correct]


def _longest_key(question: QuestionEntry) -> Iterator[Finding]:
    keys, distractors = _keys_and_distractors(question)
    shortest_key = min(len(bare(key.text)) for key in keys)
    longest = max(len(bare(option.text)) for option in distractors)
    if shortest_key > longest * LONGER_BY_SHARE and shortest_key - longest >= LONGER_BY_CHARACTERS:
        message = f"the key has {shortest_key} characters and the longest distractor {longest}"
        yield Finding("longest-key", _key_spot(question), message, "options alike in length")


def _hedged_key(question: QuestionEntry) -> Iterator[Finding]:
    keys, distractors = _keys_and_distractors(question)
    if all(count_of(key.text, STRONG_HEDGES) for key in keys) and not any(
        count_of(option.text, HEDGES) for option in distractors
    ):
        hedge = next(word for word in words(keys[0].text) if word in STRONG_HEDGES)
        yield Finding(
            "hedged-key", _key_spot(question), f"only the key hedges (“{hedge}”)", "options alike in certainty"
        )


def _stem_words_in_key(question: QuestionEntry) -> Iterator[Finding]:
    keys, distractors = _keys_and_distractors(question)
    asked = content_words(question.stem)
    shared = min(len(content_words(key.text) & asked) for key in keys)
    if shared - max(len(content_words(option.text) & asked) for option in distractors) >= SHARED_WORDS_MORE:
        repeated = ", ".join(sorted(content_words(keys[0].text) & asked))
        message = f"the key repeats words of the stem that the other options don't ({repeated}…)"
        yield Finding("stem-words-in-key", _key_spot(question), message, "other words, or the same in a distractor")


def _article_cue(question: QuestionEntry) -> Iterator[Finding]:
    article = _ARTICLE.search(bare(question.stem))
    if not article:
        return
    wants_vowel = article.group(1).lower() == "an"
    for at, option in enumerate(question.options):
        begins_with_article = words(option.text)[:1] in {("a",), ("an",), ("the",)}
        if begins_with_article or bool(_VOWEL_SOUND.match(bare(option.text))) != wants_vowel:
            message = f"the stem ends in “{article.group(1)}”, which this option cannot follow"
            yield Finding("article-cue", ("options", at, "text"), message, "the article in each option")


def _all_or_none(question: QuestionEntry) -> Iterator[Finding]:
    for at, option in enumerate(question.options):
        if _ALL_OR_NONE.fullmatch(bare(option.text)):
            message = f"“{cut(option.text)}” as an option"
            yield Finding("all-of-the-above", ("options", at, "text"), message, "an option that says something itself")


def _absolutes(question: QuestionEntry) -> Iterator[Finding]:
    keys, distractors = _keys_and_distractors(question)
    if any(absolutes(key.text) for key in keys):
        return
    for option in distractors:
        if found := absolutes(option.text):
            spot = ("options", question.options.index(option), "text")
            yield Finding(
                "absolutes", spot, f"“{found[0]}” stands in distractors alone", "no absolute, or one in the key too"
            )


def _absolute_statement(question: QuestionEntry) -> Iterator[Finding]:
    found = absolutes(question.stem)
    if found and question.options[1].correct:
        yield Finding("absolutes", ("stem",), f"a false statement with “{found[0]}”", "a statement without an absolute")


def _negative_stem(question: QuestionEntry) -> Iterator[Finding]:
    asked = _ASIDE.sub(" ", _BOLD.sub(" ", _question_sentence(question.stem)))
    if found := _NEGATIVE.search(asked):
        expected = f"**{found.group().lower()}** in bold, or a positive question"
        yield Finding(
            "negative-stem", ("stem",), f"the stem is negative (“{found.group()}”) and doesn't show it", expected
        )


def _question_sentence(stem: str) -> str:
    """The part of a stem that asks: its last sentence. What comes before it tells a case."""
    return re.split(r"(?<=[.!?])\s+", stem.strip())[-1]


def _appeal(question: QuestionEntry) -> Iterator[Finding]:
    if found := _APPEAL.search(question.stem):
        message = f"“{found.group()}” asks what was read, not what is so"
        yield Finding("according-to", ("stem",), message, "what the evidence shows, or who holds what")


def _overlap(question: QuestionEntry) -> Iterator[Finding]:
    for at, option in enumerate(question.options):
        for other in question.options:
            if option is not other and _lies_within(option.text, other.text):
                message = f"this option lies within another (“{cut(other.text)}”)"
                yield Finding(
                    "overlapping-options", ("options", at, "text"), message, "options that exclude each other"
                )
                break


def _lies_within(narrow: str, wide: str) -> bool:
    if words(narrow) != words(wide) and content_words(narrow) and holds_phrase(wide, narrow):
        return True
    first, second = range_of(narrow), range_of(wide)
    return bool(first and second and first != second and first.unit == second.unit and first.overlaps(second))


def _unlike(question: QuestionEntry) -> Iterator[Finding]:
    """Name an option that alone differs in a visible form: its end, its first letter, a number, its first words."""
    texts = [bare(option.text).strip() for option in question.options]
    if len(texts) < MIN_TO_COMPARE:
        return
    seen = set()
    for name, values, only_key in _forms(texts):
        odd = _odd_one(values)
        is_harmless = odd is not None and only_key and values[odd] and not question.options[odd].correct
        if odd is None or odd in seen or is_harmless:
            continue
        seen.add(odd)
        message = f"one option differs from the rest ({name})"
        yield Finding("unlike-option", ("options", odd, "text"), message, "options of one form")


def _forms(texts: list[str]) -> Iterator[tuple[str, list[Hashable], bool]]:
    """Yield the name of a form, whether each option has it, and whether having it alone matters for the key only."""
    yield "full stop at the end", [text.endswith(".") for text in texts], False
    yield "question mark at the end", [text.endswith("?") for text in texts], False
    yield "small first letter", [text[:1].islower() for text in texts], False
    yield "a number", [bool(re.search(r"\d", text)) for text in texts], True
    if len(texts) > MIN_TO_COMPARE:
        starts = [tuple(word for word in words(text) if word not in _ARTICLES)[:2] for text in texts]
        common, count = Counter(starts).most_common(1)[0]
        # The rest must share two words: that three of four begin with the same one tells little.
        if count == len(texts) - 1 and len(common) > 1:
            yield "first words", [start[:1] == common[:1] for start in starts], False


def _odd_one(values: list[Hashable]) -> int | None:
    """Return the place of the only value that differs where all others are equal."""
    for at, value in enumerate(values):
        rest = values[:at] + values[at + 1 :]
        if len(set(rest)) == 1 and value != rest[0]:
            return at
    return None


def _match_words(question: QuestionEntry) -> Iterator[Finding]:
    """Name a pair whose sides share a word that no other right side has: it can be matched without knowing anything."""
    rights = [content_words(text) for text in (*(pair.right for pair in question.pairs), *question.extra)]
    for at, pair in enumerate(question.pairs):
        elsewhere = frozenset().union(*(rights[other] for other in range(len(rights)) if other != at))
        if shared := (content_words(pair.left) & rights[at]) - elsewhere:
            message = f"both sides of this pair alone say “{min(shared)}”"
            yield Finding(
                "match-words", ("pairs", at, "right"), message, "other words, or the same in another right side"
            )


def _key_spot(question: QuestionEntry) -> Spot:
    return ("options", next(at for at, option in enumerate(question.options) if option.correct), "text")


def _only(*kinds: Kind) -> Callable[[_Rule], _Rule]:
    """Restrict a rule to questions of ``kinds``."""

    def restrict(rule: _Rule) -> _Rule:
        return lambda question: rule(question) if question.kind in kinds else iter(())

    return restrict


_Rule = Callable[[QuestionEntry], Iterator[Finding]]
_with_options = _only(Kind.SINGLE, Kind.SEVERAL)
_RULES: tuple[_Rule, ...] = (
    _with_options(_longest_key),
    _with_options(_hedged_key),
    _with_options(_stem_words_in_key),
    _with_options(_article_cue),
    _with_options(_all_or_none),
    _with_options(_absolutes),
    _only(Kind.TRUE_FALSE)(_absolute_statement),
    _only(Kind.MATCH)(_match_words),
    _negative_stem,
    _appeal,
    _with_options(_overlap),
    _with_options(_unlike),
)
RULES = frozenset(
    {
        "longest-key",
        "hedged-key",
        "stem-words-in-key",
        "article-cue",
        "all-of-the-above",
        "absolutes",
        "negative-stem",
        "according-to",
        "overlapping-options",
        "unlike-option",
        "match-words",
        "answered-elsewhere",
        "duplicate-stem",
    }
)
"""What an author may allow, findings of :mod:`app.content.checker` on pairs of questions included."""
