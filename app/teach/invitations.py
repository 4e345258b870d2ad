"""Pending invitations to a cohort: showing their links once, mailing, withdrawing and renewing them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.models import Cohort, Invitation, Role
from app.services.cohorts import cohorts, invitations
from app.services.cohorts.invitations import IssuedJoinInvitation
from app.services.log.spreadsheet import format_line
from app.services.upkeep.outbox import OutgoingMail
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.web import mail
from app.web.access import current_account, trainers_only
from app.web.downloads import make_slug
from app.web.urls import make_absolute


@dataclass(frozen=True, slots=True)
class InvitationLink:
    """An invitation with its link, which is not stored."""

    name: str
    email: str
    link: str


def issue_links(cohort: Cohort, sent: Sequence[IssuedJoinInvitation], role: Role) -> list[InvitationLink]:
    """Return the links of new invitations. Store the mails with them if mail is configured; the caller commits."""
    letters = [
        InvitationLink(one.name, one.email, make_absolute(url_for("accounts.accept_invitation", token=one.token)))
        for one in sent
    ]
    if mail.is_delivering():
        mail.send_later([_build_message(cohort, one, letter, role) for one, letter in zip(sent, letters, strict=True)])
    return letters


def render_links(cohort: Cohort, letters: Sequence[InvitationLink], left_out: int = 0) -> str:
    """Render all links for copying or saving as a file, because they are not stored."""
    table = _build_csv(letters)
    file = base64.b64encode(table.encode("utf-8-sig")).decode()
    return render_template(
        "teach/invited.html",
        cohort=cohort,
        letters=letters,
        left_out=left_out,
        is_mailed=mail.is_delivering(),
        table=table,
        # A data URL needs no further request, so the links need not be stored.
        href=f"data:text/csv;charset=utf-8;base64,{file}",
        file_name=f"{make_slug(cohort.title) or 'cohort'}-invitations.csv",
    )


@blueprint.post("/cohorts/<int:cohort_id>/invitations/renew")
@trainers_only
def renew_invitations(cohort_id: int) -> ResponseReturnValue:
    """Create new links for all pending invitations. The old links stop working."""
    cohort = get_cohort_or_404(cohort_id)
    sent = invitations.renew_all(db.session, current_account(), cohort, now())
    letters = issue_links(cohort, sent, Role.LEARNER)
    db.session.commit()
    if not sent:
        flash(_("There are no open invitations."), "warn")
        return redirect(url_for("teach.show_people", cohort_id=cohort.id), 303)
    return render_links(cohort, letters)


@blueprint.post("/cohorts/<int:cohort_id>/invitations/<int:invitation_id>/renew")
@trainers_only
def renew_invitation(cohort_id: int, invitation_id: int) -> ResponseReturnValue:
    """Create a new link for one pending invitation.

    :raise 404: no such invitation to this cohort.
    """
    cohort = get_cohort_or_404(cohort_id)
    found = _get_invitation_or_404(cohort, invitation_id)
    try:
        sent = invitations.renew(db.session, current_account(), cohort, found, now())
    except invitations.UnusableError:
        db.session.rollback()
        flash(_("That invitation has been used or withdrawn in the meantime."), "warn")
        return redirect(_get_page_path(cohort, found), 303)
    letters = issue_links(cohort, [sent], found.role)
    db.session.commit()
    return render_links(cohort, letters)


@blueprint.post("/cohorts/<int:cohort_id>/invitations/<int:invitation_id>/withdraw")
@trainers_only
def withdraw_invitation(cohort_id: int, invitation_id: int) -> ResponseReturnValue:
    """Withdraw a pending invitation.

    :raise ArchivedError: the cohort is archived, so nobody can use it anyway.
    """
    cohort = get_cohort_or_404(cohort_id)
    found = _get_invitation_or_404(cohort, invitation_id)
    cohorts.require_active(cohort)
    invitations.withdraw(db.session, current_account(), found, now())
    db.session.commit()
    flash(_("The invitation was withdrawn. Its link no longer works."))
    return redirect(_get_page_path(cohort, found), 303)


def _get_invitation_or_404(cohort: Cohort, invitation_id: int) -> Invitation:
    return invitations.get_for_cohort(db.session, cohort, invitation_id) or abort(404)


def _get_page_path(cohort: Cohort, invitation: Invitation) -> str:
    if invitation.role is Role.LEARNER:
        return url_for("teach.show_people", cohort_id=cohort.id, show="invited")
    return url_for("teach.show_settings", cohort_id=cohort.id)


def _build_message(cohort: Cohort, sent: IssuedJoinInvitation, letter: InvitationLink, role: Role) -> OutgoingMail:
    text = render_template(
        "mail/invitation.txt",
        cohort=cohort,
        sent=sent,
        link=letter.link,
        trainer=current_account().name,
        teaches=role is Role.TRAINER,
    )
    return OutgoingMail(sent.email, f"Your invitation: {cohort.title}", text)


def _build_csv(letters: Sequence[InvitationLink]) -> str:
    """Build a CSV table of names, addresses and links, without formulas."""
    cells = [["Name", "E-mail", "Link"], *([letter.name, letter.email, letter.link] for letter in letters)]
    return "".join(format_line(row) for row in cells)
