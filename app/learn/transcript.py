"""The viewer's transcript: the released results of their tests."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db
from app.learn import blueprint
from app.models import Learner
from app.services.attempts import transcripts
from app.services.attempts.transcripts import TranscriptLine
from app.web import transcript_file
from app.web.access import current_account, signed_in
from app.web.downloads import attachment
from app.web.identity import get_viewer
from app.web.transcript_file import Transcript
from app.web.typesetting import PaperSize
from app.web.urls import parse_choice


@blueprint.get("/transcript")
@signed_in
def show_transcript() -> str:
    """List the released results of the viewer's tests, the earliest first."""
    return render_template(
        "learn/transcript.html",
        lines=_list_own(_get_own_learner()),
        describe_outcome=transcript_file.describe_outcome,
        sizes=PaperSize,
    )


@blueprint.get("/transcript.pdf")
@signed_in
def print_transcript() -> ResponseReturnValue:
    """Send the transcript as PDF; ``paper`` is its size."""
    learner = _get_own_learner()
    paper = parse_choice(PaperSize, request.args.get("paper")) or PaperSize.A4
    transcript = Transcript(current_account().name, "", _list_own(learner))
    pdf = transcript_file.render_own(transcript, learner.time_zone, paper, now())
    return attachment(pdf, "application/pdf", "transcript.pdf")


def _list_own(learner: Learner) -> Sequence[TranscriptLine]:
    return transcripts.list_lines(db.session, [learner.id], now()).get(learner.id, ())


def _get_own_learner() -> Learner:
    learner = get_viewer().learner
    assert learner is not None
    return learner
