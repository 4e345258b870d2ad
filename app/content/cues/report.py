"""The report for authors: the results of the attacks, the words that give keys away, and the questions to revise first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt

from app.content.cues.bank import CueItem
from app.content.cues.classifier import count_terms
from app.content.cues.limits import CueMeasure, CueMeasures, describe_excess
from app.content.cues.outcome import AttackOutcome
from app.content.cues.rules import RULES, compute_share

_MARKS = {"cautious": "C", "referring": "R", "sceptical": "S", "no reason clause": "N"}
_SHOWN_WORDS = 5
_SHOWN_TERMS = 30
_MIN_OPTIONS = 6


def describe_guessability(measured: CueMeasures, module: str | None = None) -> str:
    """Return the report as text; with ``module``, list only the questions of that module."""
    items = [item for item in measured.items if module in (None, item.module)]
    lines = [*_table(measured), "", *_excesses(measured), "", *_terms(measured.items, "all modules")]
    if module:
        lines += _terms(items, module)
    lines += ["", *_questions(measured, items)]
    return "\n".join(lines)


def _table(measured: CueMeasures) -> Iterator[str]:
    modules = list(dict.fromkeys(item.module for item in measured.items))
    chance = sum(item.chance for item in measured.items) / max(1, len(measured.items))
    yield (
        f"{len(measured.items)} single-answer questions, options only: share of keys found, in per cent (95% interval). "
        f"Chance is {chance * 100:.0f}. Above its limit: !"
    )
    yield f"{'':<28}{'all':<15}" + "".join(f"{name[:14]:<15}" for name in modules) + "if one stands out"
    by_attack: dict[str, dict[str, CueMeasure]] = {}
    for found in measured.measures:
        by_attack.setdefault(found.attack, {})[found.module] = found
    for attack, by_module in by_attack.items():
        cells = "".join(f"{_cell(by_module.get(name)):<15}" for name in ("", *modules))
        decided = by_module[""].decided
        yield f"{attack:<28}{cells}{_rate(decided) + f' of {decided.questions}' if decided else ''}".rstrip()


def _cell(found: CueMeasure | None) -> str:
    return _rate(found.overall) + "!" * found.is_above if found and found.overall.questions else "-"


def _rate(outcome: AttackOutcome) -> str:
    low, high = outcome.interval
    return f"{outcome.rate * 100:.0f} ({low * 100:.0f}-{high * 100:.0f})"


def _excesses(measured: CueMeasures) -> Iterator[str]:
    if not measured.excesses:
        yield "every limited attack is within its limit"
        return
    yield "above the limit"
    for found in measured.excesses:
        yield f"  {describe_excess(found)}; {found.allowed} at most"


def _terms(items: Sequence[CueItem], where: str) -> Iterator[str]:
    """Yield the words whose options are right unusually often or seldom, the least likely by chance first."""
    options, right = Counter[str](), Counter[str]()
    expected: dict[str, float] = {}
    for item in items:
        for at, text in enumerate(item.options):
            for term in count_terms(text):
                options[term] += 1
                right[term] += at == item.key
                expected[term] = expected.get(term, 0.0) + item.chance
    unlikely = {
        term: (right[term] - expected[term]) / sqrt(expected[term] * (1 - expected[term] / options[term]))
        for term, count in options.items()
        if count >= _MIN_OPTIONS
    }
    ranked = sorted(unlikely, key=lambda term: (-unlikely[term], term))
    for title, some in (("right", ranked), ("wrong", ranked[::-1])):
        listed = [f"{term} {right[term]}/{options[term]}" for term in some[:_SHOWN_TERMS] if abs(unlikely[term]) > 1]
        yield f"{where}, words of {title} options (right/all): " + (", ".join(listed) or "none")


def _questions(measured: CueMeasures, items: Sequence[CueItem]) -> Iterator[str]:
    yield (
        "questions, most guessable first: key found in per cent of trials cross-validated / by the other modules; chance given to the key; "
        "rules that find it"
    )
    yield "(C cautious, R referring, S sceptical, N no reason clause); + words for the key, - words against a distractor"
    for item in sorted(items, key=lambda item: (-_score(measured, item), item.id)):
        validated, across = measured.validated[item.id], measured.across[item.id]
        marks = "".join(letter for name, letter in _MARKS.items() if compute_share(RULES[name], item) > item.chance)
        told = {
            term: validated.telling.get(term, 0.0) / validated.tries + across.telling.get(term, 0.0)
            for term in validated.telling.keys() | across.telling.keys()
        }
        yield (
            f"  {item.id:<30} {validated.found_share * 100:>3.0f}/{across.found_share * 100:<3.0f} {_score(measured, item) * 100:>3.0f}  "
            f"{marks:<4} {_telling(item, told)}"
        )


def _score(measured: CueMeasures, item: CueItem) -> float:
    """Return the probability that the classifier gives the key, averaged over both kinds of trials."""
    return (measured.validated[item.id].believed_share + measured.across[item.id].believed_share) / 2


def _telling(item: CueItem, told: Mapping[str, float]) -> str:
    key = count_terms(item.options[item.key])
    ranked = sorted(told, key=lambda term: (-told[term], term))
    for_key = [term for term in ranked if term in key and told[term] > 0][:_SHOWN_WORDS]
    against = [term for term in ranked if term not in key and told[term] > 0][:_SHOWN_WORDS]
    return f"+ {', '.join(for_key) or 'nothing'}  - {', '.join(against) or 'nothing'}"
