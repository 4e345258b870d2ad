"""Where the items of a package belong: sections of tests, folders, and the keywords of the manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from app.interchange.qti.xml import Node, find_all, get_text

UNSORTED = "unsorted"
"""The identifier of the section in which packages of ours have the items without a category."""

_MOST_CATEGORIES = 10
_PLAIN_FOLDERS = frozenset({"item", "items", "qti", "question", "questions", "assessmentitems", "content", "resources"})
_PLAIN_SECTIONS = frozenset({"", "main", "root section", "root_section", "section 1"})

Path = tuple[str, ...]


@dataclass
class Placement:
    """The documents of a package: their order, categories and keywords, and the names that lead to none."""

    order: list[str] = field(default_factory=list)
    categories: dict[str, Path] = field(default_factory=dict)
    tags: dict[str, Path] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def read_tests(documents: Mapping[str, Node], manifest: Node | None) -> Placement:
    """Read where the items of a package belong."""
    found = Placement()
    items = [name for name, root in documents.items() if root.tag == "assessmentItem"]
    crowds = Counter(map(dirname, items))
    for name in items:
        found.categories[name] = _read_folders(name, is_alone=len(items) > 1 and crowds[dirname(name)] == 1)
    if manifest is not None:
        _read_manifest(manifest, documents, found)
    for name, root in documents.items():
        if root.tag in ("assessmentTest", "assessmentSection"):
            _read_references(root, dirname(name), (), documents, found)
    return found


def _read_folders(name: str, *, is_alone: bool) -> Path:
    """Return the folders of an item, without those that only say what is in them and one that is its own."""
    folder = dirname(dirname(name)) if is_alone else dirname(name)
    return tuple(part for part in folder.split("/") if part and part.casefold() not in _PLAIN_FOLDERS)[
        :_MOST_CATEGORIES
    ]


def _read_manifest(manifest: Node, documents: Mapping[str, Node], found: Placement) -> None:
    for resource in manifest.iter("resource"):
        href = resource.get("href") or next((one.get("href", "") for one in resource.iter("file")), "")
        name = normpath(unquote(href)) if href else ""
        if name in documents:
            found.order.append(name)
        elif name and "item" in resource.get("type", "").casefold() and "qti" in resource.get("type", "").casefold():
            found.missing.append(href)
        words = (get_text(one) for one in resource.iter("keyword"))
        found.tags[name] = tuple(dict.fromkeys(word for word in words if word))


def _read_references(
    element: Element, folder: str, path: Path, documents: Mapping[str, Node], found: Placement
) -> None:
    """Place the items to which the sections inside an element refer."""
    if element.tag == "assessmentSection":
        path = (*path, *_name(element))[:_MOST_CATEGORIES]
    for child in element:
        if child.tag == "assessmentItemRef":
            name = normpath(join(folder, unquote(child.get("href", ""))))
            if name in documents:
                found.categories[name] = path
        elif child.tag in ("testPart", "assessmentSection"):
            _read_references(child, folder, path, documents, found)


def _name(section: Element) -> Path:
    title = " ".join((section.get("title") or "").split())
    return () if section.get("identifier") == UNSORTED or title.casefold() in _PLAIN_SECTIONS else (title,)


def read_test_sections(root: Node) -> dict[int, Path]:
    """Return the categories of the items of a document of QTI 1.2, by the identity of their elements."""
    found: dict[int, Path] = {}
    _walk(root, (), found)
    return found


def _walk(element: Element, path: Path, found: dict[int, Path]) -> None:
    for child in element:
        if child.tag == "item":
            found[id(child)] = path[:_MOST_CATEGORIES]
        elif child.tag in ("assessment", "section", "objectbank"):
            title = " ".join((child.get("title") or _read_bank_title(child)).split())
            _walk(child, path if title.casefold() in _PLAIN_SECTIONS else (*path, title), found)


def _read_bank_title(element: Element) -> str:
    fields = (one for meta in element.findall("qtimetadata") for one in find_all(meta, "qtimetadatafield"))
    return next(
        (get_text(one.find("fieldentry")) for one in fields if get_text(one.find("fieldlabel")) == "bank_title"), ""
    )
