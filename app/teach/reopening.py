"""Reopening an attempt that ended by accident, and giving time back to one learner or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.clock import now
from app.db import db
from app.domain.names import find_shared_names
from app.domain.notifications import NotificationKind
from app.domain.reopening import AttemptRecency, ReopeningKind, ReopeningObstacle
from app.services.assignments.assignments import TaughtAssignment
from app.services.attempts import reopening
from app.services.attempts.reopening import AttemptChangedMeanwhile, ReopenableAttempt, ReopeningRefused
from app.services.cohorts import cohorts
from app.services.upkeep.outbox import OutgoingMail
from app.teach import blueprint
from app.teach.assignments import get_assignment_or_404
from app.teach.message_forms import ReopenForm
from app.web import mail
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission
from app.web.identity import get_viewer
from app.web.urls import parse_id

OBSTACLES = {
    ReopeningObstacle.LEFT_COHORT: _l("This learner is no longer in the cohort."),
    ReopeningObstacle.ACCOUNT_CLOSED: _l("The account of this learner is closed."),
    ReopeningObstacle.ASSIGNMENT_WITHDRAWN: _l("The assignment is withdrawn. Assign it again first."),
    ReopeningObstacle.LATER_ATTEMPT: _l("There is a later attempt. Only the latest attempt can be reopened."),
    ReopeningObstacle.NO_TIME_LIMIT: _l("The test is running and has no time limit."),
}


@blueprint.route("/attempts/<int:attempt_id>/reopen", methods=["GET", "POST"])
@trainers_only
def reopen_attempt(attempt_id: int) -> ResponseReturnValue:
    """Show what reopening an attempt (or giving it more time) means for it, and do it.

    :raise 404: no such attempt, or not in a cohort that the viewer teaches.
    :raise ArchivedError: a POST, and the cohort is archived.
    """
    is_post = request.method == "POST"
    found = reopening.get_for(db.session, get_viewer(), attempt_id, now(), for_update=is_post) or abort(404)
    form = ReopenForm()
    if not form.validate_on_submit():
        return _render_one(found, form), 422 if form.errors else 200
    if not is_first_submission(form):
        return redirect(url_for("teach.show_attempt", attempt_id=attempt_id), 303)
    try:
        _reopen(found, form, form.seen.data)
    except (AttemptChangedMeanwhile, ReopeningRefused):
        db.session.rollback()
        fresh = reopening.get_for(db.session, get_viewer(), attempt_id, now()) or abort(404)
        return _render_one(fresh, form, is_changed=True), 409
    mail.send_later(_write_letters([found], form))
    db.session.commit()
    is_open_again = found.kind is ReopeningKind.REOPEN
    flash(_("The test is open again. The clock is running.") if is_open_again else _("The learner has more time now."))
    return redirect(url_for("teach.show_attempt", attempt_id=attempt_id), 303)


def _reopen(found: ReopenableAttempt, form: ReopenForm, seen: str) -> None:
    reopening.reopen(db.session, current_account(), found, form.minutes.data, form.reason.data, now(), seen=seen)


def _render_one(found: ReopenableAttempt, form: ReopenForm, *, is_changed: bool = False) -> str:
    if not form.is_submitted() and found.minutes_left:
        form.minutes.data = found.minutes_left
    form.seen.data = found.version
    return render_template("teach/reopen.html", found=found, form=form, obstacles=OBSTACLES, is_changed=is_changed)


@blueprint.route("/assignments/<int:assignment_id>/time", methods=["GET", "POST"])
@trainers_only
def give_back_time(assignment_id: int) -> ResponseReturnValue:
    """List the latest attempt of each learner, and give minutes to the chosen ones. ``to=all`` chooses everybody.

    :raise 404: not an assignment that the viewer teaches.
    :raise ArchivedError: a POST, and the cohort is archived.
    """
    taught = get_assignment_or_404(assignment_id)
    form = ReopenForm()
    if not form.is_submitted():
        return _render_list(taught, form)
    cohorts.require_active(taught.cohort)
    chosen = _parse_chosen()
    if not form.validate() or not chosen:
        return _render_list(taught, form, chosen), 422
    if not is_first_submission(form):
        return redirect(url_for("teach.give_back_time", assignment_id=assignment_id), 303)
    done = _give_time(taught, form, chosen)
    mail.send_later(_write_letters(done, form))
    db.session.commit()
    _report_given(len(done), len(chosen))
    return redirect(url_for("teach.give_back_time", assignment_id=assignment_id), 303)


def _parse_chosen() -> dict[int, str]:
    """Return the chosen attempts, each with its version on the page."""
    pairs = (value.partition(":") for value in request.form.getlist("attempts")[:1000])
    return {number: version for text, _colon, version in pairs if (number := parse_id(text)) is not None}


def _give_time(taught: TaughtAssignment, form: ReopenForm, chosen: Mapping[int, str]) -> list[ReopenableAttempt]:
    """Reopen or extend the chosen attempts; return those that were not changed meanwhile."""
    done = []
    for found in reopening.list_latest(db.session, taught, now(), for_update=True):
        if found.attempt.id not in chosen:
            continue
        try:
            _reopen(found, form, chosen[found.attempt.id])
        except (AttemptChangedMeanwhile, ReopeningRefused):
            continue
        done.append(found)
    return done


def _render_list(taught: TaughtAssignment, form: ReopenForm, chosen: Mapping[int, str] | None = None) -> str:
    found = reopening.list_latest(db.session, taught, now())
    groups = _group_by_recency(found, now())
    # An interruption concerns tests of today, so all of them can be chosen at once, but not those of earlier days.
    today = [one for recency in (AttemptRecency.RUNNING, AttemptRecency.RECENT) for one in groups.get(recency, ())]
    possible = {one.attempt.id for one in today if one.obstacle is None}
    # At first, the learners who are taking the test now: what interrupts a room interrupts all of them.
    running = {one.attempt.id for one in found if one.kind is ReopeningKind.MORE_TIME}
    proposed = possible if request.args.get("to") == "all" else running
    return render_template(
        "teach/give_time.html",
        taught=taught,
        form=form,
        groups=groups,
        chosen=proposed if chosen is None else chosen,
        all_offered=len(possible) if len(possible) > 1 and not possible <= proposed else 0,
        is_nobody_chosen=chosen is not None and not chosen,
        shared=find_shared_names(one.name or "" for one in found),
        obstacles=OBSTACLES,
    )


def _group_by_recency(
    found: Sequence[ReopenableAttempt], at: datetime
) -> dict[AttemptRecency, list[ReopenableAttempt]]:
    groups: dict[AttemptRecency, list[ReopenableAttempt]] = {recency: [] for recency in AttemptRecency}
    for one in found:
        groups[one.get_recency(at)].append(one)
    return {recency: attempts for recency, attempts in groups.items() if attempts}


def _report_given(done: int, chosen: int) -> None:
    if done:
        flash(ngettext("%(num)s learner has more time now.", "%(num)s learners have more time now.", done))
    if chosen > done:
        flash(
            ngettext(
                "%(num)s test has ended or was reopened in the meantime and was not changed. Check the list again.",
                "%(num)s tests have ended or were reopened in the meantime and were not changed. Check the list again.",
                chosen - done,
            ),
            "warn",
        )


def _write_letters(done: list[ReopenableAttempt], form: ReopenForm) -> list[OutgoingMail]:
    """Write to learners whose submitted tests are open again, because their clock is running."""
    if not mail.is_delivering():
        return []
    return [
        mail.write_notification(
            mail.Addressee(found.user_id, found.name, found.email, found.language),
            NotificationKind.MESSAGES,
            _l("Your test was reopened: %(title)s", title=found.assignment.title),
            "mail/reopened.txt",
            found=found,
            trainer=current_account().name,
            reason=form.reason.data,
        )
        for found in done
        if found.kind is ReopeningKind.REOPEN and found.wants_mail and found.user_id and found.name and found.email
    ]
