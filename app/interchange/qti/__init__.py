"""QTI, the exchange format of 1EdTech: versions 1.2 (Canvas), 2.0 to 2.2 and 3.0, as documents and as packages.

The converter of Citolab (``citolab-qti-convert``) and its JSON models were tried. The first changes names from QTI 2 to 3,
which :mod:`app.interchange.qti.xml` does while reading; the second knows neither feedback nor customised scoring,
drops what it does not know without a word, and parses XML of strangers with entities. Hence a reader of our own, which
tries answers and notes what it leaves out.
"""

from __future__ import annotations

import io
import re
import zipfile

from app.interchange.formats import BankFormat
from app.interchange.package import is_zip
from app.interchange.qti.packages import MANIFEST, read_qti
from app.interchange.qti.writer import write_qti21, write_qti30

_ROOT = re.compile(rb"<(?:[A-Za-z0-9_.-]+:)?(?:questestinterop|assessmentItem|qti-assessment-item)[\s>]")


def _fits(data: bytes) -> bool:
    """Return whether a file looks like QTI: a package with a manifest or documents, or a document with its root."""
    if not is_zip(data):
        return bool(_ROOT.search(data[:20_000].replace(b"\0", b"")))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError):
        return True  # reading it says what is wrong
    return MANIFEST in names or "[Content_Types].xml" not in names


FORMATS = (
    BankFormat("qti", "QTI 1.2 to 3.0", (".zip", ".xml", ".qti", ".imscc"), _fits, read=read_qti),
    BankFormat("qti-3.0", "QTI 3.0", (".zip",), _fits, write=write_qti30),
    BankFormat("qti-2.1", "QTI 2.1", (".zip",), _fits, write=write_qti21),
)
