"""YAML that cannot be read, or that means something else than its author thinks."""

# ruff: noqa: E501 (tables of literal messages)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.content.yaml_nodes import read_yaml
from tests.support.course_folder import FILES, Folder

QUESTIONS = "1-basics/questions/band.yaml"


@pytest.mark.parametrize(
    ("name", "old", "new", "faults"),
    [
        (
            "course.yaml",
            "title: A small course",
            "title: A small: course",
            [
                "course.yaml:1: mapping values are not allowed in this context; expected quotes around text with `: `, ` #` or a first character like @ ` % & * [ {, and even indentation [yaml]"
            ],
        ),
        (
            "course.yaml",
            "title: A small course",
            "title: *name",
            [
                "course.yaml:1: `*name` is an alias for another value; expected the value itself, written out [yaml-alias]"
            ],
        ),
        (
            "course.yaml",
            "title: A small course",
            "title: &name A small course",
            ["course.yaml:1: `&name` is an anchor for an alias; expected every value written out [yaml-alias]"],
        ),
        (
            "course.yaml",
            "title: A small course",
            "title: !!python/object/apply:os.system [ls]",
            [
                "course.yaml:1: `tag:yaml.org,2002:pythonapply:os.system` requests a special type; expected plain text, a list or a map [yaml-tag]"
            ],
        ),
        (
            "course.yaml",
            "title: A small course",
            "title: A small course\ntitle: Another",
            ["course.yaml:2: `title` was already given on line 1; expected each key once [duplicate-key]"],
        ),
        (
            "course.yaml",
            "title: A small course",
            "title: A small course\n---\ntitle: B",
            ["course.yaml:2: a second document starts here; expected one document per file [yaml]"],
        ),
        (
            "course.yaml",
            "title: A small course",
            "? [a, b]\n: x\ntitle: A small course",
            ["course.yaml:1: there is a list or map in place of a key; expected a word and a colon [yaml]"],
        ),
        (
            "course.yaml",
            "modules: [basics]",
            "modules: [[[[[[[[[[[[[[[[[[[[basics]]]]]]]]]]]]]]]]]]]]",
            ["course.yaml:2: this is nested too deeply; expected 12 levels at most [yaml-depth]"],
        ),
        (
            "course.yaml",
            "modules: [basics]",
            "modules: [basics",
            [
                "course.yaml:3: did not find expected ',' or ']'; expected quotes around text with `: `, ` #` or a first character like @ ` % & * [ {, and even indentation [yaml]"
            ],
        ),
        (
            "course.yaml",
            "modules: [basics]",
            "\tmodules: [basics]",
            [
                "course.yaml:2: found a tab character that violates indentation; expected quotes around text with `: `, ` #` or a first character like @ ` % & * [ {, and even indentation [yaml]"
            ],
        ),
        (
            "course.yaml",
            "title: A small course",
            "title: A sm\x07all course",
            [
                "course.yaml:1: this line contains an invisible control character (U+0007); expected printable text [encoding]"
            ],
        ),
        (
            "course.yaml",
            "title: A small course",
            "title: A sm\u202eall course",
            [
                "course.yaml:1: this line contains an invisible control character (U+202E); expected printable text [encoding]"
            ],
        ),
        (
            QUESTIONS,
            "- id: band-feel",
            "band:\n- id: band-feel",
            ["band.yaml:1: the file does not contain a list; expected entries that begin with `- id:` [shape]"],
        ),
        (
            QUESTIONS,
            "  objective: band\n  level: recall\n  kind: single",
            "  objective: band\n  level: recall\n  level: apply\n  kind: single",
            ["band.yaml:4: `level` was already given on line 3; expected each key once [duplicate-key]"],
        ),
    ],
)
def test_unreadable_yaml_is_refused(
    spoil: Callable[[str, str, str], list[str]], name: str, old: str, new: str, faults: list[str]
) -> None:
    assert spoil(name, old, new) == faults


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("010", "010"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("2009-01-01", "2009-01-01"),
        ("3.10", "3.10"),
        ("<<", "<<"),
        ("true", "true"),
        ('"null"', "null"),
        ("null", None),
        ("~", None),
        ("", None),
        ("|\n  two\n  lines", "two\nlines\n"),
    ],
)
def test_a_scalar_is_kept_as_it_was_written(written: str, meant: str | None) -> None:
    tree = read_yaml(f"text: {written}\n", Path("a.yaml"))

    assert tree.value == {"text": meant}
    assert tree.faults == ()


def test_every_value_knows_its_line() -> None:
    tree = read_yaml("a: 1\nb:\n  - c: 2\n    d:\n      - e\n", Path("a.yaml"), offset=10)

    assert tree.place.line("a") == 11
    assert tree.place.line("b", 0, "d", 0) == 15
    assert tree.place.line("b", 0, "missing") == 13
    assert tree.place.within("b", 0).line("d") == 14


def test_plain_words_are_text_where_text_is_wanted_and_true_where_that_is_wanted(folder: Folder) -> None:
    folder.replace("1-basics/questions/band.yaml", 'text: "True"', "text: True")
    folder.replace("1-basics/questions/band.yaml", 'text: "False"', "text: False")
    folder.replace("1-basics/questions/band.yaml", "critical: true", "critical: TRUE")

    question = folder.course().modules[0].questions[2]

    assert question.options == ("True", "False")
    assert question.critical is True


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (
            b"title: a\ntext: \xff\n",
            "course.yaml:2: this line is not UTF-8 text; expected a file saved as UTF-8 [encoding]",
        ),
        (
            b"title: a\rtext: b\n",
            "course.yaml:1: this line contains an invisible control character (U+000D); expected printable text [encoding]",
        ),
        (
            b"title: a\n\x00\n",
            "course.yaml:2: this line contains an invisible control character (U+0000); expected printable text [encoding]",
        ),
        (b"#" * (512 * 1024 + 1), "course.yaml:1: the file is too large; expected 512 KB at most [file-size]"),
        (b"", "course.yaml:1: this is empty; expected title, modules, red_flags [shape]"),
        (b"- a\n- b\n", "course.yaml:1: this is a list; expected a map with title, modules, red_flags [shape]"),
    ],
)
def test_a_file_that_is_not_plain_text_is_refused(folder: Folder, raw: bytes, fault: str) -> None:
    folder.write("course.yaml", raw)

    assert folder.faults() == [fault]


def test_line_ends_and_marks_of_windows_are_taken(folder: Folder) -> None:
    for name, text in FILES.items():
        folder.write(name, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    assert folder.course().title == "A small course"


def test_aliases_that_would_blow_up_are_refused_at_once(folder: Folder) -> None:
    bomb = "\n".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
    folder.write("course.yaml", "a0: &a0 lol\n" + bomb)

    assert folder.faults() == [
        "course.yaml:1: `&a0` is an anchor for an alias; expected every value written out [yaml-alias]"
    ]


def test_ten_thousand_brackets_do_not_exhaust_the_stack(folder: Folder) -> None:
    folder.write("course.yaml", "title: " + "[" * 10_000)

    assert folder.faults() == ["course.yaml:1: this is nested too deeply; expected 12 levels at most [yaml-depth]"]


def test_a_lesson_may_not_be_long_enough_to_be_slow(folder: Folder) -> None:
    folder.write("1-basics/lessons/01-first.md", FILES["1-basics/lessons/01-first.md"] + "[" * 64 * 1024)

    assert folder.faults() == ["01-first.md:1: the file is too large; expected 64 KB at most [file-size]"]
