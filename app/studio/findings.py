"""What the checker finds, by document."""

from __future__ import annotations

from dataclasses import dataclass

from app.content.loader import LoadedLibrary


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in a document or folder, as pages show it. Its texts are in English, as in the author's manual.

    ``entry`` is the index of the entry that it is about, if the document is a list.
    """

    path: str
    line: int
    message: str
    expected: str | None
    entry: int | None = None


def list_findings(checked: LoadedLibrary) -> dict[str, list[Finding]]:
    """Return the faults of a library by path. The path of the library itself is empty."""
    found: dict[str, list[Finding]] = {}
    for fault in checked.faults:
        path = str(fault.path)
        entry = fault.spot[0] if fault.spot and isinstance(fault.spot[0], int) else None
        found.setdefault(path, []).append(Finding(path, fault.line, fault.message, fault.expected, entry))
    return found
