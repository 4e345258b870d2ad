"""The formats of question banks, each with its reader and writer.

Every module or package in this folder with a tuple ``FORMATS`` is registered.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import PurePath

import app.interchange
from app.interchange.bank import MAX_BYTES, QuestionBank, UnreadableBankError, WrittenBank


@dataclass(frozen=True, slots=True)
class BankFormat:
    """A format of files with questions.

    ``fits`` returns whether a file may be of this format, by its first bytes; the suffix of its name comes second.
    ``read`` raises only :class:`UnreadableBankError`, and ``write`` nothing.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    fits: Callable[[bytes], bool]
    read: Callable[[bytes], QuestionBank] | None = None
    write: Callable[[QuestionBank], WrittenBank] | None = None


@cache
def list_formats() -> tuple[BankFormat, ...]:
    modules = sorted(found.name for found in pkgutil.iter_modules(app.interchange.__path__))
    return tuple(
        found
        for name in modules
        if name != "formats"
        for found in getattr(import_module(f"{app.interchange.__name__}.{name}"), "FORMATS", ())
    )


def get_format(name: str) -> BankFormat | None:
    return next((one for one in list_formats() if one.name == name), None)


def guess_format(data: bytes, file_name: str) -> BankFormat | None:
    """Return the format of a file by its content, and by the suffix of its name if several fit.

    If none fits, it is the only one with this suffix: its reader says what is wrong with the file.
    """
    suffix = PurePath(file_name).suffix.lower()
    readable = [one for one in list_formats() if one.read]
    fitting = [one for one in readable if one.fits(data)]
    if fitting:
        return next((one for one in fitting if suffix in one.suffixes), fitting[0])
    named = [one for one in readable if suffix in one.suffixes]
    return named[0] if len(named) == 1 else None


def read_bank(data: bytes, file_name: str = "", format_name: str | None = None) -> QuestionBank:
    """Read a file in the given format, or in the one that it looks like.

    :raise UnreadableBankError: the file is too large, of no known format, or broken as a whole.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableBankError(f"the file is too large; {MAX_BYTES // 1024 // 1024} MB at most")
    if not data.strip():
        raise UnreadableBankError("the file is empty")
    found = get_format(format_name) if format_name else guess_format(data, file_name)
    if found is None or found.read is None:
        names = ", ".join(one.title for one in list_formats() if one.read)
        raise UnreadableBankError(f"this is none of the formats that can be read ({names})")
    return found.read(data)


def write_bank(bank: QuestionBank, format_name: str) -> WrittenBank:
    """Write a bank in a format that has a writer.

    :raise KeyError: there is none.
    """
    found = get_format(format_name)
    if found is None or found.write is None:
        raise KeyError(format_name)
    return found.write(bank)
