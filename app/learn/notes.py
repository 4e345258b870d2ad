"""Private notes, highlights and bookmarks, which only their owner sees."""

from __future__ import annotations

from typing import NoReturn

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.db import db
from app.domain.learner_notes import MAX_NOTES, NoteKind, TargetKind, TooManyNotesError
from app.learn import blueprint
from app.learn.attempts import get_attempt_or_404
from app.learn.forms import BookmarkForm, NoteEditForm, NoteForm
from app.learn.shown_questions import get_question_address
from app.models import LearnerNote
from app.services.attempts import learner_notes, note_lists, note_targets
from app.services.attempts.learner_notes import QuoteNotFoundError
from app.services.attempts.note_targets import NoteTarget
from app.web.identity import ensure_learner, get_viewer
from app.web.urls import parse_choice

_KINDS = (
    ("", _l("Everything")),
    (NoteKind.NOTE, _l("Notes")),
    (NoteKind.HIGHLIGHT, _l("Highlights")),
    (NoteKind.BOOKMARK, _l("Bookmarks")),
)


@blueprint.get("/notes")
def list_notes() -> str:
    """List all that the viewer keeps, by module; ``q`` and ``kind`` filter it."""
    query = request.args.get("q", "").strip()
    kind = parse_choice(NoteKind, request.args.get("kind"))
    number = request.args.get("page", 1, type=int)
    return render_template(
        "learn/notes.html",
        found=note_lists.list_notes(db.session, get_viewer(), now(), query, kind, number),
        query=query,
        kind=kind,
        kinds=_KINDS,
        get_address=get_target_address,
    )


@blueprint.route("/notes/new", methods=["GET", "POST"])
def add_note() -> ResponseReturnValue:
    """Keep a note about a lesson, question or muscle.

    :raise 404: the viewer may not see it, or it does not exist.
    """
    form = NoteForm(on=request.args.get("on"), target=request.args.get("target"))
    target = _get_target_or_404(form.on.data, form.target.data)
    if not form.validate_on_submit():
        return _render_new(target, form), 422 if form.errors else 200
    try:
        note = learner_notes.add_note(db.session, ensure_learner(), target, form.quotation, form.body.data, now())
    except QuoteNotFoundError:
        db.session.rollback()
        form.quote.errors = (
            _("These words are not in the lesson. Copy them without the numbers of sources, or leave this empty."),
        )
        return _render_new(target, form), 422
    except TooManyNotesError:
        db.session.rollback()
        form.body.errors = (_describe_limit(),)
        return _render_new(target, form), 422
    db.session.commit()
    return redirect(get_target_address(target, f"own-note-{note.id}"), 303)


def _render_new(target: NoteTarget, form: NoteForm) -> str:
    return render_template(
        "learn/note_new.html",
        own=learner_notes.view_notes(db.session, get_viewer().learner, target),
        note_form=form,
        back=get_target_address(target),
    )


def _get_target_or_404(kind: str | None, slug: str | None) -> NoteTarget:
    if kind not in list(TargetKind) or not slug:
        abort(404)
    return note_targets.get_target(db.session, get_viewer(), TargetKind(kind), slug, now()) or abort(404)


def make_note_form(target: NoteTarget) -> NoteForm:
    """Make the empty form on the page of a target."""
    return NoteForm(formdata=None, on=target.kind, target=target.slug)


def get_target_address(target: NoteTarget, anchor: str | None = None) -> str:
    """Return the page of what a note is about. That of a question's notes is their own: a result may be long."""
    match target.kind:
        case TargetKind.LESSON:
            assert target.module is not None
            return url_for("learn.show_lesson", slug=target.module.slug, lesson_slug=target.lesson_slug, _anchor=anchor)
        case TargetKind.MUSCLE:
            return url_for("learn.show_body_map", muscle=target.slug, _anchor=anchor)
        case TargetKind.QUESTION if anchor is not None:
            return url_for("learn.add_note", on=target.kind, target=target.slug, _anchor=anchor)
        case TargetKind.QUESTION:
            assert target.shown is not None
            return get_question_address(target.shown, target.module, target.lesson_slug)


@blueprint.get("/attempts/<int:attempt_id>/<int:n>/notes")
def show_question_notes(attempt_id: int, n: int) -> ResponseReturnValue:
    """Lead from a question in an attempt to the viewer's notes about it.

    :raise 404: not the viewer's attempt, no such question, or its right answer has not been shown to them.
    """
    item = get_attempt_or_404(attempt_id).item(n)
    if item is None:
        abort(404)
    slug = note_targets.get_shown_slug(db.session, get_viewer(), item.version_id, now())
    if slug is None:
        abort(404)
    return redirect(url_for("learn.add_note", on=TargetKind.QUESTION, target=slug))


@blueprint.post("/notes/bookmark")
def change_bookmark() -> ResponseReturnValue:
    """Bookmark a lesson, question or muscle, or remove its bookmark.

    :raise 404: the viewer may not see what they want to bookmark.
    """
    form = BookmarkForm()
    if not form.validate():
        abort(404)
    if form.keep.data == 0:
        if (learner := get_viewer().learner) is not None:
            learner_notes.remove_bookmark(db.session, learner, form.kind, form.target.data)
            db.session.commit()
        target = note_targets.get_target(db.session, get_viewer(), form.kind, form.target.data, now())
        if target is None or "list" in request.form:
            return redirect(url_for("learn.list_notes"), 303)
        return redirect(get_target_address(target), 303)
    target = _get_target_or_404(form.on.data, form.target.data)
    try:
        learner_notes.add_bookmark(db.session, ensure_learner(), target, now())
    except TooManyNotesError:
        _refuse_more()
    db.session.commit()
    return redirect(get_target_address(target), 303)


def _refuse_more() -> NoReturn:
    abort(409, _describe_limit())


def _describe_limit() -> str:
    return _("You have %(most)s notes and bookmarks, which is the limit. Delete some first.", most=MAX_NOTES)


@blueprint.route("/notes/<int:note_id>", methods=["GET", "POST"])
def edit_note(note_id: int) -> ResponseReturnValue:
    """Show a note with what it is about, and change its words.

    :raise 404: not the viewer's.
    """
    note = _get_note_or_404(note_id)
    form = NoteEditForm(body=note.body)
    form.has_quote = bool(note.quote)
    if form.validate_on_submit():
        learner_notes.change_note(note, form.body.data, now())
        db.session.commit()
        flash(_("Note saved."))
        return redirect(url_for("learn.list_notes", _anchor=f"own-note-{note.id}"), 303)
    return _render_note("learn/note.html", note, form=form), 422 if form.errors else 200


@blueprint.route("/notes/<int:note_id>/delete", methods=["GET", "POST"])
def delete_note(note_id: int) -> ResponseReturnValue:
    """Ask whether a note should be deleted, and delete it.

    :raise 404: not the viewer's.
    """
    note = _get_note_or_404(note_id)
    if request.method == "GET":
        return _render_note("learn/note_delete.html", note)
    db.session.delete(note)
    db.session.commit()
    flash(_("Note deleted."))
    return redirect(url_for("learn.list_notes"), 303)


def _get_note_or_404(note_id: int) -> LearnerNote:
    note = learner_notes.get_for(db.session, get_viewer().learner, note_id)
    if note is None or learner_notes.is_bookmark(note):
        abort(404)
    return note


def _render_note(template: str, note: LearnerNote, **values: object) -> str:
    targets = note_targets.list_targets(db.session, get_viewer(), [note], now())
    target = targets.get((note.target_kind, note.target))
    address = get_target_address(target) if target else None
    return render_template(template, note=note, target=target, address=address, **values)
