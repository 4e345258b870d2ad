"""Keeping memory cards up to date with released marks. A card is always what a replay of its marks gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from sqlalchemy import Select, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from app.db import UtcDateTimeType, lock_rows
from app.domain.attempt import AttemptState, Purpose
from app.domain.spacing import DEFAULT_RETENTION, Goals, MarkedAnswer, Memory, compute_due, replay
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    CardUpdate,
    Learner,
    Mark,
    MemoryCard,
    QuestionVersion,
    ReviewPlan,
    ScopeResult,
)
from app.services.attempts.releases import is_correctness_released
from app.services.marking import card_updates

BATCH_SIZE = 200
"""How many cards are rebuilt by one statement."""

LEARNERS_PER_STEP = 20

_IS_RELEASED = is_correctness_released(bindparam("now", type_=UtcDateTimeType()))
_OF_RESULT = and_(ScopeResult.learner_id == Attempt.learner_id, ScopeResult.scope == Attempt.scope)
# An attempt that was reopened has lost its marks; one that is submitted waits until its marks are released.
_READY = (
    select(CardUpdate.id, CardUpdate.attempt_id)
    .join(Attempt, Attempt.id == CardUpdate.attempt_id)
    .join(Learner, Learner.id == Attempt.learner_id)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .outerjoin(ScopeResult, _OF_RESULT)
    .where(Learner.user_id.is_not(None), or_(Attempt.state == AttemptState.OPEN, _IS_RELEASED))
)
_READY_OF_LEARNER = _READY.where(Attempt.learner_id == bindparam("learner_id"))
_WAITING = _READY.with_only_columns(Attempt.learner_id).distinct().order_by(Attempt.learner_id)
_OBJECTIVES_OF = (
    select(QuestionVersion.objective_id)
    .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
    .where(AttemptItem.attempt_id.in_(bindparam("attempt_ids", expanding=True)))
    .distinct()
)
_MARKS = (
    select(
        Mark.objective_id,
        Mark.attempt_id,
        Mark.is_right,
        AttemptItem.certainty,
        QuestionVersion.is_critical,
        Mark.marked_at,
        AttemptItem.response,
        Attempt.purpose,
        Attempt.state,
        _IS_RELEASED.label("is_released"),
    )
    .join(Attempt, Attempt.id == Mark.attempt_id)
    .join(AttemptItem, and_(AttemptItem.attempt_id == Mark.attempt_id, AttemptItem.position == Mark.position))
    .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .outerjoin(ScopeResult, _OF_RESULT)
    .where(
        Mark.learner_id == bindparam("learner_id"),
        Mark.objective_id.in_(bindparam("objective_ids", expanding=True)),
        Mark.is_void.is_(False),
    )
    .order_by(Mark.attempt_id, Mark.position)
)


@dataclass(slots=True)
class _Marks:
    """Released marks by objective, and the submitted attempts with marks that are not released yet."""

    answers: dict[int, list[MarkedAnswer]] = field(default_factory=lambda: defaultdict(list))
    unreleased: set[int] = field(default_factory=set)


def lock_learner(session: Session, learner_id: int) -> None:
    """Let changes of one learner's cards and plan take turns, so that a later one has seen what an earlier one did."""
    session.execute(lock_rows(select(Learner.id).where(Learner.id == learner_id), Learner))


def update_cards(session: Session, learner_id: int, now: datetime) -> int:
    """Rebuild the cards of objectives whose marks changed or were released; return how many objectives these are."""
    lock_learner(session, learner_id)
    notes = session.execute(_READY_OF_LEARNER, {"learner_id": learner_id, "now": now}).all()
    if not notes:
        return 0
    changed = session.scalars(_OBJECTIVES_OF, {"attempt_ids": sorted({note.attempt_id for note in notes})}).all()
    session.execute(delete(CardUpdate).where(CardUpdate.id.in_([note.id for note in notes])))
    _rebuild(session, learner_id, changed, now)
    return len(changed)


def rebuild_cards(session: Session, learner_id: int, now: datetime) -> int:
    """Rebuild all cards of a learner from their marks; return how many were not as they should be."""
    update_cards(session, learner_id, now)
    before = _get_cards(session, learner_id)
    marked = select(Mark.objective_id).where(Mark.learner_id == learner_id).distinct()
    _rebuild(session, learner_id, sorted({*before, *session.scalars(marked)}), now)
    after = _get_cards(session, learner_id)
    return sum(before.get(number) != after.get(number) for number in {*before, *after})


def list_learners(session: Session) -> Sequence[int]:
    """List the learners who may have cards: those with an account, by id."""
    return session.scalars(select(Learner.id).where(Learner.user_id.is_not(None)).order_by(Learner.id)).all()


def _get_cards(session: Session, learner_id: int) -> dict[int, tuple[Memory, datetime]]:
    rows = session.scalars(
        select(MemoryCard).where(MemoryCard.learner_id == learner_id).execution_options(populate_existing=True)
    )
    return {row.objective_id: (get_memory(row), row.due_at) for row in rows}


def get_memory(row: MemoryCard) -> Memory:
    return Memory(row.stability, row.difficulty, row.reviewed_at, row.is_urgent)


def _rebuild(session: Session, learner_id: int, objective_ids: Sequence[int], now: datetime) -> None:
    goals = get_goals(session.get(ReviewPlan, learner_id))
    for start in range(0, len(objective_ids), BATCH_SIZE):
        some = objective_ids[start : start + BATCH_SIZE]
        marks = _read_marks(session, learner_id, some, now)
        found = {number: replay(answers) for number, answers in marks.answers.items()}
        _replace(session, learner_id, some, found, goals)
        _keep_waiting(session, marks.unreleased)


def _read_marks(session: Session, learner_id: int, objective_ids: Sequence[int], now: datetime) -> _Marks:
    found = _Marks()
    params = {"learner_id": learner_id, "objective_ids": list(objective_ids), "now": now}
    for row in session.execute(_MARKS, params):
        if not row.is_released:
            if row.state is AttemptState.SUBMITTED:  # the submission of an open one makes a note of its own
                found.unreleased.add(row.attempt_id)
        # In practice, a question left open says nothing: the learner went away. In a test it is a wrong answer.
        elif row.response is not None or row.purpose is Purpose.TEST:
            answer = MarkedAnswer(row.attempt_id, row.is_right, row.certainty, row.is_critical, row.marked_at)
            found.answers[row.objective_id].append(answer)
    return found


def _replace(
    session: Session,
    learner_id: int,
    objective_ids: Sequence[int],
    memories: Mapping[int, Memory | None],
    goals: Goals,
) -> None:
    session.execute(
        delete(MemoryCard)
        .where(MemoryCard.learner_id == learner_id, MemoryCard.objective_id.in_(objective_ids))
        .execution_options(synchronize_session=False)
    )
    rows = [
        {
            "learner_id": learner_id,
            "objective_id": objective_id,
            "stability": memory.stability,
            "difficulty": memory.difficulty,
            "reviewed_at": memory.reviewed_at,
            "is_urgent": memory.is_urgent,
            "due_at": compute_due(memory, goals, objective_id),
        }
        for objective_id, memory in memories.items()
        if memory is not None
    ]
    if rows:
        session.execute(insert(MemoryCard), rows)


def _keep_waiting(session: Session, attempt_ids: set[int]) -> None:
    """Note attempts whose marks were just left out, so that they are read again when they are released."""
    if attempt_ids:
        noted = session.scalars(select(CardUpdate.attempt_id).where(CardUpdate.attempt_id.in_(attempt_ids)))
        card_updates.note(session, sorted(attempt_ids.difference(noted)))


def get_goals(plan: ReviewPlan | None) -> Goals:
    """Return what a learner aims for; the defaults without a plan."""
    if plan is None:
        return Goals(DEFAULT_RETENTION)
    # The day begins in UTC, so that a card does not depend on the learner's time zone.
    exam_at = datetime.combine(plan.exam_on, time.min, UTC) if plan.exam_on else None
    return Goals(plan.retention_percent, exam_at)


def reschedule(session: Session, learner_id: int, plan: ReviewPlan) -> None:
    """Compute anew when each card of a learner is due, after the plan changed."""
    goals = get_goals(plan)
    rows = session.scalars(select(MemoryCard).where(MemoryCard.learner_id == learner_id))
    due = [(row, compute_due(get_memory(row), goals, row.objective_id)) for row in rows]
    moved = [
        {"learner_id": learner_id, "objective_id": row.objective_id, "due_at": due_at}
        for row, due_at in due
        if due_at != row.due_at
    ]
    if moved:
        session.execute(update(MemoryCard), moved)


def update_some(session: Session, now: datetime) -> int | None:
    """Update the cards of some learners whose marks changed or were released; None if there are none."""
    learner_ids = session.scalars(_WAITING.limit(LEARNERS_PER_STEP), {"now": now}).all()
    if not learner_ids:
        return None
    return sum(update_cards(session, learner_id, now) for learner_id in learner_ids)


def forget_past_exams(session: Session, now: datetime) -> int:
    """Remove exam dates that have passed from some plans, and schedule their cards without them."""
    past: Select[ReviewPlan] = (
        select(ReviewPlan)
        .where(ReviewPlan.exam_on < now.date())
        .order_by(ReviewPlan.learner_id)
        .limit(LEARNERS_PER_STEP)
    )
    plans = session.scalars(past).all()
    for plan in plans:
        lock_learner(session, plan.learner_id)
        plan.exam_on = None
        reschedule(session, plan.learner_id, plan)
    return len(plans)
