"""Who is in a cohort, how others join it, and who is removed or brought back."""

from __future__ import annotations

from datetime import timedelta

import segno
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.access import account, trainers_only
from app.clock import now
from app.db import db
from app.local import absolute
from app.models import Cohort, Role
from app.services.people import invitations
from app.services.teaching import cohorts, memberships
from app.services.teaching.memberships import Order
from app.teach import blueprint
from app.teach.cohorts import found_cohort
from app.teach.people_forms import JoiningForm

LISTS = ("members", "invited", "removed")

Listed = invitations.Page | memberships.Page


@blueprint.get("/cohorts/<int:cohort_id>/people", endpoint="people")
@trainers_only
def show_people(cohort_id: int) -> ResponseReturnValue:
    """How to join; the members, the invited or the removed ones, searchable, 50 a page."""
    cohort = found_cohort(cohort_id)
    show = request.args.get("show", "")
    show = show if show in LISTS else LISTS[0]
    sought = request.args.get("q", "").strip()[:200]
    order = Order(request.args["sort"]) if request.args.get("sort") in list(Order) else Order.NAME
    number = request.args.get("page", 1, type=int)
    if show == "invited":
        page: Listed = invitations.list_of_cohort(db.session, cohort, Role.LEARNER, sought, number)
    else:
        is_removed = show == "removed"
        page = memberships.list_page(
            db.session, cohort, is_removed=is_removed, sought=sought, order=order, number=number
        )
    return render_template(
        "teach/people.html",
        cohort=cohort,
        show=show,
        sought=sought,
        order=order.value,
        page=page,
        counts=_counts(cohort),
        form=JoiningForm(formdata=None),
        **_ways_in(cohort),
    )


def _counts(cohort: Cohort) -> dict[str, int]:
    """How long each of the lists is, by its name."""
    counts, waiting = memberships.count(db.session, cohort), invitations.count_waiting(db.session, cohort)
    return {"members": counts.members, "invited": waiting, "removed": counts.removed}


@blueprint.get("/cohorts/<int:cohort_id>/join-screen", endpoint="join_screen")
@trainers_only
def show_join_screen(cohort_id: int) -> ResponseReturnValue:
    """The code for a whole room: as large as the screen allows, and nothing else."""
    cohort = found_cohort(cohort_id)
    return render_template("teach/join_screen.html", cohort=cohort, **_ways_in(cohort))


@blueprint.post("/cohorts/<int:cohort_id>/join-code", endpoint="join_code")
@trainers_only
def change_joining(cohort_id: int) -> ResponseReturnValue:
    """Make a new code, keep the one there is open for longer or shorter, or close joining."""
    cohort, form = found_cohort(cohort_id), JoiningForm()
    what = request.form.get("do", "renew")
    if not form.validate() or what not in ("keep", "renew", "close"):
        abort(400)
    if what == "close":
        cohorts.keep_open(db.session, account(), cohort, now(), timedelta(0))
        flash("Joining is closed: code and link no longer work.")
    elif what == "keep":
        cohorts.keep_open(db.session, account(), cohort, now(), form.duration)
        flash("The code and its link work until then.")
    else:
        cohorts.renew_code(db.session, account(), cohort, now(), form.duration)
        flash("There is a new code. The old one and its link no longer work.")
    db.session.commit()
    return redirect(url_for("teach.people", cohort_id=cohort.id), 303)


@blueprint.post("/cohorts/<int:cohort_id>/remove")
@trainers_only
def remove_learner(cohort_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    if not cohorts.remove(db.session, account(), cohort, _learner(), now()):
        abort(404)
    db.session.commit()
    flash("Removed from the cohort. What was learned is kept: they can be brought back under Removed.")
    return redirect(url_for("teach.people", cohort_id=cohort.id), 303)


@blueprint.post("/cohorts/<int:cohort_id>/readmit")
@trainers_only
def readmit_learner(cohort_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    if not cohorts.readmit(db.session, account(), cohort, _learner(), now()):
        abort(404)
    db.session.commit()
    flash("Back in the cohort, with everything they did.")
    return redirect(url_for("teach.people", cohort_id=cohort.id), 303)


def _learner() -> int:
    learner_id = request.form.get("learner", type=int)
    if learner_id is None or not 0 < learner_id < 10**15:
        abort(404)
    return learner_id


def _ways_in(cohort: Cohort) -> dict[str, object]:
    """How to join: the code, its link, and that link as a picture."""
    code = cohorts.code_shown(cohort.join_code)
    link = absolute(url_for("accounts.join", code=code))
    may_join = cohorts.may_join(cohort, now())
    return {
        "code": code,
        "link": link,
        "place": absolute(url_for("accounts.join")).partition("//")[2],
        "may_join": may_join,
        "qr": _qr(link) if may_join else None,
    }


def _qr(link: str) -> Markup:
    """A QR code as SVG: black on white with its quiet zone in any theme, since many scanners read no other."""
    made = segno.make(link, error="m", micro=False)
    picture = made.svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None, title="QR code of the link"
    )
    return Markup(picture)  # noqa: S704  made here, of a link that is ours
