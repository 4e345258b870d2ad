"""Inviting a list of people: upload or paste it, check it line by line, then invite."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import RequestEntityTooLarge

from app.clock import now
from app.db import db
from app.domain.encodings import TextEncoding
from app.domain.roster import MAX_LINES, RosterFault, UnreadableError, UnreadableReason, may_hold_list
from app.models import Cohort, Role, Roster
from app.permissions import may_teach
from app.services.cohorts import cohorts, rosters
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.teach.invitations import issue_links, render_links
from app.teach.people_forms import RosterForm
from app.web import errors
from app.web.access import current_account, trainers_only
from app.web.identity import get_viewer
from app.web.urls import parse_choice

MAX_SHOWN = 200
"""At most this many valid lines in the preview. It shows all faulty lines."""

FAULT_MESSAGES = {
    RosterFault.NO_ADDRESS: _l("There is no e-mail address in this line."),
    RosterFault.BAD_ADDRESS: _l("This is not a valid e-mail address."),
    RosterFault.SEVERAL_ADDRESSES: _l("There is more than one e-mail address in this line."),
    RosterFault.OTHER_COLUMN: _l(
        "The address is not in the e-mail column. There may be one separator too many or too few before it."
    ),
    RosterFault.REPEATED: _l("This address is already in line %(first)s."),
    RosterFault.NAME_TOO_LONG: _l("The name is longer than 100 characters."),
    RosterFault.LINE_TOO_LONG: _l("The line is longer than 1,000 characters."),
    RosterFault.CONTROL_CHARACTER: _l("The line contains an invisible character."),
    RosterFault.TOO_MANY_CELLS: _l(
        "There is more than a name and an address. Add a first line that names the columns."
    ),
    RosterFault.MEMBER: _l("Already in this cohort."),
    RosterFault.REMOVED: _l("Was removed from this cohort. You can bring them back under People."),
    RosterFault.INVITED: _l("Already invited. You can create a new link under People."),
}
UNREADABLE_MESSAGES = {
    UnreadableReason.EMPTY: _l("There is nobody in this list."),
    UnreadableReason.TOO_LARGE: _l("This list is larger than 1 MB. Split it into smaller lists. Nobody was invited."),
    UnreadableReason.TOO_MANY_LINES: _l(
        "This list has %(lines)s lines. The maximum is %(most)s. Split it into smaller lists. Nobody was invited."
    ),
    UnreadableReason.WORKBOOK: _l("This is an Excel workbook. Save it as CSV first and choose that file."),
    UnreadableReason.NO_TEXT: _l("We can’t read this file as text. Save it as CSV in UTF-8."),
}
ENCODING_LABELS = {
    TextEncoding.UTF8: _l("Unicode (UTF-8)"),
    TextEncoding.UTF16: _l("Unicode (UTF-16)"),
    TextEncoding.WESTERN: _l("Western European (Windows-1252)"),
    TextEncoding.CENTRAL_EUROPEAN: _l("Central European (Windows-1250)"),
    TextEncoding.CYRILLIC: _l("Cyrillic (Windows-1251)"),
    TextEncoding.GREEK: _l("Greek (Windows-1253)"),
    TextEncoding.TURKISH: _l("Turkish (Windows-1254)"),
    TextEncoding.HEBREW: _l("Hebrew (Windows-1255)"),
    TextEncoding.ARABIC: _l("Arabic (Windows-1256)"),
    TextEncoding.BALTIC: _l("Baltic (Windows-1257)"),
    TextEncoding.VIETNAMESE: _l("Vietnamese (Windows-1258)"),
    TextEncoding.LATIN_1: _l("Western European (ISO 8859-1)"),
    TextEncoding.LATIN_2: _l("Central European (ISO 8859-2)"),
    TextEncoding.LATIN_9: _l("Western European (ISO 8859-15)"),
    TextEncoding.ISO_CYRILLIC: _l("Cyrillic (ISO 8859-5)"),
    TextEncoding.KOI8: _l("Cyrillic (KOI8-R)"),
    TextEncoding.MAC: _l("Western European (Mac)"),
    TextEncoding.MAC_CENTRAL_EUROPEAN: _l("Central European (Mac)"),
    TextEncoding.MAC_CYRILLIC: _l("Cyrillic (Mac)"),
    TextEncoding.DOS: _l("Western European (DOS)"),
    TextEncoding.JAPANESE: _l("Japanese (Shift JIS)"),
    TextEncoding.CHINESE: _l("Chinese, simplified (GB 18030)"),
    TextEncoding.CHINESE_TRADITIONAL: _l("Chinese, traditional (Big5)"),
    TextEncoding.KOREAN: _l("Korean (Windows-949)"),
}
COLUMN_LABELS = {
    "email": _l("e-mail address"),
    "name": _l("name"),
    "given": _l("first name"),
    "family": _l("family name"),
    "number": _l("student number"),
}


@blueprint.url_value_preprocessor
def _allow_larger_lists(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the size limit for rosters before the request body is read."""
    if endpoint == "teach.upload_roster":
        request.max_content_length = request.max_form_memory_size = current_app.config["LARGEST_LIST"]


@blueprint.errorhandler(413)
def _handle_too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Show the error on the upload page. The list was not read, so there is no input to keep."""
    cohort = None
    if request.endpoint == "teach.upload_roster" and may_teach(get_viewer()):
        cohort = cohorts.get_for(db.session, get_viewer(), (request.view_args or {})["cohort_id"])
    if cohort is None:
        return errors.render_error(413)
    return _render_form(cohort, RosterForm(formdata=None), UnreadableReason.TOO_LARGE), 413


@blueprint.get("/cohorts/<int:cohort_id>/roster")
@trainers_only
def show_roster_form(cohort_id: int) -> ResponseReturnValue:
    return _render_form(get_cohort_or_404(cohort_id), RosterForm(formdata=None))


@blueprint.post("/cohorts/<int:cohort_id>/roster")
@trainers_only
def upload_roster(cohort_id: int) -> ResponseReturnValue:
    """Read and store a list for preview. Nobody is invited yet."""
    cohort, form = get_cohort_or_404(cohort_id), RosterForm()
    try:
        roster = _read(cohort, form)
    except UnreadableError as error:
        return _render_form(cohort, form, error.reason, error.lines), 422
    db.session.commit()
    return redirect(url_for("teach.show_roster", cohort_id=cohort.id, roster_id=roster.id), 303)


@blueprint.get("/cohorts/<int:cohort_id>/roster/<int:roster_id>")
@trainers_only
def show_roster(cohort_id: int, roster_id: int) -> ResponseReturnValue:
    """Show who would be invited, and all faulty lines."""
    cohort = get_cohort_or_404(cohort_id)
    roster = rosters.get_for_cohort(db.session, cohort, roster_id, now())
    return _render_preview(cohort, roster) if roster else _redirect_over(cohort)


@blueprint.post("/cohorts/<int:cohort_id>/roster/<int:roster_id>")
@trainers_only
def accept_roster(cohort_id: int, roster_id: int) -> ResponseReturnValue:
    """Invite everybody in the list. The links appear only in this response."""
    cohort = get_cohort_or_404(cohort_id)
    cohorts.require_active(cohort)
    roster = rosters.get_for_cohort(db.session, cohort, roster_id, now())
    if roster is None:
        return _redirect_over(cohort)
    left_out = len(rosters.preview(db.session, cohort, roster, now()).faulty)
    leaves_out = request.form.get("leave_out") == "1"
    try:
        sent = rosters.accept(db.session, current_account(), cohort, roster, now(), leaves_faulty_out=leaves_out)
    except rosters.FaultyLinesError:
        db.session.rollback()
        return _render_preview(cohort, roster, is_undecided=True), 422
    if sent is None:
        db.session.rollback()
        return _redirect_over(cohort)
    letters = issue_links(cohort, sent, Role.LEARNER)
    db.session.commit()
    if not sent:
        flash(_("The student numbers were saved. Nobody was invited."))
        return redirect(url_for("teach.show_people", cohort_id=cohort.id), 303)
    return render_links(cohort, letters, left_out)


@blueprint.post("/cohorts/<int:cohort_id>/roster/<int:roster_id>/encoding")
@trainers_only
def change_roster_encoding(cohort_id: int, roster_id: int) -> ResponseReturnValue:
    """Read a list again in the encoding that the trainer chose.

    :raise 400: the file is no text in this encoding.
    """
    cohort = get_cohort_or_404(cohort_id)
    roster = rosters.get_for_cohort(db.session, cohort, roster_id, now())
    if roster is None:
        return _redirect_over(cohort)
    encoding = parse_choice(TextEncoding, request.form.get("encoding")) or abort(400)
    try:
        made = rosters.read_again(db.session, current_account(), cohort, roster, encoding, now())
    except UnreadableError:
        abort(400)
    db.session.commit()
    return redirect(url_for("teach.show_roster", cohort_id=cohort.id, roster_id=made.id), 303)


@blueprint.post("/cohorts/<int:cohort_id>/roster/<int:roster_id>/discard")
@trainers_only
def discard_roster(cohort_id: int, roster_id: int) -> ResponseReturnValue:
    cohort = get_cohort_or_404(cohort_id)
    roster = rosters.get_for_cohort(db.session, cohort, roster_id, now())
    if roster is None:
        return _redirect_over(cohort)
    cohorts.require_active(cohort)
    rosters.discard(db.session, roster)
    db.session.commit()
    flash(_("The list was discarded. Nobody was invited."))
    return redirect(url_for("teach.show_roster_form", cohort_id=cohort.id), 303)


def _read(cohort: Cohort, form: RosterForm) -> Roster:
    file = request.files.get("file")
    if file is not None and file.filename:
        if not may_hold_list(file.filename):
            raise UnreadableError(UnreadableReason.NO_TEXT)
        return rosters.read_file(db.session, current_account(), cohort, file.stream.read(), now())
    return rosters.read_text(db.session, current_account(), cohort, form.pasted.data or "", now())


def _redirect_over(cohort: Cohort) -> ResponseReturnValue:
    flash(_("That list was already accepted or discarded, or it is older than a day. Nobody was invited now."), "warn")
    return redirect(url_for("teach.show_people", cohort_id=cohort.id, show="invited"), 303)


def _render_form(cohort: Cohort, form: RosterForm, fault: UnreadableReason | None = None, lines: int = 0) -> str:
    said = UNREADABLE_MESSAGES[fault] % {"lines": f"{lines:,}", "most": f"{MAX_LINES:,}"} if fault else None
    return render_template("teach/roster_new.html", cohort=cohort, form=form, fault=said, most=MAX_LINES)


def _render_preview(cohort: Cohort, roster: Roster, *, is_undecided: bool = False) -> str:
    seen = rosters.preview(db.session, cohort, roster, now())
    return render_template(
        "teach/roster.html",
        cohort=cohort,
        seen=seen,
        messages=FAULT_MESSAGES,
        encodings=ENCODING_LABELS,
        uses=COLUMN_LABELS,
        shown=MAX_SHOWN,
        is_undecided=is_undecided,
    )
