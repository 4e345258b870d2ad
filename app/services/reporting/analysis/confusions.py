"""Confusions on the body map: which muscle or place learners pointed at when another was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.analysis import choices as chosen
from app.domain.analysis import confusions
from app.domain.analysis.choices import ItemChoices
from app.domain.analysis.confusions import ConfusionItem, ConfusionMatrix
from app.domain.analysis.items import ItemResponses
from app.domain.question import QuestionSolution, QuestionText
from app.models import Assignment, MuscleRow, ZoneRow
from app.services.course import catalogue
from app.services.reporting.analysis import responses
from app.services.reporting.analysis.responses import AttemptChoice

RIGHT_PLACE = "a right place"


@dataclass(frozen=True, slots=True)
class MapConfusions:
    """Confusion matrices of the body map.

    ``muscles`` compares the muscle whose pain is shaded with the muscle that was chosen; ``places`` compares the muscle
    whose cross is shown with the place where learners put its pain.
    """

    muscles: ConfusionMatrix
    places: ConfusionMatrix

    @property
    def is_empty(self) -> bool:
        return not (self.muscles.rows or self.places.rows)


def build_confusions(
    session: Session,
    shown: Mapping[int, QuestionText],
    keys: Mapping[int, QuestionSolution],
    choices: Mapping[int, ItemChoices],
) -> MapConfusions:
    """Build the matrices from the choices made in each question version.

    Questions that are not on the map are ignored.
    """
    muscles, places = [], []
    charts: list[_PainChart] | None = None
    for version_id, one in shown.items():
        if not is_on_map(one):
            continue
        if _is_showing_pain(one):
            name = next(iter(_group_by_credit(one, keys[version_id])[1.0]), one.stem)
            muscles.append(_build_question(name, one, choices[version_id]))
        else:
            charts = charts if charts is not None else _load_charts(session)
            places.append(_build_question(_find_muscle(one, keys[version_id], charts), one, choices[version_id]))
    return MapConfusions(confusions.build_matrix(muscles), confusions.build_matrix(places, right=RIGHT_PLACE))


def load_confusions(session: Session, assignment: Assignment, counting: AttemptChoice) -> MapConfusions:
    """Load the matrices of an assignment, reading only the responses to questions on the map."""
    had = responses.count_presented(session, assignment, counting)
    shown = {version_id: one for version_id, one in catalogue.get_texts(session, had).items() if is_on_map(one)}
    keys = catalogue.get_solutions(session, shown)
    wrong = responses.list_wrong(session, assignment, counting, shown) if shown else {}
    nobody = ItemResponses((), (), (), ())

    def tally(one: QuestionText) -> ItemChoices:
        given = wrong.get(one.version_id, nobody)
        unread = had[one.version_id] - len(given)
        return chosen.tally(one.kind, keys[one.version_id].key, len(one.options), given, unread)

    return build_confusions(session, shown, keys, {version_id: tally(one) for version_id, one in shown.items()})


def is_on_map(shown: QuestionText) -> bool:
    """Whether the question's picture is the body map."""
    return "picture--map" in (shown.picture or "")


def _is_showing_pain(shown: QuestionText) -> bool:
    return 'class="pain--' in (shown.picture or "")


def _build_question(name: str, shown: QuestionText, choices: ItemChoices) -> ConfusionItem:
    wrong = {
        shown.kind.describe_part(shown, one.part): len(one) for one in choices.choices if not one.is_right and one.at
    }
    return ConfusionItem(
        name, choices.answered, choices.answered - sum(wrong.values()), wrong, frozenset(shown.options)
    )


@dataclass(frozen=True, slots=True)
class _PainChart:
    """A muscle with the names of the places where its pain is felt."""

    name: str
    main: frozenset[str]
    spill: frozenset[str]


def _load_charts(session: Session) -> list[_PainChart]:
    places = {row.slug: row.body["name"] for row in session.scalars(select(ZoneRow))}

    def get_names(slugs: Iterable[str]) -> frozenset[str]:
        return frozenset(places[slug] for slug in slugs if slug in places)

    bodies = (row.body for row in session.scalars(select(MuscleRow).order_by(MuscleRow.position)))
    return [_PainChart(body["name"], get_names(body["main"]), get_names(body["spill"])) for body in bodies]


def _find_muscle(shown: QuestionText, explained: QuestionSolution, charts: Iterable[_PainChart]) -> str:
    """Return the only muscle whose chart matches the key, or else the right places.

    A question shows the muscle by its cross and need not name it. The content checker compares its key with the charts:
    right options are main zones, near ones are spill-over zones, and all other options are neither.
    """
    worth = _group_by_credit(shown, explained)
    right, rest = set(worth.pop(1.0)), set(worth.pop(0.0))
    near = {option for options in worth.values() for option in options}
    found = [
        one.name for one in charts if right <= one.main and near <= one.spill and not rest & (one.main | one.spill)
    ]
    return found[0] if len(found) == 1 else " or ".join(sorted(right))


def _group_by_credit(shown: QuestionText, explained: QuestionSolution) -> dict[float, list[str]]:
    """Group the options by credit; the keys 1 (right) and 0 (wrong) are always present."""
    found: dict[float, list[str]] = {1.0: [], 0.0: []}
    for index, option in enumerate(shown.options):
        found.setdefault(shown.kind.credit(explained.key, index), []).append(option)
    return found
