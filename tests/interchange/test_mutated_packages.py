"""Battery row R16 for QTI and sheets: whatever happens to a file, the answer is a bank or one clear error.

2,000 broken files run with the suite; ``PACKAGE_MUTATIONS=20000 pytest tests/interchange/test_mutated_packages.py`` runs more,
``PACKAGE_SEED`` others. Catches any reader that raises something else for what a file may contain.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from random import Random

import pytest

from app.interchange.authoring import draft_bank
from app.interchange.bank import QuestionBank, UnreadableBankError
from app.interchange.formats import read_bank, write_bank
from app.interchange.sheets.examples import EXAMPLES
from tests.interchange.qti_support import FILES, PNG, build_zip

COUNT = int(os.environ.get("PACKAGE_MUTATIONS", "2000"))
SEED = int(os.environ.get("PACKAGE_SEED", "1"))
TOKENS = [
    b"", b" ", b'"', b"'", b",", b";", b"\t", b"\n", b"\0", b"\xff", b"\xff\xfe", b"-1", b"1e999", b"nan", b"inf", b"9" * 400, b"RESPONSE", b"SCORE",
    b"FEEDBACK", b"single", b"multiple", b"ordered", b"record", b"float", b"integer", b"string", b"pair", b"directedPair", b"boolean", b"point",
    b"(a+)+$", b".*", b"*", b"\\", b"&lt;", b"&nbsp;", b"&x;", b"<!DOCTYPE a>", b"<p>", b"</p>", b"<null/>", b"<not>", b"</not>", b"<prompt>x</prompt>",
    b'<variable identifier="RESPONSE"/>', b'<correct identifier="RESPONSE"/>', b'<baseValue baseType="float">1</baseValue>', b"A B C", b"x" * 500,
    b"../../x", b"$IMS-CC-FILEBASE$/x.png", b"<response_lid>", b"<varequal/>", b"100 %", b"7 \xc2\xb1", b"..", b"number", b"matching", b"=1+1",
]  # fmt: skip


def list_seeds() -> dict[str, list[bytes]]:
    """Return small files of each format, most of which ask one question."""
    canvas = (FILES / "canvas-1.2.xml").read_bytes()
    items = re.findall(rb"<item .*?</item>", canvas, re.DOTALL)
    qti = [b"<questestinterop>" + item + b"</questestinterop>" for item in items] + [
        (FILES / "item-3.0.xml").read_bytes()
    ]
    bank = QuestionBank(EXAMPLES)
    for version in ("qti-2.1", "qti-3.0"):
        with zipfile.ZipFile(BytesIO(write_bank(bank, version).data)) as package:
            qti += [package.read(name) for name in package.namelist() if name.startswith("items/")]
    return {
        "qti": qti,
        "csv": [write_bank(QuestionBank((item,)), "csv").data for item in EXAMPLES],
        "xlsx": [write_bank(QuestionBank(EXAMPLES[:2]), "xlsx").data],
    }


SEEDS = list_seeds()
Mutation = Callable[[bytes, Random], bytes]


def mutate(data: bytes, chance: Random) -> bytes:
    """Return the text of a file after one to five accidents, some of them inside values and tags."""
    for _ in range(chance.randint(1, 5)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 1, 5, 40, 300)))
        token = chance.choice(TOKENS)
        values = list(re.finditer(rb'(?<=")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)', data))
        match chance.randrange(4):
            case 0:
                data = data[:start] + token + data[start:]
            case 1:
                data = data[:start] + data[end:]
            case _ if values:
                value = chance.choice(values)
                data = data[: value.start()] + token.replace(b"<", b"").replace(b'"', b"") + data[value.end() :]
            case _:
                data = data[:end] + data[start:end] + data[end:]
    return data


def mutate_package(item: bytes, chance: Random) -> bytes:
    """Return a package with a broken item, or a broken package."""
    resource = b'<manifest><resources><resource type="imsqti_item_xmlv2p1" href="a.xml"/></resources></manifest>'
    data = build_zip({"imsmanifest.xml": mutate(resource, chance), "a.xml": mutate(item, chance), "x.png": PNG})
    return flip(data, chance) if chance.random() < 0.5 else data


def mutate_workbook(data: bytes, chance: Random) -> bytes:
    if chance.random() < 0.5:
        return flip(data, chance)
    with zipfile.ZipFile(BytesIO(data)) as package:
        files = {name: package.read(name) for name in package.namelist()}
    name = chance.choice(sorted(files))
    return build_zip({**files, name: mutate(files[name], chance)})


def flip(data: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("chunk", range(5))
@pytest.mark.parametrize(
    ("name", "change", "share"),
    [("qti", mutate, 0.45), ("qti", mutate_package, 0.2), ("csv", mutate, 0.25), ("xlsx", mutate_workbook, 0.1)],
    ids=["items", "packages", "csv", "workbooks"],
)
def test_a_mutated_file_gives_a_bank_or_one_clear_error(name: str, change: Mutation, share: float, chunk: int) -> None:
    for number in range(int(COUNT * share) // 5):
        chance = Random(f"{SEED} {share} {name} {chunk} {number}")
        data = change(chance.choice(SEEDS[name]), chance)

        bank = read_or_fail(data, name)
        if isinstance(bank, str):
            assert len(bank) > 10
            assert bank.isprintable()
            continue

        assert bank.items or name != "qti"
        for draft in draft_bank(bank):
            assert draft.item.is_refused or draft.document
        if number % 10 == 0:
            assert_written_again(bank)


def read_or_fail(data: bytes, name: str) -> QuestionBank | str:
    """Return the bank, or the message of the only error that a reader may raise."""
    try:
        return read_bank(data, "", name)
    except UnreadableBankError as error:
        return str(error)


def assert_written_again(bank: QuestionBank) -> None:
    """Whatever was read can be written, and what was written can be read."""
    for target, reader in (("qti-3.0", "qti"), ("qti-2.1", "qti"), ("csv", "csv")):
        written = write_bank(bank, target)
        kept = [item for item in written.bank.items if not item.is_refused]
        assert len(written.bank.items) == len(bank.items)
        if kept:
            again = read_bank(written.data, "", reader)
            assert len(again.items) == len(kept)
            assert not [item for item in again.items if item.is_refused]
