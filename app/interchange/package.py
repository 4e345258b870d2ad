"""Read zip files from strangers: packages of questions, and workbooks.

Nothing is ever unpacked to a disk. What could harm the server or mislead a reader is refused before any entry is read,
and the sizes that count are those that were really read, not those that the file claims.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from posixpath import normpath

from app.interchange.bank import MAX_BYTES, UnreadableBankError

MAX_ENTRIES = 5_000
MAX_UNPACKED = 100_000_000
MAX_RATIO = 200
"""How many times larger than its packed form an entry may be. Repetitive XML reaches 50."""

_SMALL = 1_000_000
"""Entries up to this size may have any ratio: a line of spaces compresses without limit."""

_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_ARCHIVE_SUFFIXES = (".zip", ".rar", ".7z", ".gz", ".tgz", ".bz2", ".xz", ".tar", ".jar", ".imscc")


def is_zip(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


class Package:
    """The files in a zip file, by name. Names have forward slashes and stay inside the package.

    :raise UnreadableBankError: the file is damaged, too large, or contains what a package has no reason to contain.
    """

    def __init__(self, data: bytes, most_unpacked: int = MAX_UNPACKED) -> None:
        if len(data) > MAX_BYTES:
            raise UnreadableBankError(f"the file is larger than {MAX_BYTES // 1024 // 1024} MB")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError) as error:
            raise UnreadableBankError("the zip file is damaged") from error
        if len(entries) > MAX_ENTRIES:
            raise UnreadableBankError(f"the zip file has {len(entries)} entries, more than {MAX_ENTRIES}")
        if sum(entry.file_size for entry in entries) > most_unpacked:
            raise UnreadableBankError(f"the file would unpack to more than {most_unpacked // 1_000_000} MB")
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._left = most_unpacked
        seen: set[str] = set()
        for entry in entries:
            name = _check_name(entry.orig_filename)
            if name.casefold() in seen:
                raise UnreadableBankError(f"the zip file has two entries named “{show(name)}”")
            seen.add(name.casefold())
            _check_entry(entry, name)
            if not entry.is_dir():
                self._entries[name] = entry

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def read(self, name: str) -> bytes:
        """Return the content of an entry.

        :raise KeyError: there is none of that name.
        :raise UnreadableBankError: it is damaged, larger than it claims, or an archive itself.
        """
        entry = self._entries[name]
        try:
            with self._zip.open(entry) as file:
                content = file.read(min(self._left, entry.file_size) + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise UnreadableBankError(f"“{show(name)}” in the zip file is damaged") from error
        if len(content) > min(self._left, entry.file_size):
            raise UnreadableBankError(f"“{show(name)}” in the zip file is larger than the file says")
        self._left -= len(content)
        if content.startswith(_ARCHIVES):
            raise UnreadableBankError(
                f"“{show(name)}” is an archive inside the zip file; unpack it and import it by itself"
            )
        return content


def _check_name(raw: str) -> str:
    """Return the name with forward slashes; some systems write backslashes."""
    name = raw.replace("\\", "/")
    inside = normpath(name.rstrip("/"))
    if not inside.isprintable() or len(inside) > 500:
        raise UnreadableBankError(f"the zip file has an entry with an unusable name: “{show(name)}”")
    if name.startswith("/") or inside.startswith("../") or inside in ("..", ".") or ":" in inside.split("/")[0]:
        raise UnreadableBankError(f"the zip file has an entry that leads out of it: “{show(name)}”")
    return inside


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnreadableBankError(f"“{show(name)}” in the zip file is a link, not a file")
    if entry.flag_bits & 0x1:
        raise UnreadableBankError(f"“{show(name)}” in the zip file is encrypted")
    if name.casefold().endswith(_ARCHIVE_SUFFIXES):
        raise UnreadableBankError(
            f"“{show(name)}” is an archive inside the zip file; unpack it and import it by itself"
        )
    if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
        raise UnreadableBankError(f"“{show(name)}” would unpack to {MAX_RATIO} times its size or more")


def show(text: str) -> str:
    """Return the beginning of a foreign text as it can be printed in a message."""
    plain = "".join(character if character.isprintable() else "�" for character in text)
    return plain if len(plain) <= 80 else f"{plain[:79]}…"
