"""Read one text file, so that everything behind it can rely on well-behaved text."""

from __future__ import annotations

import re
from pathlib import Path

from app.content.faults import Fault

MAX_BYTES = 512 * 1024
# All that YAML or Markdown would trip over or that hides what a line says: control characters, odd line ends (YAML
# counts them as lines, editors don't), marks that turn the direction of writing, half of a pair.
_UNWELCOME = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def read_document(path: Path, *, most: int = MAX_BYTES) -> str | Fault:
    """Return the text of ``path`` with plain ``\\n`` line ends, or the fault that makes it unreadable.

    ``most`` is the size in bytes that is read at most.
    """
    try:
        if path.stat().st_size > most:
            return Fault(path, 1, "file-size", "the file is too large", f"{most // 1024} KB at most")
        raw = path.read_bytes()
    except OSError as error:
        return Fault(path, 1, "unreadable", f"the file cannot be read ({error.strerror})", "a readable text file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Fault(path, line, "encoding", "this line is not UTF-8 text", "a file saved as UTF-8")
    text = text.replace("\r\n", "\n")
    if unwelcome := _UNWELCOME.search(text):
        line = text.count("\n", 0, unwelcome.start()) + 1
        code = f"U+{ord(unwelcome.group()):04X}"
        return Fault(path, line, "encoding", f"an invisible control character ({code}) stands here", "printable text")
    return text
