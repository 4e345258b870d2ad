"""Download a library as a zip file, and upload one."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage

from app.clock import now
from app.db import db, end_read_transaction
from app.services.libraries import archives, documents
from app.services.libraries.archives import Archive, ArchiveError, ArchiveProblem
from app.services.libraries.documents import LibraryFullError, PathCollisionError, Upload
from app.services.libraries.libraries import OpenLibrary
from app.studio import blueprint
from app.studio.forms import UploadForm
from app.studio.large_requests import accept_large_files
from app.studio.libraries import get_editable_or_403, get_library_or_404
from app.web.access import current_account, trainers_only
from app.web.downloads import attachment

PROBLEM_MESSAGES = {
    ArchiveProblem.NOT_ZIP: _l("This is not a zip file."),
    ArchiveProblem.DAMAGED: _l("This zip file is damaged. Pack it again."),
    ArchiveProblem.EMPTY: _l("There are no documents in this zip file."),
    ArchiveProblem.ENCRYPTED: _l("This zip file has a password. Pack it without one."),
    ArchiveProblem.TOO_LARGE: _l("This zip file holds more than 20 MB."),
    ArchiveProblem.TOO_MANY: _l("This zip file holds more than 2,000 documents."),
    ArchiveProblem.DOCUMENT_TOO_LARGE: _l("%(name)s is larger than 512 KB."),
    ArchiveProblem.BOMB: _l("%(name)s unpacks to much more than a text can."),
    ArchiveProblem.NAME: _l(
        "The name “%(name)s” is not possible. Use the letters A to Z, digits, hyphens, dots and underscores."
    ),
    ArchiveProblem.REPEATED: _l("%(name)s is in this zip file twice."),
    ArchiveProblem.LINK: _l("%(name)s is a link to another file. Pack the file itself."),
}


@blueprint.get("/<slug>/library.zip")
@trainers_only
def download_library(slug: str) -> ResponseReturnValue:
    """Send all documents of a library as a zip file."""
    opened = get_library_or_404(slug)
    packed = archives.build_archive(documents.read_all(db.session, opened.library))
    return attachment(packed, "application/zip", f"{opened.library.slug}.zip")


@blueprint.get("/<slug>/upload")
@trainers_only
def show_upload(slug: str) -> ResponseReturnValue:
    return _render_form(get_editable_or_403(slug), UploadForm(formdata=None))


@blueprint.post("/<slug>/upload")
@trainers_only
def upload_library(slug: str) -> ResponseReturnValue:
    """Save the documents of a zip file. What they replace stays in the history."""
    opened, form = get_editable_or_403(slug), UploadForm()
    if not form.validate_on_submit() or not isinstance(form.file.data, FileStorage) or not form.file.data:
        return _render_form(opened, form, _("Choose a zip file.")), 422
    try:
        archive = archives.read_archive(form.file.data.read())
        end_read_transaction()  # this endpoint starts without the write lock, because unpacking takes a while
        done = documents.upload(
            db.session,
            current_account(),
            opened.library,
            archive.documents,
            now(),
            removes_others=form.removes_others.data,
        )
    except ArchiveError as error:
        return _render_form(opened, form, _describe_problem(error)), 422
    except PathCollisionError as error:
        message = _("%(path)s and %(other)s cannot be in one library.", path=error.path, other=error.other)
        return _render_form(opened, form, message), 422
    except LibraryFullError:
        message = _(
            "The library has no room for these documents: it has at most 2,000 of them, 20 MB and 200 MB of history."
        )
        return _render_form(opened, form, message), 422
    db.session.commit()
    flash(_describe_upload(archive, done))
    return redirect(url_for("studio.show_library", slug=slug), 303)


def _render_form(opened: OpenLibrary, form: UploadForm, fault: str = "") -> str:
    return render_template("studio/upload.html", opened=opened, form=form, fault=fault)


accept_large_files(
    "studio.upload_library", lambda opened, fault: _render_form(opened, UploadForm(formdata=None), fault)
)


def _describe_problem(error: ArchiveError) -> str:
    return str(PROBLEM_MESSAGES[error.problem]) % {"name": _shorten(error.name)}


def _shorten(name: str) -> str:
    """Return the name of an entry without invisible characters, at most 60 of them."""
    return "".join(letter if letter.isprintable() else "�" for letter in name[:60])


def _describe_upload(archive: Archive, done: Upload) -> str:
    says = [
        _(
            "Uploaded: %(added)s new, %(changed)s changed, %(removed)s removed, %(same)s unchanged.",
            added=len(done.added),
            changed=len(done.changed),
            removed=len(done.removed),
            same=len(done.same),
        )
    ]
    if archive.skipped:
        says.append(
            ngettext("%(num)s hidden file was left out.", "%(num)s hidden files were left out.", archive.skipped)
        )
    return " ".join(says)
