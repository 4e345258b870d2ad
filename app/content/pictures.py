"""Pictures of a module: photos and scans that its figures show. The checker accepts what a studio upload would write."""

from __future__ import annotations

import hashlib

from app.content.faults import Fault
from app.content.picture_files import MAX_SIDE, DamagedPictureError, scan_picture
from app.content.trees import ContentPath
from app.domain.content import Picture

MAX_PICTURE_BYTES = 512 * 1024
_UPLOAD = "a picture that the studio has prepared: upload it there"


def read_picture(path: ContentPath) -> tuple[Picture | None, tuple[Fault, ...]]:
    """Read one picture. There is one only if there are no faults."""
    try:
        with path.open("rb") as file:
            body = file.read(MAX_PICTURE_BYTES + 1)
    except OSError as error:
        return None, (Fault(path, 1, "unreadable", f"the file cannot be read ({error.strerror})", "a picture"),)
    if len(body) > MAX_PICTURE_BYTES:
        return None, (
            Fault(path, 1, "file-size", "the picture is too large", f"{MAX_PICTURE_BYTES // 1024} KB at most"),
        )
    try:
        scan = scan_picture(body)
    except DamagedPictureError:
        return None, (Fault(path, 1, "picture", "this is not a sound picture", "a PNG, JPEG or WebP file"),)
    found = []
    if path.suffix != f".{scan.format.value}":
        found.append(("the name does not fit the format of the picture", f"a name that ends with .{scan.format.value}"))
    if max(scan.width, scan.height) > MAX_SIDE:
        found.append((f"the picture has {scan.width} × {scan.height} pixels", f"{MAX_SIDE} pixels at most on a side"))
    if scan.is_animated:
        found.append(("the picture moves", "a picture that stands still"))
    if scan.components not in (1, 3):
        found.append(("the colours of the picture are for printing (CMYK)", _UPLOAD))
    if scan.extras:
        found.append((f"the picture contains more than its image ({', '.join(scan.extras[:3])})", _UPLOAD))
    if found:
        return None, tuple(Fault(path, 1, "picture", message, expected) for message, expected in found)
    digest = hashlib.sha256(body).hexdigest()
    return Picture(digest, scan.format.value, scan.format.media_type, scan.width, scan.height, body), ()
