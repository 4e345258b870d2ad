"""A learner says what is wrong with a question."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db
from app.learn import blueprint
from app.learn.attempts import attempt_or_404
from app.learn.forms import ReportForm
from app.services.taking import attempts, papers
from app.services.teaching import question_reports


@blueprint.route("/attempts/<int:attempt_id>/<int:n>/report", methods=["GET", "POST"])
def report(attempt_id: int, n: int) -> ResponseReturnValue:
    """Ask what is wrong, and store it; the answer to the question itself is not touched.

    :raise 404: not the viewer's attempt, or no such question in it.
    """
    loaded = attempt_or_404(attempt_id)
    item = loaded.item(n) or abort(404)
    own = question_reports.get_own(db.session, loaded, n)
    form = ReportForm(says=own.says if own else "")
    is_open = attempts.is_open(loaded.attempt, now())
    if is_open:
        back = url_for("learn.question", attempt_id=attempt_id, n=n)
    else:
        back = url_for("learn.result", attempt_id=attempt_id, _anchor=f"answer-{n}")
    if form.validate_on_submit():
        question_reports.report(db.session, loaded, item, form.says.data, now())
        db.session.commit()
        flash(
            "Thank you: it is passed on, together with the question as you were asked it. A reply stands with your result."
        )
        return redirect(back, 303)
    page = render_template(
        "learn/report.html",
        paper=papers.paper(loaded),
        question=papers.question(db.session, item),
        own=own,
        form=form,
        back=back,
        is_open=is_open,
    )
    return page, 422 if form.errors else 200
