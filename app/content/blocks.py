"""Split a lesson's text into running text and the blocks between ``::: name`` and ``:::``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.content.faults import Fault
from app.content.trees import ContentPath

LESSON_BLOCKS = frozenset({"term", "figure", "check", "disputed", "recap", "flag"})
LEAFLET_BLOCKS = frozenset({"flag", "tick", "fill"})
BLOCKS = LESSON_BLOCKS | LEAFLET_BLOCKS
_FENCE = re.compile(r"^\s*:{3,}\s*(\S*)(.*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """``name`` is None for running text. The block starts on ``line``, its ``text`` on line ``first``."""

    name: str | None
    argument: str
    line: int
    first: int
    text: str


def split_head(text: str, path: ContentPath) -> tuple[str, str, int] | Fault:
    """Return the YAML head, the Markdown below it, and the number of lines above the Markdown."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return Fault(path, 1, "lesson-head", "the file has no head", "`---`, then the fields of the head, then `---`")
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 1
    return Fault(path, 1, "lesson-head", "the head is never closed", "a second line `---` below the fields")


def split_blocks(text: str, path: ContentPath, *, before: int) -> tuple[tuple[Block, ...], tuple[Fault, ...]]:
    """Split ``text``, which has ``before`` lines above it in its file. Blocks do not nest."""
    splitter = _Splitter(path, before)
    for number, line in enumerate(text.split("\n"), start=before + 1):
        splitter.take(number, line)
    splitter.finish()
    return tuple(splitter.blocks), tuple(splitter.faults)


class _Splitter:
    def __init__(self, path: ContentPath, before: int) -> None:
        self.path = path
        self.blocks: list[Block] = []
        self.faults: list[Fault] = []
        self._name: str | None = None
        self._argument = ""
        self._line = self._first = before + 1
        self._text: list[str] = []

    def take(self, number: int, line: str) -> None:
        fence = _FENCE.match(line)
        if not fence:
            self._text.append(line)
        elif fence.group(1):
            self._open(number, fence.group(1), fence.group(2).strip())
        elif self._name is None:
            self._fault(number, "this `:::` closes no block", "`::: name` above it")
        else:
            self._close(number)

    def finish(self) -> None:
        if self._name is not None:
            self._fault(self._line, f"`::: {self._name}` is never closed", "a line `:::` below it")
        self._close(self._first + len(self._text))

    def _open(self, number: int, name: str, argument: str) -> None:
        if self._name is not None:
            self._fault(
                number,
                f"`::: {name}` is inside `::: {self._name}`",
                f"a line `:::` that closes `{self._name}` first",
            )
        self._close(number - 1)
        if name not in BLOCKS:
            self._fault(number, f"there is no block `{name[:40]}`", ", ".join(sorted(BLOCKS)))
        self._name, self._argument = name, argument
        self._line, self._first = number, number + 1

    def _close(self, number: int) -> None:
        self.blocks.append(Block(self._name, self._argument, self._line, self._first, "\n".join(self._text)))
        self._name, self._argument, self._text = None, "", []
        self._line = self._first = number + 1

    def _fault(self, number: int, message: str, expected: str) -> None:
        self.faults.append(Fault(self.path, number, "block", message, expected))
