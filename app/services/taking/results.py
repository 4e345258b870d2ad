"""What a learner sees after answering: feedback on one question, and the result of an attempt, as far as it is released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import Session

from app.domain import certainty
from app.domain.attempt import is_enough, percent
from app.domain.marking import MOST_CERTAINTY_POINTS
from app.domain.release import Release
from app.models import (
    AttemptItem,
    Correction,
    LessonRow,
    Mark,
    MarkChange,
    ObjectiveRow,
    QuestionReport,
    QuestionRow,
    QuestionVersion,
)
from app.services.course import catalogue
from app.services.marking import rulings
from app.services.taking import feedback, notices, releases
from app.services.taking.attempts import Loaded
from app.services.taking.feedback import Feedback
from app.services.taking.notices import ChangedMark, Notice


@dataclass(frozen=True, slots=True)
class Reading:
    """Where to read about an objective again."""

    lesson_slug: str
    section: str | None
    title: str
    minutes: int


class Since(StrEnum):
    """What became of a question after an attempt had it."""

    REWORDED = "reworded"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One line of a result. ``feedback`` and ``is_right`` are None while right or wrong is not released; of a void one ``is_right`` is None too.

    ``since`` says what became of the question after it was answered: a learner is told, and the mark stays. ``notices`` are the corrections
    that hold, ``changes`` those of the mark, none while right or wrong is not released.
    """

    n: int
    stem: str
    vignette: str | None
    chosen: tuple[str, ...]
    certainty: int | None
    is_critical: bool
    is_right: bool | None
    feedback: Feedback | None
    since: Since | None
    report: QuestionReport | None
    """What the learner reported of the question, and the reply to it."""
    is_void: bool = False
    notices: tuple[Notice, ...] = ()
    changes: tuple[ChangedMark, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectiveScore:
    title: str
    right: int
    of: int
    is_critical_missed: bool
    reading: Reading | None

    @property
    def is_all_right(self) -> bool:
        return self.right == self.of

    @property
    def is_half_right(self) -> bool:
        return self.right * 2 >= self.of


@dataclass(frozen=True, slots=True)
class Earlier:
    number: int
    attempt_id: int
    percent: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class ResultView:
    """A submitted attempt as its learner may see it now. Scores are None where the mark is not released."""

    release: Release
    percent: int | None
    points: float | None
    max_points: float | None
    right: int | None
    counted: int
    """How many questions count: all but the void ones."""
    changed_at: datetime | None
    """When a mark was last changed after the attempt was handed in; None where none was, or the mark is not released."""
    is_enough: bool | None
    """The pass mark is reached, whatever the safety-critical questions say."""
    is_passed: bool | None
    is_critical_missed: bool | None
    answers: tuple[AnswerView, ...]
    objectives: tuple[ObjectiveScore, ...]
    earlier: tuple[Earlier, ...]
    attempts_left: int | None
    key_released_at: datetime | None
    certainty_points: int | None
    certainty: tuple[certainty.Level, ...]
    """How sure the learner was and how often right, by certainty; none while that is not released, or where it was never given."""

    @property
    def is_partial(self) -> bool:
        """Whether a part of the points comes from answers that were not fully right."""
        return self.points is not None and self.points != self.right

    @property
    def certainty_most(self) -> int:
        """What certainty points could add up to."""
        return MOST_CERTAINTY_POINTS * self.counted

    @property
    def missed(self) -> int:
        return sum(answer.is_right is False for answer in self.answers)

    @property
    def critical_missed(self) -> tuple[AnswerView, ...]:
        return tuple(answer for answer in self.answers if answer.is_critical and answer.is_right is False)


def objective_of(session: Session, version_id: int) -> int:
    return catalogue.shown(session, [version_id])[version_id].objective_id


# The statements of a result are built once: building them takes longer than running them.
_READINGS = (
    select(ObjectiveRow.id, ObjectiveRow.read, LessonRow.slug, LessonRow.title, LessonRow.minutes)
    .join(
        LessonRow,
        (LessonRow.module_id == ObjectiveRow.module_id)
        & ((ObjectiveRow.read == LessonRow.slug) | ObjectiveRow.read.startswith(LessonRow.slug + "#"))
        & LessonRow.retired_at.is_(None),
    )
    .where(ObjectiveRow.id.in_(bindparam("ids", expanding=True)))
)
_TITLES = select(ObjectiveRow.id, ObjectiveRow.title).where(ObjectiveRow.id.in_(bindparam("ids", expanding=True)))
_MARKS = (
    select(
        Mark,
        QuestionVersion.superseded_at,
        QuestionRow.retired_at,
        QuestionReport,
        exists().where(MarkChange.attempt_id == Mark.attempt_id, MarkChange.position == Mark.position).correlate(Mark),
    )
    .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
    .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
    .outerjoin(
        QuestionReport, and_(QuestionReport.attempt_id == Mark.attempt_id, QuestionReport.position == Mark.position)
    )
    .where(Mark.attempt_id == bindparam("attempt_id"))
)


def readings(session: Session, objective_ids: Iterable[int]) -> dict[int, Reading]:
    """Where to read again, by objective: one statement."""
    return {
        row.id: Reading(row.slug, (row.read or "").partition("#")[2] or None, row.title, row.minutes)
        for row in session.execute(_READINGS, {"ids": list(objective_ids)})
    }


@dataclass(frozen=True, slots=True)
class _Marked:
    """A mark, what became of its question since, and what its learner reported of it."""

    mark: Mark
    since: Since | None
    report: QuestionReport | None
    is_changed: bool


def result(session: Session, loaded: Loaded, now: datetime) -> ResultView:
    """The result of a submitted attempt: at most seven statements, however many attempts there are.

    One more tells of corrections and one of changed marks, where there are any.
    """
    attempt = loaded.attempt
    scope = releases.list_scope(session, attempt)
    may_see = releases.release(session, loaded, now, scope)
    marks = _marks(session, loaded)
    is_changed = may_see.mark and any(row.is_changed for row in marks.values())
    changes = notices.list_changes(session, attempt.id) if is_changed else {}
    is_total_known = may_see.mark and attempt.points is not None and attempt.max_points is not None
    is_certain = may_see.mark and any(item.certainty for item in loaded.items)
    return ResultView(
        release=may_see,
        percent=percent(attempt.points or 0, attempt.max_points or 0) if is_total_known else None,
        points=attempt.points if may_see.mark else None,
        max_points=attempt.max_points if may_see.mark else None,
        right=sum(row.mark.is_right for row in marks.values()) if may_see.mark else None,
        counted=len(loaded.items) - sum(row.mark.is_void for row in marks.values() if may_see.mark),
        changed_at=max((one.changed_at for of_mark in changes.values() for one in of_mark), default=None),
        is_enough=(
            is_enough(attempt.points or 0, attempt.max_points or 0, attempt.pass_mark_percent)
            if is_total_known
            else None
        ),
        is_passed=attempt.is_passed if may_see.mark else None,
        is_critical_missed=attempt.is_critical_missed if may_see.mark else None,
        answers=_answers(session, loaded, marks, may_see, changes),
        objectives=_objectives(session, loaded, marks) if may_see.correctness else (),
        earlier=tuple(
            Earlier(row.number, row.id, percent(row.points, row.max_points or 0), row.submitted_at)
            for row in scope
            if may_see.mark
            and row.id != attempt.id
            and row.number < attempt.number
            and row.points is not None
            and row.submitted_at is not None
        ),
        attempts_left=_left(loaded, max(row.number for row in scope)),
        key_released_at=None if may_see.key else _closing_to_come(loaded, now),
        certainty_points=sum(row.mark.certainty_points for row in marks.values()) if is_certain else None,
        certainty=_certainty(loaded, marks) if is_certain and may_see.correctness else (),
    )


def _marks(session: Session, loaded: Loaded) -> dict[int, _Marked]:
    """The marks by position, each with what became of its question: one statement."""
    rows = session.execute(_MARKS, {"attempt_id": loaded.attempt.id})
    return {
        row.position: _Marked(row, _since(superseded, retired), report, is_changed)
        for row, superseded, retired, report, is_changed in rows
    }


def _since(superseded_at: datetime | None, retired_at: datetime | None) -> Since | None:
    return Since.RETIRED if retired_at else Since.REWORDED if superseded_at else None


def _certainty(loaded: Loaded, marks: Mapping[int, _Marked]) -> tuple[certainty.Level, ...]:
    counted = [item for item in loaded.items if item.position in marks and not marks[item.position].mark.is_void]
    return certainty.levels((item.certainty, marks[item.position].mark.is_right) for item in counted)


def _left(loaded: Loaded, number: int) -> int | None:
    allowed = loaded.attempts_allowed
    return None if allowed is None else max(0, allowed - number)


def _closing_to_come(loaded: Loaded, now: datetime) -> datetime | None:
    holds = loaded.effective
    return holds.over_at if holds and holds.over_at is not None and holds.over_at >= now else None


def _answers(
    session: Session,
    loaded: Loaded,
    marks: Mapping[int, _Marked],
    release: Release,
    changes: Mapping[int, Sequence[ChangedMark]],
) -> tuple[AnswerView, ...]:
    ids = [item.version_id for item in loaded.items]
    shown = catalogue.shown(session, ids)
    keys = catalogue.keys(session, ids) if release.correctness else {}
    cited = (slug for key in keys.values() for slug in key.sources) if release.explanation else ()
    sources = catalogue.sources(session, cited)
    corrections = list_corrections(session, loaded)

    def answer(item: AttemptItem) -> AnswerView:
        asked, marked = shown[item.version_id], marks.get(item.position)
        mark = marked.mark if marked and release.correctness else None
        held = corrections.get(item.version_id, ())
        earned = feedback.Mark(mark.points, mark.is_right, mark.is_void) if mark else None
        return AnswerView(
            n=item.position,
            stem=asked.stem,
            vignette=asked.vignette,
            chosen=feedback.told(asked, item.response),
            certainty=item.certainty,
            is_critical=asked.is_critical and release.correctness,
            is_right=mark.is_right if mark and not mark.is_void else None,
            feedback=feedback.build(item, asked, keys[item.version_id], sources, release, earned, held)
            if earned
            else None,
            since=marked.since if marked else None,
            report=marked.report if marked else None,
            is_void=release.mark and marked is not None and marked.mark.is_void,
            notices=notices.notices(asked, held, release),
            changes=tuple(changes.get(item.position, ())) if release.correctness else (),
        )

    return tuple(answer(item) for item in loaded.items)


def list_corrections(session: Session, loaded: Loaded) -> Mapping[int, Sequence[Correction]]:
    """The corrections that hold for an attempt, by version: one statement where any question of it was ever corrected, else none."""
    ids = [item.version_id for item in loaded.items if item.position in loaded.corrected]
    return rulings.in_force(session, ids, loaded.attempt.assignment_id) if ids else {}


def _objectives(session: Session, loaded: Loaded, marks: Mapping[int, _Marked]) -> tuple[ObjectiveScore, ...]:
    """The score by objective, the weakest first."""
    by_objective: dict[int, list[Mark]] = {}
    for marked in marks.values():
        if marked.mark.is_void:
            continue
        by_objective.setdefault(marked.mark.objective_id, []).append(marked.mark)
    titles = {objective_id: title for objective_id, title in session.execute(_TITLES, {"ids": list(by_objective)})}
    where = readings(session, by_objective)
    shown = catalogue.shown(session, [marked.mark.version_id for marked in marks.values()])
    scores = [
        ObjectiveScore(
            title=titles[objective_id],
            right=sum(row.is_right for row in rows),
            of=len(rows),
            is_critical_missed=any(shown[row.version_id].is_critical and not row.is_right for row in rows),
            reading=where.get(objective_id),
        )
        for objective_id, rows in by_objective.items()
    ]
    return tuple(sorted(scores, key=lambda score: (not score.is_critical_missed, score.right / score.of, score.title)))
