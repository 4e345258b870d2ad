"""Read one text file and reject text that later steps could misread."""

from __future__ import annotations

import re

from app.content.faults import Fault
from app.content.trees import ContentPath

MAX_BYTES = 512 * 1024
# Characters that break YAML or Markdown, or hide the content of a line: control characters, line separators (YAML
# counts them as lines, editors do not), bidirectional controls, and lone surrogates.
_UNWELCOME = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def read_document(path: ContentPath, *, most: int = MAX_BYTES) -> str | Fault:
    """Return the text of ``path`` with ``\\n`` line ends, or the fault that makes it unreadable.

    ``most`` is the largest size read, in bytes.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        return Fault(path, 1, "unreadable", f"the file cannot be read ({error.strerror})", "a readable text file")
    if len(raw) > most:
        return Fault(path, 1, "file-size", "the file is too large", f"{most // 1024} KB at most")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Fault(path, line, "encoding", "this line is not UTF-8 text", "a file saved as UTF-8")
    text = text.replace("\r\n", "\n")
    if unwelcome := _UNWELCOME.search(text):
        line = text.count("\n", 0, unwelcome.start()) + 1
        code = f"U+{ord(unwelcome.group()):04X}"
        return Fault(
            path, line, "encoding", f"this line contains an invisible control character ({code})", "printable text"
        )
    return text
