"""What the checker finds, by document."""

from __future__ import annotations

from dataclasses import dataclass

from app.content.loader import LoadedLibrary


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in a document or folder, as pages show it. Its texts are in English, as in the author's manual."""

    path: str
    line: int
    message: str
    expected: str | None


def list_findings(checked: LoadedLibrary) -> dict[str, list[Finding]]:
    """Return the faults of a library by path. The path of the library itself is empty."""
    found: dict[str, list[Finding]] = {}
    for fault in checked.faults:
        path = str(fault.path)
        found.setdefault(path, []).append(Finding(path, fault.line, fault.message, fault.expected))
    return found
