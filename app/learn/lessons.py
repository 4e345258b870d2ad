"""Lessons: reading, checking oneself, finishing, and keeping one's place."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db
from app.domain.attempt import AnswerUnfinished, BadAnswer, BadNumber, NothingGiven
from app.identity import ensure_learner, viewer
from app.learn import blueprint
from app.learn.course import module_or_404
from app.learn.forms import CheckForm
from app.models import LessonRow, ModuleRow
from app.services.course import catalogue, lessons


@blueprint.get("/modules/<slug>/lessons/<lesson_slug>")
def lesson(slug: str, lesson_slug: str) -> str:
    """A lesson with its figures, terms, checks and sources.

    :raise 404: no such lesson in this module.
    """
    return _page(*_lesson_or_404(slug, lesson_slug))


def _page(module: ModuleRow, row: LessonRow, refused: tuple[str, str] | None = None) -> str:
    """The lesson; ``refused`` is a check whose answer could not be taken, and why."""
    view = lessons.view(db.session, viewer().learner, module, row, again=request.args.get("again"))
    return render_template(
        "learn/lesson.html",
        module=module,
        lesson=view,
        refused=refused[0] if refused else None,
        fault=refused[1] if refused else None,
        typed=request.form,
    )


@blueprint.post("/modules/<slug>/lessons/<lesson_slug>/checks/<question>")
def check(slug: str, lesson_slug: str, question: str) -> ResponseReturnValue:
    """Answer a check inside a lesson.

    :raise 404: no such lesson, or the question is not a check of it.
    """
    module, row = _lesson_or_404(slug, lesson_slug)
    is_here = {"check": question} in row.body["parts"]
    candidate = catalogue.list_checks(db.session, [question]).get(question) if is_here else None
    if candidate is None:
        abort(404)
    form = CheckForm(request.form)
    if not form.validate():
        abort(400, "That answer is not one of this question's options. Load the lesson again.")
    try:
        lessons.answer_check(db.session, ensure_learner(), row, candidate, form.given(), form.number.data or 1, now())
    except (NothingGiven, AnswerUnfinished, BadNumber) as error:
        db.session.rollback()
        return _page(module, row, refused=(question, type(error).__name__)), 422
    except BadAnswer:
        abort(400, "That answer is not one of this question's options. Load the lesson again.")
    db.session.commit()
    return redirect(url_for("learn.lesson", slug=slug, lesson_slug=lesson_slug, _anchor=f"check-{question}"), 303)


@blueprint.post("/modules/<slug>/lessons/<lesson_slug>/done")
def done(slug: str, lesson_slug: str) -> ResponseReturnValue:
    """Finish a lesson, and go on to the next."""
    module, row = _lesson_or_404(slug, lesson_slug)
    lessons.finish(db.session, ensure_learner(), row, now())
    db.session.commit()
    after = lessons.next_in_module(db.session, module, row)
    if after is None:
        return redirect(url_for("learn.module", slug=slug), 303)
    return redirect(url_for("learn.lesson", slug=slug, lesson_slug=after), 303)


@blueprint.post("/modules/<slug>/lessons/<lesson_slug>/place")
def place(slug: str, lesson_slug: str) -> ResponseReturnValue:
    """Remember the section somebody reads. Only for those who are known already: reading alone makes nobody a guest."""
    _module, row = _lesson_or_404(slug, lesson_slug)
    learner = viewer().learner
    if learner is not None:
        lessons.keep_place(db.session, learner, row, request.form.get("section"), now())
        db.session.commit()
    return "", 204


def _lesson_or_404(slug: str, lesson_slug: str) -> tuple[ModuleRow, LessonRow]:
    module = module_or_404(slug)
    row = catalogue.get_lesson(db.session, module.id, lesson_slug)
    if row is None:
        abort(404)
    return module, row
