"""Several questions of a document at once: change their objective, level or use, move them, or retire them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.content.question_checks import find_module
from app.content.question_documents import UnreadableDocumentError
from app.db import db, end_read_transaction
from app.domain.content import Level, Use
from app.models import Library
from app.services.libraries import documents, questions
from app.services.libraries.documents import (
    DocumentConflictError,
    DocumentTooLargeError,
    LibraryFullError,
)
from app.services.libraries.questions import OpenDocument
from app.studio import blueprint
from app.studio.addresses import is_question_document
from app.studio.forms import QuestionSelectionForm
from app.studio.libraries import get_editable_or_403
from app.studio.questions import check_library, open_document_or_404
from app.web.access import current_account, trainers_only
from app.web.undo import flash_with_undo


@dataclass(frozen=True, slots=True)
class SelectionChange:
    """What becomes of documents: their new texts by path with the revisions they replace, and what to say."""

    bodies: dict[str, tuple[int, bytes]]
    message: str


class _SelectionError(Exception):
    """The selection cannot be changed like that. The argument says why."""


@blueprint.post("/<slug>/questions/selection")
@trainers_only
def change_selection(slug: str) -> ResponseReturnValue:
    """Change, move or retire the chosen questions, unless somebody else has changed the document meanwhile."""
    opened, form = get_editable_or_403(slug), QuestionSelectionForm()
    if not form.validate_on_submit():
        abort(400)
    document = open_document_or_404(opened.library, form.path.data)
    back = redirect(url_for("studio.list_questions", slug=slug, path=document.path), 303)
    places = sorted({int(one) - 1 for one in request.form.getlist("chosen") if one.isdecimal() and len(one) < 7})
    if document.revision != form.seen.data or not all(map(document.has, places)):
        flash(_("Nothing was changed, because somebody else has changed the document. Look at it again."), "error")
        return back
    try:
        change = _plan(opened.library, document, places, form)
        end_read_transaction()  # until here without the write lock, because many changes take a second
        for path, (revision, body) in change.bodies.items():
            documents.save(db.session, current_account(), opened.library, path, body, now(), seen=revision)
    except _SelectionError as refused:
        flash(str(refused), "error")
        return back
    except (DocumentConflictError, DocumentTooLargeError, LibraryFullError):
        db.session.rollback()
        flash(
            _("Nothing was changed: the library has no room for this, or somebody else has just changed it."), "error"
        )
        return back
    db.session.commit()
    if form.act.data == "retire":
        undo = {"path": document.path, "seen": document.revision + 1, "number": document.revision}
        flash_with_undo(change.message, url_for("studio.restore_version", slug=slug), _("Undo"), **undo)
    else:
        flash(change.message)
    return back


def _plan(library: Library, document: OpenDocument, places: list[int], form: QuestionSelectionForm) -> SelectionChange:
    """Return what the pressed button does with the questions at ``places``.

    :raise _SelectionError: nothing is chosen, or it cannot be done.
    """
    if not places:
        raise _SelectionError(_("Choose questions first."))
    match form.act.data:
        case "change":
            return _plan_fields(library, document, places, form)
        case "move":
            return _plan_move(library, document, places, form.to.data)
        case "retire":
            count = len(places)
            body = questions.remove_entries(document, places)
            message = ngettext("%(num)s question retired.", "%(num)s questions retired.", count)
            return SelectionChange({document.path: (document.revision, body)}, message)
    return abort(400)


def _plan_fields(
    library: Library, document: OpenDocument, places: list[int], form: QuestionSelectionForm
) -> SelectionChange:
    module = find_module(check_library(library).material, document.path)
    own = {objective.id for objective in module.head.entry.objectives} if module and module.head else set[str]()
    allowed: dict[str, set[str]] = {
        "objective": own,
        "level": {level.value for level in Level},
        "use": {use.value for use in Use},
    }
    chosen = {name: form[name].data for name, values in allowed.items() if form[name].data in values}
    if not chosen:
        raise _SelectionError(_("Choose an objective, a level or a use first."))
    body = questions.change_fields(document, places, chosen)
    message = ngettext("%(num)s question changed.", "%(num)s questions changed.", len(places))
    return SelectionChange({document.path: (document.revision, body)}, message)


def _plan_move(library: Library, document: OpenDocument, places: list[int], to: str) -> SelectionChange:
    found = documents.get_current(db.session, library, to) if is_question_document(to) else None
    if found is None or to == document.path:
        raise _SelectionError(_("Choose the document to which they move first."))
    try:
        target = questions.open_document(found)
    except UnreadableDocumentError as error:
        message = _("%(path)s has a fault, so nothing can be moved there. Fix its text first.", path=to)
        raise _SelectionError(message) from error
    left, added = questions.move_entries(document, places, target)
    message = ngettext(
        "%(num)s question moved to %(path)s.", "%(num)s questions moved to %(path)s.", len(places), path=to
    )
    return SelectionChange({document.path: (document.revision, left), to: (target.revision, added)}, message)
