"""The files of an import: drafts by category, and pictures, for a module's folder."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from app.content.folders import IMPORTED_FOLDER
from app.content.yaml_nodes import Plain
from app.interchange.authoring import DraftQuestion
from app.interchange.pictures import make_slug
from app.interchange.yaml_writer import write_yaml

_PER_FILE = 100
"""Questions. A file of the author's format may have 512 KB."""
_MOST_BYTES = 400_000


def write_files(
    drafts: Sequence[DraftQuestion], pictures: Mapping[str, bytes], *, taken: Collection[str] = ()
) -> dict[str, bytes]:
    """Return the contents of files by their path below the folder of a module.

    Each category has a file of its own, in the order of the bank. No file of questions gets a path that is ``taken``.
    """
    by_name: dict[str, list[dict[str, Plain]]] = {}
    for draft in drafts:
        if draft.document:
            name = make_slug("-".join(draft.item.categories[-2:])) or "questions"
            by_name.setdefault(name, []).append(draft.document)
    files: dict[str, bytes] = {}
    for name, documents in by_name.items():
        for text in _write_parts(documents):
            path, number = f"questions/{name}.yaml", 2
            while path in files or path in taken:
                path, number = f"questions/{name}-{number}.yaml", number + 1
            files[path] = text.encode()
    for name, data in pictures.items():
        files[f"{IMPORTED_FOLDER}/{name}"] = data
    return files


def _write_parts(documents: Sequence[dict[str, Plain]]) -> Iterator[str]:
    """Write documents as one text, or as several if one would be too large to read."""
    text = write_yaml(documents)
    if len(documents) == 1 or (len(documents) <= _PER_FILE and len(text.encode()) <= _MOST_BYTES):
        yield text
        return
    half = min(_PER_FILE, len(documents) // 2)
    yield from _write_parts(documents[:half])
    yield from _write_parts(documents[half:])
