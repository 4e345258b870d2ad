"""Transcripts as PDF: of one learner, or of a cohort with a page for each learner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from app.domain.certificate import format_certificate_code
from app.services.attempts.transcripts import TranscriptLine
from app.web import document_file, templating
from app.web.document_file import Cell, Detail, Document, Part, TableColumn
from app.web.typesetting import PaperSize
from app.web.urls import make_absolute


@dataclass(frozen=True, slots=True)
class Transcript:
    """The results of one person. ``number`` is their student number, or empty."""

    name: str
    number: str
    lines: Sequence[TranscriptLine]


def render_own(transcript: Transcript, zone: str, paper: PaperSize, moment: datetime) -> bytes:
    """Return the transcript of one learner. ``zone`` is the time zone of its dates."""
    return document_file.render_pdf(build_own(transcript, zone, moment), paper, moment)


def build_own(transcript: Transcript, zone: str, moment: datetime, cohort: str = "") -> Document:
    facts = [cohort] if cohort else []
    if transcript.number:
        facts.append(_("Student number: %(number)s", number=transcript.number))
    return Document(
        heading=_("Transcript"),
        name=transcript.name,
        facts=(*facts, _made_on(moment, zone)),
        parts=(_build_part(transcript.lines, zone),),
        footer=_explain(),
    )


def build_cohort(title: str, transcripts: Sequence[Transcript], zone: str, moment: datetime) -> Document:
    """Return the transcripts of a cohort, each of which begins on a page of its own."""
    parts = [_build_part(its.lines, zone, its) for its in transcripts]
    return Document(_("Transcripts"), title, (_made_on(moment, zone),), parts, _explain())


def _made_on(moment: datetime, zone: str) -> str:
    return _("Made on %(date)s", date=templating.date(moment, zone))


def _explain() -> str:
    return _("Only released results of tests. A certificate can be verified by its address.")


def _build_part(lines: Sequence[TranscriptLine], zone: str, whose: Transcript | None = None) -> Part:
    columns = (
        TableColumn(_("Test"), wide=True),
        TableColumn(_("Submitted")),
        TableColumn(_("State")),
        TableColumn(_("Score"), end=True),
    )
    remarks = [_("Student number: %(number)s", number=whose.number)] if whose and whose.number else []
    if not lines:
        remarks.append(_("No released results."))
    return Part(
        title=whose.name if whose else "",
        columns=columns,
        rows=[_build_row(line, zone) for line in lines],
        lines=remarks,
        new_page=whose is not None,
    )


def _build_row(line: TranscriptLine, zone: str) -> tuple[Cell, ...]:
    details = []
    if line.title != line.module_title:
        details.append(Detail(_("Module:"), line.module_title))
    if line.version is not None:
        details.append(Detail(_("Content version:"), str(line.version)))
    if line.certificate_code:
        code = format_certificate_code(line.certificate_code)
        details.append(Detail(_("Certificate:"), make_absolute(url_for("learn.verify_certificate", code=code))))
    return (
        Cell(line.title, tuple(details)),
        Cell(templating.date(line.submitted_at, zone)),
        Cell(describe_outcome(line)),
        Cell(templating.percent(line.percent)),
    )


def describe_outcome(line: TranscriptLine) -> str:
    if line.is_pretest:
        return _("Pre-test")
    return _("Passed") if line.is_passed else _("Not passed")
