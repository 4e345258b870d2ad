"""Read the structure of PNG, JPEG and WebP files without decoding them: size, metadata, and whatever is not the image.

A picture of the course is its image and nothing else. Metadata can tell where a photo was taken and of whom, and bytes
behind the image can be another file.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum

MAX_SIDE = 4096
"""The largest width and height of a picture of the course, in pixels."""

MAX_PARTS = 20_000
"""The largest number of chunks or segments. Reading the millions that fit into a file of 20 MB takes many seconds."""


class PictureFormat(StrEnum):
    """The format of a picture. The value is the suffix of its file."""

    PNG = "png"
    JPEG = "jpg"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        return "image/jpeg" if self is PictureFormat.JPEG else f"image/{self.value}"


class DamagedPictureError(Exception):
    """A file is no picture of a known format, or is truncated or damaged."""


@dataclass(frozen=True, slots=True)
class PictureScan:
    """What a file contains. ``extras`` are the names of its parts that are not the image, such as ``Exif``.

    ``components`` is the number of channels of a JPEG (4 for CMYK), and 3 for other formats.
    """

    format: PictureFormat
    width: int
    height: int
    extras: tuple[str, ...] = ()
    is_animated: bool = False
    components: int = 3


def scan_picture(body: bytes) -> PictureScan:
    """Read the structure of a picture.

    :raise DamagedPictureError: it is no PNG, JPEG or WebP, or does not have the structure of one.
    """
    readers = {b"\x89PNG": _scan_png, b"\xff\xd8\xff\xe0"[:3]: _scan_jpeg, b"RIFF": _scan_webp}
    for start, read in readers.items():
        if body.startswith(start):
            try:
                found = read(body)
            except (struct.error, IndexError) as error:
                raise DamagedPictureError from error
            if not (found.width and found.height):
                raise DamagedPictureError
            return found
    raise DamagedPictureError


_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_IMAGE = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"})
_PNG_FRAMES = frozenset({b"acTL", b"fcTL", b"fdAT"})


def _scan_png(body: bytes) -> PictureScan:
    """Walk the chunks: length, type, data and checksum (https://www.w3.org/TR/png-3/#5Chunk-layout)."""
    if not body.startswith(_PNG_SIGNATURE):
        raise DamagedPictureError
    at, names, size = len(_PNG_SIGNATURE), list[bytes](), (0, 0)
    while not names or names[-1] != b"IEND":
        (length,) = struct.unpack_from(">I", body, at)
        name, data = body[at + 4 : at + 8], body[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", body, at + 8 + length)
        if zlib.crc32(name + data) != checksum or (not names and (name != b"IHDR" or length != 13)):
            raise DamagedPictureError
        if len(names) >= MAX_PARTS:
            raise DamagedPictureError
        if not names:
            size = struct.unpack_from(">II", data)
        names.append(name)
        at += 12 + length
    if b"IDAT" not in names:
        raise DamagedPictureError
    extras = [name.decode("latin-1") for name in names if name not in _PNG_IMAGE | _PNG_FRAMES]
    is_animated = any(name in _PNG_FRAMES for name in names)
    return PictureScan(PictureFormat.PNG, *size, _list_extras(extras, body, at), is_animated)


_JPEG_SIZES = frozenset({0xC0, 0xC1, 0xC2})
"""Markers that begin a frame of the codings that browsers show: baseline, extended and progressive."""
_JPEG_TABLES = frozenset({0xC4, 0xDB, 0xDD})
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)
_JPEG_FILL = re.compile(rb"\xff+")
_JPEG_END, _JPEG_SCAN, _JPEG_JFIF, _JPEG_ADOBE = 0xD9, 0xDA, 0xE0, 0xEE
_JPEG_PARTS = {0xE1: "Exif or XMP", 0xE2: "a colour profile or more pictures", 0xED: "IPTC", 0xFE: "a comment"}


def _scan_jpeg(body: bytes) -> PictureScan:
    """Walk the segments (ITU T.81, annex B)."""
    at, extras, size, has_scan = 2, list[str](), (0, 0, 0), False
    for _part in range(MAX_PARTS):
        if (filled := _JPEG_FILL.match(body, at)) is not None:
            at = filled.end() - 1
        if body[at] != 0xFF:
            raise DamagedPictureError
        marker = body[at + 1]
        at += 2
        if marker == _JPEG_END:
            break
        (length,) = struct.unpack_from(">H", body, at)
        if length < 2 or at + length > len(body):
            raise DamagedPictureError
        if marker in _JPEG_SIZES:
            _bits, height, width, components = struct.unpack_from(">BHHB", body, at + 2)
            size = (width, height, components)
        elif not _is_plain_segment(marker, body[at + 2 : at + length]):
            extras.append(_JPEG_PARTS.get(marker, f"segment {marker:X}"))
        at += length
        if marker == _JPEG_SCAN:
            has_scan, at = True, _skip_scan(body, at)
    else:
        raise DamagedPictureError
    if not has_scan:
        raise DamagedPictureError
    return PictureScan(PictureFormat.JPEG, size[0], size[1], _list_extras(extras, body, at), components=size[2])


def _is_plain_segment(marker: int, data: bytes) -> bool:
    """Whether a segment belongs to the image and has no thumbnail."""
    if marker == _JPEG_JFIF:
        return data.startswith(b"JFIF\0") and len(data) == 14
    if marker == _JPEG_ADOBE:
        return data.startswith(b"Adobe") and len(data) == 12
    return marker in _JPEG_TABLES or marker == _JPEG_SCAN


def _skip_scan(body: bytes, at: int) -> int:
    """Return where the coded image ends: at a marker that is neither a stuffed byte nor a restart."""
    found = _JPEG_MARKER.search(body, at)
    if found is None:
        raise DamagedPictureError
    return found.start()


_WEBP_IMAGE = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
_WEBP_FRAMES = frozenset({b"ANIM", b"ANMF"})


def _scan_webp(body: bytes) -> PictureScan:
    """Walk the chunks of the container (RFC 9649)."""
    length, form = struct.unpack_from("<I4s", body, 4)
    end = 8 + length
    if form != b"WEBP" or end > len(body):
        raise DamagedPictureError
    at, names, size = 12, list[bytes](), (0, 0)
    while at < end:
        name, length = struct.unpack_from("<4sI", body, at)
        if at + 8 + length > end or len(names) >= MAX_PARTS:
            raise DamagedPictureError
        if size == (0, 0):
            size = _read_webp_size(name, body[at + 8 : at + 18])
        names.append(name)
        at += 8 + length + length % 2
    is_animated = any(name in _WEBP_FRAMES for name in names)
    if not is_animated and not {b"VP8 ", b"VP8L"} & set(names):
        raise DamagedPictureError
    extras = [name.decode("latin-1").strip() for name in names if name not in _WEBP_IMAGE | _WEBP_FRAMES]
    return PictureScan(PictureFormat.WEBP, *size, _list_extras(extras, body, end), is_animated)


def _read_webp_size(name: bytes, data: bytes) -> tuple[int, int]:
    if name == b"VP8X":
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if name == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 6)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def _list_extras(extras: list[str], body: bytes, end: int) -> tuple[str, ...]:
    more = [f"{len(body) - end} bytes behind the image"] if len(body) > end else []
    return tuple(dict.fromkeys(extras + more))
