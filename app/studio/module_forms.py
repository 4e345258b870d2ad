"""The head of a module as a form: its objectives, its practice quiz and its test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.content.entry_forms import RowAct, TypedEntry, change_rows, edit_entry, read_typed, show_entry
from app.content.loader import LoadedLibrary
from app.content.module_checks import check_module_head
from app.content.module_documents import EntryDocument
from app.content.question_checks import find_module
from app.content.schema import LibraryModuleEntry
from app.content.yaml_edits import Edited, strip_rows
from app.db import db, read_only
from app.domain.line_changes import Line, compare_lines
from app.models import Library
from app.permissions import may_edit_library
from app.services.libraries import documents, questions, texts
from app.services.libraries.documents import (
    DocumentConflictError,
    DocumentText,
    DocumentTooLargeError,
    LibraryFullError,
)
from app.services.libraries.libraries import OpenLibrary
from app.studio import blueprint
from app.studio.addresses import is_module_document
from app.studio.entry_pages import EntryForm, split_fields
from app.studio.forms import EntryEditForm
from app.studio.libraries import get_editable_or_403, get_library_or_404
from app.studio.questions import check_library
from app.web.access import current_account, trainers_only
from app.web.question_labels import LEVEL_LABELS

_ORDER = (
    "id", "title", "summary", "pass_mark", "certainty", "objectives", "read", "practice", "test", "objective",
    "questions", "level", "minutes", "blueprint",
)  # fmt: skip
"""All fields in the order in which they are written."""


@dataclass(frozen=True, slots=True)
class OpenModule:
    """A module in a form: the version of its document, and what was typed."""

    opened: OpenLibrary
    path: str
    revision: int
    document: EntryDocument
    typed: TypedEntry


@blueprint.get("/<slug>/module")
@trainers_only
def edit_module(slug: str) -> ResponseReturnValue:
    """Show the form of a module.yaml. One that no form can show is edited as text.

    :raise 404: no such document.
    """
    opened = get_library_or_404(slug)
    found = _get_document_or_404(opened.library, request.args.get("path", ""))
    document = _read(found.body)
    if document is None:
        flash(_("This document has a fault, so it cannot be shown as a form. Fix the text first."), "error")
        return redirect(url_for("studio.edit_document", slug=slug, path=found.path), 303)
    typed = show_entry(LibraryModuleEntry, document.entry)
    return _render(OpenModule(opened, found.path, found.revision, document, typed), found.revision)


@blueprint.post("/<slug>/module/check")
@trainers_only
def check_module(slug: str) -> ResponseReturnValue:
    """Show the form again with what the checker says, after a button of a row if one was pressed. Nothing is saved."""
    form = EntryEditForm()
    module = _read_module_or_404(get_editable_or_403(slug), form)
    act, _colon, name = form.act.data.partition(":")
    if act in {one.value for one in RowAct}:
        module = replace(module, typed=change_rows(LibraryModuleEntry, module.typed, RowAct(act), name))
    return _render(module, form.seen.data)


@blueprint.post("/<slug>/module")
@trainers_only
def save_module(slug: str) -> ResponseReturnValue:
    """Save a module.yaml, unless somebody else has changed it since the page was opened."""
    opened, form = get_editable_or_403(slug), EntryEditForm()
    module = _read_module_or_404(opened, form)
    current = _get_document_or_404(opened.library, module.path)
    document = _read(current.body) or EntryDocument("", {})
    edited = _limit_rows(_edit(module), document)
    body = texts.encode_text(document.change(edited, _ORDER), current.body)
    try:
        if form.seen.data != current.revision and strip_rows(edited) != document.entry:
            raise DocumentConflictError(current)
        is_changed = documents.save(
            db.session, current_account(), opened.library, module.path, body, now(), seen=current.revision
        )
    except DocumentConflictError as conflict:
        changes = compare_lines(module.document.text, document.text)
        seen = conflict.current.revision if conflict.current else current.revision
        with read_only(db.session):
            return _render(module, seen, changes=changes, is_conflict=True), 409
    except (DocumentTooLargeError, LibraryFullError):
        fault = _("The library has no room for this: it has at most 20 MB, and a document at most 512 KB.")
        with read_only(db.session):
            return _render(module, form.seen.data, fault=fault), 422
    db.session.commit()
    flash(_("Saved.") if is_changed else _("Nothing has changed."))
    return redirect(url_for("studio.edit_module", slug=slug, path=module.path), 303)


def _limit_rows(edited: dict[str, Edited], document: EntryDocument) -> dict[str, Edited]:
    """Let rows that the current document does not have be new ones."""
    limited = questions.limit_rows(edited, dict(document.entry))
    assert isinstance(limited, dict)
    return limited


def _read(body: bytes) -> EntryDocument | None:
    text = texts.decode_text(body)
    return None if text is None else EntryDocument.read(text)


def _get_document_or_404(library: Library, path: str) -> DocumentText:
    return (documents.get_current(db.session, library, path) if is_module_document(path) else None) or abort(404)


def _read_module_or_404(opened: OpenLibrary, form: EntryEditForm) -> OpenModule:
    """Return what a request contains.

    :raise 404: the document or its version does not exist.
    """
    if not form.validate_on_submit():
        abort(400)
    path, revision = form.path.data, form.base.data
    current = _get_document_or_404(opened.library, path)
    body = documents.read_version(db.session, opened.library, current, revision)
    document = None if body is None else _read(body)
    if document is None:
        abort(404)
    typed = read_typed(LibraryModuleEntry, document.entry, split_fields(request.form.to_dict(flat=False)))
    return OpenModule(opened, path, revision, document, typed)


def _edit(module: OpenModule) -> dict[str, Edited]:
    return edit_entry(LibraryModuleEntry, module.document.entry, module.typed)


def _render(
    module: OpenModule,
    seen: int,
    *,
    changes: Sequence[Sequence[Line]] = (),
    is_conflict: bool = False,
    fault: str = "",
) -> str:
    library, slug = check_library(module.opened.library), module.opened.library.slug
    faults = check_module_head(library, module.path, strip_rows(_edit(module)))
    form = EntryForm.build(module.typed, faults, url_for("studio.check_module", slug=slug))
    return render_template(
        "studio/module.html",
        opened=module.opened,
        module=module,
        folder=module.path.partition("/")[0],
        seen=seen,
        form=form,
        may_edit=may_edit_library(module.opened.role),
        is_conflict=is_conflict,
        changes=changes,
        fault=fault,
        objectives={
            form.get_text(f"{row.name}.id"): form.get_text(f"{row.name}.title") for row in form.list_rows("objectives")
        },
        levels={level.value: label for level, label in LEVEL_LABELS.items()},
        lessons=_list_lessons(library, module.path),
    )


def _list_lessons(library: LoadedLibrary, path: str) -> dict[str, str]:
    """Return the lessons of a module and their sections, by what an objective names them with."""
    module = find_module(library.material, path)
    found: dict[str, str] = {}
    for draft in module.lessons if module else ():
        found[draft.lesson.id] = draft.lesson.title
        for section in draft.lesson.sections:
            found[f"{draft.lesson.id}#{section.id}"] = f"{draft.lesson.title}: {section.title}"
    return found
