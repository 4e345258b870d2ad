"""Muscles and places mistaken for one another: what was pointed at on the body map when something else was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.analysis import choices as chosen
from app.domain.analysis import mistaken
from app.domain.analysis.choices import Choices
from app.domain.analysis.items import Answers
from app.domain.analysis.mistaken import Asked, Matrix
from app.domain.content import Kind
from app.domain.question import Shown
from app.models import Assignment
from app.services import answered, catalogue
from app.services.answered import Counting
from app.services.question_figures import told

RIGHT_PLACE = "a right place"

_MUSCLE = re.compile(r"trigger point of (?:the )?(.+?)[.,?]")
"""How the course's questions name the muscle whose cross they show; any other question is named by its stem."""


@dataclass(frozen=True, slots=True)
class Mistaken:
    """``muscles``: whose pain is shaded, and which muscle was pointed at. ``places``: whose cross is shown, and where its pain was put."""

    muscles: Matrix
    places: Matrix

    @property
    def is_empty(self) -> bool:
        return not (self.muscles.rows or self.places.rows)


def of(shown: Mapping[int, Shown], choices: Mapping[int, Choices]) -> Mistaken:
    """The matrices from what was chosen of each question version."""
    on_map = [one for one in shown.values() if is_on_map(one)]
    muscles = [_asked(one, choices[one.version_id]) for one in on_map if _shows_pain(one)]
    places = [_asked(one, choices[one.version_id]) for one in on_map if not _shows_pain(one)]
    return Mistaken(mistaken.matrix(muscles), mistaken.matrix(places, right=RIGHT_PLACE))


def read(session: Session, assignment: Assignment, counting: Counting) -> Mistaken:
    """The matrices of an assignment, from the questions on the map alone: two statements and the catalogue."""
    had = answered.presented(session, assignment, counting)
    shown = {version_id: one for version_id, one in catalogue.shown(session, had).items() if is_on_map(one)}
    keys = catalogue.keys(session, shown)
    wrong = answered.wrong(session, assignment, counting, shown) if shown else {}
    nobody = Answers((), (), (), ())

    def tally(one: Shown) -> Choices:
        given = wrong.get(one.version_id, nobody)
        unread = had[one.version_id] - len(given)
        return chosen.tally(one.kind, keys[one.version_id].key, len(one.options), given, unread)

    return of(shown, {version_id: tally(one) for version_id, one in shown.items()})


def is_on_map(shown: Shown) -> bool:
    """Whether a question is answered by pointing at the body map, and not at another picture."""
    return shown.kind is Kind.REGION and "picture--map" in (shown.picture or "")


def _shows_pain(shown: Shown) -> bool:
    return 'class="pain--' in (shown.picture or "")


def _asked(shown: Shown, choices: Choices) -> Asked:
    wrong = {told(shown, one.part): len(one) for one in _wrong(choices)}
    right = choices.answered - sum(wrong.values())
    return Asked(_name(shown, choices), choices.answered, right, wrong, frozenset(shown.options))


def _wrong(choices: Choices) -> Iterable[chosen.Choice]:
    return (one for one in choices.choices if not one.is_right and one.at)


def _name(shown: Shown, choices: Choices) -> str:
    """The muscle: the one right region where muscles are pointed at, else the one that the stem names."""
    if _shows_pain(shown):
        return next((told(shown, one.part) for one in choices.choices if one.is_right), shown.stem)
    found = _MUSCLE.search(shown.stem)
    return found[1][0].upper() + found[1][1:] if found else shown.stem
