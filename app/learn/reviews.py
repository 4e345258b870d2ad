"""Daily review: what is due, starting a review, undoing an answer, the plan; and practice of one objective."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.domain.attempt import NoQuestions
from app.domain.spacing import SESSION_SIZES
from app.learn import blueprint
from app.learn.attempts import get_attempt_or_404
from app.learn.forms import ObjectiveForm, ReviewForm, ReviewPlanForm, UndoForm
from app.models import Learner, ReviewPlan
from app.services.attempts import objective_levels, review_plans, reviews
from app.services.attempts.review_plans import ExamOffer, PlanChange
from app.web.access import signed_in
from app.web.identity import ensure_learner, get_viewer


@blueprint.get("/review")
def show_review() -> ResponseReturnValue:
    """Show what is due today and in the next two weeks. Without an account, say why there is nothing."""
    if get_viewer().user is None:
        return render_template("learn/review.html", view=None)
    learner = _get_own_learner()
    view = reviews.view_reviews(db.session, learner, now())
    return _render_page(_build_form(view.plan), view)


@blueprint.post("/review")
@signed_in
def start_review() -> ResponseReturnValue:
    """Start a review of objectives that are due, or continue the open one."""
    form = ReviewForm(request.form)
    if not form.validate():
        abort(400)
    try:
        attempt = reviews.start_review(db.session, _get_own_learner(), form.size.data or SESSION_SIZES[0], now())
    except NoQuestions:
        db.session.commit()  # what the cards learned of new marks
        flash(_("Nothing is due for review now."))
        return redirect(url_for("learn.show_review"), 303)
    db.session.commit()
    return redirect(url_for("learn.resume_attempt", attempt_id=attempt.id), 303)


@blueprint.post("/review/plan")
@signed_in
def change_review_plan() -> ResponseReturnValue:
    """Store how much to remember, how many questions a day, and the date of an exam."""
    form, learner = ReviewPlanForm(), _get_own_learner()
    if not form.validate():
        return _render_page(form, reviews.view_reviews(db.session, learner, now())), 422
    wanted = PlanChange(
        retention_percent=int(form.retention.data),
        daily_limit=int(form.daily_limit.data),
        exam_on=form.exam,
        is_in_calendar=form.calendar.data,
    )
    review_plans.change_plan(db.session, learner, wanted, now())
    db.session.commit()
    flash(_("Your plan is saved."))
    return redirect(url_for("learn.show_review"), 303)


@blueprint.post("/review/pause")
@signed_in
def pause_reviews() -> ResponseReturnValue:
    """Pause reviews, or resume them."""
    review_plans.set_paused(db.session, _get_own_learner(), is_paused=request.form.get("paused") == "1")
    db.session.commit()
    return redirect(url_for("learn.show_review"), 303)


@blueprint.post("/attempts/<int:attempt_id>/<int:n>/undo")
def undo_answer(attempt_id: int, n: int) -> ResponseReturnValue:
    """Take back the latest answer of a review, and ask the question again. Repeating it changes nothing.

    :raise 404: not the viewer's attempt, or no such question in it.
    """
    loaded = get_attempt_or_404(attempt_id, for_update=True)
    item, form = loaded.item(n), UndoForm(request.form)
    if item is None:
        abort(404)
    if not form.validate():
        abort(400)
    reviews.undo_answer(db.session, loaded, item, form.revision.data or 0, now())
    db.session.commit()
    return redirect(url_for("learn.show_question", attempt_id=attempt_id, n=n), 303)


@blueprint.post("/practice")
def practise_objective() -> ResponseReturnValue:
    """Start practice of one objective, or continue the open one.

    :raise 404: no such objective.
    """
    form = ObjectiveForm(request.form)
    if not form.validate() or form.objective.data is None:
        abort(400)
    objective = objective_levels.get_objective(db.session, get_viewer(), form.objective.data) or abort(404)
    try:
        attempt = objective_levels.start_objective_practice(db.session, ensure_learner(), objective, now())
    except NoQuestions:
        db.session.rollback()
        flash(_("There are no practice questions on this objective."))
        return redirect(url_for("learn.show_progress"), 303)
    db.session.commit()
    return redirect(url_for("learn.resume_attempt", attempt_id=attempt.id), 303)


def _get_own_learner() -> Learner:
    learner = get_viewer().learner
    assert learner is not None
    return learner


def _build_form(plan: ReviewPlan) -> ReviewPlanForm:
    return ReviewPlanForm(
        formdata=None,
        retention=str(plan.retention_percent),
        daily_limit=str(plan.daily_limit),
        exam_on=plan.exam_on,
        calendar=plan.is_in_calendar,
    )


def _render_page(form: ReviewPlanForm, view: reviews.ReviewOverview) -> str:
    offers: Sequence[ExamOffer] = review_plans.list_exam_offers(db.session, _get_own_learner(), now())
    return render_template("learn/review.html", view=view, form=form, offers=offers, sizes=SESSION_SIZES)
