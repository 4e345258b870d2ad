"""Inviting a list of people: upload or paste it, look at it line by line, then invite."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from app import errors
from app.access import account, trainers_only
from app.clock import now
from app.db import db
from app.domain.roster import MOST_LINES, Fault, Unreadable, UnreadableError
from app.identity import viewer
from app.models import Cohort, Role, Roster
from app.permissions import may_teach
from app.services.teaching import cohorts, rosters
from app.teach import blueprint
from app.teach.cohorts import found_cohort
from app.teach.invitations import hand_out, letters_page
from app.teach.people_forms import RosterForm

SHOWN = 200
"""How many good lines the preview shows; of faulty ones it shows all."""

FAULTS = {
    Fault.NO_ADDRESS: "There is no e-mail address.",
    Fault.BAD_ADDRESS: "This is no e-mail address.",
    Fault.SEVERAL_ADDRESSES: "There is more than one e-mail address.",
    Fault.REPEATED: "The address is in line {first} already.",
    Fault.NAME_TOO_LONG: "The name is longer than 100 characters.",
    Fault.LINE_TOO_LONG: "The line is longer than 1,000 characters.",
    Fault.CONTROL_CHARACTER: "There is a character that can't be seen.",
    Fault.TOO_MANY_CELLS: "There is more than a name and an address. Say in a first line which column is which.",
    Fault.MEMBER: "Is in this cohort already.",
    Fault.REMOVED: "Was removed from this cohort: bring them back under People.",
    Fault.INVITED: "Is invited already. Under People you can make a new link.",
}
UNREADABLE = {
    Unreadable.EMPTY: "There is nobody in this list.",
    Unreadable.TOO_LARGE: "This is larger than 1 MB. Split it into smaller lists. Nobody was invited.",
    Unreadable.TOO_MANY_LINES: f"This list has {{lines:,}} lines, and at most {MOST_LINES:,} go at once. Split it. Nobody was invited.",
    Unreadable.WORKBOOK: "This is a workbook. Save it as CSV first, then send that file.",
    Unreadable.NO_TEXT: "This is no text in an encoding we know. Save it as CSV in UTF-8.",
}


@blueprint.url_value_preprocessor
def _take_larger_lists(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A list may be larger than any other form; before anything of it is read."""
    if endpoint == "teach.roster_read":
        request.max_content_length = request.max_form_memory_size = current_app.config["LARGEST_LIST"]


@blueprint.errorhandler(413)
def _too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Say it on the page that it was sent from; it was not read, so there is nothing to keep."""
    cohort = None
    if request.endpoint == "teach.roster_read" and may_teach(viewer()):
        cohort = cohorts.get_for(db.session, viewer(), (request.view_args or {})["cohort_id"])
    if cohort is None:
        return errors.page(413)
    return _new_page(cohort, RosterForm(formdata=None), Unreadable.TOO_LARGE), 413


@blueprint.get("/cohorts/<int:cohort_id>/roster", endpoint="roster_new")
@trainers_only
def show_roster_form(cohort_id: int) -> ResponseReturnValue:
    return _new_page(found_cohort(cohort_id), RosterForm(formdata=None))


@blueprint.post("/cohorts/<int:cohort_id>/roster", endpoint="roster_read")
@trainers_only
def read_roster(cohort_id: int) -> ResponseReturnValue:
    """Read a list, and show what it says; nobody is invited by that."""
    cohort, form = found_cohort(cohort_id), RosterForm()
    try:
        roster = _read(cohort, form)
    except UnreadableError as error:
        return _new_page(cohort, form, error.reason, error.lines), 422
    db.session.commit()
    return redirect(url_for("teach.roster", cohort_id=cohort.id, roster_id=roster.id), 303)


@blueprint.get("/cohorts/<int:cohort_id>/roster/<int:roster_id>", endpoint="roster")
@trainers_only
def show_roster(cohort_id: int, roster_id: int) -> ResponseReturnValue:
    """Who would be invited, and every line that can't be.

    :raise 404: there is no such list, it was accepted, or it is older than a day.
    """
    cohort = found_cohort(cohort_id)
    return _preview_page(cohort, rosters.get_of_cohort(db.session, cohort, roster_id, now()) or abort(404))


@blueprint.post("/cohorts/<int:cohort_id>/roster/<int:roster_id>", endpoint="roster_accept")
@trainers_only
def accept_roster(cohort_id: int, roster_id: int) -> ResponseReturnValue:
    """Invite everybody in it. The links are in the answer, and nowhere else."""
    cohort = found_cohort(cohort_id)
    cohorts.demand_active(cohort)
    roster = rosters.get_of_cohort(db.session, cohort, roster_id, now())
    if roster is None:
        return _over(cohort)
    leaves_out = request.form.get("leave_out") == "1"
    try:
        sent = rosters.accept(db.session, account(), cohort, roster, now(), leaves_faulty_out=leaves_out)
    except rosters.FaultyLinesError:
        db.session.rollback()
        return _preview_page(cohort, roster, is_undecided=True), 422
    if sent is None:
        db.session.rollback()
        return _over(cohort)
    db.session.commit()
    return letters_page(cohort, hand_out(cohort, sent, Role.LEARNER), len(roster.lines["lines"]) - len(sent))


@blueprint.post("/cohorts/<int:cohort_id>/roster/<int:roster_id>/discard")
@trainers_only
def roster_discard(cohort_id: int, roster_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    roster = rosters.get_of_cohort(db.session, cohort, roster_id, now()) or abort(404)
    rosters.discard(db.session, roster)
    db.session.commit()
    flash("The list is thrown away. Nobody was invited.")
    return redirect(url_for("teach.roster_new", cohort_id=cohort.id), 303)


def _read(cohort: Cohort, form: RosterForm) -> Roster:
    file = request.files.get("file")
    if file is not None and file.filename:
        return rosters.read_file(db.session, account(), cohort, file.stream.read(), now())
    return rosters.read_text(db.session, account(), cohort, form.pasted.data or "", now())


def _over(cohort: Cohort) -> ResponseReturnValue:
    flash(
        "That list was accepted or thrown away before, or it is older than a day. Nobody was invited just now.", "warn"
    )
    return redirect(url_for("teach.people", cohort_id=cohort.id, show="invited"), 303)


def _new_page(cohort: Cohort, form: RosterForm, fault: Unreadable | None = None, lines: int = 0) -> str:
    said = UNREADABLE[fault].format(lines=lines) if fault else None
    return render_template("teach/roster_new.html", cohort=cohort, form=form, fault=said, most=MOST_LINES)


def _preview_page(cohort: Cohort, roster: Roster, *, is_undecided: bool = False) -> str:
    seen = rosters.preview(db.session, cohort, roster, now())
    return render_template(
        "teach/roster.html", cohort=cohort, seen=seen, says=FAULTS, shown=SHOWN, is_undecided=is_undecided
    )
