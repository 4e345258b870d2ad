"""The CPD record as PDF."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.domain.certificate import format_certificate_code
from app.domain.cpd import CpdLine, CpdRecord, Period, to_hours
from app.learn.cpd_forms import KIND_LABELS
from app.web import document_file, templating
from app.web.document_file import Cell, Detail, Document, Part, TableColumn
from app.web.typesetting import PaperSize
from app.web.urls import make_absolute


def render_pdf(record: CpdRecord, name: str, paper: PaperSize, moment: datetime) -> bytes:
    return document_file.render_pdf(build_document(record, name, moment), paper, moment)


def build_document(record: CpdRecord, name: str, moment: datetime) -> Document:
    """Return the record as a document, in the language of the request."""
    return Document(
        heading=_("CPD record"),
        name=name,
        facts=(_describe_period(record.period), _("Made on %(date)s", date=templating.date(moment))),
        parts=(_build_totals(record), _build_activities(record)),
        footer=_(
            "Own entries are as the learner made them. Tests can be verified by the address of their certificate."
        ),
    )


def _describe_period(period: Period) -> str:
    if period.first and period.last:
        return _(
            "From %(first)s to %(last)s", first=templating.full_day(period.first), last=templating.full_day(period.last)
        )
    if period.first:
        return _("From %(first)s", first=templating.full_day(period.first))
    if period.last:
        return _("Until %(last)s", last=templating.full_day(period.last))
    return _("All activities")


def format_hours(minutes: int) -> str:
    return templating.points(to_hours(minutes))


def _build_totals(record: CpdRecord) -> Part:
    rows = [
        (Cell(str(KIND_LABELS[total.kind])), Cell(str(total.count)), Cell(format_hours(total.minutes)))
        for total in record.totals
    ]
    total = (Cell(_("In total")), Cell(str(len(record.lines))), Cell(format_hours(record.minutes)))
    columns = (
        TableColumn(_("Kind of activity"), wide=True),
        TableColumn(_("Activities"), end=True),
        TableColumn(_("Hours"), end=True),
    )
    return Part(_("Summary"), columns, (*rows, total))


def _build_activities(record: CpdRecord) -> Part:
    columns = (
        TableColumn(_("Date")),
        TableColumn(_("Activity"), wide=True),
        TableColumn(_("Kind of activity")),
        TableColumn(_("Hours"), end=True),
    )
    rows = [
        (
            Cell(templating.full_day(line.done_on)),
            Cell(line.title, tuple(_list_details(line))),
            Cell(str(KIND_LABELS[line.kind])),
            Cell(format_hours(line.minutes)),
        )
        for line in record.lines
    ]
    return Part(ngettext("%(num)s activity", "%(num)s activities", len(rows)), columns, rows)


def _list_details(line: CpdLine) -> Iterator[Detail]:
    if line.attempt_id is not None:
        yield Detail("", _("Test passed in Palpate"))
    if line.reflection:
        yield Detail(_("Reflection:"), line.reflection)
    if line.evidence:
        yield Detail(_("Evidence:"), line.evidence)
    if line.certificate_code:
        code = format_certificate_code(line.certificate_code)
        yield Detail(_("Certificate:"), make_absolute(url_for("learn.verify_certificate", code=code)))
