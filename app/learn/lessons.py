"""Lessons: reading, answering checks, finishing and saving the reading position."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.domain.attempt import InvalidAnswer, UnusableAnswer
from app.domain.qualified_ids import is_qualified
from app.learn import blueprint
from app.learn.course import get_module_or_404
from app.learn.forms import CheckForm
from app.learn.notes import make_note_form
from app.models import LessonRow, ModuleRow
from app.services.attempts import learner_notes, lessons
from app.services.attempts.note_targets import make_lesson_target
from app.services.course import catalogue
from app.services.course.lesson_texts import get_lesson_text
from app.web.answer_words import describe_problem
from app.web.identity import ensure_learner, get_viewer


@blueprint.get("/modules/<slug>/lessons/<lesson_slug>")
def show_lesson(slug: str, lesson_slug: str) -> str:
    """Show a lesson with its figures, terms, checks and sources.

    :raise 404: no such lesson in this module.
    """
    return _render_lesson(slug, lesson_slug)


def _render_lesson(slug: str, lesson_slug: str, refused: tuple[str, str] | None = None) -> str:
    """Render a lesson. ``refused`` is a check whose answer was rejected, and the reason."""
    learner, library_id = get_viewer().learner, _get_library_or_404(slug)
    text = get_lesson_text(db.session, slug, lesson_slug, library_id)
    if text is None:
        abort(404)
    target = make_lesson_target(text)
    return render_template(
        "learn/lesson.html",
        module=text.module,
        lesson=text,
        view=lessons.view_lesson(db.session, learner, text, again=request.args.get("again")),
        own=learner_notes.view_notes(db.session, learner, target),
        note_form=make_note_form(target),
        refused=refused[0] if refused else None,
        fault=refused[1] if refused else None,
        typed=request.form,
    )


@blueprint.post("/modules/<slug>/lessons/<lesson_slug>/checks/<question>")
def answer_check(slug: str, lesson_slug: str, question: str) -> ResponseReturnValue:
    """Answer a check in a lesson.

    :raise 404: no such lesson, or the question is not one of its checks.
    """
    _module, row = _get_lesson_or_404(slug, lesson_slug)
    is_here = {"check": question} in row.body["parts"]
    candidate = catalogue.list_checks(db.session, [question]).get(question) if is_here else None
    if candidate is None:
        abort(404)
    form = CheckForm(request.form)
    if not form.validate():
        abort(400, _("This answer is not one of the options. Reload the lesson and try again."))
    try:
        lessons.answer_check(db.session, ensure_learner(), row, candidate, form.answer, form.number.data or 1, now())
    except UnusableAnswer as error:
        db.session.rollback()
        return _render_lesson(slug, lesson_slug, refused=(question, describe_problem(error))), 422
    except InvalidAnswer:
        abort(400, _("This answer is not one of the options. Reload the lesson and try again."))
    db.session.commit()
    return redirect(url_for("learn.show_lesson", slug=slug, lesson_slug=lesson_slug, _anchor=f"check-{question}"), 303)


@blueprint.post("/modules/<slug>/lessons/<lesson_slug>/done")
def finish_lesson(slug: str, lesson_slug: str) -> ResponseReturnValue:
    """Mark a lesson as finished and continue with the next one."""
    module, row = _get_lesson_or_404(slug, lesson_slug)
    lessons.finish_lesson(db.session, ensure_learner(), row, now())
    db.session.commit()
    after = lessons.get_next_slug(db.session, module, row)
    if after is None:
        return redirect(url_for("learn.show_module", slug=slug), 303)
    return redirect(url_for("learn.show_lesson", slug=slug, lesson_slug=after), 303)


@blueprint.post("/modules/<slug>/lessons/<lesson_slug>/place")
def save_reading_position(slug: str, lesson_slug: str) -> ResponseReturnValue:
    """Save the section that a known learner is reading. Reading alone does not create a guest."""
    _module, row = _get_lesson_or_404(slug, lesson_slug)
    learner = get_viewer().learner
    if learner is not None:
        lessons.save_reading_position(db.session, learner, row, request.form.get("section"), now())
        db.session.commit()
    return "", 204


def _get_library_or_404(slug: str) -> int | None:
    """Return the library of a module that the viewer may open; None for the course, which costs no statement.

    :raise 404: it is not for the viewer.
    """
    return get_module_or_404(slug).library_id if is_qualified(slug) else None


def _get_lesson_or_404(slug: str, lesson_slug: str) -> tuple[ModuleRow, LessonRow]:
    module = get_module_or_404(slug)
    row = catalogue.get_lesson(db.session, module.id, lesson_slug)
    if row is None:
        abort(404)
    return module, row
