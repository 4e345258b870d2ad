"""The audit log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.admin import blueprint
from app.admin.forms import AuditSearchForm
from app.db import db
from app.services.log import audit
from app.services.log.audit import AuditEntry, AuditQuery
from app.web.access import admins_only
from app.web.downloads import attachment
from app.web.identity import get_viewer
from app.web.templating import day, when
from app.web.urls import parse_id

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC")
"""A time as :mod:`app.services.log.audit_messages` writes it."""


@dataclass(frozen=True, slots=True)
class AuditDay:
    """The events of one day in the viewer's time zone, as the page names it."""

    name: str
    entries: Sequence[AuditEntry]


@blueprint.get("/audit")
@admins_only
def show_audit_log() -> ResponseReturnValue:
    """Show the audit log, filtered, newest first, 50 events per page."""
    form = _get_form()
    if not form.validate():
        return render_template("admin/audit.html", form=form, page=None, days=(), query={}), 422
    before = parse_id(request.args.get("before", ""))
    page = audit.list_page(db.session, _get_query(form), before, _)
    query = {name: value for name, value in request.args.items() if value and name != "before"}
    days = [AuditDay(name, list(entries)) for name, entries in groupby(page.entries, lambda entry: day(entry.at))]
    return render_template("admin/audit.html", form=form, page=page, days=days, query=query)


@blueprint.get("/audit.csv")
@admins_only
def export_audit_log() -> ResponseReturnValue:
    """Stream the filtered audit log as CSV."""
    form = _get_form()
    if not form.validate():
        return render_template("admin/audit.html", form=form, page=None, days=(), query={}), 422
    return attachment(audit.stream_csv(db.session, _get_query(form)), "text/csv", "audit-log.csv")


@blueprint.app_template_filter("local_times")
def show_local_times(text: str) -> str:
    """Replace times in UTC by those in the viewer's time zone."""
    return _MOMENT.sub(lambda found: when(datetime.fromisoformat(found[1]).replace(tzinfo=UTC)), text)


def _get_form() -> AuditSearchForm:
    return AuditSearchForm(formdata=MultiDict(request.args), meta={"csrf": False})


def _get_query(form: AuditSearchForm) -> AuditQuery:
    since, until = form.since.data, form.until.data
    return AuditQuery(
        person=form.person.data or "",
        kind=form.kind.data or "",
        subject=form.subject.data or "",
        since=datetime.combine(since, time(), _get_zone()) if since else None,
        until=datetime.combine(until + timedelta(days=1), time(), _get_zone()) if until else None,
    )


def _get_zone() -> ZoneInfo:
    """Return the viewer's time zone, in which the dates of the filter are interpreted."""
    learner = get_viewer().learner
    try:
        return ZoneInfo(learner.time_zone if learner else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
