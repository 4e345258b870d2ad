"""Open Badges 3.0: the credential, the pictures that carry it, and the list of revoked ones.

Sources: https://www.imsglobal.org/spec/ob/v3p0/ (credential, sections 5.3 on baking and 8.2 on JSON Web Tokens),
https://www.w3.org/TR/vc-data-model-2.0/ and https://www.w3.org/TR/vc-bitstring-status-list/.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import quote, urlsplit

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
STATUS_LIST_LENGTH = 131_072
"""Entries in one list of revoked credentials: the least that the specification allows, so that nobody stands out."""

STATUS_SECONDS = 300
"""How long a list may be kept before it is read again."""

MAX_CREDENTIAL_BYTES = 64 * 1024

_MAX_CHUNKS = 4
"""How many badges in one PNG are looked at. The specification allows one; unpacking thousands would take long."""

_CLOCK_SKEW = timedelta(minutes=10)
"""By how much the clock of a program that reads a list may be slow."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"openbadgecredential"
_TOKEN = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_IN_SVG = re.compile(rb"<openbadges:credential\b[^>]{0,500}?\bverify\s*=\s*[\"']\s*([A-Za-z0-9_.-]+)\s*[\"']")
_SVG_TAG = re.compile(r"<svg\b")


class NotBakeable(ValueError):
    """The picture is no PNG or SVG."""


@dataclass(frozen=True, slots=True)
class BadgeFacts:
    """What a badge says. ``base_url`` is that of the server, ``number`` identifies the certificate on it.

    ``address`` is the recipient's e-mail address, of which only a hash with ``salt`` becomes part of the badge.
    """

    base_url: str
    number: int
    verify_url: str
    achievement_url: str
    title: str
    module_title: str
    percent: int
    passed_at: datetime
    issued_at: datetime
    address: str
    salt: str
    is_composed: bool = False
    """Whether the test has sections, on one or more modules."""


def build_did(base_url: str) -> str:
    """Return the identifier of the server as an issuer: ``did:web:learn.example.org``."""
    return f"did:web:{quote(urlsplit(base_url).netloc, safe='')}"


_CRITERIA = "Reach the pass mark of the test, and answer its safety-critical questions correctly."
_CRITERIA_OF_SECTIONS = (
    "Reach the pass mark of the test and of each section that has its own, and answer the safety-critical questions of "
    "the sections that ask for it correctly."
)


def build_credential(facts: BadgeFacts) -> dict[str, Any]:
    """Return the payload of a badge as a JSON Web Token: an ``OpenBadgeCredential`` with its registered claims."""
    issuer, result = build_did(facts.base_url), f"{facts.achievement_url}#score"
    return {
        "@context": list(CONTEXTS),
        "id": facts.verify_url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": facts.title,
        "issuer": _build_issuer(facts.base_url),
        "validFrom": _format(facts.issued_at),
        "awardedDate": _format(facts.passed_at),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [_build_identity(facts.address, facts.salt)],
            "achievement": _build_achievement(facts, result),
            "result": [{"type": ["Result"], "resultDescription": result, "value": str(facts.percent)}],
        },
        "evidence": [{"id": facts.verify_url, "type": ["Evidence"], "name": "Certificate"}],
        "credentialStatus": _build_status(facts.base_url, facts.number),
        "iss": issuer,
        "jti": facts.verify_url,
        "nbf": int(facts.issued_at.timestamp()),
    }


def _build_issuer(base_url: str) -> dict[str, Any]:
    name = f"Palpate at {urlsplit(base_url).netloc}"
    return {"id": build_did(base_url), "type": ["Profile"], "name": name, "url": base_url}


def _build_identity(address: str, salt: str) -> dict[str, Any]:
    return {
        "type": "IdentityObject",
        "identityType": "emailAddress",
        "hashed": True,
        "identityHash": f"sha256${hashlib.sha256((address + salt).encode()).hexdigest()}",
        "salt": salt,
    }


def _build_achievement(facts: BadgeFacts, result: str) -> dict[str, Any]:
    return {
        "id": facts.achievement_url,
        "type": ["Achievement"],
        "achievementType": "Assessment",
        "name": facts.title,
        "description": (
            f"“{facts.title}”, an online test with sections."
            if facts.is_composed
            else f"An online test on “{facts.module_title}”."
        ),
        "criteria": {"narrative": _CRITERIA_OF_SECTIONS if facts.is_composed else _CRITERIA},
        "resultDescription": [
            {
                "id": result,
                "type": ["ResultDescription"],
                "name": "Score",
                "resultType": "Percent",
                "valueMin": "0",
                "valueMax": "100",
            }
        ],
    }


def _build_status(base_url: str, number: int) -> dict[str, Any]:
    address = build_status_url(base_url, number // STATUS_LIST_LENGTH)
    index = number % STATUS_LIST_LENGTH
    return {
        "id": f"{address}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": address,
    }


def build_status_url(base_url: str, list_number: int) -> str:
    return f"{base_url}/badges/status/{list_number}"


def build_status_list(base_url: str, list_number: int, revoked: Iterable[int], now: datetime) -> dict[str, Any]:
    """Return the list of revoked badges as a credential. ``revoked`` are the numbers of certificates in this list."""
    address, since = build_status_url(base_url, list_number), now - _CLOCK_SKEW
    return {
        "@context": [CONTEXTS[0]],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": build_did(base_url),
        "validFrom": _format(since),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "ttl": STATUS_SECONDS * 1000,
            "encodedList": encode_bits(number % STATUS_LIST_LENGTH for number in revoked),
        },
        "iss": build_did(base_url),
        "jti": address,
        "nbf": int(since.timestamp()),
    }


def encode_bits(indices: Iterable[int]) -> str:
    """Return a bitstring with these bits set, compressed, in multibase. The first bit is the highest of a byte."""
    bits = bytearray(STATUS_LIST_LENGTH // 8)
    for index in indices:
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")


def _format(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# -- pictures ----------------------------------------------------------------------------------------------------------


def bake_png(picture: bytes, token: str) -> bytes:
    """Return a PNG that carries a badge, in a chunk after its header.

    :raise NotBakeable: it is no PNG.
    """
    after_header = len(_PNG_SIGNATURE) + 25
    if not picture.startswith(_PNG_SIGNATURE) or len(picture) <= after_header:
        raise NotBakeable("This is not a PNG.")
    # Keyword, no compression, no language, no translated keyword.
    content = b"iTXt" + _KEYWORD + b"\0\0\0\0\0" + token.encode("ascii")
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return picture[:after_header] + chunk + picture[after_header:]


def bake_svg(picture: str, token: str) -> str:
    """Return an SVG that carries a badge, as its first element.

    :raise NotBakeable: it is no SVG.
    """
    found = _SVG_TAG.search(picture)
    end = picture.find(">", found.end()) if found else -1
    if found is None or end == -1 or picture[end - 1] == "/":
        raise NotBakeable("This is not an SVG.")
    namespace = ' xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"'
    carrier = f'<openbadges:credential verify="{token}"/>'
    return picture[: found.end()] + namespace + picture[found.end() : end + 1] + carrier + picture[end + 1 :]


def find_token(data: bytes) -> str | None:
    """Return the badge in a PNG, in an SVG or in a text with nothing else; None if there is none."""
    if data.startswith(_PNG_SIGNATURE):
        texts = islice(_list_texts(data), _MAX_CHUNKS)
        found = next((text.strip() for text in texts if _TOKEN.fullmatch(text.strip())), None)
    elif (match := _IN_SVG.search(data)) is not None:
        found = match[1]
    else:
        found = data.strip().strip(b'"')
    is_token = found is not None and len(found) <= MAX_CREDENTIAL_BYTES and _TOKEN.fullmatch(found)
    return found.decode("ascii") if found is not None and is_token else None


def _list_texts(data: bytes) -> Iterator[bytes]:
    """Yield the badges in a PNG. A chunk is its length, its type, its content and a checksum."""
    at = len(_PNG_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        content = data[at + 8 : at + 8 + length]
        if data[at + 4 : at + 8] == b"iTXt" and content.startswith(_KEYWORD + b"\0"):
            yield _read_text(content[len(_KEYWORD) + 1 :]) or b""
        at += length + 12


def _read_text(rest: bytes) -> bytes | None:
    """Return the text of an iTXt chunk after its keyword, or None if it is damaged or too long."""
    is_compressed, parts = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return None
    if not is_compressed:
        return parts[2]
    try:
        return zlib.decompressobj().decompress(parts[2], MAX_CREDENTIAL_BYTES)
    except zlib.error:
        return None
