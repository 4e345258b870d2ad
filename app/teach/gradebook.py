"""The gradebook of a cohort, and what is saved of it as a file."""

from __future__ import annotations

import unicodedata

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from app.access import trainers_only
from app.clock import now
from app.db import begin_immediate, begin_plain, db
from app.models import Cohort
from app.services import gradebook, submission
from app.services.gradebook import Gradebook
from app.teach import blueprint
from app.teach.cohorts import found_cohort


@blueprint.get("/cohorts/<int:cohort_id>/gradebook", endpoint="gradebook")
@trainers_only
def show_gradebook(cohort_id: int) -> ResponseReturnValue:
    """Learners and assignments."""
    cohort = found_cohort(cohort_id)
    return render_template("teach/gradebook.html", cohort=cohort, book=_gradebook(cohort))


@blueprint.get("/cohorts/<int:cohort_id>/gradebook.csv", endpoint="gradebook_csv")
@trainers_only
def export_gradebook(cohort_id: int) -> ResponseReturnValue:
    """The gradebook as CSV for spreadsheets."""
    cohort = found_cohort(cohort_id)
    lines = gradebook.csv_lines(_gradebook(cohort), cohort.time_zone)
    # The headers say UTF-8, the byte order mark says it again for Excel.
    response = Response((line.encode() for line in lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(cohort.title, "gradebook")}.csv"'
    return response


def settle_overdue() -> None:
    """Write the marks of attempts whose time is up, before a report reads marks: the one write that a GET may make."""
    if submission.has_expired(db.session, now()):
        begin_immediate()
        submission.close_expired(db.session, now())
        db.session.commit()
        begin_plain()


def _gradebook(cohort: Cohort) -> Gradebook:
    settle_overdue()
    return gradebook.of_cohort(db.session, cohort)


def file_name(title: str, otherwise: str) -> str:
    """A title in plain letters, as the name of a file to save; ``otherwise`` where none of its letters are."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())[:60] or otherwise
