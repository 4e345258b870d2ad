"""Files set with Typst. Its compiler and fonts come with Python packages and with the folder ``certificate``."""

from __future__ import annotations

import re
import threading
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typst import Compiler

FOLDER = Path(__file__).with_name("certificate")
CERTIFICATE, DOCUMENT, BADGE = (FOLDER / f"{name}.typ" for name in ("certificate", "document", "badge"))

_BREAK = "\u200b"
_TURN = threading.Lock()
"""The compiler refuses to work for two threads at once."""


class PaperSize(StrEnum):
    A4 = "a4"
    LETTER = "us-letter"


def render_pdf(template: Path, inputs: dict[str, str], moment: datetime) -> bytes:
    """Return a template with its inputs as PDF/UA. ``moment`` becomes the date of the file."""
    return compile_file(
        template, format="pdf", sys_inputs=inputs, pdf_standards="ua-1", timestamp=int(moment.timestamp())
    )


def compile_file(template: Path, **options: Any) -> bytes:
    """Return a template as a file of one page or as PDF. Threads wait for each other."""
    with _TURN:
        made = get_compiler().compile(input=str(template), **options)
    assert isinstance(made, bytes)
    return made


def make_breakable(text: str, longest: int = 30) -> str:
    """Let words of more than ``longest`` characters break: they could be wider than their place.

    Other words stay as they are: their letters may be joined.
    """
    step = longest // 2

    def cut(word: re.Match[str]) -> str:
        return _BREAK.join(word[0][at : at + step] for at in range(0, len(word[0]), step))

    return re.sub(rf"\S{{{longest + 1},}}", cut, text)


@lru_cache(maxsize=1)
def get_compiler() -> Compiler:
    """Return the compiler, which a process loads with its first file. Only one thread may use it at a time.

    Fonts of the system are used for scripts that those in the folder do not cover.
    """
    import typst  # 80 MB, which most processes never need

    return typst.Compiler(str(CERTIFICATE), root=str(FOLDER), font_paths=[str(FOLDER / "fonts")])
