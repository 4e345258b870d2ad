"""Zip files of libraries: byte for byte in both directions, and hostile ones refused with a reason."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.libraries.archives import ArchiveError, ArchiveProblem, build_archive, read_archive
from app.services.libraries.documents import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS
from tests.conftest import ROOT

NAME = st.from_regex(r"[a-z0-9]{1,8}(\.(md|yaml|svg))?", fullmatch=True)
PATH = st.lists(NAME, min_size=1, max_size=3).map("/".join)


def pack(*entries: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, body in entries:
            file.writestr(name, body)
    return out.getvalue()


def refuse(data: bytes) -> ArchiveProblem:
    with pytest.raises(ArchiveError) as refused:
        read_archive(data)
    return refused.value.problem


@given(st.dictionaries(PATH, st.binary(max_size=200), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_documents_come_back_byte_for_byte(documents: dict[str, bytes]) -> None:
    packed = build_archive(documents)

    assert dict(read_archive(packed).documents) == documents
    assert build_archive(dict(reversed(documents.items()))) == packed


def test_the_course_of_the_product_comes_back_byte_for_byte() -> None:
    root = ROOT / "questions"
    documents = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    assert read_archive(build_archive(documents)).documents == documents


def test_a_zip_file_is_the_folder_on_disk_and_the_reverse(tmp_path: Path) -> None:
    documents = {"course.yaml": b"title: A\r\n", "1-a/lessons/01-a.md": "\ufeffé\n".encode()}

    with zipfile.ZipFile(io.BytesIO(build_archive(documents))) as file:
        file.extractall(tmp_path)

    assert {path: (tmp_path / path).read_bytes() for path in documents} == documents


def test_a_folder_around_all_documents_is_left_out() -> None:
    packed = pack(("bank/course.yaml", b"a"), ("bank/1-a/module.yaml", b"b"), ("bank/", b""))

    assert read_archive(packed).documents == {"course.yaml": b"a", "1-a/module.yaml": b"b"}


def test_a_single_module_keeps_its_folder() -> None:
    assert read_archive(pack(("1-a/module.yaml", b"b"))).documents == {"1-a/module.yaml": b"b"}


def test_hidden_files_of_operating_systems_are_counted_and_left_out() -> None:
    packed = pack(("course.yaml", b"a"), (".DS_Store", b"x"), ("__MACOSX/._course.yaml", b"x"), ("1-a/a.md~", b"x"))

    archive = read_archive(packed)

    assert archive.documents == {"course.yaml": b"a"}
    assert archive.skipped == 3


@pytest.mark.parametrize(
    "name",
    [
        "../course.yaml",
        "1-a/../../course.yaml",
        "/etc/passwd",
        "C:\\x.yaml",
        "1-a\\module.yaml",
        "1-a//module.yaml",
        "./course.yaml",
        "a/b/c/d/e/f.yaml",
        "x" * 201,
        "naïve.yaml",
        "a b.yaml",
        "nul.yaml",
        "COM1",
        "a.",
        "-rf",
        "a\u202eb.yaml",
        "a\nb.yaml",
        "<script>.yaml",
    ],
)
def test_a_name_that_could_do_harm_is_refused(name: str) -> None:
    assert refuse(pack((name, b"x"))) is ArchiveProblem.NAME


def test_a_name_with_a_hidden_end_is_refused() -> None:
    packed = pack(("course.yamlXX", b"x")).replace(b"course.yamlXX", b"course.yaml\0X")

    assert refuse(packed) is ArchiveProblem.NAME


def test_a_link_is_refused() -> None:
    entry = zipfile.ZipInfo("course.yaml")
    entry.create_system, entry.external_attr = 3, 0o120777 << 16

    assert refuse(pack((entry, b"/etc/passwd"))) is ArchiveProblem.LINK


def test_a_file_with_a_password_is_refused() -> None:
    packed = bytearray(pack(("course.yaml", b"x")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(signature) + offset] |= 1

    assert refuse(bytes(packed)) is ArchiveProblem.ENCRYPTED


def test_a_bomb_is_refused() -> None:
    packed = pack(("course.yaml", b"\0" * (MAX_DOCUMENT_BYTES - 1)), compression=zipfile.ZIP_DEFLATED)

    assert refuse(packed) is ArchiveProblem.BOMB


def test_an_entry_that_is_larger_than_it_says_is_refused() -> None:
    packed = bytearray(pack(("course.yaml", b"x" * 5000), compression=zipfile.ZIP_DEFLATED))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", packed, packed.index(signature) + offset, 10)

    assert refuse(bytes(packed)) is ArchiveProblem.DAMAGED


def test_a_large_document_is_refused() -> None:
    packed = pack(("course.yaml", random.Random(1).randbytes(MAX_DOCUMENT_BYTES + 1)))

    assert refuse(packed) is ArchiveProblem.DOCUMENT_TOO_LARGE


def test_more_than_20_megabytes_are_refused() -> None:
    body = b"x" * MAX_DOCUMENT_BYTES
    packed = pack(*((f"{n}.yaml", body) for n in range(41)))

    assert refuse(packed) is ArchiveProblem.TOO_LARGE


def test_too_many_documents_are_refused() -> None:
    assert refuse(pack(*((f"{n}.yaml", b"") for n in range(MAX_DOCUMENTS + 1)))) is ArchiveProblem.TOO_MANY


def test_a_huge_table_of_contents_is_refused_before_it_is_read() -> None:
    packed = pack(("course.yaml", b"x"))
    at = packed.rindex(b"PK\x05\x06")
    listing = bytearray(packed)
    struct.pack_into("<L", listing, at + 12, 0xFFFFFFF0)
    locator = packed[:at] + b"PK\x06\x07" + bytes(16) + packed[at:]

    assert refuse(bytes(listing)) is ArchiveProblem.TOO_MANY
    assert refuse(locator) is ArchiveProblem.TOO_MANY


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_refused() -> None:
    assert refuse(pack(("a.md", b"1"), ("a.md", b"2"))) is ArchiveProblem.REPEATED
    assert refuse(pack(("a.md", b"1"), ("A.md", b"2"))) is ArchiveProblem.REPEATED


def test_another_compression_is_refused() -> None:
    assert refuse(pack(("a.md", b"1" * 100), compression=zipfile.ZIP_LZMA)) is ArchiveProblem.DAMAGED


def test_no_documents_and_no_zip_file_are_refused() -> None:
    assert refuse(pack(("folder/", b""))) is ArchiveProblem.EMPTY
    assert refuse(b"") is ArchiveProblem.NOT_ZIP
    assert refuse(b"PK\x03\x04 no zip file") is ArchiveProblem.NOT_ZIP


def test_a_damaged_zip_file_is_refused_or_sound_but_never_anything_else() -> None:
    """Change, cut and double bytes of a real file in 3,000 ways that are the same in each run."""
    chance = random.Random(18)
    whole = build_archive({"course.yaml": b"title: A\n" * 20, "1-a/module.yaml": b"id: a\n" * 30, "b.md": b"x"})
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at : at + chance.randint(1, 30)]
                case _:
                    data[at:at] = data[at : at + chance.randint(1, 30)]
        with suppress(ArchiveError):
            read_archive(bytes(data))
