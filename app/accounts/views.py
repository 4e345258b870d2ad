"""Account settings, notices to the account holder, and taking over a guest's work."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.forms import AccountForm
from app.clock import now
from app.db import db
from app.domain import wall_clock
from app.services.attempts import guests
from app.services.cohorts import cohorts
from app.services.people import notices, users
from app.web.access import current_account as own_account
from app.web.access import signed_in
from app.web.identity import forget_guest, get_unclaimed_guest, get_viewer
from app.web.urls import get_page_path

blueprint = Blueprint("accounts", __name__)

GUEST_WORK_PAGES = frozenset({"learn.show_course", "learn.show_module", "learn.show_progress", "accounts.edit_account"})


@blueprint.app_context_processor
def _provide_guest_work() -> dict[str, Any]:
    """Provide the amount of unclaimed guest work. The pages where it would appear ask about it until the user decides."""

    def is_asked() -> bool:
        return request.endpoint in GUEST_WORK_PAGES

    def count() -> int:
        guest = get_unclaimed_guest() if session.get("guest") else None
        return users.count_guest_work(db.session, guest) if guest else 0

    return {"count_guest_work": count, "asks_about_guest_work": is_asked}


@blueprint.route("/account", methods=["GET", "POST"])
@signed_in
def edit_account() -> ResponseReturnValue:
    """Change one's name and time zone."""
    user, learner = own_account(), get_viewer().learner
    assert learner is not None
    form = AccountForm(obj=user, time_zone=learner.time_zone)
    if form.validate_on_submit():
        user.name, learner.time_zone = form.name.data, form.time_zone.data
        db.session.commit()
        flash(_("Your account was saved."))
        return redirect(url_for("accounts.edit_account"), 303)
    page = render_template(
        "accounts/account.html",
        form=form,
        user=user,
        zones=wall_clock.list_time_zones(),
        memberships=cohorts.list_memberships(db.session, learner),
    )
    return page, 422 if form.errors else 200


@blueprint.post("/account/time-zone")
@signed_in
def change_time_zone() -> ResponseReturnValue:
    """Use the time zone of this browser, which pages ask about once if it differs.

    :raise 400: no such time zone.
    """
    learner, zone = get_viewer().learner, request.form.get("time_zone", "")
    if learner is None or not wall_clock.is_time_zone(zone):
        abort(400)
    learner.time_zone = zone
    db.session.commit()
    flash(_("Times are now shown in the time zone %(zone)s.", zone=zone))
    return redirect(get_page_path(request.referrer), 303)


@blueprint.post("/account/notices")
@signed_in
def clear_notices() -> ResponseReturnValue:
    """Confirm the notices about what others did to one's account."""
    notices.clear(own_account())
    db.session.commit()
    return redirect(get_page_path(request.referrer), 303)


@blueprint.post("/account/guest")
@signed_in
def claim_guest_work() -> ResponseReturnValue:
    """Take over a guest's work from this browser, or leave it."""
    learner, left = get_viewer().learner, get_unclaimed_guest()
    assert learner is not None
    if request.form.get("keep") == "1":
        if left is not None and left.is_guest and guests.move_work(db.session, left, learner, now()):
            flash(_("Your work was added to your account. You will find it under Progress."))
        else:
            flash(_("There was no work left to add: it has been removed, or belongs to an account already."), "warn")
    forget_guest()
    db.session.commit()
    return redirect(url_for("learn.show_course"), 303)
