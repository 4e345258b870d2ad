"""Attacks by a single rule, as a test-wise learner might use it: choose the option with the most of something.

The word lists come from a review of this course. A reader who saw only the options of 100 questions answered 93
correctly, mostly by choosing the most cautious option, the one that sends the patient to a doctor, or the one that
calls the evidence open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.content.cues.bank import CueItem
from app.content.cues.outcome import AttackOutcome, sum_shares
from app.content.words import HEDGES, count_words, list_absolutes, stem_content_words, strip_emphasis

Score = Callable[[CueItem, int], float]


def _lexicon(listed: str) -> re.Pattern[str]:
    """Compile words separated by blanks; ``_`` is a blank within a phrase, and ``*`` matches any ending."""
    parts = [re.escape(word).replace("_", " ").replace(r"\*", r"[\w'’-]*") for word in listed.split()]
    return re.compile(rf"\b(?:{'|'.join(parts)})\b", re.IGNORECASE)


REFERRING = _lexicon(
    """ambulance* call calls called calling doctor* physician* surgeon* dentist* midwife prescriber* pharmacist* hospital* emergency
    casualty clinic specialist* nurse* refer referral refers referred scan* ring rings seen urgent* prompt* at_once today now
    same_day immediately straight_away without_delay tonight this_evening without_waiting assess* examine* examination"""
)
SCEPTICAL = _lexicon(
    """may might could can_be possible possibly perhaps open unknown unclear uncertain* unproven undecided unsettled weak thin limited
    small few little not no neither nor cannot depends hypothesis idea suspected proposed plausible still yet though disputed differ*
    opinion* expert* without too_few rather mixed either both some nobody un-* not_shown guess suggest* think thought"""
)
CAREFUL = _lexicon(
    """stop stops stopping leave leaves weigh first before check checks ask asks look looks safe safety care careful* gently talk withdraw*
    avoid avoids prescriber wait_for tell tells consent careful"""
)
BOLD = _lexicon(
    """prove* show shows shown showed settle* rule rules ruled cause causes caused cure* certain certainly surely works worked harmless
    press presses pressed pressing massage* roll rolls rolled rolling treat treats treated inject* needle needles needled needling continue*
    carry_on go_on finish* tomorrow week weeks month months monday later wait waits harder firmer firmly deeper longer twice complete*
    useless nothing explain* relax* loosen* stretch* heat warm* ice painkiller* tablet* exercise* good strong* stronger every all always
    must"""
)
REASON = re.compile(
    r"\b(?:since|because|so that|so (?:it|its|he|she|they|we|you|the|this|no|nothing))\b|, (?:as|for|so)\b", re.I
)
"""A clause that gives a reason. Authors tend to justify the wrong options and merely state the right one."""


def score_caution(text: str) -> int:
    """Count the words that refer, doubt or hold back, minus the words that promise or act."""
    cautious = sum(len(lexicon.findall(text)) for lexicon in (REFERRING, SCEPTICAL, CAREFUL))
    return cautious - len(BOLD.findall(text))


def _shares_with_the_others(item: CueItem, at: int) -> int:
    """Count the words shared with other options: distractors are often written as variations of the key."""
    own = stem_content_words(item.options[at])
    return sum(len(own & stem_content_words(other)) for place, other in enumerate(item.options) if place != at)


RULES: Mapping[str, Score] = {
    "cautious": lambda item, at: score_caution(item.options[at]),
    "referring": lambda item, at: len(REFERRING.findall(item.options[at])),
    "sceptical": lambda item, at: len(SCEPTICAL.findall(item.options[at])),
    "no reason clause": lambda item, at: -bool(REASON.search(item.options[at])),
    "a reason clause": lambda item, at: bool(REASON.search(item.options[at])),
    "longest": lambda item, at: len(strip_emphasis(item.options[at])),
    "shortest": lambda item, at: -len(strip_emphasis(item.options[at])),
    "most hedged": lambda item, at: count_words(item.options[at], HEDGES),
    "fewest absolutes": lambda item, at: -len(list_absolutes(item.options[at])),
    "most words of the stem": lambda item, at: len(
        stem_content_words(item.options[at]) & stem_content_words(item.stem)
    ),
    "fewest words of the stem": lambda item, at: (
        -len(stem_content_words(item.options[at]) & stem_content_words(item.stem))
    ),
    "most like the others": _shares_with_the_others,
}
"""Each rule's name and score; the rule chooses the option with the highest score."""


def list_best_options(score: Score, item: CueItem) -> list[int]:
    """Return the options between which a rule cannot decide."""
    scores = [score(item, at) for at in range(len(item.options))]
    return [at for at, value in enumerate(scores) if value == max(scores)]


def compute_share(score: Score, item: CueItem) -> float:
    """Return the share of the question that a rule wins."""
    options = list_best_options(score, item)
    return (item.key in options) / len(options)


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """``overall`` counts every question, ``decided`` only those with a single best option."""

    overall: AttackOutcome
    decided: AttackOutcome


def follow_rule(score: Score, items: Sequence[CueItem]) -> RuleOutcome:
    """Apply one rule to all questions."""
    decided = [item for item in items if len(list_best_options(score, item)) == 1]
    return RuleOutcome(
        sum_shares(compute_share(score, item) for item in items),
        sum_shares(compute_share(score, item) for item in decided),
    )
