"""Questions on the body map: the key is what the charts say, and the page learns places alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.content.loader import load_course
from app.domain.content import Question
from tests.support.course_folder import Folder

from .test_body_map_files import MUSCLES, ZONES

SECOND = (
    MUSCLES.replace("upper-trapezius", "deltoid")
    .replace("1146,288", "1242,356")
    .replace("main: [neck]", "main: [shoulder]")
    .replace("spill: [shoulder]", "spill: []")
)
QUESTIONS = """\
- id: band-map
  objective: band
  level: recall
  kind: region
  use: practice
  map: {views: [trunk-front, trunk-back], muscle: upper-trapezius}
  stem: Where does it send its pain, on the classic charts?
  options:
    - {text: Neck, region: neck, correct: true, why: The main zone.}
    - {text: Shoulder, region: shoulder, near: true, why: The spill-over.}
    - {text: Elbow, region: elbow, why: Neither.}
  explanation: It rises.
  sources: [TS-1999]
- id: band-pain
  objective: band
  level: recall
  kind: region
  use: practice
  map: {views: [trunk-back], pain: upper-trapezius}
  stem: Whose pain is it, on the classic charts?
  options:
    - {text: Trapezius, region: upper-trapezius, correct: true, why: It is.}
    - {text: Deltoid, region: deltoid, why: Its pain stays.}
  explanation: It rises.
  sources: [TS-1999]
"""
ELBOW = """\
- id: elbow
  name: Elbow
  group: shoulder-and-arm
  shapes:
    front: 160,500 180,500 180,520 160,520
"""
FILE = "1-basics/questions/map.yaml"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def asked(folder: Folder) -> Folder:
    folder.write("muscles.yaml", MUSCLES + SECOND.replace("spill: []", "spill: [elbow]"))
    folder.write("body-map/zones.yaml", ZONES + ELBOW)
    folder.write(FILE, QUESTIONS)
    return folder


def question(folder: Folder, name: str) -> Question:
    return next(one for one in folder.course().modules[0].questions if one.id == name)


def test_the_key_is_main_half_and_wrong(asked: Folder) -> None:
    key = question(asked, "band-map").key

    assert (key.correct, key.near) == ((0,), (1,))


def test_a_picture_names_no_muscle_and_no_zone(asked: Folder) -> None:
    """Fails when a name stands in the markup beside the place that it names."""
    for name in ("band-map", "band-pain"):
        picture = question(asked, name).picture or ""

        assert set(re.findall(r'data-(?:region|letter)="([^"]*)"', picture)) <= {"0", "1", "2"}
        for word in ("trapezius", "deltoid", "elbow"):
            assert word not in picture.lower()


def test_the_shaded_pain_is_said_in_words(asked: Folder) -> None:
    picture = question(asked, "band-pain").picture or ""

    assert 'aria-label="Body map with 2 lettered places. Shaded: neck. Dashed, in some people: shoulder."' in picture


def test_what_two_plates_show_is_asked_for_where_it_is_larger(asked: Folder) -> None:
    asked.replace(FILE, "[trunk-front, trunk-back]", "[front, trunk-front]")

    picture = question(asked, "band-map").picture or ""

    assert picture.count('data-region="0"') == picture.count('data-letter="0"') == 1


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "near: true, ",
            "",
            "map.yaml:10: `shoulder` is near on the charts, but wrong here; expected near, as in muscles.yaml [map-key]",
        ),
        (
            "region: elbow,",
            "region: elbow, near: true,",
            "map.yaml:11: `elbow` is wrong on the charts, but near here; expected wrong, as in muscles.yaml [map-key]",
        ),
        (
            "region: elbow",
            "region: elbwo",
            "map.yaml:11: `elbwo` is not among the zones; expected an id of body-map/zones.yaml [unknown-zone]",
        ),
        (
            "pain: upper-trapezius",
            "pain: trapezius",
            "map.yaml:19: `trapezius` is not among the muscles; expected an id of muscles.yaml [unknown-muscle]",
        ),
        (
            "[trunk-front, trunk-back]",
            "[trunk-back]",
            "map.yaml:9: `neck` cannot be seen in these views; expected views that show it [map-view]",
        ),
        (
            "it send its pain, on the classic charts",
            "it send its pain",
            "map.yaml:7: the stem does not say that it asks about the charts; expected the words “on the classic charts” [map-wording]",
        ),
        (
            ", muscle: upper-trapezius",
            "",
            "map.yaml:6: a map must either show a muscle's pain or ask for it; expected either `pain` or `muscle` [map]",
        ),
        (
            "trunk-front",
            "trunk",
            "map.yaml:6: entry 1 of `views` of `map` is `trunk`; expected one of front, back, side, sole",
        ),
        (
            "  map: {views: [trunk-back], pain: upper-trapezius}\n",
            "",
            "map.yaml:14: `picture` is missing; expected a field `picture` with `kind: region` [missing]",
        ),
    ],
)
def test_a_fault_is_told_with_its_line(asked: Folder, old: str, new: str, fault: str) -> None:
    asked.replace(FILE, old, new)

    assert any(one.startswith(fault) for one in asked.faults()), asked.faults()


@pytest.mark.parametrize("field", ["core: true", "verified: true"])
def test_no_question_asks_for_a_muscle_that_is_not_core_and_verified(asked: Folder, field: str) -> None:
    text = MUSCLES.replace(field, field.replace("true", "false"))
    asked.write("muscles.yaml", text + SECOND.replace("spill: []", "spill: [elbow]"))

    assert "is not both core and verified" in "\n".join(asked.faults())


def test_the_same_main_zones_would_both_be_right(asked: Folder) -> None:
    twin = SECOND.replace("main: [shoulder]", "main: [neck]").replace("spill: []", "spill: [shoulder, elbow]")
    asked.write("muscles.yaml", MUSCLES + twin)

    assert "`deltoid` has the same main zones as `upper-trapezius`" in "\n".join(asked.faults())


def test_a_faulty_map_is_not_blamed_on_its_questions(asked: Folder) -> None:
    asked.replace("body-map/zones.yaml", "group: head-and-neck", "group: head")

    assert not [fault for fault in asked.faults() if fault.startswith("map.yaml")]


def test_the_course_asks_on_the_map() -> None:
    course = load_course([ROOT / "questions"]).course
    assert course is not None
    asked = [
        one
        for module in course.modules
        for one in module.questions
        if one.kind == "region" and "picture--map" in (one.picture or "")
    ]

    assert len(asked) >= 15
    assert not any("lung" in one.stem.lower() for one in asked)
