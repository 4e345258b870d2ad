"""One attempt as the trainers of its cohort see it: each answer with its log, its mark and the changes of the mark.

Trainers see only attempts at assignments; practice, lesson checks and a module's own test are private. Attempts of
removed members stay visible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.domain.attempt import percent
from app.domain.question import QuestionText
from app.domain.release import RELEASE_EVERYTHING, Release
from app.models import (
    AnswerRevision,
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Cohort,
    Learner,
    Mark,
    MarkChange,
    ModuleRow,
    QuestionReport,
    QuestionRow,
    QuestionVersion,
    User,
)
from app.permissions import Viewer, teaches
from app.services.assignments import assignment_sql
from app.services.attempts import feedback, releases
from app.services.attempts.attempts import OwnAttempt
from app.services.attempts.feedback import Feedback
from app.services.attempts.papers import QuestionView, view_question
from app.services.attempts.section_scores import SectionScore, score_sections
from app.services.course import catalogue
from app.services.marking import active_corrections, paper_items
from app.services.marking.marks import TaughtMark


@dataclass(frozen=True, slots=True)
class TaughtAttempt:
    """An attempt that its viewer may see as a trainer; ``name`` is None if the account was erased."""

    attempt: Attempt
    assignment: Assignment
    cohort: Cohort
    module: ModuleRow
    name: str | None
    exception: AssignmentException | None


@dataclass(frozen=True, slots=True)
class AnswerLogLine:
    """One saved change of an answer, ``seconds`` after the attempt started; ``chosen`` is empty if it was cleared."""

    at: datetime
    seconds: float
    chosen: tuple[str, ...]
    certainty: int | None


@dataclass(frozen=True, slots=True)
class MarkHistoryLine:
    """One change of a mark after it was written; ``actor`` is None for a command or an erased account."""

    at: datetime
    old_points: float
    new_points: float
    old_max_points: float
    new_max_points: float
    actor: str | None
    reason: str
    is_correction: bool


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """One question of the attempt.

    ``mark`` and ``feedback`` are None until it is marked; ``seconds`` is None without a log.
    """

    n: int
    version_id: int
    slug: str
    version: int
    is_current: bool
    shown: QuestionText
    chosen: tuple[str, ...]
    certainty: int | None
    is_flagged: bool
    right: tuple[str, ...]
    mark: Mark | None
    feedback: Feedback | None
    seconds: float | None
    log: tuple[AnswerLogLine, ...]
    changes: tuple[MarkHistoryLine, ...]
    report: QuestionReport | None


@dataclass(frozen=True, slots=True)
class OtherAttempt:
    """Another attempt of the same learner at the same assignment.

    ``percent`` is None while it is under way or people mark it.
    """

    attempt_id: int
    number: int
    percent: int | None
    is_being_marked: bool


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """An attempt with all its answers.

    ``release`` is what the learner may see now. ``others`` are all attempts of the learner at the assignment, including
    this one.
    """

    release: Release
    percent: int | None
    answers: tuple[AnswerRecord, ...]
    others: tuple[OtherAttempt, ...]
    sections: tuple[SectionScore, ...] = ()

    @property
    def missed(self) -> tuple[AnswerRecord, ...]:
        """The answers whose marks count and are not fully right, safety-critical ones first."""
        found = (answer for answer in self.answers if answer.mark and not (answer.mark.is_right or answer.mark.is_void))
        return tuple(sorted(found, key=lambda answer: not answer.shown.is_critical))

    @property
    def unmarked(self) -> int:
        return sum(answer.mark is None for answer in self.answers)

    @property
    def right(self) -> int:
        return sum(answer.mark is not None and answer.mark.is_right for answer in self.answers)

    @property
    def changed(self) -> int:
        return sum(bool(answer.changes) for answer in self.answers)


def get_for(session: Session, viewer: Viewer, attempt_id: int) -> TaughtAttempt | None:
    """Return an attempt at an assignment of a cohort that the viewer teaches; administrators may see all cohorts."""
    found = (
        select(Attempt, Assignment, Cohort, ModuleRow, User.name, AssignmentException)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(User, User.id == Learner.user_id)
        .outerjoin(AssignmentException, assignment_sql.is_exception_of(Attempt))
        .where(Attempt.id == attempt_id, teaches(viewer, Assignment.cohort_id))
    )
    row = session.execute(found).one_or_none()
    return TaughtAttempt(*row) if row else None


def get_record(session: Session, examined: TaughtAttempt, now: datetime) -> AttemptRecord:
    """Return everything about an attempt."""
    attempt = examined.attempt
    scope = releases.list_scope(session, attempt)
    loaded = OwnAttempt(attempt, examined.module, examined.assignment, examined.exception)
    answers = _list_answers(session, attempt)
    return AttemptRecord(
        release=releases.get_release(session, loaded, now, scope),
        percent=_get_percent(attempt),
        answers=answers,
        others=tuple(_view_other(row) for row in reversed(scope)),
        sections=_score_sections(session, attempt, answers),
    )


def _score_sections(session: Session, attempt: Attempt, answers: Sequence[AnswerRecord]) -> tuple[SectionScore, ...]:
    if attempt.sections is None:
        return ()
    sections = {item.position: item.section for item in paper_items.list_items(session, attempt.id)}
    return score_sections(attempt, sections, [answer.mark for answer in answers if answer.mark])


def _view_other(row: Attempt) -> OtherAttempt:
    is_being_marked = row.submitted_at is not None and row.points is None
    return OtherAttempt(row.id, row.number, _get_percent(row), is_being_marked)


def _get_percent(attempt: Attempt) -> int | None:
    return None if attempt.points is None else percent(attempt.points, attempt.max_points or 0)


def _list_rows(session: Session, attempt: Attempt) -> Sequence[Any]:
    """Return the questions with their marks and reports."""
    return session.execute(
        select(AttemptItem, QuestionRow, QuestionVersion.number, QuestionVersion.superseded_at, Mark, QuestionReport)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .outerjoin(Mark, and_(Mark.attempt_id == AttemptItem.attempt_id, Mark.position == AttemptItem.position))
        .outerjoin(
            QuestionReport,
            and_(QuestionReport.attempt_id == AttemptItem.attempt_id, QuestionReport.position == AttemptItem.position),
        )
        .where(AttemptItem.attempt_id == attempt.id)
        .order_by(AttemptItem.position)
    ).all()


def _list_answers(session: Session, attempt: Attempt) -> tuple[AnswerRecord, ...]:
    rows = _list_rows(session, attempt)
    ids = [item.version_id for item, *_ in rows]
    shown, keys = catalogue.get_texts(session, ids), catalogue.get_solutions(session, ids)
    sources = catalogue.list_sources(session, (slug for key in keys.values() for slug in key.sources))
    corrections = active_corrections.list_in_force(session, ids, attempt.assignment_id)
    saved, changes = _list_saved(session, attempt), _list_changes(session, attempt)
    spent = _measure_times(attempt, saved)

    def build_feedback(item: AttemptItem, mark: Mark | None) -> Feedback | None:
        if mark is None:
            return None
        asked, key = shown[item.version_id], keys[item.version_id]
        earned = feedback.MarkView(mark.points, mark.is_right, mark.is_void)
        return feedback.build_feedback(
            item, asked, key, sources, RELEASE_EVERYTHING, earned, corrections.get(item.version_id, ())
        )

    return tuple(
        AnswerRecord(
            n=item.position,
            version_id=item.version_id,
            slug=question.slug,
            version=number,
            is_current=superseded_at is None and question.retired_at is None,
            shown=shown[item.version_id],
            chosen=shown[item.version_id].kind.describe_response(
                shown[item.version_id], item.response, item.option_order
            ),
            certainty=item.certainty,
            is_flagged=item.is_flagged,
            right=shown[item.version_id].kind.describe_key(
                shown[item.version_id], keys[item.version_id].key, item.option_order
            ),
            mark=mark,
            feedback=build_feedback(item, mark),
            seconds=spent.get(item.position),
            log=_build_log(attempt, saved, item, shown[item.version_id]),
            changes=tuple(changes[item.position]),
            report=report,
        )
        for item, question, number, superseded_at, mark, report in rows
    )


def _list_saved(session: Session, attempt: Attempt) -> Sequence[AnswerRevision]:
    return session.scalars(
        select(AnswerRevision)
        .where(AnswerRevision.attempt_id == attempt.id)
        .order_by(AnswerRevision.arrived_at, AnswerRevision.id)
    ).all()


def _build_log(
    attempt: Attempt, saved: Iterable[AnswerRevision], item: AttemptItem, shown: QuestionText
) -> tuple[AnswerLogLine, ...]:
    """Return the log of an answer; nothing for a written one, which is saved hundreds of times on its way."""
    if shown.kind.is_marked_by_people:
        return ()
    return tuple(
        AnswerLogLine(
            at=one.arrived_at,
            seconds=(one.arrived_at - attempt.started_at).total_seconds(),
            chosen=shown.kind.describe_response(shown, one.response, item.option_order),
            certainty=one.certainty,
        )
        for one in saved
        if one.position == item.position
    )


def _measure_times(attempt: Attempt, saved: Iterable[AnswerRevision]) -> Mapping[int, float]:
    """Return the seconds spent on each question.

    The time before an answer arrives counts for its question, as in :mod:`app.domain.analysis.pace`.
    """
    spent: dict[int, float] = defaultdict(float)
    before = attempt.started_at
    for one in saved:
        spent[one.position] += max(0.0, (one.arrived_at - before).total_seconds())
        before = one.arrived_at
    return spent


def _list_changes(session: Session, attempt: Attempt) -> Mapping[int, list[MarkHistoryLine]]:
    rows = session.execute(
        select(MarkChange, User.name)
        .outerjoin(User, User.id == MarkChange.actor_id)
        .where(MarkChange.attempt_id == attempt.id)
        .order_by(MarkChange.id)
    )
    found: dict[int, list[MarkHistoryLine]] = defaultdict(list)
    for change, actor in rows:
        found[change.position].append(
            MarkHistoryLine(
                at=change.changed_at,
                old_points=change.old_points,
                new_points=change.new_points,
                old_max_points=change.old_max_points,
                new_max_points=change.new_max_points,
                actor=actor,
                reason=change.reason,
                is_correction=change.correction_id is not None,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class MarkedQuestion:
    """A question with its answer and mark, for a viewer who may see everything."""

    question: QuestionView
    feedback: Feedback
    is_critical: bool


def view_marked(session: Session, marked: TaughtMark) -> MarkedQuestion:
    """Return the question and the answer with the full feedback."""
    item, mark = marked.item, marked.mark
    ids = [item.version_id]
    shown, explained = (
        catalogue.get_texts(session, ids)[item.version_id],
        catalogue.get_solutions(session, ids)[item.version_id],
    )
    corrections = active_corrections.list_in_force(session, ids, marked.attempt.assignment_id).get(item.version_id, ())
    sources = catalogue.list_sources(session, explained.sources)
    earned = feedback.MarkView(mark.points, mark.is_right, mark.is_void)
    told = feedback.build_feedback(item, shown, explained, sources, RELEASE_EVERYTHING, earned, corrections)
    return MarkedQuestion(view_question(session, item), told, shown.is_critical)
