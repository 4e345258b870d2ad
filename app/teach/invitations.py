"""Invitations to a cohort that nobody took up yet: shown once, mailed where there is mail, withdrawn, made anew."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import mail
from app.access import account, trainers_only
from app.clock import now
from app.db import db
from app.local import absolute
from app.models import Cohort, Invitation, Role
from app.services.people import invitations
from app.services.people.invitations import Sent
from app.services.spreadsheet import line
from app.teach import blueprint
from app.teach.cohorts import found_cohort
from app.teach.gradebook import file_name


@dataclass(frozen=True, slots=True)
class Letter:
    """An invitation with its link, which can be shown this once."""

    name: str
    email: str
    link: str


def hand_out(cohort: Cohort, sent: Sequence[Sent], role: Role) -> list[Letter]:
    """The links of invitations that were just committed; they are mailed as well, where there is mail."""
    letters = [Letter(one.name, one.email, absolute(url_for("accounts.invitation", token=one.token))) for one in sent]
    if mail.reaches_people():
        mail.send_later([_message(cohort, one, letter, role) for one, letter in zip(sent, letters, strict=True)])
    return letters


def letters_page(cohort: Cohort, letters: Sequence[Letter], left_out: int = 0) -> str:
    """All links at once, to copy or to save as a file: they are kept nowhere."""
    table = _table(letters)
    file = base64.b64encode(table.encode("utf-8-sig")).decode()
    return render_template(
        "teach/invited.html",
        cohort=cohort,
        letters=letters,
        left_out=left_out,
        is_mailed=mail.reaches_people(),
        table=table,
        # A file without another request, hence without keeping what it holds.
        href=f"data:text/csv;charset=utf-8;base64,{file}",
        file_name=f"{file_name(cohort.title, 'cohort')}-invitations.csv",
    )


@blueprint.post("/cohorts/<int:cohort_id>/invitations/renew")
@trainers_only
def invitations_renew(cohort_id: int) -> ResponseReturnValue:
    """New links for everybody who is invited: those before stop working."""
    cohort = found_cohort(cohort_id)
    sent = invitations.renew_all(db.session, account(), cohort, now())
    db.session.commit()
    if not sent:
        flash("Nobody is waiting for a link.", "warn")
        return redirect(url_for("teach.people", cohort_id=cohort.id), 303)
    return letters_page(cohort, hand_out(cohort, sent, Role.LEARNER))


@blueprint.post("/cohorts/<int:cohort_id>/invitations/<int:invitation_id>/renew")
@trainers_only
def invitation_renew(cohort_id: int, invitation_id: int) -> ResponseReturnValue:
    """A new link for one of them.

    :raise 404: there is no such invitation to this cohort.
    """
    cohort = found_cohort(cohort_id)
    found = _found(cohort, invitation_id)
    try:
        sent = invitations.renew(db.session, account(), cohort, found, now())
    except invitations.UnusableError:
        db.session.rollback()
        flash("That invitation was used or withdrawn meanwhile.", "warn")
        return redirect(_page_of(cohort, found), 303)
    db.session.commit()
    return letters_page(cohort, hand_out(cohort, [sent], found.role))


@blueprint.post("/cohorts/<int:cohort_id>/invitations/<int:invitation_id>/withdraw")
@trainers_only
def invitation_withdraw(cohort_id: int, invitation_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    found = _found(cohort, invitation_id)
    invitations.withdraw(db.session, account(), found, now())
    db.session.commit()
    flash("The invitation is withdrawn: its link no longer works.")
    return redirect(_page_of(cohort, found), 303)


def _found(cohort: Cohort, invitation_id: int) -> Invitation:
    return invitations.get_of_cohort(db.session, cohort, invitation_id) or abort(404)


def _page_of(cohort: Cohort, invitation: Invitation) -> str:
    if invitation.role is Role.LEARNER:
        return url_for("teach.people", cohort_id=cohort.id, show="invited")
    return url_for("teach.settings", cohort_id=cohort.id)


def _message(cohort: Cohort, sent: Sent, letter: Letter, role: Role) -> mail.Message:
    text = render_template(
        "mail/invitation.txt",
        cohort=cohort,
        sent=sent,
        link=letter.link,
        trainer=account().name,
        teaches=role is Role.TRAINER,
    )
    return mail.Message(sent.email, f"Your invitation: {cohort.title}", text)


def _table(letters: Sequence[Letter]) -> str:
    """Names, addresses and links as CSV: no cell of it is a formula."""
    cells = [["Name", "E-mail", "Link"], *([letter.name, letter.email, letter.link] for letter in letters)]
    return "".join(line(row) for row in cells)
