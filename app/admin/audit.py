"""The audit log: who changed what, and when."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.access import admins_only
from app.admin import blueprint
from app.admin.forms import AuditForm
from app.db import db
from app.identity import viewer
from app.services import audit
from app.services.audit import Sought


@blueprint.get("/audit", endpoint="audit")
@admins_only
def audit_page() -> ResponseReturnValue:
    """The log in words, the latest first, 50 a page, filtered as the address says."""
    form = _form()
    if not form.validate():
        return render_template("admin/audit.html", form=form, page=None, query={}), 422
    before = request.args.get("before", type=int)
    # No event has such a number, and no database takes one: an address that was made up begins at the latest.
    page = audit.list_page(db.session, _sought(form), before if before is None or abs(before) < 10**15 else None)
    query = {name: value for name, value in request.args.items() if value and name != "before"}
    return render_template("admin/audit.html", form=form, page=page, query=query)


@blueprint.get("/audit.csv")
@admins_only
def audit_csv() -> ResponseReturnValue:
    """The same events as a file for spreadsheets, written as they are read."""
    form = _form()
    if not form.validate():
        return render_template("admin/audit.html", form=form, page=None, query={}), 422
    lines = stream_with_context(line.encode() for line in audit.csv_lines(db.session, _sought(form)))
    response = Response(lines, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="audit-log.csv"'
    return response


def _form() -> AuditForm:
    return AuditForm(formdata=MultiDict(request.args), meta={"csrf": False})


def _sought(form: AuditForm) -> Sought:
    since, until = form.since.data, form.until.data
    return Sought(
        person=form.person.data or "",
        kind=form.kind.data or "",
        subject=form.subject.data or "",
        since=datetime.combine(since, time(), _zone()) if since else None,
        until=datetime.combine(until + timedelta(days=1), time(), _zone()) if until else None,
    )


def _zone() -> ZoneInfo:
    """Days are those of whoever looks."""
    learner = viewer().learner
    try:
        return ZoneInfo(learner.time_zone if learner else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
