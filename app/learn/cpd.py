"""The viewer's record of continuing professional development (CPD): table, own entries, CSV and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.clock import now
from app.db import db
from app.domain import spacing
from app.domain.cpd import CpdRecord, to_hours
from app.learn import blueprint, cpd_file
from app.learn.cpd_forms import KIND_LABELS, CpdEntryForm, PeriodForm, ReflectionForm
from app.models import CpdEntry, Learner
from app.services.attempts import cpd
from app.services.attempts.cpd import TooManyEntries
from app.services.log import spreadsheet
from app.web.access import current_account, signed_in
from app.web.downloads import attachment
from app.web.forms import is_first_submission
from app.web.identity import get_viewer
from app.web.typesetting import PaperSize
from app.web.urls import parse_choice


@dataclass(frozen=True, slots=True)
class YearLink:
    """A link that shows one calendar year."""

    year: int
    since: date
    until: date


@blueprint.get("/cpd")
@signed_in
def show_cpd() -> ResponseReturnValue:
    """Show the record of a period, with its totals."""
    form = _get_period_form()
    record = _get_record(form) if form.validate() else None
    page = render_template(
        "learn/cpd.html",
        form=form,
        record=record,
        query=_get_query(),
        years=_list_years(),
        kinds=KIND_LABELS,
        to_hours=to_hours,
        sizes=PaperSize,
    )
    return page, 200 if record else 422


@blueprint.get("/cpd.csv")
@signed_in
def export_cpd() -> ResponseReturnValue:
    """Send the record of a period as CSV."""
    form = _get_period_form()
    if not form.validate():
        return redirect(url_for("learn.show_cpd", **_get_query()), 303)
    lines = [spreadsheet.format_line(cells) for cells in cpd.list_table(_get_record(form))]
    return attachment(spreadsheet.BYTE_ORDER_MARK + "".join(lines), "text/csv", "cpd.csv")


@blueprint.get("/cpd.pdf")
@signed_in
def print_cpd() -> ResponseReturnValue:
    """Send the record of a period as PDF; ``paper`` is its size."""
    form = _get_period_form()
    if not form.validate():
        return redirect(url_for("learn.show_cpd", **_get_query()), 303)
    paper = parse_choice(PaperSize, request.args.get("paper")) or PaperSize.A4
    pdf = cpd_file.render_pdf(_get_record(form), current_account().name, paper, now())
    return attachment(pdf, "application/pdf", "cpd.pdf")


@blueprint.route("/cpd/entries/new", methods=["GET", "POST"])
@signed_in
def add_cpd_entry() -> ResponseReturnValue:
    """Add an own entry."""
    form = CpdEntryForm(done_on=spacing.get_day(now(), _get_own_learner().time_zone))
    if not form.validate_on_submit():
        return _render_entry(form, None)
    if is_first_submission(form):
        try:
            cpd.add(db.session, _get_own_learner(), form.get_change())
        except TooManyEntries:
            form.form_errors.append(_("You have reached the limit of %(most)s entries.", most=cpd.MAX_ENTRIES))
            return _render_entry(form, None)
    db.session.commit()
    flash(_("The entry is in your record."))
    return redirect(url_for("learn.show_cpd"), 303)


@blueprint.route("/cpd/entries/<int:entry_id>", methods=["GET", "POST"])
@signed_in
def edit_cpd_entry(entry_id: int) -> ResponseReturnValue:
    """Change an own entry.

    :raise 404: no such entry of the viewer's.
    """
    entry = _get_entry_or_404(entry_id)
    form = CpdEntryForm(
        done_on=entry.done_on,
        title=entry.title,
        hours=f"{to_hours(entry.minutes):g}",
        kind=entry.kind.value,
        reflection=entry.reflection,
        evidence=entry.evidence,
    )
    if not form.validate_on_submit():
        return _render_entry(form, entry)
    cpd.change(entry, form.get_change())
    db.session.commit()
    flash(_("The entry is saved."))
    return redirect(url_for("learn.show_cpd"), 303)


@blueprint.post("/cpd/entries/<int:entry_id>/delete")
@signed_in
def delete_cpd_entry(entry_id: int) -> ResponseReturnValue:
    """Delete an own entry.

    :raise 404: no such entry of the viewer's.
    """
    db.session.delete(_get_entry_or_404(entry_id))
    db.session.commit()
    flash(_("The entry was deleted."))
    return redirect(url_for("learn.show_cpd"), 303)


@blueprint.route("/cpd/tests/<int:attempt_id>", methods=["GET", "POST"])
@signed_in
def reflect_on_test(attempt_id: int) -> ResponseReturnValue:
    """Write what a passed test of the record means for one's practice.

    :raise 404: not a test in the viewer's record.
    """
    test = cpd.get_test(db.session, _get_own_learner(), attempt_id, now()) or abort(404)
    form = ReflectionForm(reflection=test.reflection)
    if not form.validate_on_submit():
        page = render_template("learn/cpd_test.html", form=form, test=test, to_hours=to_hours)
        return page, 422 if form.errors else 200
    cpd.reflect(db.session, test, form.reflection.data or "")
    db.session.commit()
    flash(_("Your reflection is saved."))
    return redirect(url_for("learn.show_cpd"), 303)


def _get_own_learner() -> Learner:
    learner = get_viewer().learner
    assert learner is not None
    return learner


def _get_entry_or_404(entry_id: int) -> CpdEntry:
    return cpd.get_for(db.session, _get_own_learner(), entry_id) or abort(404)


def _get_query() -> dict[str, Any]:
    """Return the period of this request for links to its files."""
    return {name: request.args[name] for name in ("since", "until") if request.args.get(name)}


def _get_period_form() -> PeriodForm:
    return PeriodForm(formdata=MultiDict(request.args), meta={"csrf": False})


def _get_record(form: PeriodForm) -> CpdRecord:
    return cpd.get_record(db.session, _get_own_learner(), form.get_period(), now())


def _list_years() -> Sequence[YearLink]:
    """List this year and the one before."""
    this = spacing.get_day(now(), _get_own_learner().time_zone).year
    return [YearLink(year, date(year, 1, 1), date(year, 12, 31)) for year in (this, this - 1)]


def _render_entry(form: CpdEntryForm, entry: CpdEntry | None) -> ResponseReturnValue:
    return render_template("learn/cpd_entry.html", form=form, entry=entry), 422 if form.errors else 200
