"""The history of a document: its versions, what each changed, and restoring one."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.db import db
from app.domain.line_changes import compare_lines
from app.models import DocumentChange
from app.permissions import may_edit_library
from app.services.libraries import documents, texts
from app.services.libraries.documents import DocumentConflictError, LibraryFullError, PathCollisionError
from app.studio import blueprint
from app.studio.addresses import locate_document
from app.studio.forms import VersionForm
from app.studio.libraries import get_editable_or_403, get_library_or_404
from app.web.access import current_account, trainers_only
from app.web.urls import parse_id

CHANGE_LABELS = {
    DocumentChange.WRITTEN: _l("Written"),
    DocumentChange.UPLOADED: _l("Uploaded"),
    DocumentChange.RESTORED: _l("Restored"),
    DocumentChange.REMOVED: _l("Removed"),
}


@blueprint.get("/<slug>/history")
@trainers_only
def show_history(slug: str) -> ResponseReturnValue:
    """List the versions of a document, and show what one of them changed (``number``).

    :raise 404: no such document or version.
    """
    opened = get_library_or_404(slug)
    document = documents.get_document(db.session, opened.library, request.args.get("path", "")) or abort(404)
    number = parse_id(request.args.get("number", "")) or document.revision
    version = documents.get_version(db.session, document, number) or abort(404)
    before = documents.get_version(db.session, document, number - 1)
    old, new = texts.decode_text(before.body if before else b""), texts.decode_text(version.body)
    return render_template(
        "studio/history.html",
        opened=opened,
        document=document,
        seen=0 if document.removed_at else document.revision,
        versions=documents.list_versions(db.session, document),
        version=version,
        changes=None if old is None or new is None else compare_lines(old, new),
        may_edit=may_edit_library(opened.role),
        labels=CHANGE_LABELS,
    )


@blueprint.post("/<slug>/restore")
@trainers_only
def restore_version(slug: str) -> ResponseReturnValue:
    """Make an earlier version of a document the current one.

    :raise 404: no such document, or no such version with a text.
    """
    opened, form = get_editable_or_403(slug), VersionForm()
    if not form.validate_on_submit():
        abort(400)
    path = form.path.data
    document = documents.get_document(db.session, opened.library, path) or abort(404)
    version = documents.get_version(db.session, document, form.number.data) or abort(404)
    if version.change is DocumentChange.REMOVED:
        abort(404)
    try:
        documents.save(
            db.session,
            current_account(),
            opened.library,
            path,
            version.body,
            now(),
            seen=form.seen.data,
            change=DocumentChange.RESTORED,
        )
    except DocumentConflictError:
        flash(_("Nothing was restored, because somebody else has changed the document. Look at it again."), "error")
        return redirect(url_for("studio.show_history", slug=slug, path=path), 303)
    except (PathCollisionError, LibraryFullError):
        flash(_("Nothing was restored, because the library has no room for this document now."), "error")
        return redirect(url_for("studio.show_history", slug=slug, path=path), 303)
    db.session.commit()
    flash(_("Version %(number)s restored.", number=form.number.data))
    return redirect(locate_document(slug, path), 303)
