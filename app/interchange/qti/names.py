"""The two dialects of QTI that are written. Items are built with the names of QTI 2 and renamed for QTI 3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from app.interchange.qti.xml import parse


@dataclass(frozen=True, slots=True)
class Dialect:
    namespace: str
    manifest_namespace: str
    schema: str
    schema_version: str
    item_type: str
    test_type: str
    is_kebab: bool = False


QTI21 = Dialect(
    namespace="http://www.imsglobal.org/xsd/imsqti_v2p1",
    manifest_namespace="http://www.imsglobal.org/xsd/imscp_v1p1",
    schema="QTIv2.1 Package",
    schema_version="1.0.0",
    item_type="imsqti_item_xmlv2p1",
    test_type="imsqti_test_xmlv2p1",
)
QTI30 = Dialect(
    namespace="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    manifest_namespace="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    schema="QTI Package",
    schema_version="3.0.0",
    item_type="imsqti_item_xmlv3p0",
    test_type="imsqti_test_xmlv3p0",
    is_kebab=True,
)

_HTML = frozenset({"p", "div", "span", "strong", "em", "br", "img", "object"})
_IN_CONTENT_BODY = frozenset({"modalFeedback", "rubricBlock"})
_CAPITAL = re.compile("[A-Z]")


def make(name: str, /, **attributes: str) -> Element:
    return Element(name, attributes)


def make_text(name: str, text: str, /, **attributes: str) -> Element:
    element = Element(name, attributes)
    element.text = text
    return element


def add_html(element: Element, html: str) -> Element:
    """Put well-formed HTML inside an element, after what is there, and return the element."""
    holder = parse(f"<x>{html}</x>".encode())
    if len(element):
        element[-1].tail = (element[-1].tail or "") + (holder.text or "")
    else:
        element.text = (element.text or "") + (holder.text or "")
    element.extend(list(holder))
    return element


def rename(element: Element, dialect: Dialect) -> Element:
    """Return a copy with the names of the dialect."""
    name = str(element.tag)
    if not dialect.is_kebab or name in _HTML:
        renamed = Element(name, dict(element.attrib))
    else:
        renamed = Element(f"qti-{_dash(name)}", {_dash(key): value for key, value in element.attrib.items()})
    renamed.text, renamed.tail = element.text, element.tail
    inside = renamed
    if dialect.is_kebab and name in _IN_CONTENT_BODY:
        inside = Element("qti-content-body")
        inside.text, renamed.text = renamed.text, None
        renamed.append(inside)
    inside.extend([rename(child, dialect) for child in element])
    return renamed


def _dash(name: str) -> str:
    return _CAPITAL.sub(lambda found: f"-{found[0].lower()}", name)
