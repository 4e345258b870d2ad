"""Transcripts of the learners of a cohort, for its trainers."""

from __future__ import annotations

from collections.abc import Iterator

from flask import abort, request
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db
from app.models import Cohort
from app.services.attempts import transcripts
from app.services.log import spreadsheet
from app.services.reporting import gradebook_members, learner_records
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.teach.overdue import close_overdue_attempts
from app.web import document_file, transcript_file
from app.web.access import trainers_only
from app.web.downloads import attachment
from app.web.transcript_file import Transcript
from app.web.typesetting import PaperSize
from app.web.urls import parse_choice


@blueprint.get("/cohorts/<int:cohort_id>/learners/<int:learner_id>/transcript.pdf")
@trainers_only
def print_learner_transcript(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """Send the released results of one learner in this cohort as PDF; ``paper`` is its size.

    :raise 404: not the viewer's cohort, or the learner was never in it.
    """
    cohort = get_cohort_or_404(cohort_id)
    member = learner_records.get_member(db.session, cohort, learner_id) or abort(404)
    close_overdue_attempts(cohort, learner_id)
    lines = transcripts.list_lines(db.session, [learner_id], now(), cohort).get(learner_id, ())
    transcript = Transcript(member.name, member.student_number, lines)
    document = transcript_file.build_own(transcript, cohort.time_zone, now(), cohort.title)
    pdf = document_file.render_pdf(document, _get_paper(), now())
    return attachment(pdf, "application/pdf", "transcript.pdf", title=f"{cohort.title} {member.name}")


@blueprint.get("/cohorts/<int:cohort_id>/transcripts.pdf")
@trainers_only
def print_transcripts(cohort_id: int) -> ResponseReturnValue:
    """Send the transcripts of all learners of a cohort as one PDF; ``paper`` is its size."""
    cohort = get_cohort_or_404(cohort_id)
    close_overdue_attempts(cohort)
    found = [transcript for _email, transcript in _list_transcripts(cohort)]
    document = transcript_file.build_cohort(cohort.title, found, cohort.time_zone, now())
    pdf = document_file.render_pdf(document, _get_paper(), now())
    return attachment(pdf, "application/pdf", "transcripts.pdf", title=f"{cohort.title} transcripts")


@blueprint.get("/cohorts/<int:cohort_id>/transcripts.csv")
@trainers_only
def export_transcripts(cohort_id: int) -> ResponseReturnValue:
    """Send the transcripts of all learners of a cohort as CSV, a line for each test."""
    cohort = get_cohort_or_404(cohort_id)
    close_overdue_attempts(cohort)
    lines = [spreadsheet.format_line(("Learner", "E-mail", "Student number", *transcripts.HEADINGS))]
    for email, its in _list_transcripts(cohort):
        cells = transcripts.list_cells(its.lines)
        lines += [spreadsheet.format_line((its.name, email, its.number, *line)) for line in cells]
    body = spreadsheet.BYTE_ORDER_MARK + "".join(lines)
    return attachment(body, "text/csv", "transcripts.csv", title=f"{cohort.title} transcripts")


def _list_transcripts(cohort: Cohort) -> Iterator[tuple[str, Transcript]]:
    """Yield e-mail and transcript of each member of a cohort, by family name. Former and erased members have none."""
    members = gradebook_members.list_members(db.session, cohort)
    members = [member for member in members if not (member.is_erased or member.removed_at)]
    lines = transcripts.list_lines(db.session, [member.learner_id for member in members], now(), cohort)
    for member in members:
        its = lines.get(member.learner_id, ())
        yield member.email, Transcript(member.name, member.student_number, its)


def _get_paper() -> PaperSize:
    return parse_choice(PaperSize, request.args.get("paper")) or PaperSize.A4
