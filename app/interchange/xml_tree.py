"""Reads XML as a small tree with the line of each element. A document type, and so any entity, is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from app.interchange.bank import UnreadableBankError

MAX_DEPTH = 80
MAX_ELEMENTS = 500_000
_DECLARED = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{1,40})""")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class XmlElement:
    """An element by its local name. ``children`` are elements and texts in order."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[XmlElement | str] = field(default_factory=list)

    @property
    def elements(self) -> list[XmlElement]:
        return [child for child in self.children if isinstance(child, XmlElement)]

    @property
    def text(self) -> str:
        """The text directly inside, without that of inner elements."""
        return "".join(child for child in self.children if isinstance(child, str))

    def find(self, *path: str) -> XmlElement | None:
        """Return the first element at a path of names."""
        here: XmlElement | None = self
        for name in path:
            here = next((child for child in here.elements if child.name == name), None) if here else None
        return here

    def find_all(self, name: str) -> list[XmlElement]:
        return [child for child in self.elements if child.name == name]

    def find_text(self, *path: str) -> str:
        """Return the text at a path without the spaces around it; an empty text if there is none."""
        found = self.find(*path)
        return found.text.strip() if found else ""

    def walk(self) -> Iterator[XmlElement]:
        """Yield this element and all inside it in document order."""
        waiting = [self]
        while waiting:
            here = waiting.pop()
            yield here
            waiting.extend(reversed(here.elements))


def read_xml(data: bytes) -> XmlElement:
    """Return the root element.

    :raise UnreadableBankError: the file is not well-formed, has a document type, or is too deep or too large.
    """
    reader = _TreeReader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnreadableBankError(describe_fault(error, data), error.lineno) from error
    except (LookupError, ValueError) as error:
        raise UnreadableBankError("the file names an encoding that cannot be read", 1) from error
    if reader.root is None:
        raise UnreadableBankError("the file contains no XML element", 1)
    return reader.root


def describe_fault(error: expat.ExpatError, data: bytes) -> str:
    """Return why the parser cannot read a file, and whether the file is in another encoding than it says."""
    declared = _DECLARED.match(data[:300])
    is_invalid = error.code == expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]
    if is_invalid and (declared is None or declared[1].lower() in (b"utf-8", b"utf8")):
        try:
            data.decode()
        except UnicodeDecodeError:
            return "the file is not in UTF-8, and its first line names no other encoding; save it as UTF-8"
    what = expat.errors.messages.get(error.code, "malformed").removeprefix("not well-formed ").strip("()")
    return f"this is not well-formed XML ({what})"


def escape_xml(text: str) -> str:
    """Write text for XML, without the characters that no XML may contain."""
    text = _NOT_IN_XML.sub("", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


@dataclass(slots=True)
class _TreeReader:
    root: XmlElement | None = None
    open: list[XmlElement] = field(default_factory=list)
    count: int = 0
    parser: expat.XMLParserType = field(default_factory=expat.ParserCreate)

    def __post_init__(self) -> None:
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.add_text
        self.parser.StartDoctypeDeclHandler = self.refuse_doctype

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        line = self.parser.CurrentLineNumber
        if self.count > MAX_ELEMENTS:
            raise UnreadableBankError(f"the file has too many elements; {MAX_ELEMENTS} at most", line)
        if len(self.open) >= MAX_DEPTH:
            raise UnreadableBankError(f"the elements are nested too deeply; {MAX_DEPTH} levels at most", line)
        local = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        element = XmlElement(name.rpartition(":")[2], local, line)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, name: str) -> None:
        self.open.pop()

    def add_text(self, text: str) -> None:
        if self.open:
            self.open[-1].children.append(text)

    def refuse_doctype(self, *declaration: object) -> None:
        line = self.parser.CurrentLineNumber
        raise UnreadableBankError(
            "a document type (<!DOCTYPE …>) is not allowed, because it could define entities", line
        )
