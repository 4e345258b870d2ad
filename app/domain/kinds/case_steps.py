"""The steps of a patient case, how they are stored, and how a path leads through them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

from app.domain.attempt import InvalidAnswer
from app.domain.kinds.base import Response

FIELD_PREFIX = "case-"

ITEM_START = "\n- "
"""What comes before each item of a list in what a step shows."""


_LABEL = re.compile(r"^\*\*(.+?)\*\*:")


@dataclass(frozen=True, slots=True)
class CaseLink:
    """What follows an option: the text that appears next, and the index of the next step; None ends the case."""

    option: int
    then: str | None
    next: int | None


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One decision: the findings that everybody sees who gets here, the question, and the options with what follows.

    ``shows`` may end in a list, each item of which follows :data:`ITEM_START`.
    """

    shows: str | None
    asks: str
    links: tuple[CaseLink, ...]

    def get_link(self, option: int) -> CaseLink | None:
        return next((link for link in self.links if link.option == option), None)


@dataclass(frozen=True, slots=True)
class PathChoice:
    """One choice of a path: the index of its step, what was found there, and the option with what follows."""

    at: int
    findings: tuple[str, ...]
    link: CaseLink


@dataclass(frozen=True, slots=True)
class CasePath:
    """The choices made so far, and the index of the open step; None if the case has ended.

    ``findings`` are what the open step shows, or the outcome.
    """

    choices: tuple[PathChoice, ...]
    open_at: int | None
    findings: tuple[str, ...]


def write_step(step: CaseStep) -> str:
    """Return a step as a prompt; the inverse of :func:`parse_steps`."""
    return json.dumps(asdict(step), ensure_ascii=False)


@lru_cache(maxsize=256)
def parse_steps(prompts: tuple[str, ...]) -> tuple[CaseStep, ...]:
    """Return the steps of a case from its prompts."""
    documents = [json.loads(prompt) for prompt in prompts]
    return tuple(
        CaseStep(one["shows"], one["asks"], tuple(CaseLink(**link) for link in one["links"])) for one in documents
    )


def follow_path(steps: Sequence[CaseStep], response: Response | None) -> CasePath:
    """Return where a response leads.

    :raise InvalidAnswer: it has an option that its step does not have.
    """
    choices: list[PathChoice] = []
    at: int | None = 0
    findings = _list_findings(None, steps[0])
    for option in get_path(response):
        link = None if at is None else steps[at].get_link(option)
        if at is None or link is None:
            raise InvalidAnswer
        choices.append(PathChoice(at, findings, link))
        at = link.next
        findings = _list_findings(link.then, None if at is None else steps[at])
    return CasePath(tuple(choices), at, findings)


def _list_findings(then: str | None, step: CaseStep | None) -> tuple[str, ...]:
    """Return what followed the last choice, then what everybody sees who gets to the step."""
    return tuple(text for text in (then, step.shows if step else None) if text)


def get_path(response: Response | None) -> list[int]:
    return [option for option in response or () if isinstance(option, int)]


def list_in_order(step: CaseStep, place_of: Mapping[int, int]) -> list[int]:
    """Return the options of a step in the order of the page."""
    return sorted((link.option for link in step.links), key=place_of.__getitem__)


def name_field(step: CaseStep, place_of: Mapping[int, int]) -> str:
    """Return the name of a step's field. It is a place on the paper, so it does not tell which step of how many this is."""
    return f"{FIELD_PREFIX}{min(place_of[link.option] for link in step.links)}"


def is_naming_options(step: CaseStep, options: Sequence[str]) -> bool:
    """Whether the list of a step begins each item with the name of an option, as in "**Test P**: lift the arm".

    Such options need no letters: "A. Test P" would name one thing twice.
    """
    items = (step.shows or "").split(ITEM_START)[1:]
    labels = tuple(label[1] for label in map(_LABEL.match, items) if label)
    return bool(labels) and all(options[link.option].startswith(labels) for link in step.links)
