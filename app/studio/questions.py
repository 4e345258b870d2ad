"""The questions of a document, each with its findings; add, duplicate, move and delete them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.content.loader import LoadedLibrary
from app.content.material import ModuleMaterial
from app.content.question_checks import find_module
from app.content.question_documents import UnreadableDocumentError
from app.content.yaml_nodes import Plain
from app.db import db, end_read_transaction
from app.domain.kinds import KINDS, QuestionKind
from app.models import Library
from app.permissions import may_edit_library
from app.services.libraries import checking, documents, questions
from app.services.libraries.documents import (
    DocumentConflictError,
    DocumentText,
    DocumentTooLargeError,
    LibraryFullError,
)
from app.services.libraries.questions import OpenDocument
from app.studio import blueprint
from app.studio.addresses import is_question_document
from app.studio.document_names import DocumentNames, name_questions
from app.studio.findings import Finding, list_findings
from app.studio.forms import QuestionsForm
from app.studio.libraries import get_editable_or_403, get_library_or_404
from app.web.access import current_account, trainers_only
from app.web.question_labels import LEVEL_LABELS, USE_LABELS
from app.web.undo import flash_with_undo


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A question in the list of its document. ``place`` counts from 1; ``kind`` is None if it is unknown."""

    place: int
    name: str
    kind: QuestionKind[Any] | None
    stem: str
    objective: str
    level: str
    use: str
    is_critical: bool
    findings: int


@blueprint.get("/<slug>/questions")
@trainers_only
def list_questions(slug: str) -> ResponseReturnValue:
    """List the questions of a document. One that no form can show is edited as text.

    :raise 404: no such document.
    """
    opened = get_library_or_404(slug)
    found = get_questions_document_or_404(opened.library, request.args.get("path", ""))
    try:
        document = questions.open_document(found)
    except UnreadableDocumentError:
        flash(_("This document has a fault, so its questions cannot be listed. Fix the text first."), "error")
        return redirect(url_for("studio.edit_document", slug=slug, path=found.path), 303)
    listed = documents.list_current(db.session, opened.library)
    checked = checking.check(db.session, opened.library, listed)
    findings = list_findings(checked).get(found.path, [])
    module = find_module(checked.material, found.path)
    return render_template(
        "studio/questions.html",
        opened=opened,
        path=found.path,
        title=name_questions(found.path),
        module=DocumentNames(checked.material).name_module(found.path.partition("/")[0]),
        objectives=list_objectives(module),
        revision=found.revision,
        lines=[_build_line(at, entry, findings) for at, entry in enumerate(document.questions.entries)],
        other_findings=[one for one in findings if one.entry is None],
        kinds=KINDS,
        may_edit=may_edit_library(opened.role),
        others=[row.path for row in listed if is_question_document(row.path) and row.path != found.path],
        use_labels=USE_LABELS,
        level_labels=LEVEL_LABELS,
    )


@blueprint.post("/<slug>/questions")
@trainers_only
def change_questions(slug: str) -> ResponseReturnValue:
    """Duplicate, move or delete a question, unless somebody else has changed the document since the page was opened."""
    opened, form = get_editable_or_403(slug), QuestionsForm()
    if not form.validate_on_submit():
        abort(400)
    path = form.path.data
    document = open_document_or_404(opened.library, path)
    act, _colon, place = form.act.data.partition(":")
    at = int(place) - 1 if place.isdecimal() and len(place) < 7 else -1
    if document.revision != form.seen.data or not document.has(at):
        flash(_("Nothing was changed, because somebody else has changed the document. Look at it again."), "error")
        return redirect(url_for("studio.list_questions", slug=slug, path=path), 303)
    body = _apply(opened.library, document, act, at)
    end_read_transaction()  # until here without the write lock, because a library is checked to choose an id
    try:
        documents.save(db.session, current_account(), opened.library, path, body, now(), seen=document.revision)
    except (DocumentConflictError, DocumentTooLargeError, LibraryFullError):
        flash(_("The library has no room for this."), "error")
        return redirect(url_for("studio.list_questions", slug=slug, path=path), 303)
    db.session.commit()
    if act == "delete":
        undo = {"path": path, "seen": document.revision + 1, "number": document.revision}
        flash_with_undo(
            _("Question %(number)s deleted.", number=at + 1),
            url_for("studio.restore_version", slug=slug),
            _("Undo"),
            **undo,
        )
    else:
        flash(_("Duplicated.") if act == "copy" else _("Moved."))
    return redirect(url_for("studio.list_questions", slug=slug, path=path), 303)


def _apply(library: Library, document: OpenDocument, act: str, at: int) -> bytes:
    """Return the document after an act on the question at ``at``."""
    last = len(document.questions.entries) - 1
    match act:
        case "copy":
            return questions.copy_entry(document, at, choose_name(library, document))
        case "up" if at > 0:
            return questions.move_entry(document, at, at - 1)
        case "down" if at < last:
            return questions.move_entry(document, at, at + 1)
        case "delete":
            return questions.remove_entry(document, at)
    return abort(400)


def choose_name(library: Library, document: OpenDocument) -> str:
    """Return an id for a new question, made of the name of its document."""
    checked = checking.check(db.session, library, documents.list_current(db.session, library))
    stem = document.path.rpartition("/")[2].removesuffix(".yaml").lower()
    stem = "-".join(re.findall(r"[a-z0-9]+", stem))[:50].strip("-") or "question"
    own = {str(entry.get("id")) for entry in document.questions.entries if isinstance(entry, dict)}
    return questions.choose_name(own | set(checked.material.question_names), stem)


def get_questions_document_or_404(library: Library, path: str) -> DocumentText:
    """Return a document at a path where questions belong.

    :raise 404: no such document.
    """
    return (documents.get_current(db.session, library, path) if is_question_document(path) else None) or abort(404)


def open_document_or_404(library: Library, path: str) -> OpenDocument:
    """Return a document with its questions.

    :raise 404: there is none, or it cannot be read.
    """
    try:
        return questions.open_document(get_questions_document_or_404(library, path))
    except UnreadableDocumentError:
        abort(404)


def check_library(library: Library) -> LoadedLibrary:
    return checking.check(db.session, library, documents.list_current(db.session, library))


def list_objectives(module: ModuleMaterial | None) -> dict[str, str]:
    """Return the titles of a module's objectives by id."""
    return {one.id: one.title for one in module.head.entry.objectives} if module and module.head else {}


def _build_line(at: int, entry: Plain, findings: list[Finding]) -> QuestionLine:
    fields = entry if isinstance(entry, dict) else {}
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    return QuestionLine(
        place=at + 1,
        name=texts.get("id", ""),
        kind=next((kind for kind in KINDS if kind.name == texts.get("kind")), None),
        stem=texts.get("stem", ""),
        objective=texts.get("objective", ""),
        level=texts.get("level", ""),
        use=texts.get("use", "exam"),
        is_critical=texts.get("critical", "").lower() == "true",
        findings=sum(one.entry == at for one in findings),
    )
