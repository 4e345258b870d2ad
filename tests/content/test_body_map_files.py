"""Muscles and zones: every fault by file and line, and nothing published with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.content.loader import load_course
from app.domain.body_map import VIEW_WINDOWS, BodyView
from tests.support.course_folder import Folder

ZONES = """\
- id: neck
  name: Neck
  group: head-and-neck
  shapes:
    front: 330,250 350,250 350,290 330,290
- id: shoulder
  name: Shoulder
  group: shoulder-and-arm
  shapes:
    front: 200,320 240,320 240,360 200,360
    back: 1200,320 1240,320 1240,360 1200,360
"""

MUSCLES = """\
- id: upper-trapezius
  name: Trapezius, upper fibres
  group: head-and-neck
  core: true
  verified: true
  point:
    where: On its upper edge
    zone: neck
    back: 1146,288
  main: [neck]
  spill: [shoulder]
  pattern: Up the side of the neck.
  mimics:
    - Tension headache
  lung:
    overlies: true
    ask: true
    note: The top of the lung lies beneath.
  sources: [TS-1999]
"""

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def mapped(folder: Folder) -> Folder:
    folder.write("muscles.yaml", MUSCLES)
    folder.write("body-map/zones.yaml", ZONES)
    return folder


def test_it_works(mapped: Folder) -> None:
    course = mapped.course()

    [muscle] = course.muscles
    assert (muscle.main, muscle.spill, muscle.overlies_lung) == (("neck",), ("shoulder",), True)
    assert [zone.id for zone in course.zones] == ["neck", "shoulder"]
    assert len(course.zones[1].shapes[BodyView.BACK]) == 4


def test_a_course_needs_no_map(folder: Folder) -> None:
    assert folder.course().muscles == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        (
            "muscles.yaml",
            "main: [neck]",
            "main: [nekc]",
            "muscles.yaml:10: `nekc` is not among the zones; expected perhaps `neck` [unknown-zone]",
        ),
        (
            "muscles.yaml",
            "spill: [shoulder]",
            "spill: [shoulder, tail]",
            "muscles.yaml:11: `tail` is not among the zones; expected an id that exists [unknown-zone]",
        ),
        (
            "muscles.yaml",
            "    zone: neck",
            "    zone: nick",
            "muscles.yaml:8: `nick` is not among the zones; expected perhaps `neck` [unknown-zone]",
        ),
        (
            "muscles.yaml",
            "spill: [shoulder]",
            "spill: [shoulder, neck]",
            "muscles.yaml:11: `neck` occurs twice in `main` and `spill`; expected each zone once [repeated]",
        ),
        (
            "muscles.yaml",
            "[TS-1999]",
            "[TS-1998]",
            "muscles.yaml:19: `TS-1998` is not among the sources; expected perhaps `TS-1999` [unknown-source]",
        ),
        (
            "muscles.yaml",
            "    back: 1146,288\n",
            "",
            "muscles.yaml:6: the trigger point has no place in any view; expected `x,y` in front, back, side, sole [missing-point]",
        ),
        (
            "muscles.yaml",
            "1146,288",
            "146,288",
            "muscles.yaml:9: 146,288 lies outside the back view; expected x from 754 to 1418, y from 80 to 1370 [outside-view]",
        ),
        (
            "muscles.yaml",
            "1146,288",
            "1146 288",
            "muscles.yaml:9: `back` of `point` is `1146 288`; expected a place on the sheet: `x,y` in whole units [shape]",
        ),
        (
            "muscles.yaml",
            "group: head-and-neck",
            "group: hand",
            "muscles.yaml:3: `group` is `hand`; expected head-and-neck, shoulder-and-arm, back, chest-and-abdomen, hip-and-leg or foot [shape]",
        ),
        (
            "body-map/zones.yaml",
            "330,250 350,250 350,290 330,290",
            "330,250 350,250 350,290",
            "zones.yaml:5: 3 points are too few for an outline; expected 4 or more [outline]",
        ),
        (
            "body-map/zones.yaml",
            "    front: 330,250 350,250 350,290 330,290\n",
            "    {}\n",
            "zones.yaml:4: `neck` is not drawn in any view; expected an outline in front, back, side, sole [missing-shape]",
        ),
        (
            "body-map/zones.yaml",
            "330,250 350,250",
            "330,250 950,250",
            "zones.yaml:5: 950,250 lies outside the front view; expected x from 30 to 694, y from 80 to 1370 [outside-view]",
        ),
        (
            "body-map/zones.yaml",
            "- id: shoulder\n",
            "- id: neck\n",
            "zones.yaml:6: two zones have the id `neck` (see zones.yaml:1); expected a unique id [duplicate-id]",
        ),
    ],
)
def test_a_fault_is_told_with_its_line(mapped: Folder, name: str, old: str, new: str, fault: str) -> None:
    mapped.replace(name, old, new)

    assert fault in mapped.faults()


def test_a_zone_that_no_muscle_names_is_a_fault(mapped: Folder) -> None:
    mapped.replace("muscles.yaml", "spill: [shoulder]", "spill: []")

    assert mapped.faults() == [
        "zones.yaml:6: no muscle names `shoulder`; expected `shoulder` among `main` or `spill` of a muscle [unused-zone]"
    ]


def test_a_file_that_cannot_be_read_is_the_only_fault(mapped: Folder) -> None:
    """Fails when every muscle is blamed for naming zones of a file that has a fault of its own."""
    mapped.write("body-map/zones.yaml", "- id: [neck\n")

    assert [fault.rpartition("[")[2] for fault in mapped.faults()] == ["yaml]"]


def test_a_file_that_nobody_reads_is_named(mapped: Folder) -> None:
    mapped.write("body-map/zoens.yaml", "")

    assert mapped.faults() == ["zoens.yaml:1: `zoens.yaml` does not belong here; expected zones.yaml [stray-file]"]


def test_the_course_maps_52_muscles_and_draws_each_of_them() -> None:
    """Fails when a muscle would show an empty figure: a zone that is named is drawn, and the trigger point stands on some view."""
    course = load_course([ROOT / "questions"]).course
    assert course is not None
    zones = {zone.id: zone for zone in course.zones}

    assert len(course.muscles) == 52
    assert sum(muscle.is_core for muscle in course.muscles) == 40
    for muscle in course.muscles:
        assert muscle.points, muscle.id
        assert all(zones[zone].shapes for zone in (*muscle.main, *muscle.spill)), muscle.id
    for zone in zones.values():
        assert all(VIEW_WINDOWS[view].holds(point) for view, points in zone.shapes.items() for point in points)
