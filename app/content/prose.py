"""Render Markdown as safe HTML: the running text of a lesson, and the emphasis that a question may contain.

Three measures keep the result inert: markdown-it escapes HTML, :class:`ProseReader` reports every construct that a
lesson may not contain, and nh3 removes everything that is not on a short list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin

from app.content.faults import Fault, FileLocation

_CITE = re.compile(r"\[@([A-Z0-9-]+(?:\s*;\s*@[A-Z0-9-]+)*)\]")
_CITE_BUTTON = re.compile(r'<button class="cite".*?</button>', re.DOTALL)
_LEFTOVERS = (
    (re.compile(r"</?[A-Za-z][^<>\n]{0,40}>?|<!--"), "raw-html", "Markdown only"),
    (re.compile(r"\[@[^\]]{0,40}\]?"), "citation", "[@ID] or [@ID; @ID], ids in capitals as in sources.yaml"),
    (re.compile(r"\{[#.][^}]{0,40}\}?"), "markdown", "{#id} at the end of a ## heading only"),
    (re.compile(r"\]\([^)]{0,40}\)?"), "link", "[words](address), without brackets in the words"),
)
_ALLOWED = frozenset(
    [
        "paragraph",
        "heading",
        "bullet_list",
        "ordered_list",
        "list_item",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "strong",
        "em",
        "link",
        "dl",
        "dt",
        "dd",
    ]
)
_ALLOWED_ALONE = frozenset(["inline", "text", "softbreak", "hardbreak", "code_inline", "cite", "keep"])
_INSTEAD = {
    "image": "`::: figure name` with a drawing in figures/",
    "hr": "a `##` heading, or `***` inside `::: figure`",
    "fence": "running text",
    "code_block": "a line that does not begin with four spaces",
    "blockquote_open": "running text in quotation marks",
}
_TAGS = set(
    [
        "p",
        "h2",
        "h3",
        "ul",
        "ol",
        "li",
        "strong",
        "em",
        "a",
        "code",
        "br",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "dl",
        "dt",
        "dd",
        "span",
        "button",
    ]
)
_ATTRIBUTES = {
    "a": {"href", "rel"},
    "h2": {"id"},
    "h3": {"id"},
    "ol": {"start"},
    "th": {"scope", "class"},
    "td": {"class"},
    "table": {"class"},
    "span": {"class"},
    "button": {"class", "type", "popovertarget", "aria-label"},
}
_CLEANER = nh3.Cleaner(tags=_TAGS, attributes=_ATTRIBUTES, link_rel=None, url_schemes={"https", "mailto"})


def render_inline(text: str) -> str:
    """Render the text of a question, option or explanation: emphasis only, everything else is shown as typed."""
    return _CLEANER.clean(_emphasis_parser().renderInline(text))


def is_safe_address(href: str) -> bool:
    """Accept https:, mailto: and paths of this site; ``//host`` and ``/\\host`` would leave it."""
    if href.startswith("/"):
        return not href.startswith(("//", "/\\")) and not re.search(r"[\\\s]", href)
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return bool(parts.scheme == "https" and parts.hostname) or bool(parts.scheme == "mailto" and "@" in parts.path)


def find_citations(text: str) -> tuple[str, ...]:
    """Return the ids of the sources that a piece of Markdown cites, each once."""
    cited = (name.strip().lstrip("@") for found in _CITE.finditer(text) for name in found.group(1).split(";"))
    return tuple(dict.fromkeys(cited))


def drop_citations(html: str) -> str:
    """Remove the buttons of citations from rendered HTML."""
    return _CITE_BUTTON.sub("", html)


@dataclass(slots=True)
class Citations:
    """Numbers the sources of one lesson in the order of their first citation."""

    labels: Mapping[str, str]
    first_lines: dict[str, int] = field(default_factory=dict)

    def button(self, source: str, line: int) -> str:
        self.first_lines.setdefault(source, line)
        number = list(self.first_lines).index(source) + 1
        label = escape(f"Source {number}: {self.labels.get(source, source)}")
        return (
            f'<button class="cite" type="button" popovertarget="note-{number}" aria-label="{label}">{number}</button>'
        )


@dataclass(slots=True)
class ProseReader:
    """Reads pieces of one lesson's Markdown and collects faults; ``place.path`` is the lesson."""

    place: FileLocation
    citations: Citations
    faults: list[Fault] = field(default_factory=list)

    def parse(self, text: str, *, line: int, headings: bool = False) -> list[Token]:
        """Return the tokens of ``text``, which starts on ``line`` of the file, for :meth:`html`."""
        tokens = _lesson_parser().parse(text)
        for at, token in enumerate(tokens):
            here = line + (token.map[0] if token.map else 0)
            self._inspect(token, here)
            if token.type == "heading_open" and not (headings and token.level == 0):
                self.fault(here, "markdown", "a heading is inside another element", "headings in the running text only")
            if token.type == "inline":
                in_heading = at > 0 and tokens[at - 1].type == "heading_open"
                token.children = self._children(token.children or [], here, in_heading=in_heading)
        return tokens

    def html(self, tokens: Sequence[Token]) -> str:
        parser = _lesson_parser()
        return _CLEANER.clean(parser.renderer.render(list(tokens), parser.options, {})).strip()

    def label(self, text: str, line: int) -> str:
        """Render the name of a block from its line ``:::``: emphasis only."""
        self._leftovers(text, line)
        return render_inline(text)

    def words(self, token: Token) -> str:
        """Return the plain text of an inline token for the table of contents."""
        return "".join(
            " " if child.type == "softbreak" else child.content
            for child in token.children or []
            if child.type != "cite"
        ).strip()

    def fault(self, line: int, rule: str, message: str, expected: str | None = None) -> None:
        self.faults.append(Fault(self.place.path, line, rule, message, expected))

    def _inspect(self, token: Token, line: int) -> None:
        kind = token.type
        if kind in _ALLOWED_ALONE or re.sub("_(open|close)$", "", kind) in _ALLOWED:
            return
        if token.nesting >= 0:
            name = re.sub("_open$", "", kind).replace("_", " ")
            self.fault(
                line, "markdown", f"this is not allowed in a lesson ({name})", _INSTEAD.get(kind, "running text")
            )

    def _children(self, children: Sequence[Token], line: int, *, in_heading: bool) -> list[Token]:
        """Check the inline tokens, and give each citation a button bound to the word before it."""
        kept: list[Token] = []
        links = 0
        for child in children:
            self._inspect(child, line)
            links += child.nesting if child.type.startswith("link_") else 0
            if child.type == "link_open":
                self._link(child, line)
            elif child.type == "text":
                self._leftovers(child.content, line)
                _hold_punctuation(kept, child)
            elif child.type == "cite":
                if in_heading or links:
                    self.fault(
                        line, "citation", "a citation is inside a heading or a link", "citations after a sentence"
                    )
                self._cite(kept, child, line)
                continue
            line += child.type in {"softbreak", "hardbreak"}
            kept.append(child)
        return kept

    def _cite(self, kept: list[Token], cite: Token, line: int) -> None:
        buttons = "".join(self.citations.button(source, line) for source in cite.meta["sources"])
        _drop_blank(kept)
        if kept and kept[-1].type == "keep":
            kept[-1].meta["buttons"] += buttons
            return
        keep = Token("keep", "", 0, meta={"word": _last_word(kept), "buttons": buttons, "after": ""})
        kept.append(keep)

    def _link(self, token: Token, line: int) -> None:
        href = str(token.attrGet("href") or "")
        token.attrs = {"href": href}
        if not is_safe_address(href):
            self.fault(
                line,
                "link",
                f"the link address `{href[:60]}` is not allowed",
                "https:, mailto: or a path that begins with a single /",
            )
            token.attrs = {}
        elif href.startswith("https:"):
            token.attrs["rel"] = "noopener"

    def _leftovers(self, text: str, line: int) -> None:
        for pattern, rule, expected in _LEFTOVERS:
            if found := pattern.search(text):
                self.fault(line, rule, f"`{found.group()[:40]}` is not understood here", expected)


def _drop_blank(kept: list[Token]) -> None:
    """Remove the space or line end between a sentence and its citation."""
    if kept and kept[-1].type == "softbreak":
        kept.pop()
    if kept and kept[-1].type == "text":
        kept[-1].content = kept[-1].content.rstrip(" ")
        if not kept[-1].content:
            kept.pop()


def _last_word(kept: list[Token]) -> str:
    """Split the last word off the text before a citation, so that the two stay on one line."""
    if not kept or kept[-1].type != "text":
        # After **bold** or a link the word stays in place, and a word joiner prevents a line break.
        return "\u2060" if kept else ""
    before, blank, word = kept[-1].content.rpartition(" ")
    kept[-1].content = before + blank
    return word


def _hold_punctuation(kept: list[Token], text: Token) -> None:
    """Move punctuation after a citation into the part that stays on one line."""
    if kept and kept[-1].type == "keep":
        rest = text.content.lstrip(".,;:!?)”’")
        kept[-1].meta["after"] = text.content[: len(text.content) - len(rest)]
        text.content = rest


class _Renderer(RendererHTML):
    """markdown-it's renderer with our classes. Each method renders the token of its name."""

    def keep(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        meta = tokens[at].meta
        word, after = escape(meta["word"], quote=False), escape(meta["after"], quote=False)
        return f'<span class="keep">{word}{meta["buttons"]}{after}</span>'

    def table_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return '<table class="tbl">'

    def th_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return f'<th scope="col"{_alignment(tokens[at])}>'

    def td_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return f"<td{_alignment(tokens[at])}>"


def _alignment(cell: Token) -> str:
    """Return a class in place of Markdown's inline style; only right-aligned cells differ."""
    return ' class="r"' if "right" in str(cell.attrGet("style")) else ""


def _cite_rule(state: StateInline, silent: bool) -> bool:
    """Inline rule: parse ``[@ID; @ID]``."""
    found = _CITE.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        token = state.push("cite", "", 0)
        token.meta["sources"] = [name.strip().lstrip("@") for name in found.group(1).split(";")]
    state.pos = found.end()
    return True


def _heading_ids(state: StateCore) -> None:
    """Core rule: remove ``{#id}`` from a heading before its text is parsed."""
    for opening, inline in zip(state.tokens, state.tokens[1:], strict=False):
        words, mark, name = inline.content.rpartition("{#")
        name = name.rstrip()
        if opening.type == "heading_open" and mark and name.endswith("}") and not {"{", "}"} & set(name[:-1]):
            inline.content = words.rstrip()
            opening.attrSet("id", name[:-1])


@cache
def _lesson_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": True, "xhtmlOut": False}, renderer_cls=_Renderer)
    parser.enable(["table", "smartquotes"]).disable(["lheading", "reference", "html_block", "html_inline"])
    parser.use(deflist_plugin)
    parser.inline.ruler.before("link", "cite", _cite_rule)
    parser.core.ruler.before("inline", "heading_ids", _heading_ids)
    # Report faulty addresses with their line instead of rendering them as text.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


@cache
def _emphasis_parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "typographer": True})
    return parser.enable(["emphasis", "escape", "smartquotes"])


def split_top_level(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """Yield the first token and all tokens of each top-level block."""
    start, depth = 0, 0
    for at, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield tokens[start], tokens[start : at + 1]
            start = at + 1
