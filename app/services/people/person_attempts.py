"""A person's attempts for their export: questions as they were shown, answers with their log, and of the marks what is released."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.domain.attempt import Purpose, State
from app.domain.question import Shown
from app.domain.release import Release
from app.models import (
    Answer,
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Learner,
    Mark,
    MarkChange,
    ModuleRow,
    QuestionReport,
    Standing,
)
from app.services.assigned import terms
from app.services.course import catalogue
from app.services.taking import feedback, releases
from app.services.taking.attempts import Loaded

Place = tuple[int, int]
"""An attempt, and the position of a question in it."""

RESULTS = ("Started", "Handed in", "What", "Module", "Assignment", "Attempt", "State", "Points", "Out of", "Passed")
ANSWERS = (
    "Attempt",
    "Started",
    "Module",
    "Question",
    "Asked",
    "Answered",
    "Certainty",
    "Saved",
    "Right",
    "Points",
    "Out of",
)


@dataclass(frozen=True, slots=True)
class Collected:
    """``ids`` are those of all attempts; the other two are documents."""

    ids: Sequence[int]
    attempts: list[dict[str, Any]]
    standings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What else is kept of the questions of all attempts, by place."""

    shown: Mapping[int, Shown]
    answers: Mapping[Place, Sequence[Answer]]
    marks: Mapping[Place, Mark]
    changes: Mapping[Place, Sequence[MarkChange]]
    reports: Mapping[Place, QuestionReport]


def collect(session: Session, learner: Learner, now: datetime) -> Collected:
    rows = session.execute(
        select(Attempt, ModuleRow, Assignment, AssignmentException)
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
        .outerjoin(AssignmentException, terms.is_of(Attempt))
        .where(Attempt.learner_id == learner.id)
        .options(selectinload(Attempt.items))
        .order_by(Attempt.started_at, Attempt.id)
    ).all()
    loaded = [Loaded(*row) for row in rows]
    kept = _keep(session, learner, loaded)
    scopes: dict[str, list[Attempt]] = defaultdict(list)
    for one in loaded:
        scopes[one.attempt.scope].append(one.attempt)
    may_see = {one.attempt.id: _released(session, one, scopes[one.attempt.scope], now) for one in loaded}
    return Collected(
        ids=[one.attempt.id for one in loaded],
        attempts=[_attempt(one, kept, may_see[one.attempt.id]) for one in loaded],
        standings=_standings(session, learner, may_see),
    )


def results(document: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    """The lines of :data:`RESULTS`."""
    for one in document["attempts"]:
        yield (
            one["started_at"],
            one["submitted_at"],
            one["purpose"],
            one["module"],
            one["assignment"],
            one["number"],
            one["state"],
            one.get("points"),
            one.get("max_points"),
            one.get("is_passed"),
        )


def answers(document: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    """The lines of :data:`ANSWERS`."""
    for one in document["attempts"]:
        for item in one["questions"]:
            mark = item.get("mark", {})
            yield (
                one["id"],
                one["started_at"],
                one["module"],
                item["position"],
                item["question"],
                "; ".join(item["answer"]),
                item["certainty"],
                item["saved_at"],
                mark.get("is_right"),
                mark.get("points"),
                mark.get("max_points"),
            )


def _released(session: Session, loaded: Loaded, scope: Sequence[Attempt], now: datetime) -> Release:
    if loaded.attempt.state is State.OPEN:
        return releases.release_under_way(session, loaded, now)
    return releases.release(session, loaded, now, scope)


def _keep(session: Session, learner: Learner, loaded: Sequence[Loaded]) -> _Kept:
    """One statement for each table, whatever the number of attempts."""
    mine = select(Attempt.id).where(Attempt.learner_id == learner.id)
    answered: dict[Place, list[Answer]] = defaultdict(list)
    for answer in session.scalars(select(Answer).where(Answer.attempt_id.in_(mine)).order_by(Answer.id)):
        answered[answer.attempt_id, answer.position].append(answer)
    changed: dict[Place, list[MarkChange]] = defaultdict(list)
    for change in session.scalars(select(MarkChange).where(MarkChange.attempt_id.in_(mine)).order_by(MarkChange.id)):
        changed[change.attempt_id, change.position].append(change)
    marks = session.scalars(select(Mark).where(Mark.attempt_id.in_(mine)))
    reports = session.scalars(select(QuestionReport).where(QuestionReport.attempt_id.in_(mine)))
    return _Kept(
        shown=catalogue.shown(session, {item.version_id for one in loaded for item in one.items}),
        answers=answered,
        marks={(mark.attempt_id, mark.position): mark for mark in marks},
        changes=changed,
        reports={(report.attempt_id, report.position): report for report in reports},
    )


def _attempt(loaded: Loaded, kept: _Kept, release: Release) -> dict[str, Any]:
    attempt = loaded.attempt
    document: dict[str, Any] = {
        "id": attempt.id,
        "purpose": attempt.purpose,
        "number": attempt.number,
        "module": loaded.module.title,
        "assignment": loaded.assignment.title if loaded.assignment else None,
        "state": attempt.state,
        "started_at": attempt.started_at,
        "deadline_at": attempt.deadline_at,
        "submitted_at": attempt.submitted_at,
        "attempts_allowed": attempt.attempts_allowed,
        "pass_mark_percent": attempt.pass_mark_percent,
        "asks_certainty": attempt.asks_certainty,
    }
    if release.mark:
        names = ("points", "max_points", "is_passed", "is_critical_missed")
        document |= {name: getattr(attempt, name) for name in names}
    document["questions"] = [_question(item, kept, release) for item in loaded.items]
    return document


def _question(item: AttemptItem, kept: _Kept, release: Release) -> dict[str, Any]:
    place = (item.attempt_id, item.position)
    shown = kept.shown[item.version_id]
    document: dict[str, Any] = {
        "position": item.position,
        "vignette": shown.vignette,
        "question": shown.stem,
        "prompts": shown.prompts,
        "options": [shown.options[index] for index in item.option_order],
        "unit": shown.unit,
        "version": shown.number,
        "answer": feedback.told(shown, item.response),
        "certainty": item.certainty,
        "is_flagged": item.is_flagged,
        "saved_at": item.saved_at,
        "log": [
            {"at": one.arrived_at, "answer": feedback.told(shown, one.response), "certainty": one.certainty}
            for one in kept.answers.get(place, ())
        ],
    }
    mark, report = kept.marks.get(place), kept.reports.get(place)
    if mark is not None and release.correctness:
        names = ("points", "max_points", "is_right", "is_void", "certainty_points", "settled_at")
        document["mark"] = {name: getattr(mark, name) for name in names}
        document["mark_changes"] = [_change(one, release) for one in kept.changes.get(place, ())]
    if report is not None:
        document["your_report"] = {
            name: getattr(report, name) for name in ("says", "reported_at", "reply", "answered_at")
        }
    return document


def _change(change: MarkChange, release: Release) -> dict[str, Any]:
    """The reason of a correction may name the key, so it waits for that, as on the page of the result."""
    names = ("old_points", "new_points", "old_max_points", "new_max_points", "changed_at")
    is_told = change.correction_id is None or release.key
    return {name: getattr(change, name) for name in names} | {"reason": change.reason if is_told else None}


def _standings(session: Session, learner: Learner, may_see: Mapping[int, Release]) -> list[dict[str, Any]]:
    """Where the person stands in each scope; the scores where both of its attempts show theirs."""
    documents = []
    for row in session.scalars(select(Standing).where(Standing.learner_id == learner.id)):
        document: dict[str, Any] = {
            "module_id": row.module_id,
            "assignment_id": row.assignment_id,
            "purpose": row.purpose,
            "attempts": row.attempts,
            "latest_at": row.latest_at,
        }
        is_seen = all(may_see[number].mark for number in (row.best_attempt_id, row.latest_attempt_id))
        if row.purpose is not Purpose.TEST or is_seen:
            names = ("best_percent", "latest_percent", "latest_is_passed", "passed_at")
            document |= {name: getattr(row, name) for name in names}
        documents.append(document)
    return documents
