"""A learner's progress as files: each table as CSV, or all of them as JSON, with the numbers that the page shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from app.services.attempts.progress_page import ProgressView
from app.services.log import spreadsheet

MAX_ATTEMPTS = 10_000
"""How many attempts a file lists at most, the latest."""

Cell: TypeAlias = str | int | bool | date | datetime | None
Row: TypeAlias = dict[str, Cell]


class ProgressTable(StrEnum):
    """The tables of the progress page."""

    OBJECTIVES = "objectives"
    FORECAST = "forecast"
    MISTAKES = "mistakes"
    CERTAINTY = "certainty"
    ACTIVITY = "activity"
    LESSONS = "lessons"
    ATTEMPTS = "attempts"


def format_csv(view: ProgressView, table: ProgressTable) -> str:
    """Return one table with a byte order mark and a heading. Times are UTC in ISO format; what is not known is empty."""
    rows = list(_TABLES[table](view))
    lines = [spreadsheet.format_line(_COLUMNS[table])]
    lines += [spreadsheet.format_line(_format_cell(row[column]) for column in _COLUMNS[table]) for row in rows]
    return spreadsheet.BYTE_ORDER_MARK + "".join(lines)


def format_json(view: ProgressView) -> str:
    """Return all tables as one object, with the time of the figures and the day of the forecast."""
    document: dict[str, object] = {"at": view.moment.now, "forecast_day": view.moment.day}
    document |= {table.value: list(_TABLES[table](view)) for table in ProgressTable}
    return json.dumps(document, ensure_ascii=False, indent=2, default=lambda value: value.isoformat())


def _format_cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case date():  # or a datetime
            return value.isoformat()
        case _:
            return str(value)


def _list_objectives(view: ProgressView) -> Iterator[Row]:
    for one in view.own.objectives:
        yield {
            "module": one.module_title,
            "objective": one.title,
            "level": one.level.mastery.value,
            "latest_correct": one.level.right,
            "latest_answers": one.level.of,
            "recall_today_percent": one.estimate.percent_today if one.estimate else None,
            "recall_forecast_percent": one.estimate.percent_then if one.estimate else None,
            "forecast_day": view.moment.day,
        }


def _list_forecast(view: ProgressView) -> Iterator[Row]:
    for point in view.own.curve:
        yield {"day": point.day, "mean_recall_percent": point.percent}


def _list_mistakes(view: ProgressView) -> Iterator[Row]:
    for one in view.mistakes:
        yield {
            "module": one.objective.module_title,
            "objective": one.objective.title,
            "answered_at": one.answer.marked_at,
            "safety_critical": one.answer.is_critical,
            "certainty": one.answer.certainty,
        }


def _list_certainty(view: ProgressView) -> Iterator[Row]:
    for level in view.certainty:
        yield {
            "certainty": level.certainty,
            "answers": level.of,
            "correct": level.right,
            "judgement": level.judgement.value,
        }


def _list_activity(view: ProgressView) -> Iterator[Row]:
    for week in view.calendar:
        for one in week.days:
            if not one.is_future:
                yield {"day": one.day, "questions_answered": one.count}


def _list_lessons(view: ProgressView) -> Iterator[Row]:
    for state in view.states:
        yield {
            "module": state.title,
            "lessons_read": state.done,
            "lessons": len(state.lessons),
            "best_test_percent": state.best_percent,
            "passed": state.is_passed,
        }


def _list_attempts(view: ProgressView) -> Iterator[Row]:
    for one in view.attempts.items:
        yield {
            "title": one.module_title,
            "kind": "review" if one.is_review else one.purpose.value,
            "number": one.number,
            "submitted_at": one.submitted_at,
            "score_percent": one.percent,
            "passed": one.is_passed,
        }


_TABLES: Mapping[ProgressTable, Callable[[ProgressView], Iterable[Row]]] = {
    ProgressTable.OBJECTIVES: _list_objectives,
    ProgressTable.FORECAST: _list_forecast,
    ProgressTable.MISTAKES: _list_mistakes,
    ProgressTable.CERTAINTY: _list_certainty,
    ProgressTable.ACTIVITY: _list_activity,
    ProgressTable.LESSONS: _list_lessons,
    ProgressTable.ATTEMPTS: _list_attempts,
}
_COLUMNS: Mapping[ProgressTable, tuple[str, ...]] = {
    ProgressTable.OBJECTIVES: (
        "module",
        "objective",
        "level",
        "latest_correct",
        "latest_answers",
        "recall_today_percent",
        "recall_forecast_percent",
        "forecast_day",
    ),
    ProgressTable.FORECAST: ("day", "mean_recall_percent"),
    ProgressTable.MISTAKES: ("module", "objective", "answered_at", "safety_critical", "certainty"),
    ProgressTable.CERTAINTY: ("certainty", "answers", "correct", "judgement"),
    ProgressTable.ACTIVITY: ("day", "questions_answered"),
    ProgressTable.LESSONS: ("module", "lessons_read", "lessons", "best_test_percent", "passed"),
    ProgressTable.ATTEMPTS: ("title", "kind", "number", "submitted_at", "score_percent", "passed"),
}
