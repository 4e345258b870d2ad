"""Zip files of strangers: what could harm is refused before anything is used."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest

from app.interchange.bank import MAX_BYTES, UnreadableBankError
from app.interchange.package import MAX_ENTRIES, Package
from tests.interchange.qti_support import build_zip


def zip_entry(info: zipfile.ZipInfo, content: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(info, content)
    return out.getvalue()


def rename(data: bytes, old: str, new: str) -> bytes:
    """Put a name of the same length into a zip file, which the zip library would not write."""
    assert len(old) == len(new)
    return data.replace(old.encode(), new.encode())


@pytest.mark.parametrize(
    "name", ["../evil.xml", "a/../../evil.xml", "/etc/passwd", "..", "C:/evil.xml", "..\\evil.xml", "\\\\host\\x"]
)
def test_an_entry_cannot_lead_out_of_the_package(name: str) -> None:
    placeholder = "x" * len(name)
    data = rename(build_zip({placeholder: "x"}), placeholder, name)

    with pytest.raises(UnreadableBankError, match="leads out"):
        Package(data)


def test_a_name_with_a_control_character_is_refused() -> None:
    with pytest.raises(UnreadableBankError, match="unusable name"):
        Package(rename(build_zip({"a_b.xml": "x"}), "a_b.xml", "a\x1bb.xml"))


def test_two_entries_of_one_name_are_refused() -> None:
    with pytest.raises(UnreadableBankError, match=r"two entries named “A\.xml”"):
        Package(build_zip({"a.xml": "x", "A.xml": "y"}))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_device_is_refused(kind: int) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (kind | 0o777) << 16

    with pytest.raises(UnreadableBankError, match="is a link"):
        Package(zip_entry(info, b"/etc/passwd"))


def test_an_encrypted_entry_is_refused() -> None:
    data = bytearray(build_zip({"a.xml": "x"}))
    data[6] |= 1
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1

    with pytest.raises(UnreadableBankError, match="is encrypted"):
        Package(bytes(data))


@pytest.mark.parametrize("name", ["inner.zip", "inner.TAR", "inner.tgz", "x.7z"])
def test_an_archive_inside_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(UnreadableBankError, match="archive inside"):
        Package(build_zip({name: "x"}))


def test_an_archive_inside_is_refused_by_its_content() -> None:
    with pytest.raises(UnreadableBankError, match="archive inside"):
        Package(build_zip({"picture.png": build_zip({"a": "b"})})).read("picture.png")


def test_a_bomb_is_refused_by_its_ratio_its_total_and_its_count() -> None:
    with pytest.raises(UnreadableBankError, match="times its size"):
        Package(build_zip({"a.xml": b" " * 10_000_000}))
    with pytest.raises(UnreadableBankError, match="would unpack to more than 1 MB"):
        Package(build_zip({f"{number}": b" " * 300_000 for number in range(5)}), most_unpacked=1_000_000)
    with pytest.raises(UnreadableBankError, match="entries"):
        Package(build_zip({f"{number}": b"" for number in range(MAX_ENTRIES + 1)}))


def test_an_entry_that_is_larger_than_it_claims_is_refused() -> None:
    data = bytearray(build_zip({"a.xml": b" " * 5_000}))
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 10)

    with pytest.raises(UnreadableBankError, match=r"damaged|larger than the file says"):
        Package(bytes(data)).read("a.xml")


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(UnreadableBankError, match="larger than 20 MB"):
        Package(b"PK\x03\x04" + b"\0" * MAX_BYTES)


def test_a_damaged_file_is_refused() -> None:
    data = build_zip({"a.xml": "hello " * 100})
    broken = bytearray(data)
    broken[40] ^= 255

    with pytest.raises(UnreadableBankError, match="damaged"):
        Package(data[:50])
    with pytest.raises(UnreadableBankError, match="damaged"):
        Package(bytes(broken)).read("a.xml")


def test_ordinary_names_are_kept() -> None:
    package = Package(build_zip({"./a/b.xml": "1", "ä ö.xml": "2", "folder/": ""}))

    assert list(package) == ["a/b.xml", "ä ö.xml"]
    assert package.read("a/b.xml") == b"1"
