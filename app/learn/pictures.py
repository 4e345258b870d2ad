"""The pictures that figures show."""

from __future__ import annotations

import re

from flask import Response, abort, request

from app.content.picture_files import PictureFormat
from app.db import db
from app.learn import blueprint
from app.services.course import pictures
from app.services.course.pictures import PictureFile
from app.services.libraries.pictures import get_draft_for
from app.web.identity import get_viewer

_DIGEST = re.compile(r"[0-9a-f]{64}")


@blueprint.get("/pictures/<digest>.<suffix>")
def show_picture(digest: str, suffix: str) -> Response:
    """Send a picture. Its address is made of its content, so it never changes.

    Browsers keep a picture of the course. For one of a library they ask each time whether it may still be shown.

    :raise 404: there is none, or the viewer may not see it.
    """
    if not _DIGEST.fullmatch(digest) or suffix not in set(PictureFormat):
        abort(404)
    found = _find(digest, PictureFormat(suffix)) or abort(404)
    response = Response(found.body, mimetype=found.media_type)
    if found.is_public:
        response.cache_control.public, response.cache_control.max_age = True, 31_536_000
        response.cache_control.immutable = True
    else:
        response.cache_control.private, response.cache_control.no_cache = True, True
    response.set_etag(digest)
    response.make_conditional(request)
    return response


def _find(digest: str, kind: PictureFormat) -> PictureFile | None:
    """Return a published picture, or one of a library that the viewer works on."""
    found = pictures.get_picture_for(db.session, get_viewer(), digest)
    if found is not None:
        return found if found.media_type == kind.media_type else None
    draft = get_draft_for(db.session, get_viewer(), digest, f".{kind.value}")
    return PictureFile(kind.media_type, draft) if draft is not None else None
