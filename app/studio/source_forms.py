"""A source as a form: what it is and says, whether it is still current, and what rests on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.content.entry_forms import TypedEntry, edit_entry, read_typed, show_entry
from app.content.schema import SourceEntry
from app.content.source_checks import check_source as check_source_entry
from app.content.source_checks import list_dependents
from app.content.yaml_edits import strip_rows
from app.content.yaml_nodes import Plain
from app.db import db, end_read_transaction, read_only
from app.domain.content import SeenPart, SourceStatus
from app.domain.line_changes import compare_lines
from app.permissions import may_edit_library
from app.services.libraries import documents, questions
from app.services.libraries.documents import DocumentConflictError, DocumentTooLargeError, LibraryFullError
from app.services.libraries.libraries import OpenLibrary
from app.services.libraries.questions import OpenDocument, QuestionConflictError, QuestionEdit
from app.studio import blueprint
from app.studio.addresses import SOURCES
from app.studio.entry_pages import EntryForm, split_fields
from app.studio.forms import SourceEditForm
from app.studio.libraries import get_editable_or_403, get_library_or_404
from app.studio.questions import check_library
from app.studio.sources import open_sources_or_404
from app.web.access import current_account, trainers_only

STATUS_LABELS = {SourceStatus.SUPERSEDED: _l("Superseded"), SourceStatus.WITHDRAWN: _l("Withdrawn")}
SEEN_LABELS = {
    SeenPart.TEXT: _l("The text, or a part of it"),
    SeenPart.ABSTRACT: _l("The abstract"),
    SeenPart.COPIES: _l("Copies or summaries"),
    SeenPart.NOTHING: _l("Nothing"),
}
STRENGTH_LABELS = {
    "4": _l("4: several good trials agree"),
    "3": _l("3: a systematic review or one good trial, with limits"),
    "2": _l("2: small or uncontrolled studies, a survey, a consensus"),
    "1": _l("1: expert opinion, a textbook, a single case"),
}


@dataclass(frozen=True, slots=True)
class OpenSource:
    """A source in a form: the version of the bibliography, its place there (None for a new one), and what was typed."""

    opened: OpenLibrary
    base: OpenDocument
    at: int | None
    typed: TypedEntry

    @property
    def place(self) -> int | None:
        """The place in the bibliography, from 1."""
        return None if self.at is None else self.at + 1

    @property
    def entry(self) -> Plain:
        return self.base.get_entry(self.at)


@blueprint.get("/<slug>/source")
@trainers_only
def edit_source(slug: str) -> ResponseReturnValue:
    """Show the form of the source at a place of the bibliography.

    :raise 404: there is none.
    """
    opened = get_library_or_404(slug)
    base = open_sources_or_404(opened.library)
    at = request.args.get("n", 0, type=int) - 1
    if not isinstance(base.get_entry(at), dict):
        abort(404)
    return _render(OpenSource(opened, base, at, show_entry(SourceEntry, base.get_entry(at))), base.revision)


@blueprint.get("/<slug>/source/new")
@trainers_only
def show_new_source(slug: str) -> ResponseReturnValue:
    """Show the empty form of a new source."""
    opened = get_editable_or_403(slug)
    base = open_sources_or_404(opened.library)
    return _render(OpenSource(opened, base, None, show_entry(SourceEntry, {})), base.revision, is_checked=False)


@blueprint.post("/<slug>/source/check")
@trainers_only
def check_source(slug: str) -> ResponseReturnValue:
    """Show the form again with what the checker says. Nothing is saved."""
    form = SourceEditForm()
    return _render(_read_source_or_404(get_editable_or_403(slug), form), form.seen.data)


@blueprint.post("/<slug>/source")
@trainers_only
def save_source(slug: str) -> ResponseReturnValue:
    """Save a source into the bibliography, unless somebody else has changed the same one since the page was opened."""
    opened, form = get_editable_or_403(slug), SourceEditForm()
    source = _read_source_or_404(opened, form)
    current = open_sources_or_404(opened.library)
    try:
        body = questions.write_edit(current, QuestionEdit(source.base, source.at, form.seen.data, _edit(source)))
        end_read_transaction()  # until here without the write lock, because a large document takes up to a second
        is_changed = documents.save(
            db.session, current_account(), opened.library, SOURCES, body, now(), seen=current.revision
        )
    except QuestionConflictError as conflict:
        with read_only(db.session):
            return _render(source, current.revision, conflict=conflict), 409
    except DocumentConflictError:
        db.session.rollback()
        fault = _("Somebody else has just saved this document. Please save again: both changes are kept.")
        with read_only(db.session):
            return _render(source, form.seen.data, fault=fault), 409
    except (DocumentTooLargeError, LibraryFullError):
        db.session.rollback()
        fault = _("The library has no room for this: it has at most 20 MB, and a document at most 512 KB.")
        with read_only(db.session):
            return _render(source, form.seen.data, fault=fault), 422
    db.session.commit()
    flash(_("Saved.") if is_changed else _("Nothing has changed."))
    return redirect(url_for("studio.list_sources", slug=slug), 303)


def _read_source_or_404(opened: OpenLibrary, form: SourceEditForm) -> OpenSource:
    """Return what a request contains.

    :raise 404: the version of the bibliography or the source does not exist.
    """
    if not form.validate_on_submit():
        abort(400)
    current = open_sources_or_404(opened.library)
    base = questions.open_version(db.session, opened.library, current, form.base.data)
    at = None if form.n.data is None else form.n.data - 1
    if base is None or (at is not None and not isinstance(base.get_entry(at), dict)):
        abort(404)
    typed = read_typed(SourceEntry, base.get_entry(at), split_fields(request.form.to_dict(flat=False)))
    return OpenSource(opened, base, at, typed)


def _edit(source: OpenSource) -> dict[str, Any]:
    return edit_entry(SourceEntry, source.entry, source.typed)


def _render(
    source: OpenSource,
    seen: int,
    *,
    is_checked: bool = True,
    conflict: QuestionConflictError | None = None,
    fault: str = "",
) -> str:
    """Render the form with its findings. Those of an empty form are not shown (``is_checked``)."""
    library, slug = check_library(source.opened.library), source.opened.library.slug
    faults = check_source_entry(library, SOURCES, source.at, strip_rows(_edit(source))) if is_checked else ()
    own = source.entry.get("id") if isinstance(source.entry, dict) else None
    return render_template(
        "studio/source.html",
        opened=source.opened,
        source=source,
        seen=seen,
        form=EntryForm.build(source.typed, faults, url_for("studio.check_source", slug=slug)),
        is_checked=is_checked,
        may_edit=may_edit_library(source.opened.role),
        is_conflict=conflict is not None,
        changes=_compare(source, conflict) if conflict else (),
        fault=fault,
        dependents=list_dependents(library.material).get(own, []) if isinstance(own, str) else [],
        statuses={status.value: label for status, label in STATUS_LABELS.items()},
        parts={part.value: label for part, label in SEEN_LABELS.items()},
        strengths=STRENGTH_LABELS,
        others={
            draft.entry.id: draft.entry.label
            for draft in library.material.sources
            if draft.entry.id != own and not draft.entry.status
        },
    )


def _compare(source: OpenSource, conflict: QuestionConflictError) -> Any:
    """Return what the other person changed in the source, line by line."""
    before = source.base.questions.get_lines(source.at) if source.at is not None else ""
    after = conflict.current.questions.get_lines(conflict.at) if conflict.at is not None else ""
    return compare_lines(before, after)
