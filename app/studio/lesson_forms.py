"""A lesson as a form: its head, and its text with a toolbar and a preview that the server renders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.content.entry_forms import RowAct, TypedEntry, change_rows, edit_entry, read_typed, show_entry
from app.content.lesson_checks import CheckedLesson, check_lesson_text
from app.content.lesson_documents import LessonDocument
from app.content.loader import LoadedLibrary
from app.content.question_checks import find_module
from app.content.schema import LessonEntry
from app.content.yaml_edits import Edited
from app.db import db, read_only
from app.domain.content import Use
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
from app.studio import blueprint, toolbar
from app.studio.addresses import is_lesson_document
from app.studio.entry_pages import PREFIX, EntryForm, FieldFinding, split_fields
from app.studio.forms import EntryEditForm
from app.studio.libraries import get_editable_or_403, get_library_or_404
from app.studio.previews import build_preview
from app.studio.questions import check_library
from app.web.access import current_account, trainers_only
from app.web.question_labels import LEVEL_LABELS, USE_LABELS

_TEXT = "text"
"""The name of the field for the text, among those of the head."""


@dataclass(frozen=True, slots=True)
class OpenLesson:
    """A lesson in a form: the version of its document, and what was typed into its head and its text."""

    opened: OpenLibrary
    path: str
    revision: int
    document: LessonDocument
    typed: TypedEntry
    body: str


@blueprint.get("/<slug>/lesson")
@trainers_only
def edit_lesson(slug: str) -> ResponseReturnValue:
    """Show the form of a lesson. One that no form can show is edited as text.

    :raise 404: no such document.
    """
    opened = get_library_or_404(slug)
    found = _get_document_or_404(opened.library, request.args.get("path", ""))
    document = _read(found.body)
    if document is None:
        flash(_("The head of this lesson has a fault, so it cannot be shown as a form. Fix the text first."), "error")
        return redirect(url_for("studio.edit_document", slug=slug, path=found.path), 303)
    typed = show_entry(LessonEntry, document.head.entry)
    return _render(OpenLesson(opened, found.path, found.revision, document, typed, document.body), found.revision)


@blueprint.post("/<slug>/lesson/check")
@trainers_only
def check_lesson(slug: str) -> ResponseReturnValue:
    """Show the form again with a preview and what the checker says. Nothing is saved."""
    form = EntryEditForm()
    lesson = _read_lesson_or_404(get_editable_or_403(slug), form)
    act, _colon, name = form.act.data.partition(":")
    if act in {one.value for one in RowAct}:
        lesson = replace(lesson, typed=change_rows(LessonEntry, lesson.typed, RowAct(act), name))
    return _render(lesson, form.seen.data)


@blueprint.post("/<slug>/lesson")
@trainers_only
def save_lesson(slug: str) -> ResponseReturnValue:
    """Save a lesson, unless somebody else has changed it since the page was opened."""
    opened, form = get_editable_or_403(slug), EntryEditForm()
    lesson = _read_lesson_or_404(opened, form)
    current = _get_document_or_404(opened.library, lesson.path)
    document = _read(current.body) or lesson.document
    edited = _limit_rows(_edit(lesson), document)
    body = texts.encode_text(document.change(edited, lesson.body), current.body)
    try:
        if form.seen.data != current.revision and body != current.body:
            raise DocumentConflictError(current)
        is_changed = documents.save(
            db.session, current_account(), opened.library, lesson.path, body, now(), seen=current.revision
        )
    except DocumentConflictError as conflict:
        changes = compare_lines(lesson.document.text, document.text)
        seen = conflict.current.revision if conflict.current else current.revision
        with read_only(db.session):
            return _render(lesson, seen, changes=changes, is_conflict=True), 409
    except (DocumentTooLargeError, LibraryFullError):
        fault = _("The library has no room for this: it has at most 20 MB, and a document at most 512 KB.")
        with read_only(db.session):
            return _render(lesson, form.seen.data, fault=fault), 422
    db.session.commit()
    flash(_("Saved.") if is_changed else _("Nothing has changed."))
    return redirect(url_for("studio.edit_lesson", slug=slug, path=lesson.path), 303)


def _limit_rows(edited: dict[str, Edited], document: LessonDocument) -> dict[str, Edited]:
    """Let rows that the current head does not have be new ones."""
    limited = questions.limit_rows(edited, dict(document.head.entry))
    assert isinstance(limited, dict)
    return limited


def _read(body: bytes) -> LessonDocument | None:
    text = texts.decode_text(body)
    return None if text is None else LessonDocument.read(text)


def _get_document_or_404(library: Library, path: str) -> DocumentText:
    return (documents.get_current(db.session, library, path) if is_lesson_document(path) else None) or abort(404)


def _read_lesson_or_404(opened: OpenLibrary, form: EntryEditForm) -> OpenLesson:
    """Return what a request contains. A text that was not sent is as in the document.

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
    typed = read_typed(LessonEntry, document.head.entry, split_fields(request.form.to_dict(flat=False)))
    text = request.form.get(PREFIX + _TEXT)
    return OpenLesson(
        opened, path, revision, document, typed, document.body if text is None else texts.join_lines(text)
    )


def _edit(lesson: OpenLesson) -> dict[str, Edited]:
    return edit_entry(LessonEntry, lesson.document.head.entry, lesson.typed)


def _render(
    lesson: OpenLesson,
    seen: int,
    *,
    changes: Sequence[Sequence[Line]] = (),
    is_conflict: bool = False,
    fault: str = "",
) -> str:
    library, slug = check_library(lesson.opened.library), lesson.opened.library.slug
    written = LessonDocument.read(lesson.document.change(_edit(lesson), lesson.body)) or lesson.document
    checked = check_lesson_text(library, lesson.path, written)
    return render_template(
        "studio/lesson.html",
        opened=lesson.opened,
        lesson=lesson,
        seen=seen,
        form=_build_form(lesson, checked, url_for("studio.check_lesson", slug=slug)),
        text_faults=checked.body,
        preview=build_preview(checked.preview),
        may_edit=may_edit_library(lesson.opened.role),
        is_conflict=is_conflict,
        changes=changes,
        fault=fault,
        use_labels=USE_LABELS,
        level_labels=LEVEL_LABELS,
        **_list_names(library, lesson.path),
    )


def _build_form(lesson: OpenLesson, checked: CheckedLesson, address: str) -> EntryForm:
    """Return the form of the head, with the text as one more field."""
    form = EntryForm.build({**lesson.typed, _TEXT: lesson.body}, checked.head, address)
    in_text = [
        FieldFinding(_TEXT, _("Text, line %(number)s", number=fault.line), fault.message, fault.expected)
        for fault in checked.body
    ]
    return replace(form, findings=[*form.findings, *in_text])


def _list_names(library: LoadedLibrary, path: str) -> dict[str, Any]:
    """Return what a lesson can name: objectives, figures and practice questions of its module, and all sources."""
    module = find_module(library.material, path)
    head = module.head.entry if module and module.head else None
    asked = [draft.entry for draft in module.questions if draft.entry.use is Use.PRACTICE] if module else []
    figures = module.figures.items() if module else ()
    return {
        "objectives": {objective.id: objective.title for objective in head.objectives} if head else {},
        "buttons": toolbar.list_buttons(),
        "choices": toolbar.list_choices(
            {name: figure.title if figure else name for name, figure in figures},
            {entry.id: entry.stem for entry in asked},
            {draft.entry.id: draft.entry.label for draft in library.material.sources},
        ),
        "module_title": head.title if head else path.partition("/")[0],
        "module_path": f"{path.partition('/')[0]}/module.yaml",
    }
