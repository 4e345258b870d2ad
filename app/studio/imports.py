"""Import questions of another system into a library: upload a file, see what becomes of each question, and save drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage

from app.clock import now
from app.content.interactions import Severity
from app.db import db, end_read_transaction
from app.domain.content import Level
from app.interchange.bank import BankItem, UnreadableBankError
from app.interchange.formats import list_formats, read_bank
from app.interchange.report import describe_import
from app.interchange.sheets.workbook import build_template
from app.models import BankUpload
from app.services.libraries import imports
from app.services.libraries.documents import DocumentTooLargeError, LibraryFullError, PathCollisionError
from app.services.libraries.imports import ImportPreview, ImportTarget, LibraryChangedError
from app.services.libraries.libraries import OpenLibrary
from app.studio import blueprint
from app.studio.forms import BankFileForm, DiscardForm, ImportForm
from app.studio.large_requests import accept_large_files
from app.studio.libraries import get_editable_or_403
from app.web.access import current_account, trainers_only
from app.web.downloads import XLSX, attachment

MAX_SHOWN = 200
"""How many questions of a group the page shows. The report has all."""


@dataclass(frozen=True, slots=True)
class ImportGroups:
    """The questions of a file by what becomes of them."""

    left_out: Sequence[BankItem]
    changed: Sequence[BankItem]
    whole: Sequence[BankItem]


@blueprint.get("/<slug>/import")
@trainers_only
def show_import(slug: str) -> ResponseReturnValue:
    """Show the preview of the file that the viewer has uploaded, or the form for one."""
    opened = get_editable_or_403(slug)
    upload = imports.get_kept(db.session, current_account(), opened.library)
    if upload is None:
        return _render_upload(opened)
    shown = imports.preview(db.session, opened.library, upload)
    return _render_preview(opened, upload, shown, _build_form(shown.objectives))


@blueprint.post("/<slug>/import/upload")
@trainers_only
def upload_bank(slug: str) -> ResponseReturnValue:
    """Keep a file for the preview, if it can be read."""
    opened, form = get_editable_or_403(slug), BankFileForm()
    if not form.validate_on_submit() or not isinstance(form.file.data, FileStorage) or not form.file.data:
        return _render_upload(opened, _("Choose a file.")), 422
    data, name = form.file.data.read(), form.file.data.filename or ""
    try:
        read_bank(data, name)
    except UnreadableBankError as error:
        return _render_upload(opened, _("This file cannot be read."), str(error)), 422
    end_read_transaction()  # this endpoint starts without the write lock, because reading takes a while
    imports.keep(db.session, current_account(), opened.library, name, data, now())
    db.session.commit()
    return redirect(url_for("studio.show_import", slug=slug), 303)


@blueprint.post("/<slug>/import")
@trainers_only
def import_bank(slug: str) -> ResponseReturnValue:
    """Save the questions of the uploaded file as drafts."""
    opened, actor = get_editable_or_403(slug), current_account()
    upload = imports.get_kept(db.session, actor, opened.library)
    if upload is None:
        flash(_("This file has been imported or discarded already."))
        return redirect(url_for("studio.show_library", slug=slug), 303)
    shown = imports.preview(db.session, opened.library, upload)
    form = _build_form(shown.objectives)
    if not form.validate_on_submit():
        return _render_preview(opened, upload, shown, form), 422
    objective = next(one for one in shown.objectives if one.name == form.objective.data)
    prepared = imports.prepare(db.session, opened.library, shown, objective, Level(form.level.data))
    end_read_transaction()  # until here without the write lock, because reading and writing a file takes a while
    try:
        done = imports.accept(db.session, actor, opened.library, prepared, now())
    except LibraryChangedError:
        db.session.rollback()
        flash(_("Nothing was imported, because a document has changed. Please try again."), "error")
        return redirect(url_for("studio.show_import", slug=slug), 303)
    except (PathCollisionError, DocumentTooLargeError, LibraryFullError):
        db.session.rollback()
        form.objective.errors = [
            _("The library has no room for these questions: it has at most 2,000 documents and 20 MB.")
        ]
        return _render_preview(opened, upload, shown, form), 422
    db.session.commit()
    if done is not None:
        flash(_describe(shown.imported, len(done.added)))
    return redirect(url_for("studio.show_library", slug=slug), 303)


@blueprint.post("/<slug>/import/discard")
@trainers_only
def discard_bank(slug: str) -> ResponseReturnValue:
    """Forget the uploaded file."""
    opened, form = get_editable_or_403(slug), DiscardForm()
    if not form.validate_on_submit():
        abort(400)
    imports.forget(db.session, current_account(), opened.library)
    db.session.commit()
    return redirect(url_for("studio.show_import", slug=slug), 303)


@blueprint.get("/<slug>/import/report.txt")
@trainers_only
def download_import_report(slug: str) -> ResponseReturnValue:
    """Send what becomes of each question, line by line."""
    opened = get_editable_or_403(slug)
    upload = imports.get_kept(db.session, current_account(), opened.library) or abort(404)
    shown = imports.preview(db.session, opened.library, upload)
    lines = describe_import(shown.drafts, shown.bank)
    return attachment("\n".join([*lines, ""]), "text/plain; charset=utf-8", "import.txt")


@blueprint.get("/import-template.xlsx")
@trainers_only
def download_template() -> ResponseReturnValue:
    """Send a workbook with an example of each type of question."""
    return attachment(build_template(), XLSX, "questions.xlsx")


def _build_form(objectives: Sequence[ImportTarget]) -> ImportForm:
    form = ImportForm()
    choices: dict[str, list[tuple[str, str]]] = {}
    for one in objectives:
        choices.setdefault(one.module, []).append((one.name, one.title))
    form.objective.choices = choices
    return form


def _group(shown: ImportPreview) -> ImportGroups:
    kept = [draft.item for draft in shown.drafts if draft.document is not None]
    return ImportGroups(
        left_out=[draft.item for draft in shown.drafts if draft.document is None],
        changed=[item for item in kept if _has_losses(item)],
        whole=[item for item in kept if not _has_losses(item)],
    )


def _has_losses(item: BankItem) -> bool:
    return any(note.severity is not Severity.WARNING for note in item.notes)


def _describe(questions: int, files: int) -> str:
    says = ngettext("%(num)s question imported as a draft", "%(num)s questions imported as drafts", questions)
    where = ngettext("%(num)s new document", "%(num)s new documents", files)
    return _("%(questions)s, in %(documents)s.", questions=says, documents=where)


def _render_upload(opened: OpenLibrary, fault: str = "", details: str = "") -> str:
    return render_template(
        "studio/import_upload.html",
        opened=opened,
        form=BankFileForm(formdata=None),
        formats=[one.title for one in list_formats() if one.read],
        fault=fault,
        details=details,
    )


def _render_preview(opened: OpenLibrary, upload: BankUpload, shown: ImportPreview, form: ImportForm) -> str:
    return render_template(
        "studio/import.html",
        opened=opened,
        upload=upload,
        shown=shown,
        groups=_group(shown),
        most=MAX_SHOWN,
        form=form,
        discard_form=DiscardForm(formdata=None),
    )


accept_large_files("studio.upload_bank", _render_upload)
