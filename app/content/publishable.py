"""What a library may contain, but not publish, because only the server's course has a place for it."""

from __future__ import annotations

from app.content.faults import Fault, FileLocation, Step
from app.content.material import Material

_RULE = "course-only"
_EXPECTED = "a library without it"


def find_course_parts(material: Material) -> tuple[Fault, ...]:
    """Return a fault for each kind of content that only the course can publish: the body map, leaflets, the article.

    The lesson of red flags is one of them.
    """
    found: list[tuple[FileLocation, Step | None, str]] = []
    if material.course is not None and material.course.entry.red_flags:
        found.append((material.course.place, "red_flags", "the page of red flags"))
    if material.zones or material.muscles:
        found.append(((material.zones or material.muscles)[0].place, None, "the body map"))
    if material.leaflets:
        found.append((material.leaflets[0].draft.place, None, "the page of leaflets"))
    if material.statements:
        found.append((material.statements[0].place, None, "the article and its statements"))
    return tuple(
        place.fault(_RULE, f"{what} shows the server’s course only", *((spot,) if spot else ()), expected=_EXPECTED)
        for place, spot, what in found
    )
