"""What a learner is told before a test starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState, TimeAllowed, compute_time, percent, resolve_state
from app.domain.composing import Composition, Pools, count_found
from app.domain.kinds import MARKED_BY_PEOPLE
from app.domain.release import ReleasePolicy, plan_release
from app.domain.scope import build_assignment_scope, build_module_test_scope
from app.domain.sections import SectionRule
from app.models import Assignment, Attempt, Learner, ModuleRow, QuestionRow, QuestionVersion
from app.permissions import Viewer
from app.services.assignments.learner_assignments import AssignmentView
from app.services.attempts import releases
from app.services.course import compositions, selection
from app.services.course.selection import PaperContent

EARLIER_SHOWN = 20
"""How many earlier attempts a start page lists at once."""


@dataclass(frozen=True, slots=True)
class EarlierAttempt:
    """A submitted attempt; ``percent`` and ``is_passed`` are None until its score is released."""

    number: int
    attempt_id: int
    submitted_at: datetime | None
    percent: int | None
    is_passed: bool | None


@dataclass(frozen=True, slots=True)
class SectionFacts:
    """A section of a composed test, with the number of questions that it finds now."""

    rule: SectionRule
    questions: int


@dataclass(frozen=True, slots=True)
class StartView:
    """The facts of a start page.

    ``number`` is the attempt that would start; the time is the learner's own. ``release`` is when its results will
    really be shown, but right answers also wait for the tests in ``waits_for``. ``open_attempt_id`` is an attempt in
    progress. ``more_before`` is the number of the first attempt on the next page of earlier ones, if there are more.
    ``has_written`` means that the test can draw questions that people mark.
    """

    questions: int
    time: TimeAllowed
    number: int
    attempts_allowed: int | None
    pass_mark_percent: int
    asks_certainty: bool
    release: ReleasePolicy
    over_at: datetime | None
    waits_for: tuple[str, ...]
    earlier: tuple[EarlierAttempt, ...] = ()
    more_before: int | None = None
    open_attempt_id: int | None = None
    open_seconds_left: int | None = None
    can_start: bool = False
    has_written: bool = False
    sections: tuple[SectionFacts, ...] = ()
    is_forward_only: bool = False

    @property
    def needs_critical_right(self) -> bool:
        """Whether every safety-critical question must be right, in the whole test."""
        return all(section.rule.needs_critical_right for section in self.sections)

    @property
    def ignores_critical(self) -> bool:
        """Whether no section asks for its safety-critical questions to be right."""
        return bool(self.sections) and not any(section.rule.needs_critical_right for section in self.sections)


def view_module_test(
    session: Session, viewer: Viewer, module: ModuleRow, now: datetime, before: int | None = None
) -> StartView:
    """Return the facts about a module's own test; a visitor has no attempts."""
    learner = viewer.learner
    [questions] = selection.count_tests(session, [PaperContent(module)])
    found = _list_attempts(session, learner, build_module_test_scope(module.id), before) if learner else []
    running = next((row for row in found if _is_running(row, now)), None)
    page = _get_page(found, before, now, is_released=True)
    return StartView(
        questions=questions,
        time=compute_time(now, module.test_minutes, learner.extra_time_percent if learner else 0),
        number=max((row.number for row in found), default=0) + (0 if running else 1),
        attempts_allowed=None,
        pass_mark_percent=module.pass_mark_percent,
        asks_certainty=module.asks_certainty,
        release=plan_release(ReleasePolicy(), attempts_allowed=None),
        over_at=None,
        waits_for=releases.list_waited_for(session, learner, module.id, None, now) if learner else (),
        earlier=page.attempts,
        more_before=page.more_before,
        open_attempt_id=running.id if running else None,
        open_seconds_left=_count_seconds(running.deadline_at if running else None, now),
        can_start=questions > 0 and running is None,
    )


def view_assignment(
    session: Session, learner: Learner, item: AssignmentView, now: datetime, before: int | None = None
) -> StartView:
    """Return the facts about an assigned test under the learner's terms."""
    found = _list_attempts(session, learner, build_assignment_scope(item.assignment_id), before)
    page = _get_page(found, before, now, is_released=item.percent is not None)
    number = item.attempts_used if item.open_attempt_id else item.next_number
    return replace(
        preview_assignment(session, item, number=number),
        waits_for=releases.list_waited_for(session, learner, item.module_id, item.assignment_id, now),
        earlier=page.attempts,
        more_before=page.more_before,
        open_attempt_id=item.open_attempt_id,
        open_seconds_left=_count_seconds(item.open_until, now),
        can_start=item.can_start,
    )


def preview_assignment(session: Session, item: AssignmentView, number: int = 1) -> StartView:
    """Return the facts without what only a learner has."""
    composition = compositions.load_one(session, item.test_id) if item.test_id else Composition(())
    pools = compositions.load_pools(session, composition.pools)
    return StartView(
        questions=item.questions,
        time=item.time,
        number=number,
        attempts_allowed=item.attempts_allowed,
        pass_mark_percent=item.pass_mark_percent,
        asks_certainty=item.asks_certainty,
        release=plan_release(item.policy, attempts_allowed=item.attempts_allowed, number=number),
        over_at=item.over_at,
        waits_for=item.after,
        sections=tuple(
            SectionFacts(section.rule, sum(found))
            for section, found in zip(composition.sections, count_found(composition, pools), strict=True)
            if any(found)
        ),
        is_forward_only=composition.is_forward_only,
        has_written=(
            _draws_written(session, composition, pools) if item.test_id else _has_written(session, item.assignment_id)
        ),
    )


_LATEST_NUMBER = (
    select(func.max(Attempt.number))
    .where(Attempt.learner_id == bindparam("learner_id"), Attempt.scope == bindparam("scope"))
    .scalar_subquery()
)
# One page, and the latest attempt in any case.
_ATTEMPTS = (
    select(Attempt)
    .where(Attempt.learner_id == bindparam("learner_id"), Attempt.scope == bindparam("scope"))
    .where(or_(Attempt.number < bindparam("before"), Attempt.number == _LATEST_NUMBER))
    .order_by(Attempt.number.desc())
    .limit(EARLIER_SHOWN + 2)
)
_NO_LIMIT = 1 << 30


_WRITTEN = select(
    exists()
    .where(QuestionRow.module_id == Assignment.module_id, QuestionRow.use == Assignment.question_use)
    .where(QuestionRow.retired_at.is_(None), QuestionVersion.question_id == QuestionRow.id)
    .where(QuestionVersion.superseded_at.is_(None), QuestionVersion.kind.in_(sorted(MARKED_BY_PEOPLE)))
).where(Assignment.id == bindparam("assignment_id"))


def _has_written(session: Session, assignment_id: int) -> bool:
    return bool(session.scalar(_WRITTEN, {"assignment_id": assignment_id}))


def _draws_written(session: Session, composition: Composition, pools: Pools) -> bool:
    draws = [draw for section in composition.sections for draw in section.draws]
    versions = {one.version_id for draw in draws for one in pools[draw.pool] if draw.fits(one)}
    its = exists().where(QuestionVersion.id.in_(versions), QuestionVersion.kind.in_(sorted(MARKED_BY_PEOPLE)))
    return bool(session.scalar(select(its)))


def _list_attempts(session: Session, learner: Learner, scope: str, before: int | None) -> Sequence[Attempt]:
    params = {"learner_id": learner.id, "scope": scope, "before": before or _NO_LIMIT}
    return session.scalars(_ATTEMPTS, params).all()


def _count_seconds(until: datetime | None, now: datetime) -> int | None:
    return None if until is None else max(0, int((until - now).total_seconds()))


def _is_running(attempt: Attempt, now: datetime) -> bool:
    return resolve_state(attempt.state, attempt.deadline_at, now) is AttemptState.OPEN


@dataclass(frozen=True, slots=True)
class _Page:
    attempts: tuple[EarlierAttempt, ...]
    more_before: int | None


def _get_page(found: Sequence[Attempt], before: int | None, now: datetime, *, is_released: bool) -> _Page:
    rows = [row for row in found if row.number < (before or _NO_LIMIT) and not _is_running(row, now)]
    shown = rows[:EARLIER_SHOWN]
    return _Page(
        tuple(
            EarlierAttempt(
                row.number,
                row.id,
                row.submitted_at or row.deadline_at,
                percent(row.points, row.max_points or 0) if is_released and row.points is not None else None,
                row.is_passed if is_released else None,
            )
            for row in shown
        ),
        shown[-1].number if len(rows) > EARLIER_SHOWN else None,
    )
