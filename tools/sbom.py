"""Write a software bill of materials (CycloneDX 1.6) to standard output: ``python -m tools.sbom``.

It lists all libraries of ``requirements.txt`` with their hashes, and the scripts and fonts that are part of this
repository with the hashes of their files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.server.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
VENDORED = ("app/static/vendor", "app/static/fonts")

_PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_SCRIPT = re.compile(r"([a-z]+)-([0-9][0-9.]*)\.min\.js")


def build() -> dict[str, Any]:
    components = [*_list_libraries((ROOT / "requirements.txt").read_text()), *_list_vendored()]
    application = {"type": "application", "bom-ref": "palpate", "name": "palpate", "version": VERSION}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": application},
        "components": components,
        "dependencies": [{"ref": "palpate", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def _list_libraries(text: str) -> Iterator[dict[str, Any]]:
    for entry in re.split(r"\n(?=\S)", text):
        if found := _PIN.match(entry):
            name, version = found.groups()
            address = f"pkg:pypi/{name}@{version}"
            # One hash for each file of the release, of which a platform installs one.
            hashes = [
                {
                    "type": "distribution",
                    "url": f"https://pypi.org/project/{name}/{version}/",
                    "hashes": [_hash(digest)],
                }
                for digest in _HASH.findall(entry)
            ]
            yield {
                "type": "library",
                "bom-ref": address,
                "name": name,
                "version": version,
                "purl": address,
                "externalReferences": hashes,
            }


def _list_vendored() -> Iterator[dict[str, Any]]:
    for path in sorted(path for folder in VENDORED for path in (ROOT / folder).iterdir()):
        if path.suffix == ".txt":
            continue
        where = path.relative_to(ROOT).as_posix()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        described: dict[str, Any] = {"type": "file", "name": where}
        if found := _SCRIPT.fullmatch(path.name):
            described = {"type": "library", "name": found[1], "version": found[2], "description": where}
        yield {"bom-ref": where, **described, "hashes": [_hash(digest)]}


def _hash(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}


if __name__ == "__main__":
    print(json.dumps(build(), indent=2))
