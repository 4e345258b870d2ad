"""Muscles and places mistaken for one another: what was pointed at on the body map when something else was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.analysis import choices as chosen
from app.domain.analysis import mistaken
from app.domain.analysis.choices import Choices
from app.domain.analysis.items import Answers
from app.domain.analysis.mistaken import Asked, Matrix
from app.domain.content import Key, Kind
from app.domain.question import Explained, Shown
from app.models import Assignment, MuscleRow, ZoneRow
from app.services.course import catalogue
from app.services.insights import answered
from app.services.insights.answered import Counting
from app.services.insights.question_figures import told

RIGHT_PLACE = "a right place"


@dataclass(frozen=True, slots=True)
class Mistaken:
    """``muscles``: whose pain is shaded, and which muscle was pointed at. ``places``: whose cross is shown, and where its pain was put."""

    muscles: Matrix
    places: Matrix

    @property
    def is_empty(self) -> bool:
        return not (self.muscles.rows or self.places.rows)


def of(
    session: Session, shown: Mapping[int, Shown], keys: Mapping[int, Explained], choices: Mapping[int, Choices]
) -> Mistaken:
    """The matrices from what was chosen of each question version: at most two statements, none where nothing is asked on the map."""
    muscles, places = [], []
    charts: list[_Chart] | None = None
    for version_id, one in shown.items():
        if not is_on_map(one):
            continue
        if _shows_pain(one):
            name = next((one.options[index] for index in keys[version_id].key.correct), one.stem)
            muscles.append(_asked(name, one, choices[version_id]))
        else:
            charts = charts if charts is not None else _charts(session)
            places.append(_asked(_muscle(one, keys[version_id].key, charts), one, choices[version_id]))
    return Mistaken(mistaken.matrix(muscles), mistaken.matrix(places, right=RIGHT_PLACE))


def read(session: Session, assignment: Assignment, counting: Counting) -> Mistaken:
    """The matrices of an assignment, from the questions on the map alone: four statements and the catalogue."""
    had = answered.presented(session, assignment, counting)
    shown = {version_id: one for version_id, one in catalogue.shown(session, had).items() if is_on_map(one)}
    keys = catalogue.keys(session, shown)
    wrong = answered.wrong(session, assignment, counting, shown) if shown else {}
    nobody = Answers((), (), (), ())

    def tally(one: Shown) -> Choices:
        given = wrong.get(one.version_id, nobody)
        unread = had[one.version_id] - len(given)
        return chosen.tally(one.kind, keys[one.version_id].key, len(one.options), given, unread)

    return of(session, shown, keys, {version_id: tally(one) for version_id, one in shown.items()})


def is_on_map(shown: Shown) -> bool:
    """Whether a question is answered by pointing at the body map, and not at another picture."""
    return shown.kind is Kind.REGION and "picture--map" in (shown.picture or "")


def _shows_pain(shown: Shown) -> bool:
    return 'class="pain--' in (shown.picture or "")


def _asked(name: str, shown: Shown, choices: Choices) -> Asked:
    wrong = {told(shown, one.part): len(one) for one in choices.choices if not one.is_right and one.at}
    return Asked(name, choices.answered, choices.answered - sum(wrong.values()), wrong, frozenset(shown.options))


@dataclass(frozen=True, slots=True)
class _Chart:
    """A muscle by the names of the places where its pain goes."""

    name: str
    main: frozenset[str]
    spill: frozenset[str]


def _charts(session: Session) -> list[_Chart]:
    places = {row.slug: row.body["name"] for row in session.scalars(select(ZoneRow))}

    def named(slugs: Iterable[str]) -> frozenset[str]:
        return frozenset(places[slug] for slug in slugs if slug in places)

    bodies = (row.body for row in session.scalars(select(MuscleRow).order_by(MuscleRow.position)))
    return [_Chart(body["name"], named(body["main"]), named(body["spill"])) for body in bodies]


def _muscle(shown: Shown, key: Key, charts: Iterable[_Chart]) -> str:
    """The one muscle whose chart has this key, or else the right places themselves.

    A question shows the muscle by its cross, and need not name it. The checker holds its key against the charts: what is right is a main zone,
    what is near a spill-over zone, and nothing else is either.
    """
    right, near = {shown.options[index] for index in key.correct}, {shown.options[index] for index in key.near}
    rest = set(shown.options) - right - near
    found = [
        one.name for one in charts if right <= one.main and near <= one.spill and not rest & (one.main | one.spill)
    ]
    return found[0] if len(found) == 1 else " or ".join(sorted(right))
