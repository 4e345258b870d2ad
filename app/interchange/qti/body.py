"""Texts of items: from the XML of a body to HTML, and from there to the Markdown of the bank."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from app.content.interactions import Note, Severity
from app.interchange.html_text import read_html
from app.interchange.markup import ReadText, read_plain
from app.interchange.qti.values import StepBudget

GAP = "_____"

_LEFT_OUT = frozenset({"feedbackInline", "feedbackBlock", "rubricBlock", "stylesheet", "modalFeedback"})
_INLINE_GAPS = frozenset({"textEntryInteraction", "inlineChoiceInteraction"})
_VARIABLE = frozenset({"printedVariable", "templateInline", "templateBlock", "infoControl"})
_VOID = frozenset({"br", "hr", "img", "col"})
_BASE = re.compile(r"\$[A-Z0-9_-]*FILE[A-Z_-]*BASE\$/*", re.IGNORECASE)
"""What Canvas and others write for the folder of the files: ``$IMS-CC-FILEBASE$``."""


@dataclass(frozen=True)
class PictureNames(Mapping[str, str]):
    """The pictures of a file by every name under which its texts may refer to them.

    ``find`` returns the safe name of a picture, which it then keeps, or None.
    """

    find: Callable[[str], str | None]

    def __getitem__(self, name: str) -> str:
        plain = _BASE.sub("", unquote(name)).partition("?")[0]
        if not plain or plain.startswith("data:") or (found := self.find(plain)) is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True  # names are looked up, not counted


NO_PICTURES = PictureNames(lambda name: None)


@dataclass
class TextReader:
    """Reads the texts of one item, and collects the notes on what they contain and the pictures that they show.

    ``budget`` limits the rules of all items of a file together.
    """

    names: PictureNames = NO_PICTURES
    budget: StepBudget = field(default_factory=StepBudget)
    notes: list[Note] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)

    def read_html(self, html: str) -> str:
        return self._keep(read_html(html, self.names))

    def read_plain(self, text: str) -> str:
        return self._keep(read_plain(text))

    def read_inside(self, element: Element | None) -> str:
        """Return the text inside an element, feedback and choices left out."""
        return self.read_html("".join(self._write_inside(element))) if element is not None else ""

    def keep_picture(self, name: str) -> str | None:
        """Return the safe name of a picture, or None if the file has none of that name."""
        found = self.names.get(name)
        if found is not None and found not in self.pictures:
            self.pictures.append(found)
        return found

    def note(self, severity: Severity, reason: str) -> None:
        self.add_notes(Note(severity, reason))

    def add_notes(self, *notes: Note) -> None:
        self.notes += [note for note in dict.fromkeys(notes) if note not in self.notes]

    def _keep(self, read: ReadText) -> str:
        self.add_notes(*read.notes)
        self.pictures += [name for name in read.pictures if name not in self.pictures]
        return read.text

    def _write_inside(self, element: Element) -> Iterator[str]:
        yield escape(element.text or "", quote=False)
        for child in element:
            yield from self._write(child)
            yield escape(child.tail or "", quote=False)

    def _write(self, element: Element) -> Iterator[str]:
        name = str(element.tag)
        if name in _LEFT_OUT:
            return
        if name in _INLINE_GAPS:
            yield GAP
        elif name == "gap":
            yield f"({element.get('number', '')}) {GAP}"
        elif name.endswith("Interaction"):
            yield from self._write_interaction(element)
        elif name in ("object", "img") and _is_picture(element):
            yield _write_picture(element)
        elif name == "prompt":
            yield from ("<p>", *self._write_inside(element), "</p>")
        elif name != name.lower():  # an element of QTI that only holds others, such as contentBody
            if name in _VARIABLE:
                self.note(Severity.LOST, f"the element “{name}” was left out")
            else:
                yield from self._write_inside(element)
        else:
            yield f"<{name}{_write_addresses(element)}>"
            if name not in _VOID:
                yield from self._write_inside(element)
                yield f"</{name}>"

    def _write_interaction(self, element: Element) -> Iterator[str]:
        """Write what an interaction says before its choices; those of hot text and gaps are within their text."""
        if element.tag in ("hottextInteraction", "gapMatchInteraction"):
            for child in element:
                if child.tag not in ("gapText", "gapImg"):
                    yield from self._write(child)
                    yield escape(child.tail or "", quote=False)
            return
        prompt = element.find("prompt")
        if prompt is not None:
            yield from self._write(prompt)


def _write_addresses(element: Element) -> str:
    known = ((name, element.get(name)) for name in ("href", "src", "data"))
    return "".join(f' {name}="{escape(value)}"' for name, value in known if value)


def _write_picture(element: Element) -> str:
    source = element.get("data") or element.get("src") or ""
    alternative = element.get("alt") or " ".join("".join(element.itertext()).split())
    return f'<img src="{escape(source)}" alt="{escape(alternative)}">'


def _is_picture(element: Element) -> bool:
    if element.tag == "img":
        return True
    kind = element.get("type", "")
    suffix = (element.get("data") or "").rpartition(".")[2].lower()
    return kind.startswith("image/") or (not kind and suffix in ("png", "jpg", "jpeg", "gif", "svg", "webp"))
