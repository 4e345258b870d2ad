"""A document that is a lesson: its head as an entry, and its text. What nobody changes stays byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.content.module_documents import EntryDocument
from app.content.yaml_edits import Edited
from app.content.yaml_words import write_map

ORDER = ("id", "title", "hook", "objectives", "facts")
"""The fields of the head in the order in which they are written."""


@dataclass(frozen=True, slots=True)
class LessonDocument:
    """A lesson. ``opening`` and ``closing`` are the lines ``---`` around its head, and ``body`` is what follows them."""

    text: str
    opening: str
    head: EntryDocument
    closing: str
    body: str

    @classmethod
    def read(cls, text: str) -> LessonDocument | None:
        """Return the lesson, or None if it has no head that a form could show."""
        lines = text.split("\n")
        if lines[0].rstrip() != "---":
            return None
        end = next((number for number, line in enumerate(lines[1:], start=1) if line.rstrip() == "---"), None)
        if end is None:
            return None
        head = EntryDocument.read("".join(f"{line}\n" for line in lines[1:end]))
        if head is None:
            return None
        return cls(text, lines[0], head, lines[end], "\n".join(lines[end + 1 :]))

    @property
    def before(self) -> int:
        """The number of lines above the text."""
        return self.head.text.count("\n") + 2

    def change(self, entry: dict[str, Edited], body: str) -> str:
        """Return the lesson with another head and another text."""
        head = self.head.change(entry, ORDER)
        if head == self.head.text and body == self.body:
            return self.text
        end = "" if head.endswith("\n") or not head else "\n"
        return f"{self.opening}\n{head}{end}{self.closing}\n{body}"


def write_lesson(name: str, title: str, hook: str, objectives: Sequence[str], body: str) -> str:
    """Return the text of a new lesson."""
    head = write_map({"id": name, "title": title, "hook": hook, "objectives": list(objectives)}, 0)
    return f"---\n{head}\n---\n{body}"


def list_lesson_numbers(paths: Iterable[str], folder: str) -> list[int]:
    """Return the numbers with which the names of the lessons in a module's folder begin."""
    prefix = f"{folder}/lessons/"
    numbers = (path.removeprefix(prefix).partition("-")[0] for path in paths if path.startswith(prefix))
    return [int(number) for number in numbers if number.isascii() and number.isdecimal()]
