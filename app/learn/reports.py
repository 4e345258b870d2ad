"""Learners' reports of faulty questions, and the replies to them."""

from __future__ import annotations

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.domain.attempt import Purpose
from app.learn import blueprint
from app.learn.attempts import get_attempt_or_404, get_seconds_left, get_seconds_total, require_open
from app.learn.forms import ReportForm
from app.services.attempts import attempts, papers
from app.services.attempts.attempts import OwnAttempt
from app.services.reporting import question_reports, report_replies


@blueprint.route("/attempts/<int:attempt_id>/<int:n>/report", methods=["GET", "POST"])
def report_question(attempt_id: int, n: int) -> ResponseReturnValue:
    """Report a faulty question, or read the reply. The learner's answer is not changed.

    :raise 404: not the viewer's attempt, or no such question in it.
    :raise QuestionPassed: the test goes forward only, and this question cannot be opened now.
    """
    loaded = get_attempt_or_404(attempt_id)
    item = loaded.item(n)
    if item is None:
        abort(404)
    if attempts.is_open(loaded.attempt, now()):
        require_open(loaded, item)
    own = question_reports.get_own(db.session, loaded, n)
    form = ReportForm(says=own.says if own else "")
    if form.validate_on_submit():
        if not question_reports.save_report(db.session, loaded, n, form.says.data, now()):
            db.session.rollback()
            form.says.errors = (_("Your report already has a reply, so it can’t be changed."),)
            return _render_report(get_attempt_or_404(attempt_id), n, form), 409
        db.session.commit()
        return redirect(_get_question_path(loaded, n), 303)
    return _render_report(loaded, n, form), 422 if form.errors else 200


@blueprint.post("/attempts/<int:attempt_id>/<int:n>/reply")
def read_reply(attempt_id: int, n: int) -> ResponseReturnValue:
    """Mark the reply to a report as read, and show it with the question.

    :raise 404: not the viewer's attempt, or no reply to this question in it.
    """
    loaded = get_attempt_or_404(attempt_id)
    own = question_reports.get_own(db.session, loaded, n)
    if own is None or own.answered_at is None or not _is_reply_shown(loaded):
        abort(404)
    report_replies.mark_read(db.session, own, now())
    db.session.commit()
    return redirect(_get_question_path(loaded, n), 303)


def _is_reply_shown(loaded: OwnAttempt) -> bool:
    """Return whether a reply may be shown now. It may name the right answer, so it waits until a test is submitted."""
    return loaded.attempt.purpose is Purpose.PRACTICE or not attempts.is_open(loaded.attempt, now())


def _render_report(loaded: OwnAttempt, n: int, form: ReportForm) -> str:
    item = loaded.items[n - 1]
    is_open = attempts.is_open(loaded.attempt, now())
    return render_template(
        "learn/report.html",
        paper=papers.view_paper(db.session, loaded),
        question=papers.view_question(db.session, item),
        own=question_reports.view_own(db.session, loaded, n, now()),
        form=form,
        back=_get_question_path(loaded, n),
        is_open=is_open,
        is_reply_shown=_is_reply_shown(loaded),
        seconds_left=get_seconds_left(loaded.attempt) if is_open else None,
        seconds_total=get_seconds_total(loaded.attempt) if is_open else None,
    )


def _get_question_path(loaded: OwnAttempt, n: int) -> str:
    """Return the page that shows the question with its report: in the running attempt, or in the result, unfolded."""
    attempt_id = loaded.attempt.id
    if attempts.is_open(loaded.attempt, now()):
        return url_for("learn.show_question", attempt_id=attempt_id, n=n, _anchor=f"report-{n}")
    return url_for("learn.show_result", attempt_id=attempt_id, open=n, _anchor=f"report-{n}")
