"""The documents of a new library: a small sound example that a trainer changes step by step."""

from __future__ import annotations

import json
from pathlib import Path

_FOLDER = Path(__file__).parent / "starter"


def list_documents(name: str) -> dict[str, bytes]:
    """Return the documents of a new library by path. ``name`` becomes the title."""
    files = (path for path in _FOLDER.rglob("*") if path.is_file())
    documents = {path.relative_to(_FOLDER).as_posix(): path.read_bytes() for path in files}
    # A JSON string is a YAML text in quotes, whatever it contains.
    title = json.dumps(name, ensure_ascii=False)
    return documents | {"course.yaml": f"title: {title}\nmodules: [first-module]\n".encode()}
