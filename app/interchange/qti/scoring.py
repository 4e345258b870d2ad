"""Find out by trial what each answer to an item earns, and which feedback it shows.

All versions of QTI score by rules that an author may write freely. These functions need no more than a probe: a function
that runs the rules for one answer. An answer that earns the most is right, whatever the rules look like.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from app.content.interactions import Note, Severity

MOST_ALTERNATIVES = 100
"""More options, answers or limits than this are not a question."""

_MOST_COMBINED = 10
"""With more options, not all combinations are tried."""

ALL_OR_NOTHING = Note(
    Severity.CHANGED, "only a fully right answer earned points there; here each right part earns its share"
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What one answer earned, in points of the item, and what chooses its feedback."""

    points: float
    shown: frozenset[tuple[str, str]] = frozenset()


Probe = Callable[[Sequence[str]], Trial]
"""Runs the rules of an item for the values of one response."""


@dataclass(frozen=True, slots=True)
class ChoiceScores:
    """The share of the mark of each option, in the order of the options."""

    fractions: tuple[float, ...]
    trials: tuple[Trial, ...]
    best: Trial
    right: frozenset[int] = frozenset()
    mark: float = 1.0
    notes: tuple[Note, ...] = field(default=())


def score_options(
    probe: Probe,
    names: Sequence[str],
    declared: Iterable[str],
    *,
    is_multiple: bool,
    combined: Iterable[Iterable[str]] = (),
) -> ChoiceScores:
    """Score the options ``names``.

    ``declared`` are those that the item calls correct, and ``combined`` are combinations that its rules mention.
    """
    trials = tuple(probe((name,)) for name in names)
    known = frozenset(at for at, name in enumerate(names) if name in set(declared))
    if is_multiple:
        mentioned = [frozenset(at for at, name in enumerate(names) if name in set(some)) for some in combined]
        return _score_several(probe, names, trials, [known, *mentioned[:MOST_ALTERNATIVES]])
    most = max((trial.points for trial in trials), default=0.0)
    if most <= 0:
        return _score_declared(probe, names, trials, known)
    fractions = tuple(limit(trial.points / most) for trial in trials)
    right = frozenset(at for at, fraction in enumerate(fractions) if fraction == 1)
    return ChoiceScores(fractions, trials, trials[min(right)], right, most)


def _score_declared(
    probe: Probe, names: Sequence[str], trials: tuple[Trial, ...], known: frozenset[int]
) -> ChoiceScores:
    """Score by the options that the item calls correct, since no answer that was tried earned anything."""
    best = probe([names[at] for at in sorted(known)])
    fractions = tuple(1 / len(known) if at in known else 0.0 for at in range(len(names)))
    reason = (
        "no answer earns points; what the file calls correct was taken" if known else "the file names no right answer"
    )
    return ChoiceScores(fractions, trials, best, known, 1.0, (Note(Severity.WARNING, reason),))


def _score_several(
    probe: Probe, names: Sequence[str], trials: tuple[Trial, ...], mentioned: Sequence[frozenset[int]]
) -> ChoiceScores:
    right = _find_best(probe, names, trials, mentioned)
    best = probe([names[at] for at in sorted(right)])
    if best.points <= 0:
        return _score_declared(probe, names, trials, mentioned[0])
    nothing = probe(()).points
    singles = [trials[at].points - nothing for at in range(len(names))]
    is_additive = abs(sum(singles[at] for at in right) - best.points) < 1e-6 * max(1.0, best.points)
    fractions = []
    for at, name in enumerate(names):
        if at in right:
            fractions.append(limit(singles[at] / best.points) if is_additive else 1 / len(right))
        else:
            worse = probe([*(names[other] for other in sorted(right)), name]).points - best.points
            fractions.append(limit(worse / best.points) if is_additive else 0.0)
    notes = () if is_additive else (ALL_OR_NOTHING,)
    return ChoiceScores(tuple(fractions), trials, best, right, best.points, notes)


def _find_best(
    probe: Probe, names: Sequence[str], trials: Sequence[Trial], mentioned: Sequence[frozenset[int]]
) -> frozenset[int]:
    """Return the smallest set of options that earns the most.

    The first of ``mentioned`` is what the item calls correct; only if that earns nothing, all sets are tried.
    """
    every = range(len(names))
    tried = [*mentioned, frozenset(at for at, trial in enumerate(trials) if trial.points > 0), frozenset(every)]
    known = mentioned[0]
    if len(names) <= _MOST_COMBINED and not (known and probe([names[at] for at in sorted(known)]).points > 0):
        tried += [frozenset(some) for count in every for some in combinations(every, count)]
    marked = [(probe([names[at] for at in sorted(some)]).points, -len(some), some) for some in tried if some]
    return max(marked, key=lambda one: one[:2])[2] if marked else frozenset()


@dataclass(frozen=True, slots=True)
class ScoredText:
    text: str
    fraction: float
    trial: Trial
    is_exact: bool


def score_texts(probe: Probe, candidates: Iterable[str]) -> tuple[list[ScoredText], float]:
    """Score typed answers, and return those that earn something or get feedback, and the largest mark.

    A candidate may have ``*`` for any text; then nonsense is tried in its place. Candidates keep their order.
    """
    nothing = probe((NONSENSE,))
    tried = [(text, probe((_fill(text),))) for text in dict.fromkeys(candidates) if text.strip()]
    most = max((trial.points for _, trial in tried), default=0.0)
    if most <= 0:
        return [], 1.0
    found = [
        ScoredText(text, max(0.0, limit(trial.points / most)), trial, _is_exact(probe, _fill(text), trial))
        for text, trial in tried
        if trial.points > 0 or trial.shown != nothing.shown
    ]
    return found, most


NONSENSE = "zqxj wkvb"
"""An answer that no author expects."""


def _fill(text: str) -> str:
    """Put something into the gaps, so that no other accepted text fits."""
    return text.replace("*", "zqxj")


def _is_exact(probe: Probe, text: str, trial: Trial) -> bool:
    """Whether the other case of the letters earns something else. "ı" stays: its capital is that of another letter, "i"."""
    other = "".join(one.swapcase() if one.swapcase().casefold() == one.casefold() else one for one in text)
    return other != text and probe((other,)).points != trial.points


@dataclass(frozen=True, slots=True)
class ScoredRange:
    """All numbers from ``low`` to ``high`` earn this share."""

    low: float
    high: float
    fraction: float
    trial: Trial
    is_open: bool = False


def score_numbers(probe: Probe, limits: Iterable[float]) -> tuple[list[ScoredRange], float]:
    """Score numbers, and return the ranges that earn something, the best first, and the largest mark.

    ``limits`` are all numbers at which the points may change: they are tried, and a number between each two.

    :raise OverflowError: a range has no end.
    """
    ends = sorted(set(limits))[: MOST_ALTERNATIVES * 4]
    if not ends:
        return [], 1.0
    step = max(1.0, abs(ends[0]), abs(ends[-1]))
    points: list[float] = [ends[0] - step]
    for one, other in pairwise(ends):
        points += [one, (one + other) / 2]
    points += [ends[-1], ends[-1] + step]
    trials = [probe((repr(number),)) for number in points]
    most = max(trial.points for trial in trials)
    if most <= 0:
        return [], 1.0
    if max(trials[0].points, trials[-1].points) > 0:
        raise OverflowError
    found: dict[tuple[float, float], ScoredRange] = {}
    for level in sorted({trial.points for trial in trials if trial.points > 0}, reverse=True):
        for first, last in _list_runs([trial.points >= level for trial in trials]):
            # Odd places are limits. A run that begins or ends between two of them ends at the limit outside it.
            low, high = points[first - (first % 2 == 0)], points[last + (last % 2 == 0)]
            middle = next(trial for trial in trials[first : last + 1] if trial.points == level or level < most)
            is_open = first % 2 == 0 or last % 2 == 0
            found.setdefault((low, high), ScoredRange(low, high, limit(level / most), middle, is_open))
    return list(found.values()), most


def _list_runs(flags: Sequence[bool]) -> Iterable[tuple[int, int]]:
    start = None
    for at, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = at
        elif not flag and start is not None:
            yield start, at - 1
            start = None


def limit(fraction: float) -> float:
    """Return a share between -1 and 1, without the traces of arithmetic."""
    return max(-1.0, min(1.0, round(fraction, 7))) + 0.0
