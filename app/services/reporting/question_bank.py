"""The question bank for trainers: every question of the course with what the viewer's own cohorts made of it.

Exam questions are listed only for viewers who may see them (:func:`app.permissions.examines`).

The questions are as many as the course has, so a page reads and filters all of them in memory. Statistics come from a
bounded number of the latest attempts, so that a page costs the same after years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.analysis.thresholds import FEW_LEARNERS
from app.domain.content import Level, Use
from app.domain.kinds import QuestionKind
from app.domain.names import fold_name, has_all_words
from app.domain.paging import Paged, paginate_list
from app.domain.question import QuestionText
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Cohort,
    Mark,
    ModuleRow,
    ObjectiveRow,
    QuestionReport,
    QuestionRow,
    QuestionVersion,
)
from app.models.attempt import Correction
from app.permissions import Viewer, examines, may_administer, sits_test_on, teaches, teaches_module
from app.services.attempts import objective_scores
from app.services.attempts.objective_scores import Reading
from app.services.attempts.papers import QuestionView, view_question
from app.services.course import catalogue
from app.services.marking import active_corrections
from app.services.reporting import samples
from app.services.reporting.samples import SampleSolution

PER_PAGE = 25
MAX_ASSIGNMENTS = 200
"""Statistics look at this many of the viewer's latest assignments."""

MAX_ATTEMPTS = 2_000
"""Statistics of the list use this many attempts, an equal share of the latest ones at each assignment.

A large cohort therefore does not hide the answers of a small one.
"""

MAX_ATTEMPTS_OF_ONE = 10_000
"""Statistics of one question use more attempts, because the marks of one question are few."""


class BankOrder(StrEnum):
    COURSE = "course"
    HARDEST = "hardest"
    EASIEST = "easiest"
    REPORTED = "reported"
    NEWEST = "newest"


class FacilityBand(StrEnum):
    """Ranges of facility, in per cent; ``NONE`` means fewer than :data:`FEW_LEARNERS` answers."""

    HARD = "hard"
    MEDIUM = "medium"
    EASY = "easy"
    NONE = "none"


HARD_BELOW, EASY_FROM = 40, 85


@dataclass(frozen=True, slots=True)
class BankQuery:
    """What to list; None or False means all. ``kind`` is the name of a kind, ``objective`` the id of an objective."""

    words: str = ""
    module: str | None = None
    objective: int | None = None
    level: Level | None = None
    kind: str | None = None
    use: Use | None = None
    facility: FacilityBand | None = None
    is_critical: bool = False
    is_reported: bool = False
    with_former: bool = False
    order: BankOrder = BankOrder.COURSE
    page: int = 1


@dataclass(frozen=True, slots=True)
class Facility:
    """How many answers were given and the mean share of the points they earned, in per cent."""

    answers: int
    percent: float

    @property
    def is_enough(self) -> bool:
        return self.answers >= FEW_LEARNERS


@dataclass(frozen=True, slots=True)
class BankLine:
    """A question version. ``reports`` and ``open_reports`` count what the viewer may read."""

    version_id: int
    slug: str
    number: int
    use: Use
    level: Level
    is_current: bool
    module_slug: str
    module_title: str
    objective_id: int
    objective_title: str
    text: QuestionText
    is_corrected: bool
    reports: int
    open_reports: int
    facility: Facility | None

    @property
    def kind(self) -> QuestionKind[Any]:
        return self.text.kind

    @property
    def band(self) -> FacilityBand:
        if self.facility is None or not self.facility.is_enough:
            return FacilityBand.NONE
        if self.facility.percent < HARD_BELOW:
            return FacilityBand.HARD
        return FacilityBand.EASY if self.facility.percent >= EASY_FROM else FacilityBand.MEDIUM


@dataclass(frozen=True, slots=True)
class Bank:
    """One page of the matching questions, and the choices of its filters: modules, and objectives of the chosen one."""

    page: Paged[BankLine]
    modules: Mapping[str, str]
    objectives: Mapping[int, str]
    kinds: Sequence[QuestionKind[Any]]


@dataclass(frozen=True, slots=True)
class AssignmentUse:
    """An assignment of the viewer in which a version was asked."""

    assignment_id: int
    title: str
    cohort_id: int
    cohort_title: str
    facility: Facility


@dataclass(frozen=True, slots=True)
class ReportNote:
    report_id: int
    says: str
    is_answered: bool


@dataclass(frozen=True, slots=True)
class BankQuestion:
    """One question version as learners see it. ``solution`` is None as long as the viewer may not see the key."""

    line: BankLine
    view: QuestionView
    reading: Reading | None
    solution: SampleSolution | None
    uses: tuple[AssignmentUse, ...]
    reports: tuple[ReportNote, ...]


def list_page(session: Session, viewer: Viewer, asked: BankQuery) -> Bank:
    """Return the page of questions that a query describes. The number of statements is constant."""
    lines = _load_lines(session, viewer)
    modules = {line.module_slug: line.module_title for line in lines}
    objectives = {line.objective_id: line.objective_title for line in lines if line.module_slug == asked.module}
    kinds = {line.kind.name: line.kind for line in lines}
    found = sorted(
        (line for line in lines if _is_match(line, asked)), key=lambda line: _get_sort_key(line, asked.order)
    )
    return Bank(
        paginate_list(found, asked.page, per_page=PER_PAGE),
        modules,
        objectives,
        sorted(kinds.values(), key=lambda kind: kind.name),
    )


def get_question(session: Session, viewer: Viewer, version_id: int) -> BankQuestion | None:
    """Return one question version, or None if there is none that the viewer may see."""
    found = _load_lines(session, viewer, version_id)
    if not found:
        return None
    (line,) = found
    item = AttemptItem(
        position=1,
        version_id=version_id,
        option_order=list(range(len(line.text.options))),
        revision=0,
        is_flagged=False,
    )
    return BankQuestion(
        line=line,
        view=view_question(session, item),
        reading=objective_scores.list_readings(session, [line.objective_id]).get(line.objective_id),
        solution=samples.get_solution(session, item) if may_see_key(session, viewer, line) else None,
        uses=_list_uses(session, viewer, version_id),
        reports=_list_reports(session, viewer, version_id),
    )


def may_see_key(session: Session, viewer: Viewer, line: BankLine) -> bool:
    """Whether the viewer may see the key in the bank: not while they sit a test with it as a learner themselves."""
    if line.use is Use.PRACTICE:
        return True
    module = select(ModuleRow.id).where(ModuleRow.slug == line.module_slug)
    return not session.scalar(module.where(sits_test_on(viewer, ModuleRow.id)))


def _load_lines(session: Session, viewer: Viewer, version_id: int | None = None) -> list[BankLine]:
    is_current = and_(QuestionVersion.superseded_at.is_(None), QuestionRow.retired_at.is_(None))
    is_corrected = exists().where(Correction.version_id == QuestionVersion.id, active_corrections.is_in_force())
    found = (
        select(
            QuestionVersion.id,
            QuestionRow.slug,
            QuestionVersion.number,
            QuestionRow.use,
            QuestionRow.level,
            is_current,
            ModuleRow.slug,
            ModuleRow.title,
            ObjectiveRow.id,
            ObjectiveRow.title,
            is_corrected if may_administer(viewer) else _is_corrected_for(viewer),
        )
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .join(ObjectiveRow, ObjectiveRow.id == QuestionRow.objective_id)
        .where(
            teaches_module(viewer, ModuleRow.id, ModuleRow.library_id),
            or_(QuestionRow.use != Use.EXAM, examines(viewer, ModuleRow.id)),
        )
        # The course first, then each library.
        .order_by(func.coalesce(ModuleRow.library_id, 0), ModuleRow.position, ObjectiveRow.position)
        .order_by(QuestionRow.slug, QuestionVersion.number.desc())
    )
    rows = session.execute(found if version_id is None else found.where(QuestionVersion.id == version_id)).all()
    texts = catalogue.get_texts(session, [row[0] for row in rows])
    facilities = _load_facilities(session, viewer, version_id)
    reports = _count_reports(session, viewer, version_id)
    return [
        BankLine(*row[:10], texts[row[0]], row[10], *reports.get(row[0], (0, 0)), facilities.get(row[0]))
        for row in rows
    ]


def _is_corrected_for(viewer: Viewer) -> ColumnElement[bool]:
    """Build the condition that a correction holds everywhere or in an assignment of the viewer."""
    mine = select(Assignment.id).where(teaches(viewer, Assignment.cohort_id))
    here = Correction.assignment_id.is_(None) | Correction.assignment_id.in_(mine)
    return exists().where(Correction.version_id == QuestionVersion.id, active_corrections.is_in_force(), here)


def _select_recent(viewer: Viewer, limit: int) -> Select[int]:
    """Select the latest attempts at each assignment of the viewer's cohorts, about ``limit`` in all."""
    latest = select(Assignment.id).where(teaches(viewer, Assignment.cohort_id)).order_by(Assignment.id.desc())
    mine = latest.limit(MAX_ASSIGNMENTS).cte("mine")
    share = (
        select(func.coalesce(limit // func.nullif(func.count(), 0, type_=Integer), 0))
        .select_from(mine)
        .scalar_subquery()
    )
    other = aliased(Attempt)
    # By the index of attempts by assignment: this costs as much after years.
    oldest = (
        select(other.id)
        .where(other.assignment_id == mine.c.id)
        .order_by(other.id.desc())
        .limit(1)
        .offset(case((share > 1, share - 1), else_=0))
        .correlate(mine)
        .scalar_subquery()
    )
    return (
        select(Attempt.id)
        .join(mine, mine.c.id == Attempt.assignment_id)
        .where(Attempt.id >= func.coalesce(oldest, 0), Attempt.submitted_at.is_not(None))
    )


_COUNT, _POINTS, _MOST = func.count(), func.sum(Mark.points), func.sum(Mark.max_points)


def _load_facilities(session: Session, viewer: Viewer, version_id: int | None) -> dict[int, Facility]:
    recent = _select_recent(viewer, MAX_ATTEMPTS if version_id is None else MAX_ATTEMPTS_OF_ONE)
    rows = (
        select(Mark.version_id, _COUNT, _POINTS, _MOST)
        .where(Mark.attempt_id.in_(recent.subquery().select()), Mark.is_void.is_(False))
        .group_by(Mark.version_id)
    )
    if version_id is not None:
        rows = rows.where(Mark.version_id == version_id)
    return {version: Facility(count, 100 * points / most) for version, count, points, most in session.execute(rows)}


def _list_uses(session: Session, viewer: Viewer, version_id: int) -> tuple[AssignmentUse, ...]:
    rows = (
        select(Assignment.id, Assignment.title, Cohort.id, Cohort.title, _COUNT, _POINTS, _MOST)
        .select_from(Mark)
        .join(Attempt, Attempt.id == Mark.attempt_id)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .where(
            Mark.attempt_id.in_(_select_recent(viewer, MAX_ATTEMPTS_OF_ONE).subquery().select()),
            Mark.version_id == version_id,
            Mark.is_void.is_(False),
        )
        .group_by(Assignment.id, Assignment.title, Cohort.id, Cohort.title)
        .order_by(Cohort.id.desc(), Assignment.id.desc())
    )
    return tuple(
        AssignmentUse(assignment_id, title, cohort_id, cohort_title, Facility(count, 100 * points / most))
        for assignment_id, title, cohort_id, cohort_title, count, points, most in session.execute(rows)
    )


def _select_reports(viewer: Viewer, *columns: Any) -> Select[Any]:
    """Select from the reports that the viewer may read: of their own cohorts; for administrators, all."""
    return (
        select(*columns)
        .select_from(QuestionReport)
        .join(
            AttemptItem,
            and_(AttemptItem.attempt_id == QuestionReport.attempt_id, AttemptItem.position == QuestionReport.position),
        )
        .join(Attempt, Attempt.id == QuestionReport.attempt_id)
        .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
        .where(teaches(viewer, Assignment.cohort_id))
    )


def _count_reports(session: Session, viewer: Viewer, version_id: int | None) -> dict[int, tuple[int, int]]:
    is_open = case((QuestionReport.answered_at.is_(None), 1), else_=0)
    rows = _select_reports(viewer, AttemptItem.version_id, func.count(), func.sum(is_open))
    if version_id is not None:
        rows = rows.where(AttemptItem.version_id == version_id)
    return {
        version: (count, waiting) for version, count, waiting in session.execute(rows.group_by(AttemptItem.version_id))
    }


def _list_reports(session: Session, viewer: Viewer, version_id: int) -> tuple[ReportNote, ...]:
    rows = _select_reports(viewer, QuestionReport.id, QuestionReport.says, QuestionReport.answered_at.is_not(None))
    latest = rows.where(AttemptItem.version_id == version_id).order_by(QuestionReport.id.desc()).limit(PER_PAGE)
    return tuple(ReportNote(*row) for row in session.execute(latest))


def _is_match(line: BankLine, asked: BankQuery) -> bool:
    text = line.text
    return (
        (line.is_current or asked.with_former)
        and asked.module in (None, line.module_slug)
        and asked.objective in (None, line.objective_id)
        and asked.level in (None, line.level)
        and asked.kind in (None, line.kind.name)
        and asked.use in (None, line.use)
        and asked.facility in (None, line.band)
        and (text.is_critical or not asked.is_critical)
        and (line.open_reports > 0 or not asked.is_reported)
        and has_all_words(fold_name(asked.words), line.slug, text.stem, text.vignette or "", *text.options)
    )


def _get_sort_key(line: BankLine, order: BankOrder) -> tuple[float, ...]:
    """Return a key for a stable sort of lines that are in course order."""
    match order:
        case BankOrder.HARDEST | BankOrder.EASIEST:
            percent = line.facility.percent if line.facility and line.facility.is_enough else None
            if percent is None:
                return 1, 0
            return 0, percent if order is BankOrder.HARDEST else -percent
        case BankOrder.REPORTED:
            return -line.open_reports, -line.reports
        case BankOrder.NEWEST:
            return (-line.version_id,)
        case _:
            return ()
