"""Edit the documents of a library as text, with findings and a preview."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.content.previews import preview_document
from app.db import db, read_only
from app.domain.document_paths import PathProblem
from app.domain.line_changes import compare_lines
from app.models import Library
from app.permissions import may_edit_library
from app.services.libraries import checking, documents, templates, texts
from app.services.libraries.documents import (
    DocumentConflictError,
    DocumentText,
    DocumentTooLargeError,
    LibraryFullError,
    PathCollisionError,
    WrongPathError,
)
from app.services.libraries.libraries import OpenLibrary
from app.studio import blueprint
from app.studio.addresses import has_form, locate_document
from app.studio.document_names import DocumentNames
from app.studio.findings import list_findings
from app.studio.forms import DocumentForm, NewDocumentForm, RemoveForm
from app.studio.libraries import get_editable_or_403, get_library_or_404
from app.studio.previews import build_preview
from app.web.access import current_account, trainers_only
from app.web.downloads import attachment
from app.web.question_labels import LEVEL_LABELS, USE_LABELS

PATH_EXAMPLES = (
    ("2-shoulder/module.yaml", _l("a module: title, objectives, pass mark, blueprint of the test")),
    ("2-shoulder/lessons/01-anatomy.md", _l("a lesson, in the order of its number")),
    ("2-shoulder/questions/anatomy.yaml", _l("questions, as many as you like in one document")),
    ("2-shoulder/figures/joint.svg", _l("a drawing for a lesson or a question")),
    ("sources.yaml", _l("the bibliography")),
)
"""Paths of documents, and what each of them is."""
PATH_MESSAGES = {
    PathProblem.EMPTY: _l("Enter a path."),
    PathProblem.LENGTH: _l("A path has at most 200 characters."),
    PathProblem.DEPTH: _l("A path has at most five names."),
    PathProblem.NAME: _l("Use the letters A to Z, digits, hyphens, dots and underscores only, with / between names."),
    PathProblem.RESERVED: _l("This name is reserved on Windows. Choose another one."),
}


@blueprint.get("/<slug>/new")
@trainers_only
def show_new_document(slug: str) -> ResponseReturnValue:
    """Ask for the path of a new document."""
    return _render_new(get_editable_or_403(slug), NewDocumentForm(formdata=None))


@blueprint.post("/<slug>/new")
@trainers_only
def create_document(slug: str) -> ResponseReturnValue:
    """Create a document with an example of what belongs at its path."""
    opened, form = get_editable_or_403(slug), NewDocumentForm()
    if not form.validate_on_submit():
        return _render_new(opened, form), 422
    path = form.path.data
    try:
        documents.save(
            db.session, current_account(), opened.library, path, templates.make_template(path), now(), seen=0
        )
    except (WrongPathError, PathCollisionError, DocumentConflictError, LibraryFullError) as error:
        form.path.errors = [_explain(error)]
        return _render_new(opened, form), 422
    db.session.commit()
    return redirect(locate_document(slug, path), 303)


@blueprint.get("/<slug>/text")
@trainers_only
def edit_document(slug: str) -> ResponseReturnValue:
    """Show a document with its findings and a preview, and a form for its text.

    :raise 404: no such document.
    """
    opened = get_library_or_404(slug)
    found = _get_document_or_404(opened.library)
    text = texts.decode_text(found.body)
    form = DocumentForm(formdata=None, path=found.path, seen=found.revision, text=text)
    return _render_document(opened, found, form, is_text=text is not None)


@blueprint.post("/<slug>/text")
@trainers_only
def save_document(slug: str) -> ResponseReturnValue:
    """Save the text of a document, unless somebody else has changed it since the page was opened."""
    opened, form = get_editable_or_403(slug), DocumentForm()
    if not form.validate_on_submit():
        abort(400)
    path, seen = form.path.data, form.seen.data
    found = documents.get_current(db.session, opened.library, path)
    body = texts.encode_text(form.text.data, found.body if found else b"")
    try:
        is_changed = documents.save(db.session, current_account(), opened.library, path, body, now(), seen=seen)
    except DocumentConflictError as conflict:
        with read_only(db.session):  # comparing large texts must not hold the write lock
            return _render_conflict(opened, conflict, form), 409
    except (DocumentTooLargeError, LibraryFullError, WrongPathError, PathCollisionError) as error:
        form.text.errors = [_explain(error)]
        shown = found or DocumentText(path, seen, b"")
        with read_only(db.session):  # checking a library takes seconds and must not hold the write lock
            return _render_document(opened, shown, form, is_text=True), 422
    db.session.commit()
    flash(_("Saved.") if is_changed else _("Nothing has changed."))
    return redirect(url_for("studio.edit_document", slug=slug, path=path), 303)


@blueprint.get("/<slug>/file")
@trainers_only
def download_document(slug: str) -> ResponseReturnValue:
    """Send a document as a file, byte for byte.

    :raise 404: no such document.
    """
    found = _get_document_or_404(get_library_or_404(slug).library)
    return attachment(found.body, "application/octet-stream", found.path.rpartition("/")[2])


@blueprint.post("/<slug>/remove")
@trainers_only
def remove_document(slug: str) -> ResponseReturnValue:
    """Remove a document, unless somebody else has changed it since the page was opened."""
    opened, form = get_editable_or_403(slug), RemoveForm()
    if not form.validate_on_submit():
        abort(400)
    try:
        documents.remove(db.session, current_account(), opened.library, form.path.data, now(), seen=form.seen.data)
    except DocumentConflictError as conflict:
        if conflict.current is not None:
            flash(_("Nothing was removed, because somebody else has changed the document. Look at it again."), "error")
            return redirect(url_for("studio.edit_document", slug=slug, path=form.path.data), 303)
    db.session.commit()
    flash(_("%(path)s removed. You can restore it below.", path=form.path.data))
    return redirect(url_for("studio.show_library", slug=slug), 303)


def _get_document_or_404(library: Library) -> DocumentText:
    return documents.get_current(db.session, library, request.args.get("path", "")) or abort(404)


def _render_new(opened: OpenLibrary, form: NewDocumentForm) -> str:
    return render_template("studio/new.html", opened=opened, form=form, examples=PATH_EXAMPLES)


def _render_document(opened: OpenLibrary, found: DocumentText, form: DocumentForm, *, is_text: bool) -> str:
    listed = documents.list_current(db.session, opened.library)
    checked = checking.check(db.session, opened.library, listed)
    return render_template(
        "studio/document.html",
        opened=opened,
        path=found.path,
        name=DocumentNames(checked.material).name_document(found.path),
        revision=found.revision,
        form=form,
        is_text=is_text,
        has_form=has_form(found.path),
        may_edit=may_edit_library(opened.role),
        findings=list_findings(checked).get(found.path, []),
        preview=build_preview(preview_document(checked, found.path)),
        use_labels=USE_LABELS,
        level_labels=LEVEL_LABELS,
    )


def _render_conflict(opened: OpenLibrary, conflict: DocumentConflictError, form: DocumentForm) -> str:
    """Show both texts. Saving again overwrites the other one, which stays in the history."""
    current = conflict.current
    theirs = texts.decode_text(current.body) if current else ""
    form.seen.process_data(current.revision if current else 0)
    return render_template(
        "studio/conflict.html",
        opened=opened,
        path=form.path.data,
        form=form,
        current=current,
        theirs=theirs,
        changes=compare_lines(theirs or "", texts.join_lines(form.text.data)),
    )


def _explain(error: Exception) -> str:
    match error:
        case WrongPathError():
            return str(PATH_MESSAGES[error.problem])
        case PathCollisionError():
            return _("This path and %(other)s cannot be in one library.", other=error.other)
        case DocumentConflictError():
            return _("There is already a document with this path.")
        case DocumentTooLargeError():
            return _("A document has at most 512 KB. Nothing was saved; your text is below.")
        case _:
            return _("The library has no room for this: it has at most 2,000 documents, 20 MB and 200 MB of history.")
