"""The key of a patient case, and what a path earns by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.kinds.base import require_key
from app.domain.kinds.case_steps import CaseStep


@dataclass(frozen=True, slots=True)
class CaseKey:
    """``best`` is the best path. The other fields are by option, except for ``cited``, the sources of each step.

    ``shares`` are what each option earns of its step (0 to 1), ``ahead`` the fewest choices that follow it, ``harms``
    what a harmful one would have done. ``chance`` is the average of blind guessing. A correction's key has only a path.
    """

    best: tuple[int, ...]
    shares: tuple[float, ...] = ()
    ahead: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    harms: tuple[str | None, ...] = ()
    cited: tuple[tuple[str, ...], ...] = ()
    chance: float | None = None

    def __post_init__(self) -> None:
        require_key(self.best)


def credit_option(key: CaseKey, option: int) -> float:
    return key.shares[option] if key.shares else float(option in key.best)


def mark_path(key: CaseKey, path: Sequence[int]) -> float:
    """Return the points of a path of at least one choice: max(0, 1 - loss / number of choices on the best path).

    Each choice loses what its option does not earn. A choice that was not made loses 1: those that an unfinished case
    would still need, or those by which a case ended too early. A detour costs the choice that led to it and the losses
    on it, but no more, and stopping never pays.
    """
    best = len(key.best)
    not_made = max(key.ahead[path[-1]] if key.ahead else 0, best - len(path))
    loss = sum(1 - credit_option(key, option) for option in path) + not_made
    return max(0.0, 1 - loss / best)


def build_key(
    steps: Sequence[CaseStep],
    shares: Sequence[float],
    reasons: Sequence[str],
    harms: Sequence[str | None],
    sources: Sequence[Sequence[str]],
) -> CaseKey:
    """Return the key of a case without cycles in which each step has an option that earns everything.

    The best path is the shortest one on which every choice earns everything.
    """
    ahead = [0] * len(shares)

    def count_ahead(at: int | None) -> int:
        if at is None:
            return 0
        for link in steps[at].links:
            ahead[link.option] = count_ahead(link.next)
        return 1 + min(ahead[link.option] for link in steps[at].links)

    def find_best(at: int | None) -> tuple[int, ...]:
        if at is None:
            return ()
        paths = [(link.option, *find_best(link.next)) for link in steps[at].links if shares[link.option] == 1]
        return min(paths, key=len)

    count_ahead(0)
    key = CaseKey(
        find_best(0), tuple(shares), tuple(ahead), tuple(reasons), tuple(harms), tuple(tuple(one) for one in sources)
    )

    def expect(at: int, path: tuple[int, ...]) -> float:
        links = steps[at].links
        return sum(
            mark_path(key, [*path, link.option]) if link.next is None else expect(link.next, (*path, link.option))
            for link in links
        ) / len(links)

    return replace(key, chance=round(expect(0, ()), 4))
