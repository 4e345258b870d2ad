"""A person's attempts for their export: questions as shown, answers with their log, and the released marks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.domain.attempt import AttemptState, Purpose
from app.domain.question import QuestionText
from app.domain.release import Release
from app.models import (
    AnswerRevision,
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    AttemptReopening,
    Learner,
    Mark,
    MarkChange,
    MarkingRow,
    ModuleRow,
    QuestionReport,
    ScopeResult,
)
from app.services.assignments import assignment_sql
from app.services.attempts import releases
from app.services.attempts.attempts import OwnAttempt
from app.services.course import catalogue

ItemKey = tuple[int, int]
"""Attempt id and position of a question."""

RESULT_HEADINGS = (
    "Started",
    "Handed in",
    "What",
    "Module",
    "Assignment",
    "Attempt",
    "State",
    "Points",
    "Out of",
    "Passed",
)
ANSWER_HEADINGS = (
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
class AttemptsExport:
    """The ids of all attempts, and the attempts and results as documents for JSON."""

    ids: Sequence[int]
    attempts: list[dict[str, Any]]
    results: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _QuestionData:
    """The stored data of all questions in all attempts, by version id or :data:`ItemKey`; reopenings by attempt id."""

    shown: Mapping[int, QuestionText]
    answers: Mapping[ItemKey, Sequence[AnswerRevision]]
    marks: Mapping[ItemKey, Mark]
    changes: Mapping[ItemKey, Sequence[MarkChange]]
    markings: Mapping[ItemKey, Sequence[MarkingRow]]
    reports: Mapping[ItemKey, QuestionReport]
    reopenings: Mapping[int, Sequence[AttemptReopening]]


def collect(session: Session, learner: Learner, now: datetime) -> AttemptsExport:
    rows = session.execute(
        select(Attempt, ModuleRow, Assignment, AssignmentException)
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
        .outerjoin(AssignmentException, assignment_sql.is_exception_of(Attempt))
        .where(Attempt.learner_id == learner.id)
        .options(selectinload(Attempt.items))
        .order_by(Attempt.started_at, Attempt.id)
    ).all()
    loaded = [OwnAttempt(*row) for row in rows]
    kept = _load_question_data(session, learner, loaded)
    scopes: dict[str, list[Attempt]] = defaultdict(list)
    for one in loaded:
        scopes[one.attempt.scope].append(one.attempt)
    may_see = {one.attempt.id: _get_release(session, one, scopes[one.attempt.scope], now) for one in loaded}
    return AttemptsExport(
        ids=[one.attempt.id for one in loaded],
        attempts=[_export_attempt(one, kept, may_see[one.attempt.id]) for one in loaded],
        results=_export_results(session, learner, may_see),
    )


def list_result_rows(document: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    """Yield the rows under :data:`RESULT_HEADINGS`."""
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


def list_answer_rows(document: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    """Yield the rows under :data:`ANSWER_HEADINGS`."""
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


def _get_release(session: Session, loaded: OwnAttempt, scope: Sequence[Attempt], now: datetime) -> Release:
    if loaded.attempt.state is AttemptState.OPEN:
        return releases.get_release_under_way(session, loaded, now)
    return releases.get_release(session, loaded, now, scope)


def _load_question_data(session: Session, learner: Learner, loaded: Sequence[OwnAttempt]) -> _QuestionData:
    """Load each table with one statement for all attempts."""
    mine = select(Attempt.id).where(Attempt.learner_id == learner.id)
    answered: dict[ItemKey, list[AnswerRevision]] = defaultdict(list)
    for answer in session.scalars(
        select(AnswerRevision).where(AnswerRevision.attempt_id.in_(mine)).order_by(AnswerRevision.id)
    ):
        answered[answer.attempt_id, answer.position].append(answer)
    changed: dict[ItemKey, list[MarkChange]] = defaultdict(list)
    for change in session.scalars(select(MarkChange).where(MarkChange.attempt_id.in_(mine)).order_by(MarkChange.id)):
        changed[change.attempt_id, change.position].append(change)
    marked: dict[ItemKey, list[MarkingRow]] = defaultdict(list)
    current = select(MarkingRow).where(MarkingRow.attempt_id.in_(mine), MarkingRow.reopening_id.is_(None))
    for marking in session.scalars(current.order_by(MarkingRow.id)):
        marked[marking.attempt_id, marking.position].append(marking)
    reopened: dict[int, list[AttemptReopening]] = defaultdict(list)
    for record in session.scalars(
        select(AttemptReopening).where(AttemptReopening.attempt_id.in_(mine)).order_by(AttemptReopening.id)
    ):
        reopened[record.attempt_id].append(record)
    marks = session.scalars(select(Mark).where(Mark.attempt_id.in_(mine)))
    reports = session.scalars(select(QuestionReport).where(QuestionReport.attempt_id.in_(mine)))
    return _QuestionData(
        shown=catalogue.get_texts(session, {item.version_id for one in loaded for item in one.attempt.items}),
        answers=answered,
        marks={(mark.attempt_id, mark.position): mark for mark in marks},
        changes=changed,
        markings=marked,
        reports={(report.attempt_id, report.position): report for report in reports},
        reopenings=reopened,
    )


def _export_attempt(loaded: OwnAttempt, kept: _QuestionData, release: Release) -> dict[str, Any]:
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
        "is_forward_only": attempt.is_forward_only,
        "sections": [rule.dump() for rule in attempt.section_rules],
    }
    if attempt.submitted_at is not None and attempt.points is None:
        document["is_being_marked"] = True
    elif release.mark:
        names = ("points", "max_points", "is_passed", "is_critical_missed")
        document |= {name: getattr(attempt, name) for name in names}
    document["questions"] = [_export_question(item, kept, release) for item in _list_reached(attempt)]
    document["reopenings"] = [_export_reopening(one, release) for one in kept.reopenings.get(attempt.id, ())]
    if attempt.state is AttemptState.OPEN:
        # The reply to a report may name the right answer, and the attempt was reopened after it.
        for question in document["questions"]:
            question.get("your_report", {}).pop("reply", None)
    return document


def _list_reached(attempt: Attempt) -> Sequence[AttemptItem]:
    """Return the questions that the learner has seen: while a test that goes forward only is open, not those ahead."""
    if attempt.state is AttemptState.OPEN and attempt.is_forward_only:
        return [item for item in attempt.items if item.position <= attempt.furthest]
    return attempt.items


def _export_reopening(record: AttemptReopening, release: Release) -> dict[str, Any]:
    """Export a reopening, with the earlier result if the score of the attempt is released."""
    names = ["reason", "reopened_at", "minutes", "deadline_at", "old_deadline_at", "old_submitted_at"]
    if release.mark:
        names += ["old_points", "old_max_points", "old_is_passed"]
    return {name: getattr(record, name) for name in names}


def _export_question(item: AttemptItem, kept: _QuestionData, release: Release) -> dict[str, Any]:
    place = (item.attempt_id, item.position)
    shown = kept.shown[item.version_id]
    seen = shown.kind.list_shown(shown, item.option_order, item.response)
    document: dict[str, Any] = {
        "position": item.position,
        "section": item.section,
        "vignette": shown.vignette,
        "question": shown.stem,
        "prompts": seen.prompts,
        "options": seen.options,
        "unit": shown.unit,
        "version": shown.number,
        "answer": shown.kind.describe_response(shown, item.response),
        "certainty": item.certainty,
        "is_flagged": item.is_flagged,
        "saved_at": item.saved_at,
        "log": [
            {
                "at": one.arrived_at,
                "answer": shown.kind.describe_response(shown, one.response),
                "certainty": one.certainty,
            }
            for one in kept.answers.get(place, ())
        ],
    }
    mark, report = kept.marks.get(place), kept.reports.get(place)
    if mark is not None and release.correctness:
        names = ("points", "max_points", "is_right", "is_void", "certainty_points", "marked_at")
        document["mark"] = {name: getattr(mark, name) for name in names}
        document["markings"] = [_export_marking(one, release) for one in kept.markings.get(place, ())]
        document["mark_changes"] = [_export_change(one, release) for one in kept.changes.get(place, ())]
    if report is not None:
        document["your_report"] = {
            name: getattr(report, name) for name in ("says", "reported_at", "reply", "answered_at", "reply_read_at")
        }
    return document


def _export_marking(marking: MarkingRow, release: Release) -> dict[str, Any]:
    """Export what a marker awarded; the points of single criteria belong to the key."""
    names = ("points", "comment", "marked_at", *(("criteria",) if release.key else ()))
    return {name: getattr(marking, name) for name in names}


def _export_change(change: MarkChange, release: Release) -> dict[str, Any]:
    """Export a change of a mark.

    A correction's reason may reveal the key, so it is left out until the key is released.
    """
    names = ("old_points", "new_points", "old_max_points", "new_max_points", "changed_at")
    is_told = change.correction_id is None or release.key
    return {name: getattr(change, name) for name in names} | {"reason": change.reason if is_told else None}


def _export_results(session: Session, learner: Learner, may_see: Mapping[int, Release]) -> list[dict[str, Any]]:
    """Export the result in each scope; scores of a test only if its best and latest attempts release theirs."""
    documents = []
    for row in session.scalars(select(ScopeResult).where(ScopeResult.learner_id == learner.id)):
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
