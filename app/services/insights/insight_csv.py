"""The question analysis of an assignment as CSV for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.content.prose import render_inline
from app.domain.analysis.intervals import Interval
from app.domain.analysis.items import Answers
from app.models import Assignment
from app.services.insights.answered import Counting
from app.services.insights.question_figures import ChoiceLine, ItemLine, Read, view_choices
from app.services.spreadsheet import BYTE_ORDER_MARK
from app.services.spreadsheet import line as csv_line

_HEAD = (
    "Question", "Version", "Kind", "Safety-critical", "Stem", "Answers", "Facility %", "Facility from", "Facility to",
    "Standard deviation %", "Random guess %", "Intended weight %", "Effective weight %", "Discrimination",
    "Discrimination from", "Discrimination to", "Discriminative efficiency %", "Median seconds", "Left blank",
    "In words", "Answer", "Is right", "Chosen by", "Certain", "Their mean score %",
)  # fmt: skip


def lines(session: Session, assignment: Assignment, counting: Counting) -> Iterator[str]:
    """A head, then a line for each option of each question, the figures of the question before it: five statements whatever the size.

    A byte order mark, no cell that is a formula. What is not defined is left blank; of too few answers the figures are there, and the words say so.
    """
    read = Read(session, assignment, counting, is_full=True)
    yield BYTE_ORDER_MARK
    yield csv_line(_HEAD)
    for line in sorted(read.lines(), key=lambda line: (line.slug, line.number)):
        numbers, given = read.sheet.by_version[line.version_id], read.answers[line.version_id]
        answers = Answers(
            given.attempts, given.points, numbers.totals, numbers.mosts, given.responses, given.certainties
        )
        seen = view_choices(line.shown, read.keys[line.version_id], line.slug, answers)
        figures = _figures(line, seen.blank)
        for choice in seen.lines:
            yield csv_line((*figures, *_choice(choice)))
        if not seen.lines:
            yield csv_line((*figures, "", "", "", "", ""))


def _figures(line: ItemLine, blank: int) -> tuple[str, ...]:
    one, shown = line.figures, line.shown
    return (
        line.slug, str(line.number), shown.kind, "yes" if shown.is_critical else "no", _plain(shown.stem),
        str(one.answers), _number(one.facility), *_bounds(one.facility_interval),
        _number(one.spread), _number(line.guess), _number(one.intended_weight), _number(one.effective_weight),
        _number(one.discrimination), *_bounds(one.discrimination_interval),
        _number(one.efficiency), _number(line.median_seconds), str(blank),
        "; ".join(flag.replace("_", " ") for flag in line.flags),
    )  # fmt: skip


def _choice(choice: ChoiceLine) -> tuple[str, ...]:
    says = _plain(choice.text)
    right = "yes" if choice.is_right else "near" if choice.is_near else "no"
    words = f"{choice.letter}: {says}" if choice.letter else says
    return words, right, str(choice.count), str(choice.certain), _number(choice.mean_percent)


def _bounds(interval: Interval | None) -> tuple[str, str]:
    return (_number(interval.low), _number(interval.high)) if interval else ("", "")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _plain(text: str) -> str:
    return Markup(render_inline(text)).striptags()  # noqa: S704  of which only the words are taken
