"""What the checker finds, by document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.content.faults import Fault
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
    for finding in describe_faults(checked.faults):
        found.setdefault(finding.path, []).append(finding)
    return found


def describe_faults(faults: Iterable[Fault]) -> list[Finding]:
    return [Finding(str(fault.path), fault.line, fault.message, fault.expected, _find_entry(fault)) for fault in faults]


def _find_entry(fault: Fault) -> int | None:
    """Return the position of the question at fault in its document, if it is one."""
    return fault.spot[0] if fault.spot and isinstance(fault.spot[0], int) else None
