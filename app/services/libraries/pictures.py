"""Pictures of a library: prepare an uploaded file, save it with the figure that shows it, and send it to a preview."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape
from io import BytesIO
from pathlib import PurePosixPath
from threading import Lock

from PIL import Image
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.content.figures import PICTURE_PREFIX
from app.content.new_modules import choose_id
from app.content.picture_files import DamagedPictureError, PictureFormat, scan_picture
from app.content.pictures import MAX_PICTURE_BYTES
from app.domain.document_paths import find_path_problem
from app.models import DocumentVersion, Library, LibraryDocument, ModuleRow, User
from app.permissions import Viewer, reads_library, sits_test_on
from app.services.libraries import documents

MAX_PIXELS = 30_000_000
"""The largest picture that is opened. Decoding it takes four bytes for each pixel."""
SIDES = (1600, 1200, 800)
"""The longest side of a stored picture, in pixels; the next one is tried if the file would be too large."""
QUALITY = 85
"""Of JPEG and WebP, from 0 to 100."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets an image upright, by the orientation that Exif names."""

_lock = Lock()
"""One picture at a time in a process, because each takes much memory."""


class PictureProblem(StrEnum):
    """Why an uploaded file is refused."""

    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    ANIMATED = "animated"


class PictureError(Exception):
    """An uploaded file is refused."""

    def __init__(self, problem: PictureProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class PreparedPicture:
    """A picture that is its image and nothing else. Sizes are in pixels."""

    suffix: str
    width: int
    height: int
    body: bytes


def prepare_picture(data: bytes) -> PreparedPicture:
    """Decode a PNG, JPEG or WebP file and write it anew: upright, in RGB or grey, at most 1,600 pixels long.

    Nothing of the file but the colours of its pixels survives.

    :raise PictureError: it is damaged, too large, animated or something else.
    """
    try:
        scan = scan_picture(data)
    except DamagedPictureError as error:
        raise PictureError(PictureProblem.DAMAGED) from error
    if scan.is_animated:
        raise PictureError(PictureProblem.ANIMATED)
    if scan.width * scan.height > MAX_PIXELS:
        raise PictureError(PictureProblem.TOO_LARGE)
    with _lock:
        return _write(_read(data), scan.format)


def _read(data: bytes) -> Image.Image:
    """Return the upright image in one of the modes L, RGB and RGBA, no longer than the longest side."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata, which is not kept
            image = Image.open(BytesIO(data), formats=("PNG", "JPEG", "WEBP"))
            if getattr(image, "n_frames", 1) > 1:
                raise PictureError(PictureProblem.ANIMATED)
            if image.width * image.height > MAX_PIXELS:  # a JPEG can name a second size, behind its first scan
                raise PictureError(PictureProblem.TOO_LARGE)
            image.draft(None, (2 * SIDES[0], 2 * SIDES[0]))  # a large JPEG is decoded at a smaller size
            image.load()
            upright = _turn(image)
    except PictureError:
        raise
    except Exception as error:  # Pillow raises many kinds for damaged files
        raise PictureError(PictureProblem.DAMAGED) from error
    plain = _convert(upright)
    plain.thumbnail((SIDES[0], SIDES[0]), Image.Resampling.LANCZOS)
    return plain


def _turn(image: Image.Image) -> Image.Image:
    """Return the image as its metadata say that it is to be seen. Damaged metadata say nothing."""
    try:
        method = _TURNS.get(image.getexif().get(0x0112) or 1)
    except Exception:  # of many kinds, too
        return image
    return image if method is None else image.transpose(method)


def _convert(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        # Pillow would cut off values above 255. Only PNG has such pictures, in 16 bits.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _write(image: Image.Image, original: PictureFormat) -> PreparedPicture:
    """Write an image in the format of its file, or as WebP if that is too large, for example a photo as PNG."""
    for side in SIDES:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        for kind in dict.fromkeys((original, PictureFormat.WEBP)):
            body = _encode(image, kind)
            if len(body) <= MAX_PICTURE_BYTES:
                return PreparedPicture(kind.value, image.width, image.height, body)
    raise PictureError(PictureProblem.TOO_LARGE)


def _encode(image: Image.Image, kind: PictureFormat) -> bytes:
    out, clean = BytesIO(), Image.new(image.mode, image.size)
    clean.paste(image)  # without the metadata of the file
    match kind:
        case PictureFormat.PNG:
            clean.save(out, "PNG", optimize=True)
        case PictureFormat.JPEG:
            clean.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        case PictureFormat.WEBP:
            clean.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def write_figure(picture: PreparedPicture, file_name: str, alternative: str) -> bytes:
    """Return a figure that shows a picture. ``alternative`` is what screen readers say instead of it."""
    size = f'width="{picture.width}" height="{picture.height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {picture.width} {picture.height}">\n'
        f"  <title>{escape(alternative, quote=False)}</title>\n"
        f'  <image href="{PICTURE_PREFIX}{file_name}" {size}/>\n'
        "</svg>\n"
    ).encode()


def choose_name(name: str, taken: Collection[str]) -> str:
    """Return an unused name for a figure, made of the letters and digits of a file name.

    It is never that of a device on Windows, which no zip file of a library may contain.
    """
    found = choose_id(PurePosixPath(name.replace("\\", "/")).stem[:60], taken, "figure")
    return choose_id(f"figure {found}", taken, "figure") if find_path_problem(found) else found


def add_picture(
    session: Session,
    actor: User,
    library: Library,
    folder: str,
    name: str,
    picture: PreparedPicture,
    alternative: str,
    now: datetime,
) -> str:
    """Save a picture and the figure that shows it in a module's folder, and return the name of the figure.

    :raise LibraryFullError: the library has no room for it.
    """
    documents.lock(session, library)
    found = choose_name(name, _list_names(session, library, folder))
    file_name = f"{found}.{picture.suffix}"
    bodies = {
        f"{folder}/pictures/{file_name}": picture.body,
        f"{folder}/figures/{found}.svg": write_figure(picture, file_name, alternative),
    }
    documents.upload(session, actor, library, bodies, now, removes_others=False)
    return found


def add_drawing(
    session: Session, actor: User, library: Library, folder: str, name: str, body: bytes, now: datetime
) -> str:
    """Save a drawing that the checker accepts as a figure of a module's folder, and return its name.

    :raise LibraryFullError: the library has no room for it.
    """
    documents.lock(session, library)
    found = choose_name(name, _list_names(session, library, folder))
    documents.upload(session, actor, library, {f"{folder}/figures/{found}.svg": body}, now, removes_others=False)
    return found


def _list_names(session: Session, library: Library, folder: str) -> set[str]:
    """Return the names that figures and pictures of a folder have, also removed ones: their history is kept."""
    paths = session.scalars(select(LibraryDocument.path).where(LibraryDocument.library_id == library.id))
    places = (f"{folder}/figures/", f"{folder}/pictures/")
    return {PurePosixPath(path).stem.lower() for path in paths if path.startswith(places)}


def get_draft_for(session: Session, viewer: Viewer, digest: str, path_ending: str) -> bytes | None:
    """Return a picture among the current documents of a library that the viewer may read."""
    its_module = exists().where(ModuleRow.library_id == LibraryDocument.library_id, sits_test_on(viewer, ModuleRow.id))
    found = (
        select(DocumentVersion.body)
        .join(LibraryDocument, DocumentVersion.document_id == LibraryDocument.id)
        .where(
            DocumentVersion.number == LibraryDocument.revision,
            LibraryDocument.removed_at.is_(None),
            LibraryDocument.digest == digest,
            LibraryDocument.path.endswith(path_ending, autoescape=True),
            reads_library(viewer, LibraryDocument.library_id),
            ~its_module.correlate_except(ModuleRow),
        )
        .limit(1)
    )
    return session.scalar(found)
