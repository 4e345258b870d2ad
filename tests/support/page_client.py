"""A test client that reads pages as a browser does: the layout of a template's source is not part of a page."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Response
from flask.testing import FlaskClient

_INLINE = (
    "a|abbr|b|bdi|bdo|br|cite|code|data|del|dfn|em|i|img|input|ins|kbd|mark|output|q|s|samp|select|small|span|strong"
    "|sub|sup|svg|textarea|time|tspan|u|use|var|wbr"
)
_TAG = re.compile(r"<[^<>]*>")
_BEFORE_BLOCK = re.compile(rf"\s+(?=</?(?!(?:{_INLINE})\b)[a-z])")
_AFTER_BLOCK = re.compile(rf"(</?(?!(?:{_INLINE})\b)[a-z][^<>]*>)\s+")
_VERBATIM = re.compile(r"(<(?:textarea|pre)\b.*?</(?:textarea|pre)>)", re.DOTALL)


def _clean_tag(tag: re.Match[str]) -> str:
    return re.sub(r"\s*(/?>)$", r"\1", re.sub(r"\s+", " ", tag[0]))


def collapse(html: str) -> str:
    """Collapse white space as browsers do: to one space, and to none beside elements that are no part of a line."""
    parts = _VERBATIM.split(html)
    for index in range(0, len(parts), 2):
        text = re.sub(r"\s+", " ", _TAG.sub(_clean_tag, parts[index]))
        parts[index] = _AFTER_BLOCK.sub(r"\1", _BEFORE_BLOCK.sub("", text))
    return "".join(parts)


class _Page(Response):
    def get_data(self, as_text: bool = False) -> Any:
        data = super().get_data(as_text=as_text)  # type: ignore[call-overload]
        return collapse(data) if as_text and self.mimetype == "text/html" else data


class PageClient(FlaskClient):
    def __init__(self, application: Flask, response_wrapper: Any = None, **options: Any) -> None:
        super().__init__(application, _Page, **options)
