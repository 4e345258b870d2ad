"""Pictures of a module: which files the checker accepts, and how figures show them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from app.content.loader import LoadedLibrary, load_library
from app.content.trees import DocumentTree
from app.services.libraries.pictures import prepare_picture, write_figure
from app.services.libraries.starter import list_documents
from tests.support.picture_bytes import PLACE, animate, claim_size, draw, save, write_exif

FOLDER = "1-first-module"
PICTURE = prepare_picture(save(draw(), "JPEG"))
LESSON = f"{FOLDER}/lessons/01-first-lesson.md"
BLOCK = "\n::: figure arm\nThe arm.\n\n***\n\nThe arm is lifted.\n:::\n"


def load(files: Mapping[str, bytes], figure: str = "") -> LoadedLibrary:
    """Load the starting library with a figure ``arm``, which shows ``arm.jpg``, and other files of its module."""
    shown = figure.encode() if figure else write_figure(PICTURE, "arm.jpg", "An arm")
    bodies = list_documents("Library") | {f"{FOLDER}/figures/arm.svg": shown}
    bodies[LESSON] += BLOCK.encode()
    return load_library(DocumentTree.build(bodies | {f"{FOLDER}/{path}": body for path, body in files.items()}).root)


def list_faults(loaded: LoadedLibrary) -> list[str]:
    return [str(fault).removeprefix(f"{FOLDER}/") for fault in loaded.faults]


def test_a_lesson_shows_a_picture_by_its_digest() -> None:
    loaded = load({"pictures/arm.jpg": PICTURE.body})

    assert list_faults(loaded) == []
    assert loaded.course
    module = loaded.course.modules[0]
    [picture] = module.pictures
    assert picture.body == PICTURE.body
    assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", 40, 20)
    html = "".join(part for part in module.lessons[0].parts if isinstance(part, str))
    assert f'<image href="/pictures/{picture.digest}.jpg" width="40" height="20"></image></svg>' in html
    assert '<title id="figure-1-title">An arm</title>' in html


@pytest.mark.parametrize(
    ("body", "name", "fault"),
    [
        (save(draw(), "JPEG", exif=write_exif()), "arm.jpg", "more than its image (Exif or XMP)"),
        (save(draw(), "JPEG", comment=PLACE), "arm.jpg", "more than its image (a comment)"),
        (PICTURE.body + b"PK\x03\x04", "arm.jpg", "more than its image (4 bytes behind the image)"),
        (PICTURE.body[:-10], "arm.jpg", "this is not a sound picture"),
        (b"<script>alert(1)</script>", "arm.jpg", "this is not a sound picture"),
        (save(draw(), "PNG"), "arm.jpg", "the name does not fit the format"),
        (claim_size(5000, 10), "arm.png", "the picture has 5000 × 10 pixels"),
        (animate("WEBP"), "arm.webp", "the picture moves"),
        (save(draw("CMYK"), "JPEG"), "arm.jpg", "for printing (CMYK)"),
        (PICTURE.body + bytes(512 * 1024), "arm.jpg", "the picture is too large"),
    ],
)
def test_a_picture_that_was_not_prepared_is_a_fault(body: bytes, name: str, fault: str) -> None:
    figure = write_figure(PICTURE, name, "An arm").decode()

    faults = list_faults(load({f"pictures/{name}": body}, figure))

    assert len(faults) == 1, faults
    assert faults[0].startswith(f"pictures/{name}:1: ")
    assert fault in faults[0]


@pytest.mark.parametrize(
    "href",
    [
        "arm.jpg",
        "../pictures/leg.jpg",
        "../pictures/../pictures/arm.jpg",
        "https://example.org/arm.jpg",
        "//example.org/arm.jpg",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "/pictures/0.jpg",
        "",
    ],
)
def test_a_figure_shows_pictures_of_its_module_only(href: str) -> None:
    figure = write_figure(PICTURE, "arm.jpg", "An arm").decode().replace("../pictures/arm.jpg", href)

    faults = list_faults(load({"pictures/arm.jpg": PICTURE.body}, figure))

    assert [fault for fault in faults if "is not a picture of this module" in fault]


@pytest.mark.parametrize(
    "attribute", ['onload="alert(1)"', 'xlink:href="https://example.org/"', 'style="x"', 'crossorigin="anonymous"']
)
def test_an_image_has_no_other_attributes(attribute: str) -> None:
    figure = write_figure(PICTURE, "arm.jpg", "An arm").decode().replace("<image ", f"<image {attribute} ")

    faults = list_faults(load({"pictures/arm.jpg": PICTURE.body}, figure))

    assert f"{attribute.partition('=')[0]} is not allowed on <image>" in faults[0]


def test_a_picture_that_nothing_shows_is_found() -> None:
    faults = list_faults(load({"pictures/arm.jpg": PICTURE.body, "pictures/leg.jpg": PICTURE.body}))

    assert faults == [
        "pictures/leg.jpg:1: no figure shows the picture `leg.jpg`; expected "
        '<image href="../pictures/leg.jpg" … /> in a figure [unused-picture]'
    ]


@pytest.mark.parametrize("name", ["pictures/Arm.jpg", "pictures/arm.gif", "pictures/arm.jpeg", "figures/arm.png"])
def test_other_names_do_not_belong_there(name: str) -> None:
    faults = list_faults(load({"pictures/arm.jpg": PICTURE.body, name: PICTURE.body}))

    assert [fault for fault in faults if fault.startswith(f"{name}:1: ") and "does not belong here" in fault]


def test_an_alternative_text_is_text() -> None:
    figure = write_figure(PICTURE, "arm.jpg", '</title><script>alert("1")</script> & more').decode()

    loaded = load({"pictures/arm.jpg": PICTURE.body}, figure)

    assert list_faults(loaded) == []
    [found] = [one for one in loaded.material.modules["first-module"].figures.values() if one]
    assert found.title == '</title><script>alert("1")</script> & more'
    assert "<script" not in found.body
