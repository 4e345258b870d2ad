"""XML of QTI as a tree in which all versions use the same names.

QTI 3.0 writes ``qti-choice-interaction`` and ``response-identifier`` where QTI 2 writes ``choiceInteraction`` and
``responseIdentifier``; the tree has the names of QTI 2. Namespaces and their prefixes are dropped, since writers disagree
on them. Comments and processing instructions are not part of the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html.entities import html5
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from app.interchange.bank import UnreadableBankError
from app.interchange.xml_tree import describe_fault

MAX_DEPTH = 100
MAX_ELEMENTS = 500_000

_IRREGULAR = {"qti-duration-lt": "durationLT", "qti-duration-gte": "durationGTE"}
_DASH = re.compile("-([a-z0-9])")


class Node(Element):
    """An element that knows its line."""

    line = 0


@dataclass
class ElementBudget:
    """How many elements may still be read; the documents of one package share it."""

    left: int = MAX_ELEMENTS


def parse(data: bytes, budget: ElementBudget | None = None) -> Node:
    """Parse a document without reading anything outside it.

    :raise UnreadableBankError: it is not XML, declares entities, or is too deep or too large.
    """
    return _Reader(budget or ElementBudget()).read(data)


class _Reader:
    def __init__(self, budget: ElementBudget) -> None:
        self._budget = budget
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._builder = TreeBuilder(element_factory=Node)
        self._depth = 0
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._builder.data
        self._parser.SkippedEntityHandler = self._write_entity
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.ExternalEntityRefHandler = self._refuse_entity

    def read(self, data: bytes) -> Node:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise UnreadableBankError(describe_fault(error, data), error.lineno) from error
        except (ValueError, LookupError) as error:
            raise UnreadableBankError("the encoding that the XML names cannot be read") from error
        root = self._builder.close()
        assert isinstance(root, Node)
        return root

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._budget.left -= 1
        if self._depth > MAX_DEPTH:
            raise self._refuse(f"more than {MAX_DEPTH} elements inside each other")
        if self._budget.left < 0:
            raise self._refuse(f"more than {MAX_ELEMENTS:,} elements")
        name, is_kebab = _read_name(tag)
        local = {_read_key(key, is_kebab=is_kebab): value for key, value in attributes.items()}
        node = self._builder.start(name, local)
        assert isinstance(node, Node)
        node.line = self._parser.CurrentLineNumber

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(tag)

    def _write_entity(self, name: str, is_parameter: bool) -> None:
        """Write an entity of HTML, which old files use because their DTD, which nobody reads, declares it."""
        text = html5.get(f"{name};")
        if text is None or is_parameter:
            raise self._refuse(f"the entity “{name[:40]}” is not known")
        self._builder.data(text)

    def _refuse_entity(self, *_: object) -> int:
        raise self._refuse("declarations of entities are not read")

    def _refuse(self, reason: str) -> UnreadableBankError:
        return UnreadableBankError(reason, self._parser.CurrentLineNumber)


@lru_cache(maxsize=1_000)
def _read_name(tag: str) -> tuple[str, bool]:
    """Return the name of an element as QTI 2 has it, and whether the file has that of QTI 3."""
    name = tag.rpartition(" ")[2]
    if not name.startswith("qti-"):
        return name, False
    return _IRREGULAR.get(name) or _join(name.removeprefix("qti-")), True


@lru_cache(maxsize=1_000)
def _read_key(key: str, *, is_kebab: bool) -> str:
    name = key.rpartition(" ")[2]
    return _join(name) if is_kebab and not name.startswith("data-") else name


def _join(name: str) -> str:
    return _DASH.sub(lambda found: found[1].upper(), name)


def get_text(element: Element | None) -> str:
    """Return the text inside an element, markup removed and spaces collapsed."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def find_all(element: Element, name: str) -> Iterator[Node]:
    """Yield all elements of a name at any depth, in the order of the document."""
    return (found for found in element.iter(name) if isinstance(found, Node))
