"""The course: its live version, the changes in its files, and publishing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.admin import blueprint
from app.clock import now
from app.content.fingerprint import compute_fingerprint
from app.content.loader import Fault, LoadedCourse, load_course
from app.db import db, end_read_transaction, read_only, use_deferred_transaction
from app.services.course import publishing
from app.services.course.publishing import PublicationPreview, StalePreviewError
from app.web.access import admins_only, current_account
from app.web.publication_words import CHANGE_LABELS


@dataclass(frozen=True, slots=True)
class ContentFaultLine:
    """A fault in the content files. ``place`` is the path, starting with the content folder, and the line number."""

    place: str
    message: str
    expected: str | None
    rule: str


@blueprint.get("/content")
@admins_only
def show_content() -> ResponseReturnValue:
    """Show the live course and whether its files have changed since."""
    live = publishing.get_live(db.session)
    is_current = live.publication is not None and live.publication.files == compute_fingerprint(_list_folders())
    return render_template("admin/content.html", live=live, is_current=is_current, change_labels=CHANGE_LABELS)


@blueprint.get("/content/check")
@admins_only
def check_content() -> ResponseReturnValue:
    """Check the content files and show their faults, or the changes that publishing would make."""
    read = _read_files()
    if read is None:
        flash(_("The files changed while they were being read. Check them again."), "error")
        return redirect(url_for("admin.show_content"), 303)
    return _show_check(*read)


@blueprint.post("/content/publish")
@admins_only
def publish_content() -> ResponseReturnValue:
    """Publish the previewed changes, unless the files or the live course have changed since the preview."""
    actor = current_account()
    end_read_transaction()  # reading the files takes seconds and must not hold a lock
    read = _read_files()
    if read is None or read[0] != request.form.get("files"):
        flash(_("Nothing was published, because the files have changed. Check the new preview below."), "error")
        return (_show_check(*read), 409) if read else redirect(url_for("admin.check_content"), 303)
    files, loaded = read
    if loaded.course is None:
        return _show_check(files, loaded), 409
    with read_only(db.session):
        prepared = publishing.prepare(db.session, loaded.course, files, now())
    try:
        done = publishing.publish(db.session, actor, prepared, now(), seen=request.form.get("seen", 0, type=int))
    except StalePreviewError:
        db.session.rollback()
        flash(
            _("Nothing was published, because somebody else has published. Below is what is left to publish."), "error"
        )
        return _show_check(files, loaded), 409
    db.session.commit()
    flash(
        _("Published. Attempts in progress keep the questions they have.")
        if done.changes
        else _("The course was already up to date.")
    )
    return redirect(url_for("admin.show_content"), 303)


def _read_files() -> tuple[str, LoadedCourse] | None:
    """Return the fingerprint and the content of the files, or None if they changed while they were read."""
    files = compute_fingerprint(_list_folders())
    loaded = load_course(_list_folders())
    return (files, loaded) if files == compute_fingerprint(_list_folders()) else None


def _show_check(files: str, loaded: LoadedCourse) -> str:
    use_deferred_transaction()  # it only reads, even when a rejected POST leads here
    preview: PublicationPreview | None = None
    if loaded.course is not None:
        preview = publishing.preview(db.session, loaded.course, now())
    live = publishing.get_live(db.session)
    return render_template(
        "admin/content_check.html",
        preview=preview,
        change_labels=CHANGE_LABELS,
        faults=[_describe_fault(fault) for fault in loaded.faults],
        files=files,
        seen=live.publication.id if live.publication else 0,
    )


def _describe_fault(fault: Fault) -> ContentFaultLine:
    path = Path(str(fault.path))
    for folder in _list_folders():
        if path.is_relative_to(folder):
            path = path.relative_to(folder.parent)
            break
    return ContentFaultLine(f"{path}:{fault.line}", fault.message, fault.expected, fault.rule)


def _list_folders() -> Sequence[Path]:
    folders: Sequence[Path] = current_app.config["PALPATE"].content
    return folders
