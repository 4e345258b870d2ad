"""The course: what is live, what its files would change, and publishing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import account, admins_only
from app.admin import blueprint
from app.clock import now
from app.content.fingerprint import fingerprint
from app.content.loader import Fault, Loaded, load_course
from app.db import begin_plain, db, end_read
from app.services.course import publishing
from app.services.course.publishing import OvertakenError, Preview


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A fault of the files; ``place`` is the file, from its content folder on, and the line."""

    place: str
    message: str
    expected: str | None
    rule: str


@blueprint.get("/content", endpoint="content")
@admins_only
def content_page() -> ResponseReturnValue:
    """What is live. Whether the files differ is told by their fingerprint, which takes no time."""
    live = publishing.live(db.session)
    is_current = live.publication is not None and live.publication.files == fingerprint(_folders())
    return render_template("admin/content.html", live=live, is_current=is_current)


@blueprint.get("/content/check")
@admins_only
def content_check() -> ResponseReturnValue:
    """Check the files, and show their faults or what publishing them would change. Nothing is written, and no lock is held."""
    read = _read()
    if read is None:
        flash("The files changed while they were read. Check them again.", "error")
        return redirect(url_for("admin.content"), 303)
    return _check_page(*read)


@blueprint.post("/content/publish")
@admins_only
def content_publish() -> ResponseReturnValue:
    """Publish exactly what the preview showed: refused where the files, or what is live, changed since."""
    actor = account()
    end_read()  # reading the files takes seconds, and no lock
    read = _read()
    if read is None or read[0] != request.form.get("files"):
        flash("The files changed since you looked: nothing was published. This is what they say now.", "error")
        return (_check_page(*read), 409) if read else redirect(url_for("admin.content_check"), 303)
    files, loaded = read
    if loaded.course is None:
        return _check_page(files, loaded), 409
    try:
        done = publishing.publish(
            db.session, actor, loaded.course, files, now(), seen=request.form.get("seen", 0, type=int)
        )
    except OvertakenError:
        db.session.rollback()
        flash(
            "Somebody published since you looked: nothing was published now. This is what is left to publish.", "error"
        )
        return _check_page(files, loaded), 409
    db.session.commit()
    flash("Published. Attempts under way keep what they were shown." if done.changes else "The course was up to date.")
    return redirect(url_for("admin.content"), 303)


def _read() -> tuple[str, Loaded] | None:
    """The files' fingerprint and what they say; None where they changed meanwhile."""
    files = fingerprint(_folders())
    loaded = load_course(_folders())
    return (files, loaded) if files == fingerprint(_folders()) else None


def _check_page(files: str, loaded: Loaded) -> str:
    begin_plain()  # it only reads, also where a form that was refused leads here
    preview: Preview | None = None
    if loaded.course is not None:
        preview = publishing.preview(db.session, loaded.course, now())
    live = publishing.live(db.session)
    return render_template(
        "admin/content_check.html",
        preview=preview,
        faults=[_fault_line(fault) for fault in loaded.faults],
        files=files,
        seen=live.publication.id if live.publication else 0,
    )


def _fault_line(fault: Fault) -> FaultLine:
    path = fault.path
    for folder in _folders():
        if path.is_relative_to(folder):
            path = path.relative_to(folder.parent)
            break
    return FaultLine(f"{path}:{fault.line}", fault.message, fault.expected, fault.rule)


def _folders() -> Sequence[Path]:
    folders: Sequence[Path] = current_app.config["PALPATE"].content
    return folders
