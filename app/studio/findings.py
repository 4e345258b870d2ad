"""What the checker finds, by document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for

from app.content.faults import Fault
from app.content.loader import LoadedLibrary
from app.studio import blueprint
from app.studio.addresses import is_question_document, locate_document


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

    @property
    def question(self) -> int | None:
        """The number of the question that it is about, from 1."""
        return self.entry + 1 if self.entry is not None and is_question_document(self.path) else None


@blueprint.app_template_global("locate_finding")
def locate_finding(slug: str, finding: Finding) -> str:
    """Return the address of the page on which a finding in a document can be fixed."""
    if finding.question is None:
        return locate_document(slug, finding.path)
    return url_for("studio.edit_question", slug=slug, path=finding.path, n=finding.question)


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
