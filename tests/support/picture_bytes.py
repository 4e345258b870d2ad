"""Pictures for tests: sound ones with metadata, and hostile ones."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image

PLACE = b"GPS of the patient"
"""What must not survive in a picture that is published."""


def draw(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Return a picture whose left half is dark and whose right half is light."""
    if mode == "I;16":
        row = struct.pack("<H", 0) * (size[0] // 2) + struct.pack("<H", 51200) * (size[0] - size[0] // 2)
        return Image.frombytes(mode, size, row * size[1])
    image = Image.new(mode, size)
    light: object = {"L": 200, "RGBA": (200, 200, 200, 128), "CMYK": (0, 0, 0, 50)}.get(mode, (200, 200, 200))
    image.paste(light, (size[0] // 2, 0, *size))  # type: ignore[arg-type]
    return image


def save(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def write_exif(*, orientation: int = 1) -> bytes:
    """Return Exif data with a place, a description and an orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = PLACE.decode()
    exif.get_ifd(0x8825)[1] = "N"
    return exif.tobytes()


def write_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def claim_size(width: int, height: int) -> bytes:
    """Return a small PNG that says that it is large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    chunks = write_chunk(b"IHDR", head), write_chunk(b"IDAT", rows), write_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def animate(kind: str) -> bytes:
    return save(draw(), kind, save_all=True, append_images=[draw(size=(40, 20)).rotate(180)], duration=100)
