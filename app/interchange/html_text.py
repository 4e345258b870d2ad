"""Reads the HTML and Markdown of other systems as our Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote

from markdown_it import MarkdownIt

from app.content.interactions import Note, Severity
from app.interchange.bank import RefusedItemError
from app.interchange.markup import ReadText, Run, check_length, clean, note_invisible, read_plain, write_runs


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_STRONG = frozenset({"b", "strong"})
_EMPHATIC = frozenset({"i", "em", "cite", "dfn", "var"})
_PARAGRAPHS = _set(
    """p div section article header footer main aside address blockquote pre ul ol dl dt dd table caption tr h1 h2 h3 h4
    h5 h6 figure figcaption hr form fieldset center"""
)
_SILENT = _set("span font html body tbody thead tfoot label wbr nobr small big code kbd samp tt q abbr")
_LOOKS = {
    "u": "underlining",
    "ins": "underlining",
    "s": "strike-through",
    "strike": "strike-through",
    "del": "strike-through",
    "mark": "highlighting",
    "math": "a MathML formula",
}
_DROPPED = {"script": "a script", "style": "a style sheet", "title": "a title", "template": "a template"}
_EMBEDDED = frozenset({"audio", "video", "source", "iframe", "object", "embed", "svg", "canvas", "applet"})
_RAISED = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_LOWERED = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
_CELLS = frozenset({"td", "th"})
_TEX = re.compile(r"\\\(.+?\\\)|\\\[.+?\\\]|\$\$.+?\$\$", re.DOTALL)
_MARKUP = re.compile(r"[<&]|\\[(\[]|\$\$")
_OPEN_TAG = re.compile(r"<(?=[^<>]*(?:<|\Z))")
"""A tag that nothing closes, which takes the parser quadratic time; it is shown as typed."""
_PLUGIN_FILE = re.compile(r"(?:@@PLUGINFILE@@|\$IMS-CC-FILEBASE\$|\$FILEPHP\$)/*", re.IGNORECASE)
_LIST_NOTE = Note(Severity.CHANGED, "a list became running text with numbers")
_TABLE_NOTE = Note(Severity.CHANGED, "a table became running text")
_UNKNOWN = re.compile(r"[a-z0-9:-]+")
_OTHERS = _set("li br img a sup sub link meta head base input select option textarea button param track")
_KNOWN = _STRONG | _EMPHATIC | _PARAGRAPHS | _SILENT | _EMBEDDED | _CELLS | _LOOKS.keys() | _DROPPED.keys() | _OTHERS


def read_html(html: str, pictures: Mapping[str, str] | None = None) -> ReadText:
    """Read HTML. ``pictures`` maps the names in the file to those under which the bank keeps the pictures.

    :raise RefusedItemError: the text is too long.
    """
    check_length(html)
    if not _MARKUP.search(html):
        return read_plain(re.sub(r"[ \t\r\n\f]+", " ", html))
    reader = _HtmlReader(pictures or {})
    reader.notes.extend(note_invisible(html))
    try:
        reader.feed(_OPEN_TAG.sub("&lt;", _drop_comments(clean(html))))
        reader.close()
    except AssertionError as error:  # the parser's own, for a malformed declaration
        raise RefusedItemError("one of its texts is not readable as HTML") from error
    reader.end_paragraph()
    text = "\n\n".join(filter(None, (write_runs(one, reader.notes) for one in reader.paragraphs)))
    if _TEX.search(text):
        reader.notes.append(Note(Severity.WARNING, "a formula in TeX is shown as typed"))
    return ReadText(text, tuple(dict.fromkeys(reader.notes)), tuple(dict.fromkeys(reader.shown)))


def read_markdown(markdown: str, pictures: Mapping[str, str] | None = None) -> ReadText:
    """Read Markdown, in which HTML is allowed."""
    check_length(markdown)
    return read_html(_markdown_parser().render(clean(markdown)), pictures)


def read_lines(text: str, pictures: Mapping[str, str] | None = None) -> ReadText:
    """Read HTML in which line ends count, as people type it: an empty line separates paragraphs."""
    check_length(text)
    return read_html(re.sub(r"\n[ \t]*\n\s*", "<br><br>", text.replace("\r\n", "\n").strip()), pictures)


def _drop_comments(html: str) -> str:
    parts, at = [], 0
    while (start := html.find("<!--", at)) >= 0 and (end := html.find("-->", start + 4)) >= 0:
        parts.append(html[at:start])
        at = end + 3
    return "".join((*parts, html[at:]))


@cache
def _markdown_parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table")


@dataclass(eq=False)
class _HtmlReader(HTMLParser):
    """Collects paragraphs of runs. Never fails for what it does not know; it writes a note."""

    names: Mapping[str, str]
    notes: list[Note] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    paragraphs: list[list[Run]] = field(default_factory=list)
    _runs: list[Run] = field(default_factory=list)
    _strong: int = 0
    _emphatic: int = 0
    _dropped: int = 0
    _shift: list[str] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _links: list[str] = field(default_factory=list)
    _breaks: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def end_paragraph(self) -> None:
        """Finish the paragraph; inside a list, its parts stay together."""
        if self._numbers:
            self._add(" ")
            return
        if any(run.text.strip() for run in self._runs):
            self.paragraphs.append(self._runs)
        self._runs = []

    def handle_data(self, data: str) -> None:
        if self._dropped:
            return
        if data.strip():
            self._breaks = 0
        if self._shift:
            data = self._write_shifted(data)
        self._add(data)

    def _add(self, text: str) -> None:
        self._runs.append(Run(text, self._strong > 0, self._emphatic > 0))

    def _write_shifted(self, data: str) -> str:
        table, name = (_RAISED, "a superscript") if self._shift[-1] == "sup" else (_LOWERED, "a subscript")
        if all(ord(letter) in table for letter in data):
            return data.translate(table)
        self._lose(name)
        return data

    def _lose(self, what: str, severity: Severity = Severity.LOST) -> None:
        self.notes.append(Note(severity, f"{what} cannot be kept; its words are, if it has any"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in {"br", "img", "hr"}:
            self.handle_endtag(tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._dropped += tag not in {"title"}
            self._lose(_DROPPED[tag])
        elif self._dropped:
            return
        elif tag in _STRONG or tag in _EMPHATIC:
            self._strong += tag in _STRONG
            self._emphatic += tag in _EMPHATIC
        elif tag in _PARAGRAPHS or tag in {"li", "br"} or tag in _CELLS:
            self._break(tag)
        elif tag == "img":
            self._picture(dict(attrs))
        elif tag in {"sup", "sub"}:
            self._shift.append(tag)
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")
        else:
            self._note_tag(tag, dict(attrs))

    def _break(self, tag: str) -> None:
        if tag == "br":
            self._breaks += 1
            if self._breaks > 1:
                self.end_paragraph()
            else:
                self._add("\n")
        elif tag in {"ul", "ol"}:
            self._begin_list()
        elif tag == "li" and self._numbers:
            self._numbers[-1] += 1
            self._add(f" ({self._numbers[-1]}) ")
        elif tag in _CELLS:
            self._add(" ")
        else:
            if tag == "table":
                self.notes.append(_TABLE_NOTE)
            self.end_paragraph()

    def _begin_list(self) -> None:
        """Begin a list, which belongs to the paragraph above it."""
        self.notes.append(_LIST_NOTE)
        self.end_paragraph()
        if not self._numbers and self.paragraphs:
            self._runs = [*self.paragraphs.pop(), Run(" ")]
        self._numbers.append(0)

    def _note_tag(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        if tag in _LOOKS:
            self._lose(_LOOKS[tag])
        elif tag in _EMBEDDED:
            address = attributes.get("src") or attributes.get("data") or ""
            self._lose(f"embedded content ({tag}{' ' + address[:80] if address else ''})")
        elif tag not in _KNOWN:
            if not _UNKNOWN.fullmatch(tag) or not self.get_starttag_text():
                return
            self._add(self.get_starttag_text() or "")
            self.notes.append(Note(Severity.WARNING, f"“<{tag}>” is no element of HTML and was kept as text"))

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropped = max(0, self._dropped - 1)
        elif self._dropped:
            return
        elif tag in _STRONG:
            self._strong = max(0, self._strong - 1)
        elif tag in _EMPHATIC:
            self._emphatic = max(0, self._emphatic - 1)
        elif tag in {"sup", "sub"} and self._shift:
            self._shift.pop()
        elif tag == "a" and self._links:
            self._end_link(self._links.pop())
        elif tag in {"ul", "ol"} and self._numbers:
            self._numbers.pop()
        elif tag in _PARAGRAPHS:
            self.end_paragraph()

    def _end_link(self, address: str) -> None:
        if not address or address.startswith("#"):
            return
        words = "".join(run.text for run in self._runs)
        if address not in words:
            self._add(f" ({address[:300]})")
        self.notes.append(Note(Severity.CHANGED, "a link became its words and its address"))

    def _picture(self, attributes: Mapping[str, str | None]) -> None:
        address = attributes.get("src") or ""
        words = (attributes.get("alt") or "").strip()
        self._breaks = 0
        self._add(f" (picture: {words or 'no description'}) ")
        name = unquote(_PLUGIN_FILE.sub("", address)).partition("?")[0]
        if kept := self.names.get(name):
            self.shown.append(kept)
            where = "its file is kept in “imported”, and its description is in the text"
            reason = f"a question cannot show the picture “{kept}”; {where}"
        elif address.startswith("data:"):
            reason = "a picture inside the text is left out; its description is in the text"
        else:
            reason = f"the file has no picture “{address[:80]}”; its description is in the text"
        self.notes.append(Note(Severity.LOST, reason))
