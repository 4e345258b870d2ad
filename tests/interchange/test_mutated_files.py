"""Battery row R16 for banks: whatever happens to a file, the answer is a bank with valid drafts, or one clear error.

3,000 broken files run with the suite. ``BANK_MUTATIONS=100000 pytest tests/interchange/test_mutated_files.py`` runs as many more,
``BANK_SEED`` others. Catches any reader that raises something else for what a file may contain.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from app.content.kinds import get_entry_class
from app.content.yaml_nodes import read_yaml
from app.interchange.authoring import draft_bank
from app.interchange.bank import UnreadableBankError
from app.interchange.files import write_files
from app.interchange.formats import get_format, read_bank
from app.interchange.report import describe_import
from tests.interchange.support import FILES

COUNT = int(os.environ.get("BANK_MUTATIONS", "3000"))
SEED = int(os.environ.get("BANK_SEED", "1"))
CHUNKS = 10
SEEDS = {"moodle-xml": "moodle-4.5.xml", "gift": "moodle-4.5.gift", "aiken": "moodle-4.5.aiken"}
TOKENS = [
    b"", b" ", b"\n", b"\n\n", b"\r", b"\0", b"\x1b[31m", b"\xef\xbb\xbf", b"\xff", b"\xff\xfe", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\\", b"\\\\",
    b"{", b"}", b"{}", b"{#", b"{>", b"{=", b"{T}", b"{FALSE#", b"~", b"=", b"=%", b"%50%", b"~%-50%", b"%1e9%", b"####", b"#", b"->", b"::", b":::",
    b"//", b"// question: 1  name: ", b"[id:", b"[tag:", b"$CATEGORY: ", b"[html]", b"[plain]", b"[markdown]", b"[x]", b"..", b"1..2", b"2..1", b"1:",
    b"nan", b"inf", b"-1e999", b"1_000", b"9" * 500, b"0x10", b"A) ", b"B. ", b"ANSWER: ", b"ANSWER: Z", b"ANSWER: A, B", b"<", b">", b"&", b"&amp;",
    b"&#0;", b"&#x110000;", b"&lt;script&gt;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!DOCTYPE quiz>", b"<?xml version='1.0' encoding='x-none'?>",
    b"<question type='category'>", b"</question>", b"<question>", b"<text>", b"</text>", b"<answer fraction='1e9'>", b'fraction="x"', b'type="x"',
    b'<file name="../../x" encoding="base64">AAAA</file>', b"<p>", b"<ul><li>", b"<img src='data:,x'>", b"<b><i>", b"</b>", b"<script>", b"<![x",
    b"**", b"*", b"_", b"[@A]", b"$$x$$", b"x" * 3000, b"<b>" * 300, b"[" * 300, b"*" * 300, b"\xc3\xa9", b"\xf0\x9f\x99\x82",
]  # fmt: skip


def mutate(data: bytes, chance: Random) -> bytes:
    """Return the file after one to six accidents."""
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 1, 3, 20, 400)))
        match chance.randrange(5):
            case 0:
                data = data[:start] + chance.choice(TOKENS) + data[start:]
            case 1:
                data = data[:start] + chance.choice(TOKENS) + data[end:]
            case 2:
                data = data[:start] + data[end:]
            case 3:
                data = data[:end] + data[start:end] * 2 + data[end:]
            case _:
                other = chance.randrange(len(data) + 1)
                data = data[:start] + data[other : other + 200] + data[start:]
    return data


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("name", SEEDS)
def test_a_mutated_file_gives_valid_drafts_or_one_clear_error(name: str, chunk: int) -> None:
    original = (FILES / SEEDS[name]).read_bytes()
    for number in range(COUNT // CHUNKS // len(SEEDS)):
        chance = Random(f"{SEED} {name} {chunk} {number}")
        data = mutate(original, chance)

        try:
            bank = read_bank(data, "", name)
        except UnreadableBankError:
            continue

        drafts = draft_bank(bank)
        assert len(drafts) == len(bank.items)
        for draft in drafts:
            assert draft.item.is_refused or draft.document
            assert not draft.document or get_entry_class(draft.document).kind_name() == draft.document["kind"]
        assert all(line.isprintable() for line in describe_import(drafts, bank))
        if number % 5 == 0:  # writing YAML takes the most time
            assert_files_are_read_again(write_files(drafts, bank.pictures))


def assert_files_are_read_again(files: dict[str, bytes]) -> None:
    for path, data in files.items():
        assert ".." not in path
        assert path.count("/") == 1
        if path.endswith(".yaml"):
            tree = read_yaml(data.decode(), Path(path))
            assert not tree.faults


@pytest.mark.parametrize("name", SEEDS)
def test_what_a_mutated_file_gave_is_written_and_read_again(name: str) -> None:
    original = (FILES / SEEDS[name]).read_bytes()
    for number in range(30):
        try:
            bank = read_bank(mutate(original, Random(f"again {SEED} {name} {number}")), "", name)
        except UnreadableBankError:
            continue

        for target in SEEDS:
            one = get_format(target)
            assert one
            assert one.write
            assert one.read
            written = one.write(bank)
            kept = [item for item in written.bank.items if not item.is_refused]
            again = one.read(written.data)
            assert len(written.bank.items) == len(bank.items)
            assert len(again.items) == len(kept), (target, written.data)
