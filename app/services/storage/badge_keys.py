"""The keys that sign Open Badges: one that signs, and former ones, whose public part still verifies.

They are a JSON Web Key Set, given by ``PALPATE_BADGE_KEYS`` or made once in the data folder, where only its owner can read
it. The first key has its private part. The file is read whenever it is needed, so a rotation holds at once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm

from app.settings import Settings

ALGORITHM = "EdDSA"
FILE_NAME = "badge-keys.json"

Jwk = dict[str, str]


class BadgeKeyError(Exception):
    """The keys are missing or damaged; the message is one sentence for the operator."""


class ForgedBadge(Exception):
    """The signature is not by one of the keys, or the token is damaged."""


@dataclass(frozen=True, slots=True)
class BadgeKeys:
    """The key set, the signing key first. ``did`` is the issuer to whom the keys belong."""

    did: str
    keys: tuple[Jwk, ...]

    @property
    def current_id(self) -> str:
        return f"{self.did}#{self.keys[0]['kid']}"

    def list_public(self) -> list[Jwk]:
        """Return the public parts, each with its full name."""
        return [_get_public(key) | {"kid": f"{self.did}#{key['kid']}"} for key in self.keys]

    def sign(self, payload: dict[str, Any], media_type: str = "JWT") -> str:
        """Return a payload as a compact JSON Web Signature."""
        private = OKPAlgorithm.from_jwk(cast("dict[str, Any]", self.keys[0]))
        assert isinstance(private, Ed25519PrivateKey)
        return jwt.encode(payload, private, ALGORITHM, headers={"kid": self.current_id, "typ": media_type})

    def verify(self, token: str) -> dict[str, Any]:
        """Return the payload of a token that one of the keys signed.

        :raise ForgedBadge: none did.
        """
        try:
            name = jwt.get_unverified_header(token).get("kid")
            known = {f"{self.did}#{key['kid']}": key for key in self.keys}
            public = OKPAlgorithm.from_jwk(cast("dict[str, Any]", _get_public(known[cast("str", name)])))
            assert isinstance(public, Ed25519PublicKey)
            options: Any = {"verify_aud": False, "verify_nbf": False, "verify_exp": False, "verify_iat": False}
            return jwt.decode(token, public, algorithms=[ALGORITHM], options=options)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, RecursionError):
            raise ForgedBadge from None


def read_issuer(token: str) -> str | None:
    """Return who claims to have issued a token, without checking the signature; None if it is damaged."""
    try:
        payload = jwt.decode(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
    issuer = payload.get("iss")
    return issuer if isinstance(issuer, str) else None


def load(settings: Settings, did: str) -> BadgeKeys:
    """Return the keys; make the first one if the operator gives none.

    :raise BadgeKeyError: they are damaged, or can't be stored.
    """
    stored = _load_stored(settings)
    if stored is not None:
        return BadgeKeys(did, stored)
    file = _get_file(settings)
    try:
        _write_new(file, (_make_key(),))
    except FileExistsError:
        pass  # another process was faster
    except OSError as error:
        raise BadgeKeyError(f"{file}: {error.strerror}.") from None
    return BadgeKeys(did, _load_stored(settings) or ())


def check(settings: Settings) -> None:
    """Check that the keys can be read, without making any.

    :raise BadgeKeyError: they can't.
    """
    _load_stored(settings)


def _load_stored(settings: Settings) -> tuple[Jwk, ...] | None:
    """Return the keys of the setting or the data folder; None if there are none yet.

    :raise BadgeKeyError: they can't be read, or are damaged.
    """
    file = _get_file(settings)
    try:
        return parse(settings.badge_keys or file.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadgeKeyError(f"{file}: {error.strerror}.") from None
    except ValueError as error:
        if settings.badge_keys:
            raise BadgeKeyError(f"PALPATE_BADGE_KEYS: {error}") from None
        raise BadgeKeyError(f"{file} is damaged. Restore it from a backup.") from None


def parse(text: str) -> tuple[Jwk, ...]:
    """Return the keys of a JSON Web Key Set.

    :raise ValueError: it is none, or the first key can't sign.
    """
    try:
        keys: Any = json.loads(text)["keys"]
        for at, key in enumerate(keys):
            is_right = all(isinstance(key[name], str) for name in ("kid", "x"))
            if not is_right or (key["kty"], key["crv"]) != ("OKP", "Ed25519") or (at == 0 and "d" not in key):
                raise ValueError
            OKPAlgorithm.from_jwk(key)
    except (KeyError, TypeError, ValueError, RecursionError, jwt.InvalidKeyError):
        keys = ()
    if not keys:
        raise ValueError("give a JSON Web Key Set of Ed25519 keys, whose first key has its private part.")
    return tuple(keys)


def rotate(settings: Settings, did: str) -> BadgeKeys:
    """Sign with a new key from now on. The former ones keep only their public part.

    :raise BadgeKeyError: the keys are given by a setting, or the file is damaged or can't be written.
    """
    if settings.badge_keys:
        raise BadgeKeyError(
            "The keys come from PALPATE_BADGE_KEYS. Rotate them in the file that it names, with --file."
        )
    former = load(settings, did)
    return BadgeKeys(did, _replace(_get_file(settings), former.keys))


def rotate_file(file: Path) -> str:
    """Put a new key first in a file of the operator, which is made if there is none; return its id.

    :raise BadgeKeyError: the file is damaged or can't be written.
    """
    try:
        former = parse(file.read_text(encoding="ascii")) if file.exists() else ()
    except (OSError, ValueError) as error:
        raise BadgeKeyError(f"{file}: {error}") from None
    return _replace(file, former)[0]["kid"]


def get_stored(settings: Settings) -> str | None:
    """Return the keys of the data folder as text, or None if there are none or the operator gives them."""
    if settings.badge_keys:
        return None
    try:
        return _get_file(settings).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None


def restore(settings: Settings, text: str) -> None:
    """Take over the keys of a backup: all of them if there are none, else only to verify what they have signed.

    A damaged file counts as none, and is kept under another name.
    """
    try:
        found = parse(text)
    except ValueError:
        return
    file = _get_file(settings)
    try:
        present = () if settings.badge_keys else _load_stored(settings) or ()
    except BadgeKeyError:
        present = ()
        file.replace(file.with_name(f"{file.name}.damaged"))
    known = {key["kid"] for key in present}
    missing = tuple(key for key in found if key["kid"] not in known)
    if not settings.badge_keys and missing:
        _write_over(file, (*present, *map(_get_public, missing)) if present else missing)


def _get_file(settings: Settings) -> Path:
    return settings.data / FILE_NAME


def _make_key() -> Jwk:
    """Return a new private key, named by its thumbprint (RFC 7638)."""
    key = json.loads(OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate()))
    required = json.dumps({"crv": key["crv"], "kty": key["kty"], "x": key["x"]}, separators=(",", ":"))
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(required.encode()).digest()).decode().rstrip("=")
    return {name: key[name] for name in ("kty", "crv", "x", "d")} | {
        "kid": thumbprint,
        "alg": ALGORITHM,
        "use": "sig",
    }


def _get_public(key: Jwk) -> Jwk:
    return {name: value for name, value in key.items() if name != "d"}


def _replace(file: Path, former: tuple[Jwk, ...]) -> tuple[Jwk, ...]:
    keys = (_make_key(), *map(_get_public, former))
    try:
        _write_over(file, keys)
    except OSError as error:
        raise BadgeKeyError(f"{file}: {error.strerror}.") from None
    return keys


def _write_over(file: Path, keys: tuple[Jwk, ...]) -> None:
    """Replace the file in one step."""
    partial = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    _write_new(partial, keys)
    partial.replace(file)


def _write_new(file: Path, keys: tuple[Jwk, ...]) -> None:
    """Write a file that only its owner can read, whole or not at all.

    :raise FileExistsError: it exists.
    """
    # Threads of one process may do this at once, and need a file each.
    beside = file.with_name(f".{file.name}-new-{secrets.token_hex(8)}")
    with open(beside, "w", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        json.dump({"keys": keys}, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(beside, file)  # unlike a rename, this fails if the file exists
    finally:
        beside.unlink()
