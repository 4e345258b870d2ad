"""Uploaded pictures: what is kept of them, and what is refused."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from PIL import Image

from app.content.picture_files import MAX_PARTS, DamagedPictureError, PictureFormat, scan_picture
from app.services.libraries.pictures import PictureError, PictureProblem, choose_name, prepare_picture
from tests.support.picture_bytes import PLACE, animate, claim_size, draw, save, write_chunk, write_exif

PNG, JPEG, WEBP = save(draw(), "PNG"), save(draw(), "JPEG"), save(draw(), "WEBP")


def open_prepared(data: bytes) -> Image.Image:
    prepared = prepare_picture(data)
    image = Image.open(BytesIO(prepared.body))
    image.load()
    assert (image.width, image.height) == (prepared.width, prepared.height)
    assert scan_picture(prepared.body).format.value == prepared.suffix
    return image


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {"exif": write_exif()}),
        ("JPEG", {"exif": write_exif(), "comment": PLACE}),
        ("JPEG", {"xmp": b"<x:xmpmeta>" + PLACE + b"</x:xmpmeta>"}),
        ("WEBP", {"exif": write_exif(), "xmp": PLACE}),
        ("WEBP", {"icc_profile": PLACE * 10}),
        ("PNG", {"icc_profile": PLACE * 10}),
    ],
)
def test_nothing_but_the_image_survives(kind: str, options: dict[str, object]) -> None:
    data = save(draw(), kind, **options)
    assert scan_picture(data).extras

    prepared = prepare_picture(data)

    assert PLACE not in prepared.body
    assert scan_picture(prepared.body).extras == ()
    image = Image.open(BytesIO(prepared.body))
    assert not image.getexif()
    assert image.info.keys() <= {
        *("jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression", "loop", "background")
    }


@pytest.mark.parametrize(
    ("tag", "other"),
    [
        (b"\x01\x0e\x00\x02", b"\x01\x00\x00\x02"),  # a text where a number belongs
        (b"\x01\x0e\x00\x02", b"\x01\x1a\x00\x02"),  # a text where a fraction belongs
        (b"\x00\x01\x00\x02\x00\x00\x00\x02N", b"\x00\x05\x00\x02\x00\x00\x00\x02N"),  # a text where a byte belongs
    ],
)
def test_a_photo_with_odd_metadata_is_turned_and_kept(tag: bytes, other: bytes) -> None:
    exif = write_exif(orientation=6)
    assert tag in exif

    prepared = prepare_picture(save(draw(), "JPEG", exif=exif.replace(tag, other)))

    assert (prepared.width, prepared.height) == (20, 40)


def test_a_damaged_chunk_behind_the_image_is_refused() -> None:
    end = PNG.index(b"IEND") - 4

    with pytest.raises(PictureError) as refused:
        prepare_picture(PNG[:end] + write_chunk(b"iCCP", b"profile") + PNG[end:])

    assert refused.value.problem is PictureProblem.DAMAGED


def test_a_jpeg_with_two_sizes_is_as_large_as_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when only the last size counts: the first one is decoded."""
    frame = JPEG.index(b"\xff\xc0")
    small = bytearray(JPEG[frame : frame + 19])
    small[5:9] = b"\x00\x01\x00\x01"
    data = JPEG[:-2] + bytes(small) + JPEG[-2:]
    assert scan_picture(data).width == 1
    monkeypatch.setattr("app.services.libraries.pictures.MAX_PIXELS", 100)

    with pytest.raises(PictureError) as refused:
        prepare_picture(data)

    assert refused.value.problem is PictureProblem.TOO_LARGE


def _pack(body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    "data",
    [
        PNG[: PNG.index(b"IDAT") - 4] + write_chunk(b"tEXt", b"") * MAX_PARTS + PNG[PNG.index(b"IDAT") - 4 :],
        JPEG[:2] + b"\xff\xfe\x00\x02" * MAX_PARTS + JPEG[2:],
        _pack(WEBP[8:] + b"NONE\0\0\0\0" * MAX_PARTS),
    ],
)
def test_a_file_of_very_many_parts_is_refused(data: bytes) -> None:
    """Fails when the parts are read without end, which takes many seconds for the largest upload."""
    with pytest.raises(DamagedPictureError):
        scan_picture(data)


def test_fill_bytes_between_the_segments_of_a_jpeg_mean_nothing() -> None:
    assert scan_picture(JPEG[:2] + b"\xff" * 50 + JPEG[2:]) == scan_picture(JPEG)


def test_text_chunks_and_bytes_behind_the_image_are_dropped() -> None:
    end = PNG.index(b"IEND") - 4
    data = PNG[:end] + write_chunk(b"tEXt", b"Comment\0" + PLACE) + PNG[end:] + b"PK\x03\x04" + PLACE

    assert scan_picture(data).extras == ("tEXt", f"{4 + len(PLACE)} bytes behind the image")

    assert PLACE not in prepare_picture(data).body


def read_grey(image: Image.Image, x: int, y: int) -> int:
    return image.convert("L").crop((x, y, x + 1, y + 1)).tobytes()[0]


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_picture_is_turned_upright(orientation: int) -> None:
    image = open_prepared(save(draw(), "JPEG", exif=write_exif(orientation=orientation), quality=95))

    is_turned = orientation in (6, 8)
    assert image.size == ((20, 40) if is_turned else (40, 20))
    ends = {1: ((5, 10), (35, 10)), 3: ((35, 10), (5, 10)), 6: ((10, 5), (10, 35)), 8: ((10, 35), (10, 5))}
    dark, light = (read_grey(image, *at) for at in ends[orientation])
    assert dark < 60
    assert light > 150


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_colour_becomes_one_that_browsers_show(mode: str) -> None:
    drawn = draw(mode) if mode in ("L", "RGB", "RGBA", "I;16", "CMYK") else draw().convert(mode)

    image = open_prepared(save(drawn, "JPEG" if mode == "CMYK" else "PNG"))

    assert image.mode in ("L", "RGB", "RGBA")
    light = image.convert("RGB").getpixel((35, 10))
    assert isinstance(light, tuple)
    assert min(light) > 150, light
    if mode == "RGBA":
        assert image.convert("RGBA").getpixel((35, 10)) == (200, 200, 200, 128)


def test_a_large_photo_becomes_small_enough_for_a_page() -> None:
    image = Image.effect_noise((3000, 2000), 80).convert("RGB")

    for kind in ("JPEG", "PNG"):
        prepared = prepare_picture(save(image, kind))
        assert max(prepared.width, prepared.height) <= 1600
        assert len(prepared.body) <= 512 * 1024


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", PictureProblem.DAMAGED),
        (b"GIF89a" + bytes(100), PictureProblem.DAMAGED),
        (b"%PDF-1.7 " + bytes(100), PictureProblem.DAMAGED),
        (b"<html><script>alert(1)</script>", PictureProblem.DAMAGED),
        (b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>", PictureProblem.DAMAGED),
        (PNG[: len(PNG) // 2], PictureProblem.DAMAGED),
        (PNG.replace(b"IDAT", b"IDAX"), PictureProblem.DAMAGED),
        (JPEG[: len(JPEG) // 2], PictureProblem.DAMAGED),
        (JPEG[:-2], PictureProblem.DAMAGED),
        (WEBP[: len(WEBP) // 2], PictureProblem.DAMAGED),
        (b"\xff\xd8\xff" + bytes(20), PictureProblem.DAMAGED),
        (b"RIFF\xff\xff\xff\xffWEBPVP8 ", PictureProblem.DAMAGED),
        (claim_size(50_000, 50_000), PictureProblem.TOO_LARGE),
        (claim_size(2**31 - 1, 2**31 - 1), PictureProblem.TOO_LARGE),
        (claim_size(0, 10), PictureProblem.DAMAGED),
        (claim_size(4000, 4000), PictureProblem.DAMAGED),
        (animate("PNG"), PictureProblem.ANIMATED),
        (animate("WEBP"), PictureProblem.ANIMATED),
    ],
)
def test_hostile_files_are_refused(data: bytes, problem: PictureProblem) -> None:
    with pytest.raises(PictureError) as caught:
        prepare_picture(data)

    assert caught.value.problem is problem


@pytest.mark.parametrize("body", [PNG, JPEG, WEBP, save(draw("RGBA"), "WEBP", lossless=True)])
def test_every_cut_of_a_picture_is_found(body: bytes) -> None:
    for length in range(len(body)):
        with pytest.raises(DamagedPictureError):
            scan_picture(body[:length])


@pytest.mark.parametrize("body", [PNG, JPEG, WEBP])
def test_no_changed_byte_breaks_the_reader(body: bytes) -> None:
    """Each byte is changed once: the file is read, or refused, and nothing else happens."""
    for at in range(len(body)):
        changed = bytearray(body)
        changed[at] ^= 0xFF
        try:
            prepare_picture(bytes(changed))
        except PictureError:
            continue


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("Knee.JPG", "knee"),
        ("../../etc/passwd.png", "passwd"),
        ("C:\\Users\\me\\Schulter vorne.png", "schulter-vorne"),
        ("aux.svg", "figure-aux"),
        ("LPT1.png", "figure-lpt1"),
        ("<script>.png", "script"),
        ("", "figure"),
        (".png", "png"),
        ("膝.jpg", "figure"),
        ("taken.png", "taken-2"),
    ],
)
def test_a_file_name_becomes_a_plain_name(name: str, chosen: str) -> None:
    assert choose_name(name, {"taken"}) == chosen


def test_the_formats_have_their_media_types() -> None:
    assert [kind.media_type for kind in PictureFormat] == ["image/png", "image/jpeg", "image/webp"]
