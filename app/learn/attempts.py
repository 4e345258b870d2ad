"""Pages for taking an attempt: question, summary, submission and result."""

from __future__ import annotations

from typing import Any

from flask import abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db, use_write_transaction
from app.domain.attempt import (
    AnswerMissing,
    AttemptError,
    AttemptState,
    InvalidAnswer,
    QuestionPassed,
    UnusableAnswer,
    is_closable,
)
from app.domain.paper import PaperItem
from app.domain.release import Release
from app.learn import blueprint
from app.learn.forms import QuestionForm
from app.learn.wording import refusal
from app.models import Attempt
from app.services.attempts import answering, attempts, next_steps, objective_scores, papers, releases, results
from app.services.attempts.answering import AnswerConflict, SavedAnswer
from app.services.attempts.attempts import OwnAttempt
from app.services.attempts.feedback import Feedback, get_feedback, list_outcomes
from app.services.marking import submission
from app.services.reporting import question_reports
from app.web.answer_words import describe_problem
from app.web.identity import get_viewer
from app.web.templating import clock


@blueprint.get("/attempts/<int:attempt_id>")
def resume_attempt(attempt_id: int) -> ResponseReturnValue:
    """Redirect to the first unanswered question, or to where the attempt can be submitted if there is none.

    If every answer is checked, that is the last question: there is nothing left to review.
    """
    loaded = get_attempt_or_404(attempt_id)
    if loaded.attempt.is_forward_only:
        return redirect(url_for("learn.show_question", attempt_id=attempt_id, n=loaded.attempt.furthest))
    left = papers.view_paper(db.session, loaded).unanswered
    if left or loaded.attempt.checks_each:
        n = left[0].n if left else len(loaded.items)
        return redirect(url_for("learn.show_question", attempt_id=attempt_id, n=n))
    return redirect(url_for("learn.show_summary", attempt_id=attempt_id))


@blueprint.get("/attempts/<int:attempt_id>/<int:n>")
def show_question(attempt_id: int, n: int) -> ResponseReturnValue:
    """Show one question of an open attempt.

    :raise 404: not the viewer's attempt, or no such question in it.
    :raise QuestionPassed: the test goes forward only, and the learner has gone on from the question.
    """
    loaded = get_attempt_or_404(attempt_id)
    if not attempts.is_open(loaded.attempt, now()):
        return redirect(url_for("learn.show_result", attempt_id=attempt_id))
    item = loaded.item(n)
    if item is not None and loaded.attempt.is_forward_only and n > loaded.attempt.furthest:
        return redirect(_get_reached_path(loaded))
    if item is not None:
        require_open(loaded, item)
    return _render_question(loaded, n)


def require_open(loaded: OwnAttempt, item: PaperItem) -> None:
    """Refuse to show a question that is not open in a test that goes forward only.

    :raise QuestionPassed: the learner has gone on from it, or has not reached it.
    """
    if not answering.may_open(db.session, loaded, item):
        raise QuestionPassed


def _render_question(
    loaded: OwnAttempt, n: int, conflict: AnswerConflict | None = None, fault: str | None = None
) -> str:
    """Render a question. ``fault`` explains why an answer was rejected; the input is kept."""
    item = loaded.item(n)
    if item is None:
        abort(404)
    attempt = loaded.attempt
    frame = frame_exam(loaded)  # first, as it reads the texts of all questions
    view = papers.view_question(
        db.session, item, asks_certainty=attempt.asks_certainty, checks_each=attempt.checks_each
    )
    release = releases.get_release_under_way(db.session, loaded, now()) if view.is_checked else None
    is_explained = release is not None and release.explanation
    return render_template(
        "learn/question.html",
        **frame,
        question=view,
        outcomes=list_outcomes(db.session, attempt),
        feedback=_get_feedback(loaded, item, release)
        if release and release.correctness and not view.kind.is_marked_by_people
        else None,
        reading=_get_reading(item.version_id) if is_explained else None,
        conflict=conflict,
        wanted=_in_words(item, conflict) if conflict else (),
        fault=fault,
        typed=request.form,
        report=question_reports.view_own(db.session, loaded, n, now()) if n in loaded.reported else None,
    )


def frame_exam(loaded: OwnAttempt) -> dict[str, Any]:
    """Return what ``learn/_exam.html``, the header of a running attempt, needs."""
    attempt = loaded.attempt
    return {
        "paper": papers.view_paper(db.session, loaded),
        "seconds_left": get_seconds_left(attempt),
        "seconds_total": get_seconds_total(attempt),
    }


def _in_words(item: PaperItem, conflict: AnswerConflict) -> tuple[str, ...]:
    asked = papers.get_question(db.session, item)
    return asked.kind.describe_response(asked, conflict.wanted)


def _get_feedback(loaded: OwnAttempt, item: PaperItem, release: Release) -> Feedback:
    corrections = results.list_corrections(db.session, loaded) if item.position in loaded.corrected else {}
    return get_feedback(db.session, item, release, corrections.get(item.version_id, ()))


def _get_reading(version_id: int) -> objective_scores.Reading | None:
    objective_id = objective_scores.get_objective(db.session, version_id)
    return objective_scores.list_readings(db.session, [objective_id]).get(objective_id)


def get_seconds_left(attempt: Attempt) -> int | None:
    """Return the seconds left by the server's clock, from which the page counts down."""
    return None if attempt.deadline_at is None else max(0, int((attempt.deadline_at - now()).total_seconds()))


def get_seconds_total(attempt: Attempt) -> int | None:
    return None if attempt.deadline_at is None else int((attempt.deadline_at - attempt.started_at).total_seconds())


@blueprint.post("/attempts/<int:attempt_id>/<int:n>")
def save_answer(attempt_id: int, n: int) -> ResponseReturnValue:
    """Save an answer. The page's script gets JSON; a plain form is redirected.

    :raise 404: not the viewer's attempt, or no such question in it.
    """
    loaded = get_attempt_or_404(attempt_id, for_update=True)
    item = loaded.item(n)
    if item is None:
        abort(404)
    form = QuestionForm(request.form)
    if not form.validate():
        raise InvalidAnswer
    try:
        outcome = answering.record_answer(db.session, loaded, item, form.change(), now())
        _require_answer(loaded, item, form)
    except UnusableAnswer as error:
        return _refuse_answer(loaded, n, error)
    if isinstance(outcome, AnswerConflict):
        return _render_conflict(loaded, n, outcome)
    next_path = _get_next_path(loaded, item, form)
    if not _wants_json() and _is_left(loaded, item, form):
        answering.go_on(loaded, item)
    db.session.commit()
    if _wants_json():
        return _render_saved(loaded.attempt, outcome)
    if loaded.attempt.is_forward_only and form.go.data != "summary":
        # The feedback to a checked answer comes before the next question.
        next_path = next_path if loaded.attempt.checks_each and not form.go.data else _get_reached_path(loaded)
    return redirect(next_path, 303)


def _get_reached_path(loaded: OwnAttempt) -> str:
    return url_for("learn.show_question", attempt_id=loaded.attempt.id, n=loaded.attempt.furthest)


def _is_left(loaded: OwnAttempt, item: PaperItem, form: QuestionForm) -> bool:
    """Return whether a plain form goes on from its question. The summary is a look, from which one can come back."""
    asked = papers.get_question(db.session, item)
    is_whole = asked.kind.get_next_step(asked, item.response) is None
    if form.go.data:
        return bool(form.go.data != "summary")
    if form.clear.data:
        return False
    return is_whole or not asked.kind.step_field


def _require_answer(loaded: OwnAttempt, item: PaperItem, form: QuestionForm) -> None:
    """Refuse to check a question without an answer.

    :raise AnswerMissing: the form asks for a check, and nothing was answered.
    """
    if loaded.attempt.checks_each and item.response is None and not form.go.data:
        raise AnswerMissing(papers.get_question(db.session, item).kind.nothing_given)


def _refuse_answer(loaded: OwnAttempt, n: int, error: UnusableAnswer) -> ResponseReturnValue:
    """Reject an answer: store nothing, keep the input and show the error next to it."""
    db.session.rollback()
    if _wants_json():
        return jsonify(error=type(error).__name__, message=describe_problem(error)), 422
    fresh = get_attempt_or_404(loaded.attempt.id)
    require_open(fresh, fresh.items[n - 1])
    return _render_question(fresh, n, fault=describe_problem(error)), 422


def _get_next_path(loaded: OwnAttempt, item: PaperItem, form: QuestionForm) -> str:
    """Return the next page for a plain form.

    It is the requested one, else what followed the step that was taken, else any feedback, else the next question.
    """
    attempt_id, n, last = loaded.attempt.id, item.position, len(loaded.items)
    if form.go.data and form.go.data != "summary" and int(form.go.data) <= last:
        return url_for("learn.show_question", attempt_id=attempt_id, n=int(form.go.data))
    asked = papers.get_question(db.session, item)
    is_whole = asked.kind.get_next_step(asked, item.response) is None
    if not form.go.data and asked.kind.step_field and not (is_whole and loaded.attempt.checks_each):
        return url_for("learn.show_question", attempt_id=attempt_id, n=n, _anchor="step")
    if not form.go.data and loaded.attempt.checks_each:
        return url_for("learn.show_question", attempt_id=attempt_id, n=n, _anchor="verdict")
    if form.go.data or n >= last:
        return url_for("learn.show_summary", attempt_id=attempt_id)
    return url_for("learn.show_question", attempt_id=attempt_id, n=n + 1)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _render_saved(attempt: Attempt, outcome: SavedAnswer) -> ResponseReturnValue:
    saved = clock(outcome.saved_at) if outcome.saved_at else None
    return jsonify(revision=outcome.revision, saved=saved, seconds_left=get_seconds_left(attempt))


def _render_conflict(loaded: OwnAttempt, n: int, conflict: AnswerConflict) -> ResponseReturnValue:
    """Show both answers after another tab or device saved a different one. Nothing is changed."""
    db.session.rollback()
    fresh = get_attempt_or_404(loaded.attempt.id)
    if _wants_json():
        item = fresh.items[n - 1]
        return jsonify(error="stale", revision=item.revision, fields=papers.get_stored_fields(db.session, item)), 409
    return _render_question(fresh, n, conflict), 409


@blueprint.get("/attempts/<int:attempt_id>/time")
def get_time_left(attempt_id: int) -> ResponseReturnValue:
    """Return the seconds left, so that an open page learns of added time."""
    loaded = get_attempt_or_404(attempt_id)
    return jsonify(seconds_left=get_seconds_left(loaded.attempt), is_open=attempts.is_open(loaded.attempt, now()))


@blueprint.get("/attempts/<int:attempt_id>/summary")
def show_summary(attempt_id: int) -> ResponseReturnValue:
    """Show which questions are answered, flagged or unanswered, before submission."""
    loaded = get_attempt_or_404(attempt_id)
    if not attempts.is_open(loaded.attempt, now()):
        return redirect(url_for("learn.show_result", attempt_id=attempt_id))
    return render_template(
        "learn/summary.html",
        **frame_exam(loaded),
        outlines=papers.list_outlines(db.session, loaded),
    )


@blueprint.post("/attempts/<int:attempt_id>/submit")
def submit_attempt(attempt_id: int) -> ResponseReturnValue:
    """Submit an attempt. Submitting again changes nothing."""
    loaded = get_attempt_or_404(attempt_id, for_update=True)
    submission.submit(db.session, loaded.attempt, now(), loaded.items)
    db.session.commit()
    return redirect(url_for("learn.show_result", attempt_id=attempt_id), 303)


@blueprint.get("/attempts/<int:attempt_id>/result")
def show_result(attempt_id: int) -> ResponseReturnValue:
    """Show the released parts of the result, or a note while an expired attempt is being closed."""
    loaded = get_attempt_or_404(attempt_id)
    if attempts.is_open(loaded.attempt, now()):
        return redirect(url_for("learn.resume_attempt", attempt_id=attempt_id))
    if is_closable(loaded.attempt.state, loaded.attempt.deadline_at, now()):
        loaded = _close_if_overdue(attempt_id)
    if loaded.attempt.state is AttemptState.OPEN:
        return render_template("learn/closing.html", paper=papers.view_paper(db.session, loaded)), 200, {"Refresh": "5"}
    result = results.view_result(db.session, loaded, now())
    return render_template(
        "learn/result.html",
        paper=papers.view_paper(db.session, loaded),
        attempt=loaded.attempt,
        result=result,
        practice_size=next_steps.count_missed_practice(loaded, result),
        opened=request.args.get("open", type=int),
    )


def _close_if_overdue(attempt_id: int) -> OwnAttempt:
    """Close an expired attempt and write its marks before showing the result. This is the only write in a GET here."""
    use_write_transaction()
    submission.close_if_overdue(db.session, get_attempt_or_404(attempt_id, for_update=True).attempt, now())
    db.session.commit()
    db.session.expire_all()
    return get_attempt_or_404(attempt_id)


def get_attempt_or_404(attempt_id: int, *, for_update: bool = False) -> OwnAttempt:
    """Return the viewer's own attempt.

    :raise 404: no such attempt, or somebody else's.
    """
    loaded = attempts.get_for(db.session, get_viewer(), attempt_id, for_update=for_update)
    if loaded is None:
        abort(404)
    return loaded


@blueprint.errorhandler(AttemptError)
def handle_attempt_error(error: AttemptError) -> ResponseReturnValue:
    """Explain in a page or JSON what happened and what is safe."""
    db.session.rollback()
    status = 400 if isinstance(error, InvalidAnswer) else 409
    name = type(error).__name__
    if _wants_json():
        return jsonify(error=name), status
    return render_template("learn/refused.html", refusal=refusal(error), **(request.view_args or {})), status
