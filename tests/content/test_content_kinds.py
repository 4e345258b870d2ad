"""Questions that are matched, put in order, counted or pointed at: what their files mean, and each fault with file and line."""

from __future__ import annotations

import pytest

from app.content.loader import load_course
from app.domain.content import Question
from app.domain.kinds.match import MatchKey
from app.domain.kinds.numeric import NumericKey
from app.domain.kinds.order import OrderKey
from app.domain.kinds.region import RegionKey
from tests.conftest import ROOT
from tests.support.course_folder import Folder
from tests.support.question_kinds import MARKED_BY_KEY

QUESTIONS = """\
- id: k-match
  objective: band
  level: recall
  kind: match
  use: practice
  stem: What belongs together?
  pairs:
    - left: Band
      right: A narrow strip
      why: It is felt across.
    - left: Twitch
      right: A brief jerk
      why: It is over at once.
    - left: Cramp
      right: A long pull
      why: It lasts.
  extra: [A dull noise]
  explanation: Three words.
  sources: [TS-1999]
- id: k-order
  objective: band
  level: apply
  kind: order
  use: practice
  stem: What comes first?
  steps:
    - text: Look
      why: Eyes first.
    - text: Ask
      why: Then the patient.
    - text: Touch
      why: Hands last.
  explanation: Look, ask, touch.
  sources: [TS-1999]
- id: k-count
  objective: band
  level: apply
  kind: numeric
  use: practice
  stem: How long is it?
  answer:
    value: -1.5
    tolerance: 0.25
    unit: cm
  explanation: It was measured.
  sources: [TS-1999]
- id: k-point
  objective: band
  level: apply
  kind: region
  use: practice
  stem: Where is it?
  picture: spots
  options:
    - text: The upper one
      region: upper
      correct: true
      why: There it is.
    - text: The lower one
      region: lower
      near: true
      why: Close by.
    - text: The one beside
      region: beside
      why: Too far.
  explanation: It is above.
  sources: [TS-1999]
"""

PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 90">
  <title>Three spots</title>
  <circle class="region" data-region="upper" cx="20" cy="20" r="9"/>
  <circle class="region" data-region="lower" cx="20" cy="60" r="9"/>
  <circle class="region" data-region="beside" cx="60" cy="20" r="9"/>
  <text class="region__letter" data-letter="upper" x="20" y="20"/>
  <text class="region__letter" data-letter="lower" x="20" y="60"/>
  <text class="region__letter" data-letter="beside" x="60" y="20"/>
</svg>
"""

FILE, DRAWING = "1-basics/questions/kinds.yaml", "1-basics/figures/spots.svg"


@pytest.fixture
def kinds(folder: Folder) -> Folder:
    folder.write(FILE, QUESTIONS)
    folder.write(DRAWING, PICTURE)
    return folder


def _questions(kinds: Folder) -> dict[str, Question]:
    return {one.kind: one for one in kinds.course().modules[0].questions if one.id.startswith("k-")}


def test_what_the_author_wrote_becomes_what_is_asked_and_its_key(kinds: Folder) -> None:
    found = _questions(kinds)

    match, order, count, point = (found[kind] for kind in ("match", "order", "numeric", "region"))
    assert match.prompts == ("Band", "Twitch", "Cramp")
    assert match.options == ("A narrow strip", "A brief jerk", "A long pull", "A dull noise")
    assert match.key == MatchKey((0, 1, 2), reasons=("It is felt across.", "It is over at once.", "It lasts."))
    assert order.options == ("Look", "Ask", "Touch")
    assert order.key == OrderKey((0, 1, 2), reasons=("Eyes first.", "Then the patient.", "Hands last."))
    assert (count.options, count.unit, count.key) == ((), "cm", NumericKey(-1.5, 0.25))
    assert point.key == RegionKey((0,), near=(1,), reasons=("There it is.", "Close by.", "Too far."))


def test_a_picture_names_its_regions_by_the_authors_order_alone(kinds: Folder) -> None:
    picture = _questions(kinds)["region"].picture

    assert picture
    assert 'data-region="0" cx="20"' in picture
    assert 'data-letter="2"' in picture
    assert "upper" not in picture


def test_a_figure_of_a_lesson_loses_the_names_of_its_regions(kinds: Folder) -> None:
    body = "## A {#a}\n\n::: figure spots\n**Spots.**\n\n***\n\nThree of them.\n:::\n"

    assert "data-" not in str(kinds.lesson(body).parts[0])


@pytest.mark.parametrize(
    ("name", "old", "new", "faults"),
    [
        (
            FILE,
            "  kind: match\n",
            "  kind: single\n",
            [
                "kinds.yaml:1: `options` is missing",
                "kinds.yaml:7: `pairs` does not belong",
                "kinds.yaml:17: `extra` does not belong",
            ],
        ),
        (
            FILE,
            "  kind: order\n",
            "  kind: numeric\n",
            ["kinds.yaml:20: `answer` is missing", "kinds.yaml:26: `steps` does not belong"],
        ),
        (
            FILE,
            "      right: A brief jerk",
            "      right: A narrow strip",
            ["kinds.yaml:12: pairs 1 and 2 say the same"],
        ),
        (FILE, "    - left: Twitch", "    - left: Band", ["kinds.yaml:11: pairs 1 and 2 say the same"]),
        (FILE, "    - text: Ask", "    - text: Look", ["kinds.yaml:29: steps 1 and 2 say the same"]),
        (FILE, "    value: -1.5", "    value: much", ["kinds.yaml:42: `value` of `answer` is not a number"]),
        (
            FILE,
            "    tolerance: 0.25",
            "    tolerance: -1",
            ["kinds.yaml:43: `tolerance` of `answer` is `-1`; expected 0 or more"],
        ),
        (FILE, "  picture: spots\n", "  picture: dots\n", ["kinds.yaml:53: the module has no figure `dots`"]),
        (FILE, "  picture: spots\n", "", ["kinds.yaml:47: `picture` is missing"]),
        (
            FILE,
            "      region: upper",
            "      region: uper",
            ["kinds.yaml:56: `spots` has no region `uper`", "kinds.yaml:54: no option names the region `upper`"],
        ),
        (
            FILE,
            "      region: upper\n",
            "",
            ["kinds.yaml:55: the option names no region", "kinds.yaml:54: no option names the region `upper`"],
        ),
        (
            FILE,
            "      region: lower\n",
            "      region: upper\n",
            ["kinds.yaml:60: options 1 and 2 say the same", "kinds.yaml:54: no option names the region `lower`"],
        ),
        (
            FILE,
            "      region: upper\n      correct: true",
            "      region: upper",
            ["kinds.yaml:54: no option is correct"],
        ),
        (
            FILE,
            "      near: true",
            "      near: true\n      correct: true",
            ["kinds.yaml:61: an option cannot be both right and near"],
        ),
        (
            DRAWING,
            '  <text class="region__letter" data-letter="lower" x="20" y="60"/>\n',
            "",
            ["kinds.yaml:60: the region `lower` has no place for its letter"],
        ),
        (
            DRAWING,
            'data-region="lower"',
            'data-region="Lower"',
            ['spots.svg:4: data-region="Lower" on <circle> is not understood'],
        ),
        (
            FILE,
            "    - left: Band\n      right: A narrow strip",
            "    - left: Narrow band\n      right: A narrow strip",
            ["kinds.yaml:9: only this pair has “narrow” on both sides"],
        ),
        (
            "1-basics/questions/band.yaml",
            "    - text: A narrow, hard strip",
            "    - region: upper\n      text: A narrow, hard strip",
            ["band.yaml:8: `region` of entry 1 of `options` does not belong to `kind: single`"],
        ),
    ],
)
def test_each_fault_is_named_with_file_and_line(
    kinds: Folder, name: str, old: str, new: str, faults: list[str]
) -> None:
    kinds.replace(name, old, new)

    shown = kinds.faults()

    for fault in faults:
        assert any(one.startswith(fault) for one in shown), shown
    assert len(shown) == len(faults), shown


def test_the_built_in_course_asks_in_every_way() -> None:
    course = load_course([ROOT / "questions"]).course
    assert course
    assert {question.kind for module in course.modules for question in module.questions} == {
        kind.name for kind in MARKED_BY_KEY
    }
