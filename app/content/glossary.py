"""The glossary's side of lessons: links from the first use of each key term of the course to its entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape, unescape

from app.domain.content import LessonCheck, Term

_TAG = re.compile(r'(<(?:[^<>"]|"[^"]*")*>)')
_NAME = re.compile(r"</?([a-z0-9]+)", re.IGNORECASE)
_NOT_LINKED = frozenset({"a", "button", "code", "dfn", "details", "h1", "h2", "h3", "svg", "th"})
# A sign of danger is there to be acted on; nothing in it leads elsewhere.
_FLAG = '<section class="notice'
# The last word before a citation is bound to it. Its opening tag may come in the middle of a term.
_KEEP = '<span class="keep">'
_KEPT = "\ue000"


class TermLinker:
    """Links terms in the HTML of lessons, as :mod:`app.content.lessons` writes it."""

    def __init__(self, terms: Iterable[Term]) -> None:
        terms = list(terms)
        self._ids = {_fold(term.name): term.id for term in terms}
        # The longest name first: "trigger point injection" is not a trigger point.
        patterns = [_make_pattern(name) for name in sorted((term.name for term in terms), key=lambda n: (-len(n), n))]
        joined = "|".join(dict.fromkeys(patterns))
        self._pattern = re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])") if patterns else None

    def link(self, parts: Sequence[str | LessonCheck]) -> tuple[str | LessonCheck, ...]:
        """Return the parts of one lesson, each term linked where the text uses it first.

        Headings, links, buttons, code, drawings, flags and the terms' own boxes are left alone.
        """
        seen: set[str] = set()
        return tuple(self._link_html(part, seen) if isinstance(part, str) else part for part in parts)

    def link_definition(self, html: str, term: str) -> str:
        """Return a definition in which other terms are linked; ``term`` is the id of the defined one."""
        return self._link_html(html, {term})

    def _link_html(self, html: str, seen: set[str]) -> str:
        pieces = _TAG.split(html.replace(_KEEP, _KEPT))
        closed_by: list[str] = []
        for at, piece in enumerate(pieces):
            if at % 2:
                _follow(piece, closed_by)
            elif not closed_by and self._pattern:
                pieces[at] = self._pattern.sub(lambda found: self._make_link(found, seen), piece)
        return "".join(pieces).replace(_KEPT, _KEEP)

    def _make_link(self, found: re.Match[str], seen: set[str]) -> str:
        text = found.group()
        words = text.replace(_KEPT, "")
        term = self._find(words)
        if term in seen:
            return text
        seen.add(term)
        opening = _KEPT if _KEPT in text else ""
        return f'{opening}<a class="term-link" href="/glossary#{term}">{words}</a>'

    def _find(self, words: str) -> str:
        name = _fold(unescape(words))
        return next(
            self._ids[form] for form in (name, name.removesuffix("s"), name.removesuffix("es")) if form in self._ids
        )


def _make_pattern(name: str) -> str:
    """Match a term and its plural. An abbreviation is matched as it is written: "tens" is a number."""
    words = rf"\s+{_KEPT}?".join(re.escape(escape(word, quote=False)) for word in name.split())
    return words if name.isupper() else f"(?i:{words}(?:e?s)?)"


def _fold(name: str) -> str:
    return " ".join(name.lower().split())


def _follow(tag: str, closed_by: list[str]) -> None:
    """Keep the names of the open elements in which nothing is linked."""
    found = _NAME.match(tag)
    if found is None:
        return
    name = found.group(1).lower()
    if tag.startswith("</"):
        if closed_by and closed_by[-1] == name:
            closed_by.pop()
    elif (name in _NOT_LINKED or tag.startswith(_FLAG)) or (closed_by and name == closed_by[-1]):
        closed_by.append(name)
