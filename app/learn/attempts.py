"""Attempts over HTTP: start, question, summary, submit, result."""

from __future__ import annotations

from flask import abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import ask_to_sign_in
from app.clock import now
from app.db import begin_immediate, db
from app.domain.attempt import (
    AnswerUnfinished,
    AttemptError,
    BadAnswer,
    BadNumber,
    State,
    is_closable,
)
from app.domain.release import Release
from app.identity import ensure_learner, viewer
from app.jinja import clock
from app.learn import blueprint
from app.learn.course import module_or_404
from app.learn.forms import AnswerForm, StartForm
from app.models import Attempt, AttemptItem, ModuleRow
from app.permissions import may_take_test
from app.services.assigned import due
from app.services.marking import submission
from app.services.taking import attempts, papers, releases, results
from app.services.taking.attempts import Conflict, Loaded, Saved
from app.services.taking.feedback import Feedback, feedback, told


@blueprint.post("/modules/<slug>/attempts")
def start(slug: str) -> ResponseReturnValue:
    """Start practice or the module's own test, or go on with the open one.

    :raise 404: no such module.
    """
    module = module_or_404(slug)
    form = StartForm(request.form)
    if not form.validate():
        abort(400, "Say which: mode=practice or mode=test.")
    if form.mode.data == "test":
        if not may_take_test(viewer()):
            return ask_to_sign_in(url_for("learn.module", slug=slug))
        attempt = attempts.start_test(db.session, ensure_learner(), module, now())
    else:
        attempt = _start_practice(module, form.missed.data)
    return _started(attempt)


def _start_practice(module: ModuleRow, missed: int | None) -> Attempt:
    missed_in = attempts.get_for(db.session, viewer(), missed) if missed else None
    if missed_in is not None and not releases.release(db.session, missed_in, now()).correctness:
        # Practising what one missed would tell what one missed.
        missed_in = None
    return attempts.start_practice(db.session, ensure_learner(), module, now(), missed_in)


@blueprint.get("/assignments/<int:assignment_id>")
def assignment(assignment_id: int) -> ResponseReturnValue:
    """What is set: how it goes, what to read, and where to begin.

    :raise 404: no such assignment, or not for this learner.
    """
    who = viewer()
    if not may_take_test(who):
        return ask_to_sign_in()
    item = due.get_due(db.session, who.learner, assignment_id, now()) if who.learner else None
    if item is None:
        abort(404)
    lessons = due.list_lessons(db.session, who.learner, assignment_id)
    return render_template("learn/assignment.html", item=item, lessons=lessons)


@blueprint.post("/assignments/<int:assignment_id>/attempts")
def start_assignment(assignment_id: int) -> ResponseReturnValue:
    """Start an assigned test, or go on with the open attempt.

    :raise 404: no such assignment, or not for this learner.
    """
    if not may_take_test(viewer()):
        return ask_to_sign_in(url_for("learn.course"))
    learner = ensure_learner()
    granted = due.get_granted(db.session, learner, assignment_id, now(), for_start=True)
    if granted is None or granted.module.retired_at is not None:
        abort(404)
    return _started(attempts.start_assignment(db.session, learner, granted, granted.module, now()))


def _started(attempt: Attempt) -> ResponseReturnValue:
    db.session.commit()
    return redirect(url_for("learn.question", attempt_id=attempt.id, n=1), 303)


@blueprint.get("/attempts/<int:attempt_id>")
def attempt(attempt_id: int) -> ResponseReturnValue:
    """Go on where an attempt was left: at its first unanswered question."""
    loaded = attempt_or_404(attempt_id)
    left = papers.paper(loaded).unanswered
    if left:
        return redirect(url_for("learn.question", attempt_id=attempt_id, n=left[0].n))
    return redirect(url_for("learn.summary", attempt_id=attempt_id))


@blueprint.get("/attempts/<int:attempt_id>/<int:n>")
def question(attempt_id: int, n: int) -> ResponseReturnValue:
    """One question of an attempt under way.

    :raise 404: not the viewer's attempt, or no such question in it.
    """
    loaded = attempt_or_404(attempt_id)
    if not attempts.is_open(loaded.attempt, now()):
        return redirect(url_for("learn.result", attempt_id=attempt_id))
    return _question_page(loaded, n)


def _question_page(loaded: Loaded, n: int, conflict: Conflict | None = None, fault: str | None = None) -> str:
    """``fault`` is why an answer could not be taken; what was typed is shown again."""
    item = loaded.item(n)
    if item is None:
        abort(404)
    attempt = loaded.attempt
    view = papers.question(db.session, item, asks_certainty=attempt.asks_certainty, checks_each=attempt.checks_each)
    release = releases.release_under_way(db.session, loaded, now()) if view.is_checked else None
    is_explained = release is not None and release.explanation
    return render_template(
        "learn/question.html",
        paper=papers.paper(loaded),
        question=view,
        feedback=_feedback(loaded, item, release) if release and release.correctness else None,
        reading=_reading(item.version_id) if is_explained else None,
        conflict=conflict,
        wanted=told(papers.asked(db.session, item), conflict.wanted) if conflict else (),
        fault=fault,
        typed=request.form,
        seconds_left=_seconds_left(attempt),
        seconds_in_all=_seconds_in_all(attempt),
    )


def _feedback(loaded: Loaded, item: AttemptItem, release: Release) -> Feedback:
    corrections = results.list_corrections(db.session, loaded) if item.position in loaded.corrected else {}
    return feedback(db.session, item, release, corrections.get(item.version_id, ()))


def _reading(version_id: int) -> results.Reading | None:
    objective_id = results.objective_of(db.session, version_id)
    return results.readings(db.session, [objective_id]).get(objective_id)


def _seconds_left(attempt: Attempt) -> int | None:
    """From the server's clock; the page only counts down from it."""
    return None if attempt.deadline_at is None else max(0, int((attempt.deadline_at - now()).total_seconds()))


def _seconds_in_all(attempt: Attempt) -> int | None:
    return None if attempt.deadline_at is None else int((attempt.deadline_at - attempt.started_at).total_seconds())


@blueprint.post("/attempts/<int:attempt_id>/<int:n>")
def answer(attempt_id: int, n: int) -> ResponseReturnValue:
    """Save an answer: the page's own script gets JSON, a plain form goes on to the next question.

    :raise 404: not the viewer's attempt, or no such question in it.
    """
    loaded = attempt_or_404(attempt_id, for_update=True)
    item = loaded.item(n)
    if item is None:
        abort(404)
    form = AnswerForm(request.form)
    if not form.validate():
        raise BadAnswer
    try:
        outcome = attempts.record_answer(db.session, loaded, item, form.change(), now())
    except (BadNumber, AnswerUnfinished) as error:
        return _not_taken(loaded, n, type(error).__name__)
    if isinstance(outcome, Conflict):
        return _conflict(loaded, n, outcome)
    db.session.commit()
    if _wants_json():
        return _saved(loaded.attempt, outcome)
    return redirect(_after(loaded, n, form), 303)


def _not_taken(loaded: Loaded, n: int, fault: str) -> ResponseReturnValue:
    """The answer can't be taken as it is: nothing is stored, what was typed stays on the page, and what to do stands beside it."""
    db.session.rollback()
    if _wants_json():
        return jsonify(error=fault), 422
    return _question_page(attempt_or_404(loaded.attempt.id), n, fault=fault), 422


def _after(loaded: Loaded, n: int, form: AnswerForm) -> str:
    """Where a plain form goes on: where it asks to, else to the feedback, or, where answers are only saved, to the next question."""
    attempt_id, last = loaded.attempt.id, len(loaded.items)
    if form.go.data and form.go.data != "summary" and int(form.go.data) <= last:
        return url_for("learn.question", attempt_id=attempt_id, n=int(form.go.data))
    if not form.go.data and loaded.attempt.checks_each and not form.given().is_silent:
        return url_for("learn.question", attempt_id=attempt_id, n=n, _anchor="verdict")
    if form.go.data or n >= last:
        return url_for("learn.summary", attempt_id=attempt_id)
    return url_for("learn.question", attempt_id=attempt_id, n=n + 1)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _saved(attempt: Attempt, outcome: Saved) -> ResponseReturnValue:
    saved = clock(outcome.saved_at) if outcome.saved_at else None
    return jsonify(revision=outcome.revision, saved=saved, seconds_left=_seconds_left(attempt))


def _conflict(loaded: Loaded, n: int, conflict: Conflict) -> ResponseReturnValue:
    """Another tab or device saved meanwhile: show both answers, change nothing."""
    db.session.rollback()
    fresh = attempt_or_404(loaded.attempt.id)
    if _wants_json():
        view = papers.question(db.session, fresh.items[n - 1])
        return jsonify(error="stale", revision=view.revision, fields=papers.stored_fields(view)), 409
    return _question_page(fresh, n, conflict), 409


@blueprint.get("/attempts/<int:attempt_id>/time")
def time_left(attempt_id: int) -> ResponseReturnValue:
    """What is left by the server's clock, for a page that stays open: time may have been added since it was loaded."""
    loaded = attempt_or_404(attempt_id)
    return jsonify(seconds_left=_seconds_left(loaded.attempt), is_open=attempts.is_open(loaded.attempt, now()))


@blueprint.get("/attempts/<int:attempt_id>/summary")
def summary(attempt_id: int) -> ResponseReturnValue:
    """Before submission: what is answered, flagged, and still unanswered."""
    loaded = attempt_or_404(attempt_id)
    if not attempts.is_open(loaded.attempt, now()):
        return redirect(url_for("learn.result", attempt_id=attempt_id))
    return render_template(
        "learn/summary.html",
        paper=papers.paper(loaded),
        stems=papers.stems(db.session, loaded),
        seconds_left=_seconds_left(loaded.attempt),
        seconds_in_all=_seconds_in_all(loaded.attempt),
    )


@blueprint.post("/attempts/<int:attempt_id>/submit")
def submit(attempt_id: int) -> ResponseReturnValue:
    """Submit, once: again changes nothing and leads to the same result."""
    loaded = attempt_or_404(attempt_id, for_update=True)
    submission.submit(db.session, loaded.attempt, now())
    db.session.commit()
    return redirect(url_for("learn.result", attempt_id=attempt_id), 303)


@blueprint.get("/attempts/<int:attempt_id>/result")
def result(attempt_id: int) -> ResponseReturnValue:
    """The result as far as it is released; a note while an overdue attempt is being closed."""
    loaded = attempt_or_404(attempt_id)
    if attempts.is_open(loaded.attempt, now()):
        return redirect(url_for("learn.attempt", attempt_id=attempt_id))
    if is_closable(loaded.attempt.state, loaded.attempt.deadline_at, now()):
        loaded = _closed(attempt_id)
    if loaded.attempt.state is State.OPEN:
        return render_template("learn/closing.html", paper=papers.paper(loaded)), 200, {"Refresh": "5"}
    return render_template(
        "learn/result.html",
        paper=papers.paper(loaded),
        attempt=loaded.attempt,
        result=results.result(db.session, loaded, now()),
    )


def _closed(attempt_id: int) -> Loaded:
    """Write the marks of an attempt whose time is up, before its result is read: the one thing that a GET may write."""
    begin_immediate()
    submission.close_if_overdue(db.session, attempt_or_404(attempt_id, for_update=True).attempt, now())
    db.session.commit()
    db.session.expire_all()
    return attempt_or_404(attempt_id)


def attempt_or_404(attempt_id: int, *, for_update: bool = False) -> Loaded:
    """The viewer's own attempt.

    :raise 404: anybody else's, or none.
    """
    loaded = attempts.get_for(db.session, viewer(), attempt_id, for_update=for_update)
    if loaded is None:
        abort(404)
    return loaded


@blueprint.errorhandler(AttemptError)
def refused(error: AttemptError) -> ResponseReturnValue:
    """A page (or JSON) that says what happened and what is safe."""
    db.session.rollback()
    status = 400 if isinstance(error, BadAnswer) else 409
    name = type(error).__name__
    if _wants_json():
        return jsonify(error=name), status
    attempt_id = (request.view_args or {}).get("attempt_id")
    return render_template("learn/refused.html", name=name, error=error, attempt_id=attempt_id), status
