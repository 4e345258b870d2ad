"""One member of a cohort: removing and readmitting them, and a link with which they choose a new password."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.models import Cohort, User
from app.services.cohorts import cohorts, memberships
from app.services.log import audit
from app.services.people import notices, users
from app.services.people.notices import NoticeKind
from app.services.reporting import learner_records
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.web import mail, reset_links
from app.web.access import current_account, trainers_only
from app.web.undo import flash_with_undo
from app.web.urls import parse_id


@blueprint.get("/cohorts/<int:cohort_id>/members/<int:learner_id>")
@trainers_only
def show_member(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """Ask before a member is removed, and offer a link to choose a new password.

    :raise 404: not the viewer's cohort, or the learner was never in it.
    """
    cohort = get_cohort_or_404(cohort_id)
    owner = memberships.get_member(db.session, cohort, learner_id)
    return _render_member(cohort, owner, learner_id) if owner else _redirect_unchanged(cohort, learner_id)


@blueprint.post("/cohorts/<int:cohort_id>/members/<int:learner_id>/reset-link")
@trainers_only
def create_reset_link(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """Create a link for choosing a new password; its owner is told. It works once, within a day.

    :raise 403: the member has a role, or the cohort is archived.
    """
    cohort = get_cohort_or_404(cohort_id)
    owner = memberships.get_member(db.session, cohort, learner_id)
    if owner is None:
        return _redirect_unchanged(cohort, learner_id)
    if not memberships.may_reset_password(db.session, current_account(), owner, cohort.id):
        abort(403)
    link = reset_links.create(current_account(), owner, cohort)
    audit.record(db.session, current_account(), "user.reset_link", users.get_subject(owner), now(), cohort=cohort.id)
    notices.add(owner, NoticeKind.RESET_LINK, now())
    mail.send_reset_link_notice(owner)
    db.session.commit()
    return _render_member(cohort, owner, learner_id, link)


@blueprint.post("/cohorts/<int:cohort_id>/remove")
@trainers_only
def remove_learner(cohort_id: int) -> ResponseReturnValue:
    """Remove a member, who is told; the next page offers to undo it."""
    cohort, learner_id = get_cohort_or_404(cohort_id), _get_learner_id()
    owner = memberships.get_member(db.session, cohort, learner_id)
    if owner is None or not cohorts.remove_member(db.session, current_account(), cohort, learner_id, now()):
        return _redirect_unchanged(cohort, learner_id)
    mail.send_cohort_notice(owner, cohort.title, NoticeKind.REMOVED)
    db.session.commit()
    flash_with_undo(
        _("%(name)s was removed from %(title)s. Their work is kept.", name=owner.name, title=cohort.title),
        url_for("teach.readmit_learner", cohort_id=cohort.id),
        _("Undo"),
        learner=learner_id,
    )
    return redirect(url_for("teach.show_people", cohort_id=cohort.id), 303)


@blueprint.post("/cohorts/<int:cohort_id>/readmit")
@trainers_only
def readmit_learner(cohort_id: int) -> ResponseReturnValue:
    """Bring a removed learner back with all their work."""
    cohort, learner_id = get_cohort_or_404(cohort_id), _get_learner_id()
    if not cohorts.readmit_member(db.session, current_account(), cohort, learner_id, now()):
        return _redirect_unchanged(cohort, learner_id)
    owner = memberships.get_member(db.session, cohort, learner_id)
    if owner is not None:
        mail.send_cohort_notice(owner, cohort.title, NoticeKind.READMITTED)
    db.session.commit()
    if owner is not None:
        flash(_("%(name)s is back in %(title)s, with all their work.", name=owner.name, title=cohort.title))
    return redirect(url_for("teach.show_people", cohort_id=cohort.id), 303)


def _get_learner_id() -> int:
    return parse_id(request.form.get("learner", "")) or abort(404)


def _redirect_unchanged(cohort: Cohort, learner_id: int) -> ResponseReturnValue:
    """Say that the learner left, was removed or was brought back meanwhile.

    :raise 404: the learner was never in the cohort, or the account was erased.
    """
    member = learner_records.get_member(db.session, cohort, learner_id) or abort(404)
    if member.removed_at is None:
        flash(_("%(name)s is in the cohort already.", name=member.name))
        return redirect(url_for("teach.show_people", cohort_id=cohort.id), 303)
    flash(_("%(name)s is no longer in the cohort. Nothing was changed.", name=member.name), "warn")
    return redirect(url_for("teach.show_people", cohort_id=cohort.id, show="removed"), 303)


def _render_member(cohort: Cohort, owner: User, learner_id: int, link: str | None = None) -> str:
    return render_template(
        "teach/member.html",
        cohort=cohort,
        person=memberships.get_line(db.session, cohort, learner_id),
        link=link,
        may_reset=memberships.may_reset_password(db.session, current_account(), owner, cohort.id),
    )
