"""Texts of other systems as our Markdown, which has emphasis and nothing else, and the reverse.

HTML and Markdown are read alike: Markdown is rendered first. Markup that our texts cannot hold is noted, and its words
are kept. Paragraphs are separated by an empty line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby

from markdown_it import MarkdownIt

from app.content.interactions import Note, Severity
from app.interchange.bank import RefusedItemError

MAX_LETTERS = 60_000
"""In one text. Parsing hostile markup can take time quadratic in its length."""
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufdd0-\ufdef\ufeff"
    "\ud800-\udfff\ufffe\uffff]"
)
_TAG_LIKE = re.compile(r"<(?=/?[A-Za-z]|!--)")
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_SPECIAL = re.compile(r"[\\*_]|\[@|\n")
_EDGES = re.compile(r"( *)(.*?)( *)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a paragraph with one kind of emphasis."""

    text: str
    is_strong: bool = False
    is_emphatic: bool = False


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text as our Markdown, what became of the rest, and the names of the pictures that it shows."""

    text: str
    notes: tuple[Note, ...] = ()
    pictures: tuple[str, ...] = ()


def clean(text: str) -> str:
    """Remove invisible characters, and lone halves of characters, that no text of ours may contain."""
    return _INVISIBLE.sub("", text)


def read_plain(text: str) -> ReadText:
    """Read a text without markup: whatever looks like Markdown is meant as typed."""
    check_length(text)
    notes = list(note_invisible(text))
    paragraphs = [[Run(one)] for one in _BLANK_LINE.split(clean(text).replace("\r\n", "\n").strip()) if one.strip()]
    return ReadText("\n\n".join(write_runs(one, notes) for one in paragraphs), tuple(dict.fromkeys(notes)))


def check_length(text: str) -> None:
    """:raise RefusedItemError: the text is longer than any text of a question."""
    if len(text) > MAX_LETTERS:
        raise RefusedItemError(f"one of its texts is too long ({len(text)} characters; {MAX_LETTERS} at most)")


def note_invisible(text: str) -> Iterator[Note]:
    if _INVISIBLE.search(text):
        yield Note(Severity.CHANGED, "invisible control characters were removed")


def write_runs(runs: Sequence[Run], notes: list[Note]) -> str:
    """Write one paragraph as our Markdown; it reads back as the same runs, or a note says what was given up."""
    runs = _tidy(runs, notes)
    if not any(run.is_strong or run.is_emphatic or _SPECIAL.search(run.text) for run in runs):
        return "".join(run.text for run in runs)
    for is_escaped in (False, True):
        written = "".join(_write_run(run, is_escaped=is_escaped) for run in runs)
        if _merge(read_runs(written)) == runs:
            return written
    notes.append(Note(Severity.LOST, "emphasis inside a word or beside a sign cannot be written"))
    bare = "".join(run.text for run in runs)
    return bare if _merge(read_runs(bare)) == _merge([Run(bare)]) else _escape(bare)


def read_runs(markdown: str) -> list[Run]:
    """Read one paragraph of our Markdown."""
    if not _SPECIAL.search(markdown):
        return [Run(markdown)] if markdown else []
    runs, strong, emphatic = [], 0, 0
    for block in _emphasis_parser().parseInline(markdown):
        for token in block.children or []:
            if token.type.startswith("strong_"):
                strong += token.nesting
            elif token.type.startswith("em_"):
                emphatic += token.nesting
            elif token.content:
                runs.append(Run(token.content, strong > 0, emphatic > 0))
    return runs


def split_paragraphs(markdown: str) -> list[str]:
    return [_SPACES.sub(" ", one).strip() for one in _BLANK_LINE.split(markdown.strip()) if one.strip()]


def to_html(markdown: str) -> str:
    """Write our Markdown as HTML; a single paragraph has no element of its own."""
    paragraphs = ["".join(map(_write_html, read_runs(one))) for one in split_paragraphs(markdown)]
    return "".join(f"<p>{one}</p>" for one in paragraphs) if len(paragraphs) > 1 else "".join(paragraphs)


def to_plain(markdown: str, *, between: str = "\n\n") -> str:
    """Write our Markdown without its emphasis."""
    return between.join("".join(run.text for run in read_runs(one)) for one in split_paragraphs(markdown))


def has_emphasis(markdown: str) -> bool:
    return any(run.is_strong or run.is_emphatic for one in split_paragraphs(markdown) for run in read_runs(one))


def _tidy(runs: Sequence[Run], notes: list[Note]) -> list[Run]:
    """Collapse spaces, move them out of emphasis, and make room where text would look like HTML."""
    parts: list[Run] = []
    for run in runs:
        text = _SPACES.sub(" ", run.text)
        if _TAG_LIKE.search(text):
            notes.append(Note(Severity.CHANGED, "a space was added after “<”, which would look like HTML"))
            text = _TAG_LIKE.sub("< ", text)
        found = _EDGES.fullmatch(text)
        assert found
        parts += [Run(found[1]), Run(found[2], run.is_strong, run.is_emphatic), Run(found[3])]
    merged = _merge(parts)
    joined: list[Run] = []
    for run in merged:  # one space at most where pieces meet
        text = _SPACES.sub(" ", run.text)
        if text.startswith(" ") and (not joined or joined[-1].text.endswith(" ")):
            text = text[1:]
        joined.append(Run(text, run.is_strong, run.is_emphatic))
    joined = _merge(joined)
    if joined and joined[-1].text.endswith(" "):
        joined[-1] = Run(joined[-1].text.rstrip(" "), joined[-1].is_strong, joined[-1].is_emphatic)
    return _merge(joined)


def _merge(runs: Sequence[Run]) -> list[Run]:
    kept = (run for run in runs if run.text)
    return [
        Run("".join(run.text for run in same), *looks)
        for looks, same in groupby(kept, key=lambda run: (run.is_strong, run.is_emphatic))
    ]


def _write_run(run: Run, *, is_escaped: bool) -> str:
    text = _escape(run.text) if is_escaped else run.text.replace("[@", "[\\@")
    mark = "*" * (2 * run.is_strong + run.is_emphatic)
    return f"{mark}{text}{mark}"


def _escape(text: str) -> str:
    return re.sub(r"([\\*_])", r"\\\1", text).replace("[@", "[\\@")


def _write_html(run: Run) -> str:
    html = escape(run.text, quote=False)
    html = f"<em>{html}</em>" if run.is_emphatic else html
    return f"<strong>{html}</strong>" if run.is_strong else html


@cache
def _emphasis_parser() -> MarkdownIt:
    """The Markdown of questions as pages render it, except the curly quotes."""
    return MarkdownIt("zero", {"html": False}).enable(["emphasis", "escape"])
