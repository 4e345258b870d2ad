"""The result of an attempt as its learner may see it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import Session

from app.domain import certainty
from app.domain.attempt import percent, round_down
from app.domain.content import Source
from app.domain.marking import MAX_CERTAINTY_POINTS
from app.domain.paper import PaperItem
from app.domain.question import QuestionSolution
from app.domain.release import Release
from app.domain.sections import is_pass_mark_reached
from app.models import (
    Assignment,
    Attempt,
    Correction,
    Mark,
    MarkChange,
    QuestionReport,
    QuestionRow,
    QuestionVersion,
)
from app.services.assignments import assignment_sql
from app.services.attempts import feedback, marking_notices, notices, releases
from app.services.attempts.attempts import OwnAttempt
from app.services.attempts.feedback import Feedback
from app.services.attempts.marking_notices import MarkingNotice
from app.services.attempts.notices import CorrectionNotice, MarkChangeNotice
from app.services.attempts.objective_scores import ObjectiveScore, score_objectives
from app.services.attempts.section_scores import SectionScore, score_sections
from app.services.course import catalogue
from app.services.course.memory import CourseMemory, get_memory
from app.services.marking import active_corrections


class QuestionFate(StrEnum):
    """A change to a question since it was answered."""

    REWORDED = "reworded"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One line of a result. ``feedback`` and ``is_right`` are None until correctness is released.

    ``is_right`` is also None for a void question. ``since`` is a later change to the question, which leaves the mark as
    it is. ``notices`` are the corrections that the learner may see; ``changes`` of the mark are empty until correctness
    is released.
    """

    n: int
    stem: str
    vignette: str | None
    chosen: tuple[str, ...]
    certainty: int | None
    is_critical: bool
    is_right: bool | None
    feedback: Feedback | None
    since: QuestionFate | None
    report: QuestionReport | None
    """The learner's report about the question, with the reply."""
    is_void: bool = False
    notices: tuple[CorrectionNotice, ...] = ()
    changes: tuple[MarkChangeNotice, ...] = ()
    is_free_text: bool = False
    is_being_marked: bool = False
    """Whether people still have to mark it."""
    marking: MarkingNotice | None = None

    @property
    def is_partly(self) -> bool:
        """Whether the answer earned some points without being right."""
        return self.is_right is False and self.feedback is not None and self.feedback.points > 0


@dataclass(frozen=True, slots=True)
class EarlierScore:
    number: int
    attempt_id: int
    percent: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class ResultView:
    """A submitted attempt as its learner may see it now. Scores are None until the mark is released."""

    release: Release
    percent: int | None
    points: float | None
    max_points: float | None
    right: int | None
    partly: int | None
    """The number of answers that earned some points without being right."""
    counted: int
    """The number of questions that are not void."""
    changed_at: datetime | None
    """When a mark last changed after submission; None if none changed or the mark is not released."""
    is_enough: bool | None
    """Whether the pass mark is reached, regardless of safety-critical questions."""
    is_passed: bool | None
    is_pretest: bool
    """Whether the test only measures what is known before learning, so that nobody passes or fails it."""
    is_critical_missed: bool | None
    answers: tuple[AnswerView, ...]
    objectives: tuple[ObjectiveScore, ...]
    earlier: tuple[EarlierScore, ...]
    attempts_left: int | None
    key_released_at: datetime | None
    certainty_points: int | None
    certainty: tuple[certainty.CertaintyLevel, ...]
    """How often the learner was right at each certainty; empty if unreleased or if no certainty was given."""
    being_marked: int = 0
    """The number of answers that people still have to mark: what is shown of the score is not final."""
    sections: tuple[SectionScore, ...] = ()
    """How the sections of a composed test went; empty until the score is released."""

    @property
    def failed_sections(self) -> tuple[SectionScore, ...]:
        """The sections that keep the attempt from being passed, by their own pass mark."""
        return tuple(section for section in self.sections if section.outcome.is_enough is False)

    @property
    def shown_points(self) -> float | None:
        """The points rounded down to a tenth, as the score is to whole per cent."""
        return None if self.points is None else round_down(self.points)

    @property
    def is_adjusted(self) -> bool:
        """Whether the points are not the number of right answers although none is partly right."""
        return self.points is not None and self.points != self.right

    @property
    def to_review(self) -> tuple[ObjectiveScore, ...]:
        return tuple(score for score in self.objectives if not score.is_all_right)

    @property
    def known(self) -> tuple[ObjectiveScore, ...]:
        return tuple(score for score in self.objectives if score.is_all_right)

    @property
    def wrong(self) -> tuple[AnswerView, ...]:
        """The answers that are not right: safety-critical ones first, then wrong before partly right."""
        found = (answer for answer in self.answers if answer.is_right is False)
        return tuple(sorted(found, key=lambda answer: (not answer.is_critical, answer.is_partly, answer.n)))

    @property
    def other_answers(self) -> tuple[AnswerView, ...]:
        return tuple(answer for answer in self.answers if answer.is_right is not False)

    @property
    def certainty_most(self) -> int:
        """The highest possible sum of certainty points."""
        return MAX_CERTAINTY_POINTS * self.counted

    @property
    def missed(self) -> int:
        return sum(answer.is_right is False for answer in self.answers)

    @property
    def critical_missed(self) -> tuple[AnswerView, ...]:
        return tuple(answer for answer in self.answers if answer.is_critical and answer.is_right is False)


# Built once, because building these statements takes longer than running them.
_IS_PRETEST = select(assignment_sql.is_pretest()).where(Assignment.id == bindparam("assignment_id"))
_MARKS = (
    select(
        Mark,
        QuestionVersion.superseded_at,
        QuestionRow.retired_at,
        QuestionReport,
        exists()
        .where(
            MarkChange.attempt_id == Mark.attempt_id,
            MarkChange.position == Mark.position,
            MarkChange.reopening_id.is_(None),
        )
        .correlate(Mark),
    )
    .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
    .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
    .outerjoin(
        QuestionReport, and_(QuestionReport.attempt_id == Mark.attempt_id, QuestionReport.position == Mark.position)
    )
    .where(Mark.attempt_id == bindparam("attempt_id"))
)


@dataclass(frozen=True, slots=True)
class _MarkRow:
    """A mark with later changes to its question and the learner's report."""

    mark: Mark
    since: QuestionFate | None
    report: QuestionReport | None
    is_changed: bool

    @property
    def is_partly(self) -> bool:
        return not self.mark.is_right and not self.mark.is_void and self.mark.points > 0


def view_result(session: Session, loaded: OwnAttempt, now: datetime) -> ResultView:
    """Return the result of a submitted attempt as far as it is released."""
    attempt = loaded.attempt
    memory = get_memory(session, loaded.module.library_id)
    scope = releases.list_scope(session, attempt)
    may_see = releases.get_release(session, loaded, now, scope)
    marks = _list_marks(session, loaded)
    is_changed = may_see.mark and any(row.is_changed for row in marks.values())
    changes = notices.list_mark_changes(session, attempt.id) if is_changed else {}
    total = _get_total(attempt, marks) if may_see.mark else None
    is_certain = may_see.mark and any(item.certainty for item in loaded.items)
    return ResultView(
        release=may_see,
        percent=percent(total.points, total.max_points) if total else None,
        points=total.points if total else None,
        max_points=total.max_points if total else None,
        right=sum(row.mark.is_right for row in marks.values()) if may_see.mark else None,
        partly=sum(row.is_partly for row in marks.values()) if may_see.mark else None,
        counted=sum(not row.mark.is_void for row in marks.values()) if may_see.mark else len(loaded.items),
        changed_at=max((one.changed_at for of_mark in changes.values() for one in of_mark), default=None),
        is_enough=is_pass_mark_reached(total.points, total.max_points, attempt.pass_mark_percent) if total else None,
        is_passed=attempt.is_passed if may_see.mark else None,
        is_pretest=attempt.assignment_id is not None
        and bool(session.scalar(_IS_PRETEST, {"assignment_id": attempt.assignment_id})),
        is_critical_missed=attempt.is_critical_missed if may_see.mark else None,
        answers=_view_answers(session, memory, loaded, marks, may_see, changes),
        objectives=score_objectives(session, memory, (row.mark for row in marks.values()))
        if may_see.correctness
        else (),
        earlier=tuple(
            EarlierScore(row.number, row.id, percent(row.points, row.max_points or 0), row.submitted_at)
            for row in scope
            if may_see.mark
            and row.id != attempt.id
            and row.number < attempt.number
            and row.points is not None
            and row.submitted_at is not None
        ),
        attempts_left=_count_left(loaded, max(row.number for row in scope)),
        key_released_at=None if may_see.key else _get_closing_moment(loaded, now),
        certainty_points=sum(row.mark.certainty_points for row in marks.values()) if is_certain else None,
        certainty=_score_certainty(loaded, marks) if is_certain and may_see.correctness else (),
        being_marked=len(loaded.items) - len(marks),
        sections=score_sections(
            attempt, {item.position: item.section for item in loaded.items}, [row.mark for row in marks.values()]
        )
        if may_see.mark
        else (),
    )


@dataclass(frozen=True, slots=True)
class _ShownTotal:
    """The points of an attempt, or of its marks so far while people mark the rest."""

    points: float
    max_points: float


def _get_total(attempt: Attempt, marks: Mapping[int, _MarkRow]) -> _ShownTotal:
    if attempt.points is not None and attempt.max_points is not None:
        return _ShownTotal(attempt.points, attempt.max_points)
    return _ShownTotal(
        math.fsum(row.mark.points for row in marks.values()), math.fsum(row.mark.max_points for row in marks.values())
    )


def _list_marks(session: Session, loaded: OwnAttempt) -> dict[int, _MarkRow]:
    """Return the marks by position, with changes to their questions and the learner's reports."""
    rows = session.execute(_MARKS, {"attempt_id": loaded.attempt.id})
    return {
        row.position: _MarkRow(row, _get_fate(superseded, retired), report, is_changed)
        for row, superseded, retired, report, is_changed in rows
    }


def _get_fate(superseded_at: datetime | None, retired_at: datetime | None) -> QuestionFate | None:
    return QuestionFate.RETIRED if retired_at else QuestionFate.REWORDED if superseded_at else None


def _score_certainty(loaded: OwnAttempt, marks: Mapping[int, _MarkRow]) -> tuple[certainty.CertaintyLevel, ...]:
    counted = [item for item in loaded.items if item.position in marks and not marks[item.position].mark.is_void]
    return certainty.count_by_certainty((item.certainty, marks[item.position].mark.is_right) for item in counted)


def _count_left(loaded: OwnAttempt, number: int) -> int | None:
    allowed = loaded.attempts_allowed
    return None if allowed is None else max(0, allowed - number)


def _get_closing_moment(loaded: OwnAttempt, now: datetime) -> datetime | None:
    terms = loaded.learner_terms
    return terms.over_at if terms and terms.over_at is not None and terms.over_at >= now else None


def _view_answers(
    session: Session,
    memory: CourseMemory,
    loaded: OwnAttempt,
    marks: Mapping[int, _MarkRow],
    release: Release,
    changes: Mapping[int, Sequence[MarkChangeNotice]],
) -> tuple[AnswerView, ...]:
    ids = [item.version_id for item in loaded.items]
    shown = catalogue.get_texts(session, ids)
    keys = catalogue.get_solutions(session, ids) if release.correctness else {}
    sources = _find_sources(session, memory, keys.values()) if release.explanation else {}
    corrections = list_corrections(session, loaded)
    markings = marking_notices.list_notices(session, loaded.attempt.id, loaded.items, release)

    def answer(item: PaperItem) -> AnswerView:
        question, marked = shown[item.version_id], marks.get(item.position)
        mark = marked.mark if marked and release.correctness else None
        held = corrections.get(item.version_id, ())
        earned = feedback.MarkView(mark.points, mark.is_right, mark.is_void) if mark else None
        return AnswerView(
            n=item.position,
            stem=question.stem,
            vignette=question.vignette,
            chosen=question.kind.describe_response(question, item.response, item.option_order),
            certainty=item.certainty,
            is_critical=question.is_critical and release.correctness,
            is_right=mark.is_right if mark and not mark.is_void else None,
            feedback=feedback.build_feedback(item, question, keys[item.version_id], sources, release, earned, held)
            if earned
            else None,
            since=marked.since if marked else None,
            report=marked.report if marked else None,
            is_void=release.mark and marked is not None and marked.mark.is_void,
            notices=notices.list_notices(question, held, release, item.option_order),
            changes=tuple(changes.get(item.position, ())) if release.correctness else (),
            is_free_text=question.kind.is_free_text,
            is_being_marked=marked is None,
            marking=markings.get(item.position),
        )

    return tuple(answer(item) for item in loaded.items)


def _find_sources(
    session: Session, memory: CourseMemory, explained: Iterable[QuestionSolution]
) -> Mapping[str, Source]:
    """Return the bibliography from memory, with what these explanations cite from other publications."""
    known = catalogue.recall_sources(session, memory)
    others = {slug for one in explained for slug in one.sources} - known.keys()
    return {**known, **catalogue.list_sources(session, sorted(others))} if others else known


def list_corrections(session: Session, loaded: OwnAttempt) -> Mapping[int, Sequence[Correction]]:
    """Return the active corrections for an attempt by version, without a query if no question was ever corrected."""
    ids = [item.version_id for item in loaded.items if item.position in loaded.corrected]
    return active_corrections.list_in_force(session, ids, loaded.attempt.assignment_id) if ids else {}
