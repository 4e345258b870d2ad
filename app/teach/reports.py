"""What learners reported of questions, and the replies."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.access import account, trainers_only
from app.clock import now
from app.db import db
from app.identity import viewer
from app.services.teaching import question_reports
from app.teach import blueprint
from app.teach.forms import ReplyForm


@blueprint.get("/reports")
@trainers_only
def reports() -> str:
    """What waits for a reply, and what was answered lately."""
    return render_template("teach/reports.html", reports=question_reports.list_for(db.session, viewer()))


@blueprint.route("/reports/<int:report_id>", methods=["GET", "POST"])
@trainers_only
def report(report_id: int) -> ResponseReturnValue:
    """One report: the question in the version that was shown, the learner's answer, and a reply.

    :raise 404: no such report, or another trainer's.
    """
    reported = question_reports.get_for(db.session, viewer(), report_id) or abort(404)
    form = ReplyForm()
    if form.validate_on_submit():
        is_first = question_reports.reply(db.session, account(), reported, form.reply.data, now())
        db.session.commit()
        if is_first:
            flash("Replied. The learner reads it with their result.")
        else:
            flash("Somebody replied before you: their reply stands.", "warn")
        return redirect(url_for("teach.report", report_id=report_id), 303)
    return render_template("teach/report.html", reported=reported, form=form), 422 if form.errors else 200
