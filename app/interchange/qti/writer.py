"""Write packages of QTI 2.1 and 3.0: a manifest, a test with the items by category, and an item for each question."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, tostring

from app.content.interactions import Note, Severity
from app.interchange.bank import BankItem, QuestionBank, RefusedItemError, WrittenBank
from app.interchange.qti.item_writer import build_item
from app.interchange.qti.names import QTI21, QTI30, Dialect, make, rename
from app.interchange.qti.sections import UNSORTED

_DATE = (1980, 1, 1, 0, 0, 0)
"""The same for every file, so that the same questions make the same package."""

_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class _WrittenItem:
    item: BankItem
    identifier: str
    data: bytes

    @property
    def href(self) -> str:
        return f"items/{self.identifier}.xml"


def write_qti21(bank: QuestionBank) -> WrittenBank:
    return _write(bank, QTI21)


def write_qti30(bank: QuestionBank) -> WrittenBank:
    return _write(bank, QTI30)


def _write(bank: QuestionBank, dialect: Dialect) -> WrittenBank:
    written: list[_WrittenItem] = []
    items: list[BankItem] = []
    taken: set[str] = set()
    for item in bank.items:
        if item.is_refused or item.interaction is None:
            items.append(item)
            continue
        identifier = make_identifier(item.identifier or item.title, taken)
        try:
            root, notes = build_item(item, identifier, frozenset(bank.pictures))
        except RefusedItemError as error:
            items.append(item.refuse(str(error)))
            continue
        if item.identifier and item.identifier != identifier:
            notes = (*notes, Note(Severity.CHANGED, f"its identifier became “{identifier}”"))
        items.append(item.add_notes(*notes))
        written.append(_WrittenItem(item, identifier, serialize(root, dialect, dialect.namespace)))
    shown = {name for one in written for name in one.item.pictures if name in bank.pictures}
    files = {
        "imsmanifest.xml": _serialize_plain(_build_manifest(written, sorted(shown), dialect)),
        "test.xml": serialize(_build_test(written), dialect, dialect.namespace),
        **{one.href: one.data for one in written},
        **{f"pictures/{name}": bank.pictures[name] for name in sorted(shown)},
    }
    return WrittenBank(_zip(files), QuestionBank(tuple(items), bank.pictures, bank.notes))


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, data)
    return out.getvalue()


def make_identifier(text: str, taken: set[str]) -> str:
    """Return an identifier that XML and file systems allow and that no other item has."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:80]
    if not plain or not (plain[0].isalpha() or plain[0] == "_"):
        plain = f"q-{plain}".rstrip("-")
    found, number = plain, 1
    while found.casefold() in taken:
        number += 1
        found = f"{plain}-{number}"
    taken.add(found.casefold())
    return found


def serialize(root: Element, dialect: Dialect, namespace: str) -> bytes:
    """Write an element with the names of the dialect."""
    renamed = rename(root, dialect)
    renamed.attrib = {"xmlns": namespace, **renamed.attrib}
    return _serialize_plain(renamed)


def _serialize_plain(root: Element) -> bytes:
    data: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return data


def _build_manifest(written: Sequence[_WrittenItem], pictures: Sequence[str], dialect: Dialect) -> Element:
    resources = make("resources")
    test = make("resource", identifier="test", type=dialect.test_type, href="test.xml")
    test.append(make("file", href="test.xml"))
    test.extend(make("dependency", identifierref=f"item-{one.identifier}") for one in written)
    resources.append(test)
    for one in written:
        resource = make("resource", identifier=f"item-{one.identifier}", type=dialect.item_type, href=one.href)
        if one.item.tags:
            resource.append(_build_keywords(one.item.tags))
        resource.append(make("file", href=one.href))
        shown = [name for name in one.item.pictures if name in pictures]
        resource.extend(make("dependency", identifierref=f"picture-{name}") for name in shown)
        resources.append(resource)
    for name in pictures:
        resource = make("resource", identifier=f"picture-{name}", type="webcontent", href=f"pictures/{name}")
        resource.append(make("file", href=f"pictures/{name}"))
        resources.append(resource)
    schema, version = make("schema"), make("schemaversion")
    schema.text, version.text = dialect.schema, dialect.schema_version
    metadata = make("metadata")
    metadata.extend([schema, version])
    manifest = make("manifest", xmlns=dialect.manifest_namespace, identifier="MANIFEST")
    manifest.extend([metadata, make("organizations"), resources])
    return manifest


def _build_keywords(tags: Sequence[str]) -> Element:
    general = make("general")
    for tag in tags:
        text = make("string", language="en")
        text.text = tag
        keyword = make("keyword")
        keyword.append(text)
        general.append(keyword)
    lom = make("lom", xmlns="http://ltsc.ieee.org/xsd/LOM")
    lom.append(general)
    metadata = make("metadata")
    metadata.append(lom)
    return metadata


def _build_test(written: Sequence[_WrittenItem]) -> Element:
    part = make("testPart", identifier="part", navigationMode="nonlinear", submissionMode="individual")
    tree: dict[tuple[str, ...], Element] = {}
    for one in written:
        section = _find_section(tree, part, one.item.categories)
        section.append(make("assessmentItemRef", identifier=one.identifier, href=one.href))
    if not written:
        _find_section(tree, part, ())
    test = make("assessmentTest", identifier="test", title="Questions")
    test.append(part)
    return test


def _find_section(tree: dict[tuple[str, ...], Element], part: Element, path: tuple[str, ...]) -> Element:
    """Return the section of a category, in the section of the category above it."""
    if path not in tree:
        identifier = f"section-{len(tree) + 1}" if path else UNSORTED
        tree[path] = make(
            "assessmentSection", identifier=identifier, title=path[-1] if path else "Questions", visible="true"
        )
        (_find_section(tree, part, path[:-1]) if len(path) > 1 else part).append(tree[path])
    return tree[path]
