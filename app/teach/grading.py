"""The settings of a gradebook: weights and dropped scores, student numbers and names to sort by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm

from app.clock import now
from app.db import db
from app.domain.gradebook import GradebookColumn
from app.domain.names import has_visible_text
from app.domain.numbers import parse_number
from app.domain.paging import Paged, paginate_list
from app.domain.totals import MAX_DROPPED, MAX_WEIGHT
from app.models import Cohort
from app.services.cohorts import grading
from app.services.cohorts.grading import RosterDetails
from app.services.reporting.gradebook_cells import list_columns
from app.services.reporting.gradebook_members import GradebookMember, list_members
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.web.access import current_account, trainers_only
from app.web.forms import clean_line

MAX_NUMBER_LENGTH = 50
MAX_SORT_NAME_LENGTH = 200
MAX_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A field of a table: its name, what was entered, and what is wrong with it."""

    name: str
    text: str
    error: str = ""
    value: int = 0

    @property
    def errors(self) -> tuple[str, ...]:
        return (self.error,) if self.error else ()


@blueprint.get("/cohorts/<int:cohort_id>/gradebook/totals")
@trainers_only
def edit_totals(cohort_id: int) -> ResponseReturnValue:
    """Show how totals are computed, and the weights to change."""
    cohort = get_cohort_or_404(cohort_id)
    columns = _list_weighed(cohort)
    weights = [TableEntry(f"weight-{column.assignment_id}", str(column.weight)) for column in columns]
    return _render_totals(cohort, columns, weights, TableEntry("drop_lowest", str(cohort.drop_lowest)))


@blueprint.post("/cohorts/<int:cohort_id>/gradebook/totals")
@trainers_only
def change_totals(cohort_id: int) -> ResponseReturnValue:
    """Change weights and the number of dropped scores. What the form does not contain stays as it is."""
    cohort, form = get_cohort_or_404(cohort_id), FlaskForm()
    columns = _list_weighed(cohort)
    weights = [_read_number(f"weight-{column.assignment_id}", str(column.weight), MAX_WEIGHT) for column in columns]
    drop = _read_number("drop_lowest", str(cohort.drop_lowest), MAX_DROPPED)
    if not form.validate_on_submit() or any(field.error for field in (*weights, drop)):
        return _render_totals(cohort, columns, weights, drop), 422
    by_assignment = {column.assignment_id: field.value for column, field in zip(columns, weights, strict=True)}
    grading.change_totals(db.session, current_account(), cohort, by_assignment, drop.value, now())
    db.session.commit()
    flash(_("Saved. The totals are up to date."))
    return redirect(url_for("teach.edit_totals", cohort_id=cohort.id), 303)


@blueprint.get("/cohorts/<int:cohort_id>/gradebook/names")
@trainers_only
def edit_names(cohort_id: int) -> ResponseReturnValue:
    """Show the student numbers of a cohort and the names that it is sorted by."""
    cohort = get_cohort_or_404(cohort_id)
    found = _get_members(cohort)
    numbers = [TableEntry(f"number-{member.learner_id}", member.student_number) for member in found.items]
    names = [TableEntry(f"name-{member.learner_id}", member.sort_name or "") for member in found.items]
    return _render_names(cohort, found, numbers, names)


@blueprint.post("/cohorts/<int:cohort_id>/gradebook/names")
@trainers_only
def change_names(cohort_id: int) -> ResponseReturnValue:
    """Change the student numbers and the names to sort by of the learners on one page."""
    cohort, form = get_cohort_or_404(cohort_id), FlaskForm()
    found = _get_members(cohort)
    numbers = [
        _read_line(f"number-{member.learner_id}", member.student_number, MAX_NUMBER_LENGTH) for member in found.items
    ]
    names = [
        _read_line(f"name-{member.learner_id}", member.sort_name or "", MAX_SORT_NAME_LENGTH) for member in found.items
    ]
    if not form.validate_on_submit() or any(field.error for field in (*numbers, *names)):
        return _render_names(cohort, found, numbers, names), 422
    details = {
        member.learner_id: RosterDetails(number.text, name.text)
        for member, number, name in zip(found.items, numbers, names, strict=True)
    }
    changed = grading.change_details(db.session, current_account(), cohort, details, now())
    db.session.commit()
    flash(
        ngettext("Saved for %(num)s learner.", "Saved for %(num)s learners.", changed) if changed else _("No changes.")
    )
    return redirect(url_for("teach.edit_names", cohort_id=cohort.id, page=found.number), 303)


def _list_weighed(cohort: Cohort) -> list[GradebookColumn]:
    return [column for column in list_columns(db.session, cohort) if not column.is_withdrawn]


def _get_members(cohort: Cohort) -> Paged[GradebookMember]:
    members = [
        member for member in list_members(db.session, cohort) if member.removed_at is None and not member.is_erased
    ]
    number = min(request.args.get("page", 1, int), MAX_PAGES)
    return paginate_list(members, number)


def _read_number(name: str, before: str, highest: int) -> TableEntry:
    """Read a whole number from 0 to ``highest``. A field that was not sent keeps its value."""
    text = clean_line(request.form.get(name, before))
    try:
        digits = parse_number(text) or ""
    except ValueError:
        digits = ""
    if not digits.isdecimal() or int(digits) > highest:
        return TableEntry(name, text, _("Enter a whole number from 0 to %(highest)s.", highest=highest))
    return TableEntry(name, text, value=int(digits))


def _read_line(name: str, before: str, longest: int) -> TableEntry:
    text = clean_line(request.form.get(name, before))
    if len(text) > longest:
        return TableEntry(name, text, _("Enter at most %(longest)s characters.", longest=longest))
    return TableEntry(name, text if has_visible_text(text) else "")


def _render_totals(
    cohort: Cohort, columns: Sequence[GradebookColumn], weights: Sequence[TableEntry], drop: TableEntry
) -> str:
    total = sum(column.weight for column in columns)
    shares = [100 * column.weight / total if total else 0 for column in columns]
    lines = list(zip(columns, weights, shares, strict=True))
    return render_template("teach/totals.html", cohort=cohort, lines=lines, drop=drop, highest=MAX_WEIGHT)


def _render_names(
    cohort: Cohort, found: Paged[GradebookMember], numbers: Sequence[TableEntry], names: Sequence[TableEntry]
) -> str:
    lines = list(zip(found.items, numbers, names, strict=True))
    return render_template("teach/names.html", cohort=cohort, found=found, lines=lines)
