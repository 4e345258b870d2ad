"""Open Badges: pictures that carry them, and the list of revoked ones."""

from __future__ import annotations

import base64
import gzip
import struct
import zlib

import pytest

from app.domain.badge import (
    STATUS_LIST_LENGTH,
    NotBakeable,
    bake_png,
    bake_svg,
    build_did,
    encode_bits,
    find_token,
)

TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJhIjoxfQ.c2lnbmF0dXJl"
SVG = '<?xml version="1.0"?><svg viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg"><path d=""/></svg>'


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*more: bytes) -> bytes:
    """A picture of one pixel."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("base_url", "did"),
    [
        ("https://learn.example.org", "did:web:learn.example.org"),
        ("http://localhost:8000", "did:web:localhost%3A8000"),
    ],
)
def test_the_issuer_is_the_host(base_url: str, did: str) -> None:
    assert build_did(base_url) == did


def test_a_picture_gives_back_the_badge_that_it_carries() -> None:
    assert find_token(bake_png(png(), TOKEN)) == TOKEN
    assert find_token(bake_svg(SVG, TOKEN).encode()) == TOKEN
    assert find_token(f"  {TOKEN}\n".encode()) == TOKEN
    assert find_token(f'"{TOKEN}"'.encode()) == TOKEN


def test_a_badge_that_another_program_compressed_is_found() -> None:
    content = b"openbadgecredential\0\1\0en\0Badge\0" + zlib.compress(TOKEN.encode())

    assert find_token(png(chunk(b"iTXt", content))) == TOKEN


def test_only_the_first_of_many_badges_in_a_picture_are_unpacked() -> None:
    """Fails when a small file can make the server unpack thousands of long texts."""
    head = b"openbadgecredential\0\1\0\0\0"
    other, badge = (chunk(b"iTXt", head + zlib.compress(text)) for text in (b"a" * 60_000, TOKEN.encode()))

    assert find_token(png(other, badge)) == TOKEN
    assert find_token(png(*[other] * 100, badge)) is None


BROKEN = {
    "nothing": b"",
    "a picture without a badge": png(),
    "a picture that is cut off": bake_png(png(), TOKEN)[:60],
    "a drawing without a badge": SVG.encode(),
    "words": b"This is no badge.",
    "two parts": b"aaaa.bbbb",
    "other text in the picture": png(chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0no badge")),
    "a damaged chunk": png(chunk(b"iTXt", b"openbadgecredential\0\1\0\0\0not compressed")),
    "an empty chunk": png(chunk(b"iTXt", b"openbadgecredential\0")),
    "a bomb": png(chunk(b"iTXt", b"openbadgecredential\0\1\0\0\0" + zlib.compress(b"a" * 10**7))),
    "an old badge": png(chunk(b"iTXt", b"openbadges\0\0\0\0\0" + TOKEN.encode())),
    "much": b"a" * 70_000 + b".b.c",
    "a length beyond the end": b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXt" + b"openbadgecredential\0\0\0\0\0a",
}


@pytest.mark.parametrize("what", BROKEN)
def test_there_is_no_badge_in(what: str) -> None:
    assert find_token(BROKEN[what]) is None


def test_only_a_png_and_an_svg_can_carry_a_badge() -> None:
    with pytest.raises(NotBakeable):
        bake_png(b"GIF89a", TOKEN)
    for drawing in ("<p>", "<svg", "<svg/>"):
        with pytest.raises(NotBakeable):
            bake_svg(drawing, TOKEN)


def test_the_list_has_a_bit_for_each_revoked_badge() -> None:
    encoded = encode_bits([0, 9, STATUS_LIST_LENGTH - 1])
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))

    assert encoded[0] == "u"
    assert len(bits) == STATUS_LIST_LENGTH // 8
    assert {at: byte for at, byte in enumerate(bits) if byte} == {0: 0x80, 1: 0x40, len(bits) - 1: 0x01}
