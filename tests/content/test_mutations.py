"""Battery row R16: whatever happens to a content file, the answer is a course or faults with file and line, never a crash.

Some hundreds of broken courses run with the suite. ``CONTENT_MUTATIONS=20000 pytest tests/content/test_mutations.py`` runs as many more,
``CONTENT_SEED`` others. Catches any reader that raises for what an author, an editor or a bad merge can leave in a file.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.content.loader import LoadedCourse, load_course
from tests.support.course_folder import FILES, Folder

COUNT = int(os.environ.get("CONTENT_MUTATIONS", "400"))
SEED = int(os.environ.get("CONTENT_SEED", "1"))
CHUNKS = 20

EVERYTHING = """

A table and a link: [a](https://a.example), [b](/b). [@TS-1999; @LUCAS-2009]

| Sign | Kappa |
|------|------:|
| Band | 0.4   |

::: term Taut *band*
A strip. [@LUCAS-2009]
:::

::: disputed
Some
: say so.

Others
: say no.

Fair to both.
:::

::: flag Call
Now.
:::
"""
TOKENS = [
    "", " ", "\t", "\n", "\n\n", "\r", "\0", "\x1b[31m", "\ufeff", "\u2028", "\u202e", "é", "🙂", "\ud7ff", "'", '"', "`", "\\",
    ":", ": ", "::", ":::", "::: ", "::: figure", "::: check", "::: disputed", "::: nothing", "- ", "-", "---", "---\n", "...",
    "***", "#", "## ", "## x {#x}", "{#", "}", "{", "[", "]", "[[", "[@", "[@TS-1999", "[@X-1; @Y-2]", "(", ")", "](", "![", "|",
    "|--|", ">", "<", "</", "<b>", "<!--", "]]>", "<![CDATA[", "&", "&amp;", "&#0;", "&#x110000;", "&a", "*a", "*", "**", "_",
    "~", "null", "!!", "!!binary", "!!set {}", "%YAML 1.1\n", "%", "@", "? ", "? [a]\n: b\n", "<<: ", "= ", "|\n", ">\n", "true",
    "no", "0", "-1", "1e999", "9" * 400, "NaN", ".inf", "0x10", "2009-01-01", "x" * 5000, "[" * 300, "{a: " * 50, "- " * 200,
    "> " * 200, "*" * 500, "[" * 500 + "]" * 500, '"\\ud800"', '"\\0"', '"\\x1b"', "'\\u202e'", "<svg>", "<title>", "</svg>",
    "<?xml?>", "<!DOCTYPE a>", 'viewBox="0 0 0 0"', 'class="', "id: band", "id: band-feel", "options: []", "correct: true",
]  # fmt: skip


def _delete(text: str, chance: random.Random) -> str:
    start, end = sorted(chance.choices(range(len(text) + 1), k=2))
    return text[:start] + text[min(end, start + chance.choice([1, 5, 40, 4000])) :]


def _insert(text: str, chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(TOKENS) + text[at:]


def _replace_word(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    words[chance.randrange(len(words))] = chance.choice(TOKENS)
    return " ".join(words)


def _lines(change: Callable[[list[str], random.Random], None]) -> Callable[[str, random.Random], str]:
    def mutate(text: str, chance: random.Random) -> str:
        lines = text.split("\n")
        change(lines, chance)
        return "\n".join(lines)

    return mutate


def _drop_line(lines: list[str], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines))]


def _double_line(lines: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(lines))
    lines.insert(chance.randrange(len(lines)), lines[at])


def _swap_lines(lines: list[str], chance: random.Random) -> None:
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]


def _indent_line(lines: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(lines))
    lines[at] = lines[at][2:] if chance.random() < 0.5 else chance.choice(["  ", " ", "\t", "    "]) + lines[at]


def _empty_value(lines: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(lines))
    lines[at] = (
        lines[at].partition(":")[0] + ":" + chance.choice(["", " []", " {}", " [[]]", " {a: {b: c}}", " ''", " - x"])
    )


MUTATIONS: list[Callable[[str, random.Random], str]] = [
    _delete,
    _insert,
    _replace_word,
    _lines(_drop_line),
    _lines(_double_line),
    _lines(_swap_lines),
    _lines(_indent_line),
    _lines(_empty_value),
]


def _mutate_bytes(raw: bytes, chance: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.choice([1, 1, 3, 30])):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _break(folder: Folder, chance: random.Random) -> None:
    """Do one thing to one file of ``folder``."""
    path = chance.choice(sorted(path for path in folder.path.rglob("*") if path.is_file()))
    kind = chance.random()
    if kind < 0.02:
        path.unlink()
    elif kind < 0.04:
        path.rename(path.with_name(chance.choice(["x.yaml", "01-x.md", "Y.svg", "module.yaml", "z"])))
    elif kind < 0.06:
        other = chance.choice(sorted(found for found in folder.path.rglob("*") if found.is_file()))
        path.write_bytes(other.read_bytes())
    elif kind < 0.15:
        path.write_bytes(_mutate_bytes(path.read_bytes(), chance))
    else:
        text = path.read_bytes().decode(errors="replace")
        path.write_bytes(chance.choice(MUTATIONS)(text, chance).encode(errors="surrogatepass"))


def _complaints(loaded: LoadedCourse) -> list[str]:
    """What is wrong with an outcome: nothing, for a course without faults or faults that can be found."""
    found = []
    if (loaded.course is None) != bool(loaded.faults):
        found.append("neither a course nor faults, or both")
    for fault in loaded.faults:
        path = Path(str(fault.path))
        if not path.exists():
            found.append(f"{fault}: no such path")
        elif not 1 <= fault.line <= _line_count(path):
            found.append(f"{fault}: no such line")
        if not fault.message or not fault.rule or not str(fault).isprintable():
            found.append(f"{fault!r}: says nothing that can be read")
    return found


def _line_count(path: Path) -> int:
    return path.read_bytes().count(b"\n") + 1 if path.is_file() else 1


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_broken_course_is_refused_with_file_and_line(tmp_path: Path, chunk: int) -> None:
    refused = 0
    for number in range(chunk, COUNT, CHUNKS):
        folder = _sound_course(tmp_path / "course")
        chance = random.Random(f"{SEED}-{number}")
        for _ in range(chance.choice([1, 1, 1, 2, 5])):
            _break(folder, chance)

        loaded = load_course([folder.path])

        assert _complaints(loaded) == [], f"CONTENT_SEED={SEED}, number {number}"
        refused += loaded.course is None
        shutil.rmtree(folder.path)

    # Some changes hurt nobody; were none refused, the mutations or the checks would be idle.
    assert refused


def _sound_course(path: Path) -> Folder:
    folder = Folder(path)
    for name, text in FILES.items():
        folder.write(name, text + EVERYTHING if name.endswith(".md") else text)
    return folder


def test_the_course_that_is_broken_was_sound(tmp_path: Path) -> None:
    assert _sound_course(tmp_path / "course").faults() == []
