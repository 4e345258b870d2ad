"""Splits a GIFT file into questions, and protects the signs that are escaped in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.interchange.bank import MAX_ITEMS, UnreadableBankError

_SIGNS = ":#={}~\n\\"
_FIRST = 0xFDD0
"""Noncharacters stand for escaped signs; no text contains them, because they are removed first."""
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef]")
_ESCAPED = re.compile(r"\\([\\:#={}~n])")
_ANNOUNCED = re.compile(r"//\s*question:\s*[0-9]+\s+name:\s*(.+)")
_ID = re.compile(r"\[id:((?:\\\]|[^\]\x00-\x1f])+)\]")
_TAG = re.compile(r"\[tag:((?:\\\]|[^\]<>`\x00-\x1f])+)\]")
_LOOK_AHEAD = 60
"""Lines below an empty one in which its closing brace is looked for."""
_BEGINS = re.compile(r"\s*(::|\$CATEGORY:|//)")


@dataclass(frozen=True, slots=True)
class GiftBlock:
    """The text of one question with its signs protected, the line where it begins, and what comments say about it.

    ``announced`` is the name that Moodle wrote in a comment before the question. ``is_joined`` means that
    no empty line was before it.
    """

    text: str
    line: int
    announced: str = ""
    identifier: str = ""
    tags: tuple[str, ...] = ()
    is_joined: bool = False


def protect(text: str) -> str:
    """Replace each escaped sign by a character that stands for it."""
    return _ESCAPED.sub(lambda found: chr(_FIRST + _SIGNS.index(found[1].replace("n", "\n"))), text)


def unprotect(text: str) -> str:
    """Put the signs back that were escaped."""
    return re.sub("[\ufdd0-\ufdd7]", lambda found: _SIGNS[ord(found[0]) - _FIRST], text)


def split_blocks(text: str) -> Iterator[GiftBlock]:
    """Yield the questions of a file: they are separated by empty lines, or at least begin with ``::``.

    :raise UnreadableBankError: there are too many.
    """
    lines = protect(_NONCHARACTERS.sub("", text)).split("\n")
    count, start, kept = 0, 0, _OpenBlock()
    for at, line in enumerate([*lines, ""]):
        if line.strip() or (kept.depth > 0 and _is_closed_below(lines, at)):
            kept.add(line)
            continue
        if kept.has_lines:
            for block in _split_joined(kept.lines, start + 1):
                count += 1
                if count > MAX_ITEMS:
                    raise UnreadableBankError(f"the file has too many questions; {MAX_ITEMS} at most", block.line)
                yield block
        kept, start = _OpenBlock(), at + 1


@dataclass(slots=True)
class _OpenBlock:
    """The lines of a block so far. ``depth`` counts open braces; comments do not count."""

    lines: list[str] = field(default_factory=list)
    depth: int = 0
    has_lines: bool = False
    first: str = ""
    last: str = ""

    def add(self, line: str) -> None:
        self.lines.append(line)
        bare = line.strip()
        self.has_lines |= bool(bare)
        if bare and not bare.startswith("//"):
            self.depth += line.count("{") - line.count("}")
            self.first = self.first or bare
            self.last = bare


def _is_closed_below(lines: list[str], at: int) -> bool:
    """Return whether an empty line is between braces: a brace is closed below it before another one is opened."""
    for line in lines[at + 1 : at + _LOOK_AHEAD]:
        if _BEGINS.match(line) or "{" in line:
            return False
        if "}" in line:
            return True
    return False


def _split_joined(lines: list[str], first: int) -> Iterator[GiftBlock]:
    """Yield the questions of one block; a title or a comment after a closing brace begins another one."""
    start, is_joined, here = 0, False, _OpenBlock()
    for at, line in enumerate(lines):
        is_category = here.first.startswith("$CATEGORY:")
        if here.first and _BEGINS.match(line) and (is_category or (here.last.endswith("}") and here.depth == 0)):
            yield _make_block(here.lines, first + start, is_joined=is_joined)
            start, is_joined, here = at, not is_category, _OpenBlock()
        here.add(line)
    yield _make_block(here.lines, first + start, is_joined=is_joined)


def _make_block(lines: list[str], first: int, *, is_joined: bool) -> GiftBlock:
    comments = "\n".join(line for line in lines if line.lstrip().startswith("//"))
    texts = [(at, line) for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("//")]
    text = "\n".join("" if line.lstrip().startswith("//") else line for line in lines).strip()
    announced = _ANNOUNCED.search(comments)
    identifier = _ID.search(comments)
    return GiftBlock(
        text=text,
        line=first + (texts[0][0] if texts else 0),
        announced=unprotect(announced[1]).strip()[:250] if announced else "",
        identifier=_unbracket(identifier[1]) if identifier else "",
        tags=tuple(dict.fromkeys(_unbracket(tag) for tag in _TAG.findall(comments))),
        is_joined=is_joined,
    )


def _unbracket(text: str) -> str:
    return " ".join(unprotect(text).replace("\\]", "]").split())[:250]
