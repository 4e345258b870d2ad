"""The people of a cohort: joining, and lists of members, invitations and removed learners."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import segno
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from app.clock import now
from app.db import db
from app.domain.paging import Paged
from app.models import Cohort, Role
from app.services.cohorts import cohorts, invitations, memberships
from app.services.cohorts.memberships import MemberOrder
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.teach.people_forms import JoiningForm
from app.web.access import current_account, trainers_only
from app.web.identity import disregard_use
from app.web.urls import make_absolute, parse_choice

LIST_NAMES = ("members", "invited", "removed")


@blueprint.get("/cohorts/<int:cohort_id>/people")
@trainers_only
def show_people(cohort_id: int) -> ResponseReturnValue:
    """Show how to join, and list and search members, invitations or removed learners, 50 per page."""
    cohort = get_cohort_or_404(cohort_id)
    show = request.args.get("show", "")
    show = show if show in LIST_NAMES else LIST_NAMES[0]
    sought = request.args.get("q", "").strip()[:200]
    order = parse_choice(MemberOrder, request.args.get("sort")) or MemberOrder.NAME
    return render_template(
        "teach/people.html",
        cohort=cohort,
        show=show,
        sought=sought,
        order=order.value,
        page=_list_people(cohort, show, sought, order),
        counts=_count_lists(cohort),
        form=JoiningForm(formdata=None),
        **get_join_data(cohort),
    )


def _list_people(cohort: Cohort, show: str, sought: str, order: MemberOrder) -> Paged[Any]:
    number = request.args.get("page", 1, type=int)
    if show == "invited":
        return invitations.list_for_cohort(db.session, cohort, Role.LEARNER, sought, number)
    is_removed = show == "removed"
    return memberships.list_page(db.session, cohort, is_removed=is_removed, sought=sought, order=order, number=number)


def _count_lists(cohort: Cohort) -> dict[str, int]:
    """Return the length of each list by its name."""
    counts, waiting = memberships.count_members(db.session, cohort), invitations.count_pending(db.session, cohort)
    return {"members": counts.members, "invited": waiting, "removed": counts.removed}


@blueprint.get("/cohorts/<int:cohort_id>/join-screen")
@trainers_only
def show_join_screen(cohort_id: int) -> ResponseReturnValue:
    """Show only the join code, as large as possible, for projection in a room."""
    cohort = get_cohort_or_404(cohort_id)
    joined = memberships.count_members(db.session, cohort).members
    return render_template("teach/join_screen.html", cohort=cohort, joined=joined, **get_join_data(cohort))


@blueprint.get("/cohorts/<int:cohort_id>/join-screen/joined")
@trainers_only
def show_joined(cohort_id: int) -> ResponseReturnValue:
    """Show how many learners have joined: a part of the join screen, which asks for it every ten seconds."""
    disregard_use()
    cohort = get_cohort_or_404(cohort_id)
    joined = memberships.count_members(db.session, cohort).members
    return render_template("teach/_joined.html", cohort=cohort, joined=joined)


@blueprint.post("/cohorts/<int:cohort_id>/join-code")
@trainers_only
def change_join_code(cohort_id: int) -> ResponseReturnValue:
    """Create a new join code, change how long the current one is valid, or close joining."""
    cohort, form = get_cohort_or_404(cohort_id), JoiningForm()
    what = request.form.get("do", "renew")
    if not form.validate() or what not in ("keep", "renew", "close"):
        abort(400)
    if what == "close":
        cohorts.extend_code(db.session, current_account(), cohort, now(), timedelta(0))
        flash(_("Joining is closed. The code and the link no longer work."))
    elif what == "keep":
        cohorts.extend_code(db.session, current_account(), cohort, now(), form.duration)
        flash(_("Joining is open."))
    else:
        cohorts.renew_code(db.session, current_account(), cohort, now(), form.duration)
        flash(_("New code created. The old code and its link no longer work."))
    db.session.commit()
    return redirect(url_for("teach.show_people", cohort_id=cohort.id), 303)


def get_join_data(cohort: Cohort) -> dict[str, object]:
    """Return the join code, its link and the link's QR code."""
    code = cohorts.format_code(cohort.join_code)
    link = make_absolute(url_for("accounts.join_cohort", code=code))
    may_join = cohorts.may_join(cohort, now())
    return {
        "code": code,
        "link": link,
        "place": make_absolute(url_for("accounts.join_cohort")).partition("//")[2],
        "may_join": may_join,
        "qr": _draw_qr(link) if may_join else None,
    }


def _draw_qr(link: str) -> Markup:
    """Draw a QR code as SVG, black on white in any theme, because many scanners cannot read inverted codes."""
    made = segno.make(link, error="m", micro=False)
    picture = made.svg_inline(
        border=4,
        dark="#000",
        light="#fff",
        omitsize=True,
        svgclass="qr-code",
        lineclass=None,
        title=_("QR code of the link"),
    )
    return Markup(picture)  # noqa: S704  generated here from our own link
