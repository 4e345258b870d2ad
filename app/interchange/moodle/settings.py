"""What a question of Moodle says beside its content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.content.interactions import Note, Severity
from app.interchange.xml_tree import XmlElement

_READ = frozenset(
    [
        "name", "questiontext", "generalfeedback", "defaultgrade", "hidden", "idnumber", "single", "shuffleanswers",
        "answer", "correctfeedback", "partiallycorrectfeedback", "incorrectfeedback", "hint", "tags", "coursetags",
        "units", "unitgradingtype", "subquestion", "usecase", "gradingtype", "selecttype", "minwordlimit",
        "maxwordlimit", "graderinfo", "responsetemplate", "attachments",
    ]
)  # fmt: skip
"""What the reader looks at, and notes by itself if it gives it up."""


def list_settings(question: XmlElement) -> set[str]:
    """Return the names of the settings with a value that the reader does not look at."""
    return {one.name for one in question.elements if one.name not in _READ and (one.elements or one.text.strip())}


def note_left_out(settings: Iterable[str]) -> Iterator[Note]:
    """Yield one note on all settings of a file that have no counterpart."""
    if names := ", ".join(sorted(settings)):
        yield Note(Severity.LOST, f"Moodle's settings of appearance and repeated tries are not imported: {names}")
