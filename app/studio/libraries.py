"""The list of libraries, and the page of one."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.models import LibraryDocument
from app.permissions import may_edit_library, may_manage_library
from app.services.libraries import checking, documents, libraries, people, publication, starter
from app.services.libraries.documents import LibraryGoneError
from app.services.libraries.libraries import OpenLibrary, TooManyLibrariesError
from app.studio import blueprint
from app.studio.addresses import is_module_document
from app.studio.document_names import DocumentNames
from app.studio.findings import Finding, list_findings
from app.studio.forms import ROLE_LABELS, LibraryForm, OpenInvitationForm
from app.web import errors
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission
from app.web.identity import get_viewer

MAX_SHOWN = 5
"""How many findings of a document the page of the library shows."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The documents of a module's folder, or those beside the modules if ``name`` is empty."""

    name: str
    rows: list[tuple[LibraryDocument, list[Finding]]]


class HiddenDocumentsError(Exception):
    """The viewer has a test on a module of the library as a learner, and so may not see its documents."""

    def __init__(self, opened: OpenLibrary) -> None:
        super().__init__(opened.library.slug)
        self.opened = opened


@blueprint.errorhandler(HiddenDocumentsError)
def handle_hidden_documents(error: HiddenDocumentsError) -> ResponseReturnValue:
    db.session.rollback()
    return render_template("studio/hidden.html", opened=error.opened, library=error.opened.library), 403


@blueprint.errorhandler(LibraryGoneError)
def handle_deleted_library(_error: LibraryGoneError) -> ResponseReturnValue:
    db.session.rollback()
    return errors.render_error(404)


def get_library_or_404(slug: str, *, with_documents: bool = True) -> OpenLibrary:
    """Return the library if the viewer has a role in it. ``with_documents``: the page shows documents or their faults.

    :raise 404: no such library, or one of others.
    :raise HiddenDocumentsError: the viewer may not see its documents now.
    """
    opened = libraries.get_for(db.session, get_viewer(), slug) or abort(404)
    if opened.is_hidden and with_documents:
        raise HiddenDocumentsError(opened)
    return opened


def get_editable_or_403(slug: str) -> OpenLibrary:
    """Return the library if the viewer may change its documents.

    :raise 403: the viewer may only read it.
    """
    opened = get_library_or_404(slug)
    return opened if may_edit_library(opened.role) else abort(403)


def get_managed_or_403(slug: str) -> OpenLibrary:
    """Return the library if the viewer may change its name and people.

    :raise 403: the viewer does not own it.
    """
    opened = get_library_or_404(slug, with_documents=False)
    return opened if may_manage_library(opened.role) else abort(403)


@blueprint.get("")
@trainers_only
def list_libraries() -> ResponseReturnValue:
    return _render_list(LibraryForm(formdata=None))


@blueprint.post("")
@trainers_only
def create_library() -> ResponseReturnValue:
    """Create a library with a small example in it."""
    form, actor = LibraryForm(), current_account()
    if not form.validate_on_submit():
        return _render_list(form), 422
    if not is_first_submission(form):
        return redirect(url_for("studio.list_libraries"), 303)
    try:
        library = libraries.create(db.session, actor, form.name.data, now())
    except TooManyLibrariesError:
        form.name.errors = [_("You own %(most)s libraries, which is the maximum.", most=libraries.MAX_OWNED)]
        return _render_list(form), 422
    documents.upload(db.session, actor, library, starter.list_documents(library.name), now(), removes_others=False)
    db.session.commit()
    flash(_("%(name)s created, with a small example that you can change.", name=library.name))
    return redirect(url_for("studio.show_library", slug=library.slug), 303)


@blueprint.post("/invitations")
@trainers_only
def answer_invitation() -> ResponseReturnValue:
    """Accept or decline an invitation to a library."""
    form, actor = OpenInvitationForm(), current_account()
    if not form.validate_on_submit():
        abort(400)
    if form.answer.data != "accept":
        people.decline(db.session, actor, form.invitation.data)
        db.session.commit()
        flash(_("Invitation declined."))
        return redirect(url_for("studio.list_libraries"), 303)
    library = people.accept(db.session, actor, form.invitation.data, now())
    if library is None:
        flash(_("This invitation is no longer open."), "error")
        return redirect(url_for("studio.list_libraries"), 303)
    db.session.commit()
    return redirect(url_for("studio.show_library", slug=library.slug), 303)


@blueprint.get("/<slug>")
@trainers_only
def show_library(slug: str) -> ResponseReturnValue:
    """Show the documents of a library with the findings of the checker."""
    opened = get_library_or_404(slug)
    listed = documents.list_current(db.session, opened.library)
    checked = checking.check(db.session, opened.library, listed)
    findings = list_findings(checked)
    paths = {row.path for row in listed}
    return render_template(
        "studio/library.html",
        opened=opened,
        folders=_group(list(listed), findings),
        other_findings=[finding for path, some in findings.items() if path not in paths for finding in some],
        total=sum(len(some) for some in findings.values()),
        removed=documents.list_removed(db.session, opened.library),
        state=publication.get_state(db.session, opened.library, listed),
        names=DocumentNames(checked.material),
        most=MAX_SHOWN,
    )


def _group(listed: list[LibraryDocument], findings: dict[str, list[Finding]]) -> list[Folder]:
    """Group documents by their module's folder, its head first. Those beside the modules come before all others."""
    folders: dict[str, Folder] = {"": Folder("", [])}
    for row in sorted(listed, key=lambda row: not is_module_document(row.path)):
        top, slash, _rest = row.path.partition("/")
        name = top if slash else ""
        folders.setdefault(name, Folder(name, [])).rows.append((row, findings.get(row.path, [])))
    return [folders[name] for name in sorted(folders) if folders[name].rows]


def _render_list(form: LibraryForm) -> str:
    return render_template(
        "studio/libraries.html",
        lines=libraries.list_for(db.session, get_viewer()),
        invitations=people.list_invitations_to(db.session, current_account()),
        form=form,
        role_labels=ROLE_LABELS,
    )
