"""Which feedback of an item belongs to which answer: what is shown for it, and not for every other one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from app.content.interactions import Note, Severity
from app.interchange.bank import RefusedItemError
from app.interchange.qti.scoring import Trial


@dataclass(frozen=True, slots=True)
class ShownFeedback:
    """A text that is shown if an outcome has a value (``is_shown``), or unless it has.

    ``owner`` is the choice that contains it.
    """

    outcome: str
    value: str
    text: str
    is_shown: bool = True
    owner: str | None = None

    def appears(self, trial: Trial) -> bool:
        return ((self.outcome, self.value) in trial.shown) == self.is_shown


@dataclass
class FeedbackSorter:
    """Sorts the feedback of one item. Feedback that no answer shows is noted at the end."""

    texts: Sequence[ShownFeedback]
    used: set[int] = field(default_factory=set)
    _general: set[int] = field(default_factory=set)

    def find_general(self, trials: Iterable[Trial]) -> list[str]:
        """Return the texts that are shown after each of these answers."""
        every = list(trials)
        return self._take(lambda one: one.owner is None and bool(every) and all(map(one.appears, every)))

    def find_all(self) -> list[str]:
        """Return every text that is not used yet."""
        return self._take(lambda one: True)

    def find_own(self, trial: Trial, owner: str | None = None) -> str:
        """Return the texts that this answer shows, but not the general ones."""
        shown = [
            at
            for at, one in enumerate(self.texts)
            if at not in self._general and one.appears(trial) and one.owner in (None, owner)
        ]
        self.used |= set(shown)
        return join(self.texts[at].text for at in shown)

    def find_inside(self, owner: str) -> str:
        """Return the texts that stand inside a choice."""
        return join(self._take(lambda one: one.owner == owner, general=False))

    def find_shared(self, best: Trial, others: Sequence[Trial]) -> list[str]:
        """Return the texts without an owner that the best answer alone shows, or all others but not the best."""
        return self._take(
            lambda one: one.owner is None and {one.appears(trial) for trial in others} == {not one.appears(best)}
        )

    def find_rest(self, trials: Iterable[Trial]) -> list[str]:
        """Return the texts without an owner that are shown after some of these answers and are not used yet."""
        every = list(trials)
        return self._take(lambda one: one.owner is None and any(map(one.appears, every)))

    def list_unused(self) -> list[Note]:
        unused = [one for at, one in enumerate(self.texts) if at not in self.used and one.text]
        return [
            Note(Severity.LOST, f"the feedback “{one.text[:60]}” has no place here and was left out") for one in unused
        ]

    def _take(self, belongs: Callable[[ShownFeedback], bool], *, general: bool = True) -> list[str]:
        found = [at for at, one in enumerate(self.texts) if at not in self.used and belongs(one)]
        self.used |= set(found)
        if general:
            self._general |= set(found)
        return [self.texts[at].text for at in found if self.texts[at].text]


_MOST_TEXTS = 500


def take_texts(found: Iterable[ShownFeedback]) -> list[ShownFeedback]:
    """Return all feedback of an item.

    :raise RefusedItemError: there is more than any question has.
    """
    texts = list(islice(found, _MOST_TEXTS + 1))
    if len(texts) > _MOST_TEXTS:
        raise RefusedItemError(f"it has more than {_MOST_TEXTS} texts of feedback")
    return texts


def join(texts: Iterable[str]) -> str:
    """Return the different texts as paragraphs."""
    return "\n\n".join(dict.fromkeys(text for text in texts if text))
