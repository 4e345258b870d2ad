"""The question analysis of an assignment as CSV for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.content.prose import render_inline
from app.domain.analysis.intervals import Interval
from app.domain.analysis.items import ItemResponses
from app.models import Assignment
from app.services.log.spreadsheet import BYTE_ORDER_MARK
from app.services.log.spreadsheet import format_line as csv_line
from app.services.reporting.analysis.question_statistics import ChoiceLine, ItemLine, QuestionStatistics, view_choices
from app.services.reporting.analysis.responses import AttemptChoice

_HEADINGS = (
    "Question", "Version", "Kind", "Safety-critical", "Stem", "Answers", "Facility %", "Facility from", "Facility to",
    "Standard deviation %", "Random guess %", "Intended weight %", "Effective weight %", "Discrimination",
    "Discrimination from", "Discrimination to", "Discriminative efficiency %", "Median seconds", "Left blank",
    "In words", "Answer", "Is right", "Chosen by", "Certain", "Their mean score %",
)  # fmt: skip


def stream_lines(session: Session, assignment: Assignment, counting: AttemptChoice) -> Iterator[str]:
    """Yield a byte order mark, a heading, then one line for each option of each question, with the question's figures.

    Undefined figures are blank. Figures based on too few answers are included; the column "In words" says so.
    """
    read = QuestionStatistics(session, assignment, counting, is_full=True)
    yield BYTE_ORDER_MARK
    yield csv_line(_HEADINGS)
    for line in sorted(read.lines(), key=lambda line: (line.slug, line.number)):
        numbers, given = read.sheet.by_version[line.version_id], read.answers[line.version_id]
        answers = ItemResponses(
            given.attempts, given.points, numbers.totals, numbers.mosts, given.responses, given.certainties
        )
        seen = view_choices(line.shown, read.keys[line.version_id], line.slug, answers)
        figures = _format_figures(line, seen.blank)
        for choice in seen.lines:
            yield csv_line((*figures, *_format_choice(choice)))
        if not seen.lines:
            yield csv_line((*figures, "", "", "", "", ""))


def _format_figures(line: ItemLine, blank: int) -> tuple[str, ...]:
    one, shown = line.figures, line.shown
    return (
        line.slug, str(line.number), shown.kind.name, "yes" if shown.is_critical else "no", _strip_markup(shown.stem),
        str(one.answers), _format_number(one.facility), *_format_bounds(one.facility_interval),
        _format_number(one.spread), _format_number(line.guess), _format_number(one.intended_weight), _format_number(one.effective_weight),
        _format_number(one.discrimination), *_format_bounds(one.discrimination_interval),
        _format_number(one.efficiency), _format_number(line.median_seconds), str(blank),
        "; ".join(flag.replace("_", " ") for flag in line.flags),
    )  # fmt: skip


def _format_choice(choice: ChoiceLine) -> tuple[str, ...]:
    says = _strip_markup(choice.text)
    right = "yes" if choice.is_right else "near" if choice.is_near else "no"
    words = f"{choice.letter}: {says}" if choice.letter else says
    return words, right, str(choice.count), str(choice.certain), _format_number(choice.mean_percent)


def _format_bounds(interval: Interval | None) -> tuple[str, str]:
    return (_format_number(interval.low), _format_number(interval.high)) if interval else ("", "")


def _format_number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _strip_markup(text: str) -> str:
    return Markup(render_inline(text)).striptags()  # noqa: S704  striptags() keeps only the text
