"""Read the interactions of QTI 2 and 3 that point at a picture."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from app.content.interactions import Hotspot, HotspotInteraction
from app.interchange.bank import RefusedItemError
from app.interchange.qti.interactions import score_choices
from app.interchange.qti.reader import ItemReader
from app.interchange.qti.scoring import limit
from app.interchange.qti.values import read_number


def _read_hotspots(reader: ItemReader, element: Element) -> HotspotInteraction:
    choices = element.findall("hotspotChoice")
    scores = score_choices(reader, element, [one.get("identifier", "") for one in choices])
    hotspots = tuple(
        Hotspot(
            text=choice.get("hotspotLabel") or choice.get("label") or str(choice.get("identifier", "")),
            shape=choice.get("shape", ""),
            coordinates=_tidy(choice.get("coords", "")),
            fraction=fraction,
            feedback=reader.sorter.find_own(trial, choice.get("identifier", "")),
        )
        for choice, fraction, trial in zip(choices, scores.fractions, scores.trials, strict=True)
    )
    is_multiple = reader.get_response(element).cardinality != "single"
    return HotspotInteraction(_find_picture(reader, element), hotspots, is_multiple)


def _read_point(reader: ItemReader, element: Element) -> HotspotInteraction:
    """Read areas in which a point earns something."""
    declared = reader.get_response(element)
    declaration = next(
        one for one in reader.root.iter("responseDeclaration") if one.get("identifier") == declared.identifier
    )
    areas = [(area, read_number(area.get("mappedValue", "0"))) for area in declaration.iter("areaMapEntry")]
    most = max((points for _, points in areas), default=0.0)
    if most <= 0:
        raise RefusedItemError("no area of its picture earns points")
    reader.mark = most
    hotspots = tuple(
        Hotspot(f"Area {number}", area.get("shape", ""), _tidy(area.get("coords", "")), limit(points / most))
        for number, (area, points) in enumerate(areas, start=1)
    )
    return HotspotInteraction(_find_picture(reader, element), hotspots, declared.cardinality != "single")


def _find_picture(reader: ItemReader, element: Element) -> str:
    picture = next((one for one in element.iter() if one.tag in ("object", "img", "source")), None)
    source = (picture.get("data") or picture.get("src") or "") if picture is not None else ""
    found = reader.texts.keep_picture(source)
    if found is None:
        raise RefusedItemError("its picture is missing")
    return found


def _tidy(coordinates: str) -> str:
    return ",".join(coordinates.replace(",", " ").split())


READERS = {"hotspotInteraction": _read_hotspots, "selectPointInteraction": _read_point}
